"""What persons say: signed, shown to the guard, filed; or refused and journaled."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from mcm.app.people import (
    approve,
    current_request,
    own_approval,
    refuse_self,
    reject,
    request,
    valid_until,
)
from mcm.core.errors import RefusedError, UsageError
from mcm.core.plans.plan import Plan
from mcm.core.trust.inbox import Inbox
from mcm.core.trust.statement import Statement, TrustRef, Verified
from mcm.store.memory import MemoryJournal
from tests.kit.clock import START
from tests.kit.world import World

HOUR = timedelta(hours=1)
TRUST = TrustRef(1, "0" * 64)


class Desk:
    """A person whose signature holds; all desks share one inbox."""

    def __init__(self, person: str, filed: list[Verified], *aliases: str) -> None:
        self.person = person
        self.aliases = frozenset(aliases)
        self.trust = TRUST
        self.filed = filed
        self.signed = 0

    def inbox(self) -> Inbox:
        return Inbox(tuple(self.filed), ())

    def nonce(self) -> str:
        self.signed += 1
        return f"{len(self.filed):016x}{self.signed:016x}"

    def sign(self, statement: Statement) -> tuple[Verified, Callable[[], str]]:
        verified = Verified(statement, self.person, statement.digest, "key", self.aliases)

        def file() -> str:
            self.filed.append(verified)
            return f"statement-{len(self.filed)}.json"

        return verified, file


@pytest.fixture
def plan() -> Plan:
    return World().plan()


@pytest.fixture
def journal() -> MemoryJournal:
    return MemoryJournal()


def asked(plan: Plan, journal: MemoryJournal) -> tuple[list[Verified], Verified]:
    """alice requests; return the inbox and her request."""
    filed: list[Verified] = []
    request(plan, Desk("alice", filed), journal, START, "mcm 0")
    return filed, filed[0]


def test_a_request_binds_the_plan_and_what_was_written_before(
    plan: Plan, journal: MemoryJournal
) -> None:
    _, mine = asked(plan, journal)

    assert (mine.statement.plan, mine.statement.stages) == (plan.digest, ("prod-us",))
    assert mine.statement.expires - mine.statement.not_before == timedelta(days=7)
    assert [entry.kind for entry in journal.entries(plan.change)] == ["requested"]


def test_only_the_planned_requester_requests(plan: Plan, journal: MemoryJournal) -> None:
    filed: list[Verified] = []
    with pytest.raises(RefusedError, match="E_REQUEST_MISMATCH"):
        request(plan, Desk("bob", filed), journal, START, "mcm 0")

    assert filed == []
    assert journal.entries(plan.change)[0].kind == "refused"


def test_an_approval_is_filed_once_the_guard_has_found_that_it_counts(
    plan: Plan, journal: MemoryJournal
) -> None:
    filed, mine = asked(plan, journal)
    bob = Desk("bob", filed)
    said = approve(plan, plan.stages[0], bob, mine, journal, START + HOUR, "mcm 0")

    statement = filed[-1].statement
    assert (said.counts, said.digest) == ("1 of 1 approvals", statement.digest)
    assert statement.request == mine.digest
    assert statement.rollback_to == plan.stages[0].rollback_target
    assert statement.journal.seq == 1
    found = own_approval(plan, plan.stages[0], bob, journal, START + HOUR)
    assert found is filed[-1]


@pytest.mark.parametrize("aliases", [(), ("alice@example.com",)])
def test_the_requester_is_refused_under_every_name(
    plan: Plan, journal: MemoryJournal, aliases: tuple[str, ...]
) -> None:
    """Before anything is typed, and by the guard all the same."""
    filed: list[Verified] = []
    request(plan, Desk("alice", filed, "alice@example.com"), journal, START, "mcm 0")
    who = Desk("carol", filed, *aliases) if aliases else Desk("alice", filed)
    for attempt in (
        lambda: refuse_self(plan, "prod-us", who, filed[0], journal, START),
        lambda: approve(plan, plan.stages[0], who, filed[0], journal, START, "mcm 0"),
    ):
        with pytest.raises(RefusedError, match="E_SELF_APPROVAL"):
            attempt()
    assert len(filed) == 1
    assert [e.kind for e in journal.entries(plan.change)] == ["requested", "refused", "refused"]


def test_somebody_else_is_not_refused(plan: Plan, journal: MemoryJournal) -> None:
    filed, mine = asked(plan, journal)
    refuse_self(plan, "prod-us", Desk("bob", filed), mine, journal, START)

    assert [entry.kind for entry in journal.entries(plan.change)] == ["requested"]


def test_of_two_approvals_the_first_counts_and_the_same_person_twice_does_not(
    plan: Plan, journal: MemoryJournal
) -> None:
    plan = replace(plan, stages=(replace(plan.stages[0], approvals=2),))
    stage = plan.stages[0]
    filed, mine = asked(plan, journal)
    bob, carol = Desk("bob", filed), Desk("carol", filed)

    assert approve(plan, stage, bob, mine, journal, START, "mcm 0").counts == "1 of 2 approvals"
    with pytest.raises(RefusedError, match="E_THRESHOLD"):
        approve(plan, stage, bob, mine, journal, START, "mcm 0")
    assert approve(plan, stage, carol, mine, journal, START, "mcm 0").counts == "2 of 2 approvals"


def test_a_new_request_asks_for_new_approvals(plan: Plan, journal: MemoryJournal) -> None:
    filed, mine = asked(plan, journal)
    bob = Desk("bob", filed)
    approve(plan, plan.stages[0], bob, mine, journal, START, "mcm 0")
    request(plan, Desk("alice", filed), journal, START + HOUR, "mcm 0")

    assert current_request(plan, bob.inbox()) is filed[-1]
    assert own_approval(plan, plan.stages[0], bob, journal, START + HOUR) is None


def test_a_rejection_ends_the_request(plan: Plan, journal: MemoryJournal) -> None:
    filed, mine = asked(plan, journal)
    reject(plan, Desk("carol", filed), "not tonight", journal, START, "mcm 0")

    with pytest.raises(RefusedError, match="carol rejected"):
        approve(plan, plan.stages[0], Desk("bob", filed), mine, journal, START, "mcm 0")
    assert [e.kind for e in journal.entries(plan.change)] == ["requested", "rejected", "refused"]


def test_without_a_request_for_this_plan_there_is_nothing_to_answer(
    plan: Plan, journal: MemoryJournal
) -> None:
    filed, _ = asked(plan, journal)
    other = replace(plan, edition=2)
    with pytest.raises(UsageError, match="nobody has requested edition 2"):
        current_request(other, Desk("bob", filed).inbox())


def test_an_approval_ends_with_the_next_window_and_after_96_hours_at_most(plan: Plan) -> None:
    """START lies in a window of three hours that opened half an hour ago."""
    stage = plan.stages[0]

    assert valid_until(stage, plan, START) == START + 2.5 * HOUR
    assert valid_until(stage, plan, START + 3 * HOUR) == START + 26.5 * HOUR
    assert valid_until(replace(stage, window=None), plan, START) == START + 96 * HOUR
