"""The zone of a region."""

from mcm.core.windows.regions import ZONES, zone_of
from mcm.core.windows.zone import find_zone


def test_every_zone_is_one_and_an_unknown_region_gets_utc() -> None:
    for zone in ZONES.values():
        find_zone(zone)
    assert zone_of("xx-new-1") == "UTC"
