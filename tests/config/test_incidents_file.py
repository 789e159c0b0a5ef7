"""`incidents.yaml`: known incidents, of some stages or of all; every mistake at once."""

from datetime import UTC, datetime

import pytest

from mcm.config.incidents_file import load_incidents, spans_of
from mcm.config.problems import ConfigError
from mcm.core.windows.window import Span

STAGES = ("prod-us", "prod-eu")
GOOD = """\
incidents:
  - {from: 2026-03-18T02:00Z, to: 2026-03-18T03:00Z, says: photos were lost, stages: [prod-us]}
  - {from: 2026-03-16T23:00+01:00, to: 2026-03-17T01:00Z}
"""


def test_an_incident_is_of_the_stages_that_it_names_or_of_all() -> None:
    known = load_incidents(GOOD, "incidents.yaml", STAGES)
    all_stages = Span(datetime(2026, 3, 16, 22, tzinfo=UTC), datetime(2026, 3, 17, 1, tzinfo=UTC))

    assert spans_of(known, "prod-eu") == (all_stages,)
    assert len(spans_of(known, "prod-us")) == 2
    assert known[1].says == "photos were lost"


def test_mistakes_come_at_once_and_a_time_without_an_offset_is_one() -> None:
    text = (
        "incidents:\n"
        "  - {from: 2026-03-18T03:00Z, to: 2026-03-18T02:00Z}\n"
        "  - {from: 2026-03-18T02:00, till: 2026-03-18T03:00Z}\n"
    )
    with pytest.raises(ConfigError) as caught:
        load_incidents(text, "incidents.yaml", STAGES)

    told = str(caught.value)
    assert "incidents.yaml:2" in told
    assert "must be later than `from`" in told
    assert "is not a time: '2026-03-18T02:00'" in told
    assert "till" in told


def test_a_stage_is_found_however_it_is_spelled_and_one_that_is_none_is_told() -> None:
    text = "incidents: [{from: 2026-03-18T02:00Z, to: 2026-03-18T03:00Z, stages: [%s]}]"

    known = load_incidents(text % "ProdUS", "incidents.yaml", STAGES)

    assert len(spans_of(known, "prod-us")) == 1
    assert spans_of(known, "prod-eu") == ()
    with pytest.raises(ConfigError, match=r"incidents.yaml:1.*no stage 'prod-xx'"):
        load_incidents(text % "prod-xx", "incidents.yaml", STAGES)
