"""Failures, errors and what does not tell have limits of their own."""

from datetime import timedelta

from mcm.core.history.state import Tally
from mcm.core.judging import limits
from mcm.core.judging.limits import NOTHING
from mcm.core.plans.plan import Guardrail
from mcm.core.verdict import Kind, Verdict
from tests.kit.readings import NOW

POLL = timedelta(seconds=30)


def guardrail(failures: int = 0, errors: int | None = None, doubts: int | None = None) -> Guardrail:
    return Guardrail("ping", "http-health", {}, "roll_back", failures, errors, doubts)


def verdict(kind: Kind, count: int = 0, newest: Kind = Kind.BREACH) -> Verdict:
    return Verdict("ping", kind, "said so", count=count, newest=newest)


def counted(item: Guardrail, *kinds: Kind) -> Tally:
    """Return the tally after one measurement a poll."""
    tally = NOTHING
    for number, kind in enumerate(kinds):
        tally = limits.count(item, verdict(kind), tally, NOW + number * POLL, POLL)
    return tally


def test_without_a_limit_the_first_breach_counts_and_nothing_is_kept() -> None:
    item = guardrail()

    assert counted(item, Kind.BREACH, Kind.ERROR) == NOTHING
    assert limits.apply(item, verdict(Kind.BREACH), NOTHING).kind is Kind.BREACH


def test_breaches_within_the_limit_are_no_breach_and_no_pass() -> None:
    item = guardrail(failures=2)
    two = counted(item, Kind.BREACH, Kind.PASS, Kind.BREACH)
    three = counted(item, Kind.BREACH, Kind.PASS, Kind.BREACH, Kind.BREACH)

    assert limits.apply(item, verdict(Kind.BREACH), two).kind is Kind.INCONCLUSIVE
    assert limits.apply(item, verdict(Kind.BREACH), three).kind is Kind.BREACH


def test_a_kind_that_sees_its_past_counts_by_itself() -> None:
    item = guardrail(failures=1)

    assert counted(item, Kind.PASS) == NOTHING
    over = verdict(Kind.BREACH, count=1, newest=Kind.PASS)
    lasting = verdict(Kind.BREACH, count=1)
    again = verdict(Kind.BREACH, count=2, newest=Kind.PASS)
    assert limits.apply(item, over, NOTHING).kind is Kind.PASS
    assert limits.apply(item, lasting, NOTHING).kind is Kind.INCONCLUSIVE
    assert limits.apply(item, again, NOTHING).kind is Kind.BREACH


def test_what_ended_by_itself_is_not_tolerated_away() -> None:
    silent = Verdict("ping", Kind.BREACH, "went back", code="silently_rolled_back")

    assert limits.apply(guardrail(failures=5), silent, NOTHING) is silent


def test_turns_that_follow_each_other_quickly_are_one_measurement() -> None:
    item = guardrail(failures=3)
    tally = limits.count(item, verdict(Kind.BREACH), NOTHING, NOW, POLL)

    again = limits.count(item, verdict(Kind.BREACH), tally, NOW + timedelta(seconds=2), POLL)

    assert again is tally


def test_errors_count_in_a_row_and_call_a_person_when_there_are_too_many() -> None:
    item = guardrail(errors=2)
    fine = counted(item, Kind.ERROR, Kind.ERROR, Kind.PASS, Kind.ERROR, Kind.ERROR)
    many = counted(item, Kind.ERROR, Kind.ERROR, Kind.ERROR)

    assert limits.exceeded(item, verdict(Kind.ERROR), {"ping": fine}) is None
    found = limits.exceeded(item, verdict(Kind.ERROR), {"ping": many})
    assert found is not None
    assert found.kind is Kind.ERROR
    assert "3 errors in a row, 2 allowed" in found.reason


def test_what_does_not_tell_is_counted_in_all_and_holds_only_while_it_does_not() -> None:
    item = guardrail(doubts=1)
    many = counted(item, Kind.INCONCLUSIVE, Kind.PASS, Kind.INCONCLUSIVE)

    assert limits.exceeded(item, verdict(Kind.INCONCLUSIVE), {"ping": many}) is not None
    assert limits.exceeded(item, verdict(Kind.PASS), {"ping": many}) is None
