"""`--at` and `--expires` as people type them: at the stage's clock, never long ago."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mcm.cli.schedule import read_times
from mcm.clock import SystemClock
from mcm.core.errors import UsageError
from tests.cli.conftest import Shop

LA = ZoneInfo("America/Los_Angeles")
NOW = datetime(2026, 3, 18, 9, 0, tzinfo=UTC)  # 02:00 in Los Angeles


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("02:30", at("2026-03-18T09:30")),
        ("01:30", at("2026-03-19T08:30")),
        ("2026-03-19T02:30", at("2026-03-19T09:30")),
        ("2026-03-19T09:30Z", at("2026-03-19T09:30")),
        ("2026-03-19T10:30+01:00", at("2026-03-19T09:30")),
        ("now", None),
    ],
)
def test_a_time_is_by_the_stages_clock(typed: str, meant: datetime | None) -> None:
    assert read_times(typed, None, LA, NOW) == (meant, None)


def test_an_end_is_a_time_or_a_span_from_the_start() -> None:
    assert read_times("02:30", "2h", LA, NOW)[1] == at("2026-03-18T11:30")
    assert read_times(None, "2h", LA, NOW)[1] == NOW + timedelta(hours=2)
    assert read_times(None, "05:00", LA, NOW)[1] == at("2026-03-18T12:00")


@pytest.mark.parametrize(
    ("since", "until", "message"),
    [
        ("tomorrow", None, "--at cannot be 'tomorrow'"),
        ("25:00", None, "--at cannot be '25:00'"),
        ("0001-01-01T00:00+23:00", None, "--at cannot be '0001-01-01"),
        ("2026-03-17T02:30", None, "--at 2026-03-17T02:30 is too early"),
        ("2026-06-17T02:30", None, "--at 2026-06-17T02:30 is more than 31 days ahead"),
        ("2026-03-20T02:30", "2026-03-19T02:30", "too early: it counts from 2026-03-20 09:30Z on"),
        ("02:30", "0s", "--expires must be after --at"),
        (None, "soon", "--expires cannot be 'soon'"),
    ],
)
def test_what_cannot_be_meant_is_refused(since: str | None, until: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_times(since, until, LA, NOW)


def test_a_deploy_before_its_time_is_held_and_keeps_the_time(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also for whoever drives it then: the time is in the journal, not on the command line."""
    shop.ready()
    later = SystemClock().now() + timedelta(hours=3)
    command = f"deploy CM-0001 --stage prod-us --at {later:%Y-%m-%dT%H:%MZ} --expires 1h --no-input"

    assert shop.mcm(command) == 3
    assert shop.mcm("deploy CM-0001 --stage prod-us --no-input") == 3
    assert capsys.readouterr().err.count("schedule") >= 2
    assert shop.sent("EnableStageTransition") == 0
    assert shop.mcm("deploy CM-0001 --stage prod-us --at now --no-input") == 0
    assert shop.sent("EnableStageTransition") == 1


def test_an_order_that_ends_before_it_begins_is_refused_and_not_kept(shop: Shop) -> None:
    assert shop.mcm("plan CM-0001") == 0
    before = shop.kinds()

    assert shop.mcm("deploy CM-0001 --stage prod-us --at 25:00 --no-input") == 2
    assert shop.mcm("deploy CM-0001 --stage prod-us --at now --expires 0s --no-input") == 2
    assert shop.kinds() == before
