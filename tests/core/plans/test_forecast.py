"""Looking ahead: the calendar of a walk, and pictures of two weeks."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from mcm.core.plans.forecast import CELLS, DAYS, denials, draw_days, spell_walk, walk_calendar
from mcm.core.plans.stage_hours import StageHours
from mcm.core.windows.window import Freeze, Window

HOUR = timedelta(hours=1)
NOW = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)
LA, BERLIN, TOKYO = "America/Los_Angeles", "Europe/Berlin", "Asia/Tokyo"


def hours(
    name: str, cron: str, zone: str, *freezes: Freeze, lasts: timedelta = 3 * HOUR
) -> StageHours:
    window = Window("w", cron, lasts, zone)
    return StageHours(name, (window,), freezes, True, HOUR, 1.25 * HOUR, ZoneInfo(zone))


EU = hours("EU", "0 18 * * mon-thu", BERLIN)
FE = hours("FE", "0 10 * * *", TOKYO)
US = hours("US", "0 2 * * *", LA)


def rows(of: StageHours, now: datetime = NOW) -> dict[str, str]:
    return {f"{day.day:%m-%d}": day.cells for day in draw_days(of, now)}


def test_a_walk_goes_through_its_stages_one_after_the_other() -> None:
    legs = walk_calendar([EU, FE, US], NOW)

    assert spell_walk(legs, NOW) == (
        "EU Mon 16 Mar 18:00 CET, FE Tue 17 Mar 10:00 JST, US Tue 17 Mar 02:00 PDT: "
        "17 h with the last bake"
    )


def test_each_stage_waits_for_the_bake_of_the_one_before() -> None:
    legs = walk_calendar([US, US], datetime(2026, 3, 16, 10, 30, tzinfo=UTC))

    assert [leg.at for leg in legs] == [
        datetime(2026, 3, 16, 10, 30, tzinfo=UTC),
        datetime(2026, 3, 17, 9, 0, tzinfo=UTC),
    ]


def test_a_walk_that_cannot_end_says_at_which_stage() -> None:
    never = hours("FE", "0 10 * * *", TOKYO, lasts=HOUR)

    assert spell_walk(walk_calendar([EU, never, US], NOW), NOW) == (
        "EU Mon 16 Mar 18:00 CET, FE not in 400 days, US not in 400 days"
    )


def test_a_picture_has_two_weeks_of_half_hours() -> None:
    found = rows(US)

    assert len(found) == DAYS
    assert {len(cells) for cells in found.values()} == {CELLS}


def test_a_night_shows_where_a_promotion_may_start_and_where_it_is_too_late() -> None:
    """02:00 to 05:00, of which the last 75 minutes are too late: 03:45 is in the fourth cell."""
    assert rows(US)["03-17"] == "....###+--" + "." * 38


def test_what_is_past_is_blank() -> None:
    today = rows(US, datetime(2026, 3, 16, 10, 10, tzinfo=UTC))["03-16"]

    assert today == "      #+--" + "." * 38


def test_a_window_in_the_hour_that_is_skipped_opens_at_the_jump() -> None:
    spring = datetime(2026, 3, 8, 8, 0, tzinfo=UTC)  # midnight in Los Angeles

    assert rows(US, spring)["03-08"] == "....  ###+--" + "." * 36


def test_an_hour_that_is_shown_twice_is_drawn_by_both() -> None:
    """The first 01:00 of the night is closed, the second lies in a window begun before it."""
    late = StageHours(
        "US", (Window("w", "30 1 * * *", 2 * HOUR, LA),), (), True, HOUR, timedelta(0), ZoneInfo(LA)
    )

    assert rows(late, datetime(2026, 11, 1, 7, 0, tzinfo=UTC))["11-01"][:8] == "..+##..."


def test_a_denied_day_is_marked_and_named() -> None:
    freeze = Freeze(
        "peak", datetime.fromisoformat("2026-03-18T00:00"),
        datetime.fromisoformat("2026-03-19T00:00"), LA, "sale",
    )  # fmt: skip
    stage = hours("US", "0 2 * * *", LA, freeze)

    assert rows(stage)["03-18"] == "x" * CELLS
    assert denials(stage, NOW) == (freeze,)
    assert denials(stage, NOW + timedelta(days=3)) == ()
