"""Quiet hours in words: a picture of the week, windows, and lines that mcm.yaml takes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mcm.app.quiet_hours import Traffic
from mcm.cli.main import run
from mcm.cli.quiet_text import suggestion_json, suggestion_lines
from mcm.config.definitions import builtin_definitions
from mcm.config.service_file import load_service
from mcm.core.windows.hours import LowTraffic
from mcm.core.windows.quiet_week import build_profile
from mcm.core.windows.zone import to_local
from tests.cli.test_show_json import documented, objects
from tests.config.test_service_file import WHOLE, edit

LA = ZoneInfo("America/Los_Angeles")
START = datetime(2026, 2, 2, 8, 0, tzinfo=UTC)


def traffic(weeks: int = 5, quiet: float = 60.0) -> Traffic:
    hours = (START + timedelta(hours=n) for n in range(weeks * 168))
    points = ((at, quiet if 2 <= to_local(at, LA).hour < 5 else 1200.0) for at in hours)
    return Traffic("Sum of Invocations of prod-us", LA, build_profile(points, LA, lambda _: False))


def lines(of: Traffic, days: tuple[int, ...] = (1, 2, 3)) -> list[str]:
    return list(suggestion_lines(of, "prod-us", 3, days))


def test_the_week_is_drawn_and_the_quiet_night_told() -> None:
    found = lines(traffic())

    assert "tue         @@@@      " + "@" * 38 in found
    assert max(len(line) for line in found[:12]) <= 80
    assert (
        "1. 0 2 * * tue-thu for 3h: 0.7% of a day's requests at risk, 0.7% on a bad night; "
        "0 of 100 windows of the week have less; quiet on 15 of 15 nights"
    ) in found


def test_the_lines_to_paste_are_read_by_mcm() -> None:
    found = lines(traffic())
    window, used = found[-3].strip(), found[-1].strip()
    text = edit(WHOLE, "windows:\n", f"windows:\n  {window}\n")

    stage = load_service(
        edit(text, "window: quiet-us", used), "mcm.yaml", builtin_definitions()
    ).stages[0]

    assert stage.window is not None
    assert stage.window.windows[0].cron == "0 2 * * tue-thu"
    assert stage.window.low_traffic == LowTraffic(2, timedelta(minutes=15))


def test_no_quiet_hour_is_said_with_the_figures() -> None:
    assert lines(traffic(quiet=1100.0))[-1] == (
        "suggestion  none: there is no quiet hour: the quietest 3 hours have 11.6% of a day's "
        "requests, and of a day without rhythm they would have 12.5%"
    )


def test_too_little_data_suggests_nothing() -> None:
    assert lines(traffic(weeks=3))[-1] == (
        "suggestion  none: 21 days with data: 4 weeks are needed"
    )


def test_the_page_lists_the_keys_that_are_printed() -> None:
    document = suggestion_json(traffic(), "prod-us", 3, (1, 2, 3))
    printed = dict(objects("suggestion", document, {"windows": "quiet_window"}))

    assert set(printed) == {"suggestion", "quiet_window"}
    assert {name: documented()[name] for name in printed} == printed
    assert suggestion_json(traffic(quiet=1100.0), "prod-us", 3, (1,))["none"].startswith("there is")


@pytest.mark.parametrize("days", ["monday-ish", "8", ""])
def test_days_that_are_none_are_refused(days: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["windows", "suggest", "--csv", "x.csv", "--zone", "UTC", "--days", days]) == 2
    assert "--days cannot be" in capsys.readouterr().err
