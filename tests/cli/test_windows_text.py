"""The hours of stages in words: what a person reads, and that it fits 80 columns."""

from dataclasses import replace
from datetime import datetime, timedelta

from mcm.app.hours_ahead import Ahead, look_ahead
from mcm.app.local_source import no_calendars
from mcm.cli.windows_text import stage_lines, summary_lines, windows_json
from mcm.core.history.turn import GateView
from mcm.core.windows.window import Freeze
from tests.cli.test_show_json import documented, objects
from tests.planned import NOW, make_service

LATER = NOW + timedelta(hours=12)
SALE = Freeze(
    "sale", datetime.fromisoformat("2026-03-24T00:00"), datetime.fromisoformat("2026-03-25T00:00"),
    "America/Los_Angeles", "spring \x1b[31msale",
)  # fmt: skip


def ahead(now: datetime = LATER) -> tuple[Ahead, ...]:
    service = make_service(freezes=(SALE,))
    return look_ahead(service, service.stages, no_calendars, None, now)


def test_a_closed_stage_says_why_and_when_it_opens_and_until_when() -> None:
    lines = list(stage_lines(ahead()[0], LATER))

    assert lines[0] == "prod-eu: closed: window quiet opens Thu 19 Mar 02:00 PDT (in 12h)"
    assert lines[2].startswith("  opens      Thu 19 Mar 02:00 PDT")
    assert "until      Thu 19 Mar 05:00 PDT" in lines[3]
    assert "start by   Thu 19 Mar 04:30 PDT" in lines[4]


def test_the_picture_fits_a_terminal_and_says_its_signs_in_words() -> None:
    lines = list(stage_lines(ahead()[0], LATER))
    picture = lines[lines.index("") + 1 :]

    assert max(len(line) for line in picture) <= 80
    assert picture[1] == "Wed 18 Mar" + " " * 30 + "." * 20
    assert "Thu 19 Mar  ....#####-......................................" in picture
    assert "Tue 24 Mar  " + "x" * 48 in picture
    assert "# may start" in picture[15]
    assert picture[16].startswith("x sale: spring")
    assert "\x1b" not in picture[16]


def test_an_open_stage_says_until_when() -> None:
    lines = list(stage_lines(ahead(NOW)[0], NOW))

    assert lines[0] == "prod-eu: open until Wed 18 Mar 05:00 PDT"
    assert not any(line.startswith("  opens") for line in lines)


def test_a_live_word_closes_an_open_stage() -> None:
    gate = GateView("freeze:ops", False, "change calendar ops is CLOSED")
    found = replace(ahead(NOW)[0], live=(gate,))

    lines = list(stage_lines(found, NOW))

    assert lines[0] == "prod-eu: closed: change calendar ops is CLOSED"
    assert "  now        CLOSED: change calendar ops is CLOSED" in lines


def test_all_stages_come_with_the_calendar_of_a_walk() -> None:
    lines = list(summary_lines(ahead(), LATER))

    assert [line.partition(":")[0] for line in lines] == ["prod-eu", "prod-us", "a walk from now"]
    assert lines[-1].endswith(
        "prod-eu Thu 19 Mar 02:00 PDT, prod-us Thu 19 Mar 02:30 PDT:"
        " within the hour, with the last bake"
    )


def test_json_has_openings_and_denials_of_two_weeks() -> None:
    document = windows_json(ahead(), LATER)
    stage = document["stages"][0]

    assert (stage["open"], stage["gate"], stage["timezone"]) == (
        False, "window", "America/Los_Angeles"
    )  # fmt: skip
    assert stage["openings"][0] == {
        "start": "2026-03-19T09:00:00.000Z", "end": "2026-03-19T11:30:00.000Z"
    }  # fmt: skip
    assert [each["name"] for each in stage["denials"]] == ["sale"]
    assert [leg["stage"] for leg in document["walk"]] == ["prod-eu", "prod-us"]


def test_the_page_lists_the_keys_that_are_printed() -> None:
    parts = {"stages": "hours", "live": "live_gate", "openings": "opening", "denials": "denial"}
    found = [replace(each, live=(GateView("window", True, "x"),)) for each in ahead()]
    document = windows_json(found, LATER)
    printed = dict(objects("windows", document, {**parts, "walk": "leg"}))

    assert set(printed) == {"windows", "hours", "live_gate", "opening", "denial", "leg"}
    assert {name: documented()[name] for name in printed} == printed
