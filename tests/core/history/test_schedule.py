"""An appointment: closed before and after, and about one plan only."""

from datetime import UTC, datetime, timedelta

import pytest

from mcm.core.history.fold import fold
from mcm.core.history.journal import chain_all
from mcm.core.history.schedule import Schedule, draft, judge
from mcm.core.sentences.sentence import sentence

NOW = datetime(2026, 3, 18, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PLAN = "a" * 64


def gate(at: datetime | None, expires: datetime | None, plan: str = PLAN) -> tuple[bool, bool, str]:
    found = judge(Schedule("alice", at, expires, PLAN), plan, NOW)
    return found.open, found.leave, found.reason


def test_before_its_time_it_waits() -> None:
    assert gate(NOW + HOUR, None) == (False, False, "alice wants it not before 2026-03-18 10:00Z")
    assert judge(Schedule("alice", NOW + HOUR, None, PLAN), PLAN, NOW).until == NOW + HOUR


def test_after_its_time_waiting_cannot_help() -> None:
    assert gate(None, NOW) == (
        False,
        True,
        "the order to deploy has expired: alice wanted it before 2026-03-18 09:00Z",
    )


@pytest.mark.parametrize(
    ("at", "expires"), [(NOW, None), (None, NOW + HOUR), (NOW - HOUR, NOW + HOUR), (None, None)]
)
def test_in_between_it_is_open(at: datetime | None, expires: datetime | None) -> None:
    assert gate(at, expires)[0]


def test_another_edition_has_no_schedule() -> None:
    assert gate(NOW + HOUR, None, plan="b" * 64)[0]
    assert judge(None, PLAN, NOW).open


def test_the_journal_keeps_the_newest_by_stage() -> None:
    first = draft("prod-us", Schedule("alice", NOW + HOUR, None, PLAN), NOW)
    second = draft("prod-us", Schedule("bob", None, NOW + 2 * HOUR, PLAN), NOW)
    entries = chain_all(None, [first, second])

    assert fold(entries).schedules == {"prod-us": Schedule("bob", None, NOW + 2 * HOUR, PLAN)}
    assert [sentence(entry) for entry in entries] == [
        "prod-us: alice wants it not before 2026-03-18T10:00:00.000Z",
        "prod-us: bob wants it at once, not after 2026-03-18T11:00:00.000Z",
    ]
