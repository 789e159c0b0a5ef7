"""Cron: fields, the two day fields, strict refusals, and walking forward and back."""

from datetime import datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcm.core.windows.cron import Cron

MINUTE = timedelta(minutes=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("cron", "hits", "misses"),
    [
        ("0 2 * * tue-thu", ["2026-03-18T02:00"], ["2026-03-16T02:00", "2026-03-18T02:01"]),
        ("59 23 * * *", ["2026-03-18T23:59"], ["2026-03-18T23:58", "2026-03-19T00:00"]),
        ("*/15 * * * *", ["2026-03-18T02:45"], ["2026-03-18T02:50"]),
        ("5-30/10 1,3 * * *", ["2026-03-18T03:25"], ["2026-03-18T03:35", "2026-03-18T02:25"]),
        ("0 0 1 JAN *", ["2027-01-01T00:00"], ["2027-02-01T00:00"]),
        ("0 0 * * 0", ["2026-03-15T00:00"], ["2026-03-16T00:00"]),
        ("0 0 * * 7", ["2026-03-15T00:00"], ["2026-03-16T00:00"]),
        ("0 0 * * fri-sun", ["2026-03-13T00:00", "2026-03-15T00:00"], ["2026-03-16T00:00"]),
        ("0 0 * * 5-7", ["2026-03-14T00:00", "2026-03-15T00:00"], ["2026-03-12T00:00"]),
        ("0 0 * * sun-tue", ["2026-03-15T00:00", "2026-03-17T00:00"], ["2026-03-18T00:00"]),
        ("0 0 * * */7", ["2026-03-15T00:00"], ["2026-03-14T00:00"]),
        ("0 0 29 2 *", ["2028-02-29T00:00"], ["2027-02-28T00:00", "2027-03-01T00:00"]),
    ],
)
def test_fields(cron: str, hits: list[str], misses: list[str]) -> None:
    parsed = Cron.parse(cron)

    assert [text for text in hits if not parsed.matches(at(text))] == []
    assert [text for text in misses if parsed.matches(at(text))] == []


def test_two_restricted_day_fields_are_joined_by_or() -> None:
    """The 13th, whatever day it is, and each Friday."""
    cron = Cron.parse("0 0 13 * fri")

    assert cron.matches(at("2026-01-13T00:00"))
    assert cron.matches(at("2026-01-16T00:00"))
    assert not cron.matches(at("2026-01-14T00:00"))


@pytest.mark.parametrize("cron", ["0 0 * * fri", "0 0 */2 * fri", "0 0 1-31 * *", "0 0 2 * */2"])
def test_a_day_field_that_starts_with_a_star_must_match_as_well(cron: str) -> None:
    parsed = Cron.parse(cron)

    assert not parsed.either


def test_a_stepped_star_narrows_the_other_day_field() -> None:
    cron = Cron.parse("0 0 */2 * fri")

    assert cron.matches(at("2026-03-13T00:00"))
    assert not cron.matches(at("2026-03-20T00:00"))
    assert not cron.matches(at("2026-03-11T00:00"))


@pytest.mark.parametrize(
    ("cron", "message"),
    [
        ("60 * * * *", "minute '60' is not valid: minute takes 0-59"),
        ("* 24 * * *", "hour takes 0-23"),
        ("* * 0 * *", "day of month takes 1-31"),
        ("* * 32 * *", "day of month takes 1-31"),
        ("* * * 13 *", "month takes 1-12 or jan-dec"),
        ("* * * * 8", "day of week takes 0-7 or sun-sat"),
        ("* * * * monday", "day of week 'monday'"),
        ("* * * mon *", "month 'mon'"),
        ("5/15 * * * *", "write 5-59/15"),
        ("*/0 * * * *", "step of 0"),
        ("30-10 * * * *", "backwards"),
        ("* * * * 5-0", "backwards"),
        (", * * * *", "minute ''"),
        ("1,,2 * * * *", "minute ''"),
        ("-1 * * * *", "minute '-1'"),
        ("1-2-3 * * * *", "minute '1-2-3'"),
        ("* * ? * *", "day of month '\\?'"),
        ("* * L * *", "day of month 'L'"),
        ("* * * * fri#2", "day of week 'fri#2'"),
        ("٣ * * * *", "minute"),
        ("007 * * * *", "minute '007'"),
        ("@daily", "has 1 fields: write 5"),
        ("0 0 2 * * *", "has 6 fields: write 5"),
        ("", "has 0 fields"),
        ("0 0 30 2 *", "never happens"),
        ("0 0 31 4,6,9,11 *", "never happens"),
    ],
)
def test_a_bad_cron_is_refused_with_the_field_and_what_it_takes(cron: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Cron.parse(cron)


def test_an_impossible_day_of_month_is_allowed_beside_a_day_of_week() -> None:
    assert Cron.parse("0 0 30 2 mon").matches(at("2026-02-02T00:00"))


def test_starts_are_later_than_the_given_moment() -> None:
    """A start at the very moment, or at its minute with seconds gone, is not later."""
    cron = Cron.parse("0 2 * * *")

    assert next(cron.starts(at("2026-03-18T02:00"), 5)) == at("2026-03-19T02:00")
    assert next(cron.starts(at("2026-03-18T02:00:30"), 5)) == at("2026-03-19T02:00")
    assert next(cron.starts(at("2026-03-18T01:59:59"), 5)) == at("2026-03-18T02:00")


def test_the_last_start_may_be_the_given_moment() -> None:
    cron = Cron.parse("0 2 * * *")

    assert cron.last(at("2026-03-18T02:00"), 5) == at("2026-03-18T02:00")
    assert cron.last(at("2026-03-18T01:59:59"), 5) == at("2026-03-17T02:00")


def test_the_search_ends_with_its_days() -> None:
    leap = Cron.parse("0 0 29 2 *")

    assert list(leap.starts(at("2026-03-01T00:00"), 400)) == []
    assert leap.last(at("2026-03-01T00:00"), 400) is None
    assert next(leap.starts(at("2027-03-01T00:00"), 400)) == at("2028-02-29T00:00")


CRONS = st.sampled_from(
    ["0 2 * * tue-thu", "*/7 */5 * * *", "59 23 1,15 * *", "30 4 13 * fri", "0 0 */2 * mon",
     "15-45/10 22-23 * mar,nov *"]
)  # fmt: skip
MOMENTS = st.datetimes(min_value=at("2025-01-01"), max_value=at("2029-01-01"))


@given(CRONS, MOMENTS)
@settings(max_examples=60, deadline=None)
def test_walking_agrees_with_matching(text: str, moment: datetime) -> None:
    """Between two neighbours that the walk finds, no minute matches."""
    cron = Cron.parse(text)
    minute = moment.replace(second=0, microsecond=0)
    last = cron.last(moment, 3)
    nexts = list(islice(cron.starts(moment, 3), 2))

    expected_last = next(
        (m for m in (minute - n * MINUTE for n in range(2880)) if cron.matches(m)), None
    )
    if expected_last is not None or (last and minute - last < timedelta(days=2)):
        assert last == expected_last
    expected_next = [m for m in (minute + n * MINUTE for n in range(1, 2880)) if cron.matches(m)][
        :2
    ]
    assert [m for m in nexts if m - minute < timedelta(days=2)] == expected_next
