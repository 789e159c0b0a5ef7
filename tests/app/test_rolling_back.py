"""What journals, plans and inboxes give a rollback, and that none of them can stop it."""

from collections.abc import Mapping, Sequence

import pytest

from mcm.app.rolling_back import AnyJournal, look_back, own_journal
from mcm.core.errors import RefusedError
from mcm.core.history.journal import Draft, Entry, JournalMoved, StoreError
from mcm.core.plans.plan import Plan
from mcm.core.trust.inbox import Inbox
from mcm.store.memory import MemoryJournal
from tests.kit.clock import START
from tests.kit.world import STAGE, World

NOBODY = Inbox((), ())


class Broken:
    """A journal of which nothing can be used, for a reason of its own."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def entries(self, change: str) -> tuple[Entry, ...]:
        raise self._error

    def append(
        self,
        change: str,
        drafts: Sequence[Draft],
        *,
        after: int,
        claims: Mapping[str, str] | None = None,
    ) -> tuple[Entry, ...]:
        raise self._error

    def changes(self) -> tuple[str, ...]:
        raise self._error


def test_without_anything_the_rollback_has_a_journal_of_its_own() -> None:
    found = look_back(STAGE, "e1", {}, MemoryJournal(), lambda _: NOBODY, pytest.fail)

    assert (found.journal, found.signed, found.known) == (own_journal(STAGE), "", ())


def test_the_change_whose_plan_pins_what_runs_is_taken_back() -> None:
    """Its journal, and the target that its approver signed."""
    world = World()
    plan = world.plan()
    world.approve(plan)
    inbox = Inbox(tuple(world.people.statements), ())
    plans: Mapping[str, Plan] = {plan.change: plan}
    found = look_back(STAGE, plan.execution, plans, MemoryJournal(), lambda _: inbox, pytest.fail)

    assert (found.journal, found.signed) == (plan.change, plan.stages[0].rollback_target)
    other = look_back(STAGE, "e1", plans, MemoryJournal(), lambda _: inbox, pytest.fail)
    assert (other.journal, other.signed) == (own_journal(STAGE), "")


def test_without_its_plan_a_change_is_known_by_what_its_journal_promoted() -> None:
    """Else its status would say that it succeeded, while it was rolled back elsewhere."""
    world = World()
    plan = world.ready()
    world.deploy(plan)
    found = look_back(STAGE, plan.execution, {}, world.journal, lambda _: NOBODY, pytest.fail)

    assert (found.journal, found.signed) == (plan.change, "")
    other = look_back("prod-eu", plan.execution, {}, world.journal, lambda _: NOBODY, pytest.fail)
    assert other.journal == own_journal("prod-eu")


def test_a_target_that_nobody_signed_is_not_used() -> None:
    world = World()
    plan = world.plan()
    said: list[str] = []
    found = look_back(
        STAGE,
        plan.execution,
        {plan.change: plan},
        MemoryJournal(),
        lambda _: NOBODY,
        said.append,
    )

    assert found.signed == ""
    assert said == [f"no approval of {plan.change} verifies: the computed target is used"]


def test_a_rollback_that_has_begun_is_finished_where_it_was_begun() -> None:
    journal = MemoryJournal()
    body = {
        "stage": STAGE,
        "pipeline_stage": "ProdUS",
        "source": "e2",
        "target": "e1",
        "why": "asked",
        "execution": "",
        "seen": [],
    }
    journal.append("CM-7", [Draft("rollback_started", body, START)], after=0)
    found = look_back(STAGE, "e1", {}, journal, lambda _: NOBODY, pytest.fail)

    assert found.journal == "CM-7"


def test_snapshots_tell_what_executions_served() -> None:
    """From every journal; one that cannot be understood is told and passed over."""
    world = World()
    plan = world.plan()
    world.approve(plan)
    world.deploy(plan)
    entries = world.journal.entries(plan.change)
    baseline = next(entry for entry in entries if entry.kind == "baseline")
    odd = {"stage": STAGE, "effective": "e9", "contents": [{"what": "is this"}]}
    world.journal.append("CM-9", [Draft("baseline", odd, START)], after=0)
    said: list[str] = []
    journal = AnyJournal(world.journal)
    found = look_back(STAGE, "e1", {}, journal, lambda _: NOBODY, said.append)

    assert [each.startswith("the journal of CM-9 cannot be read") for each in said] == [True]
    assert [execution for execution, _ in found.known] == [baseline.body["effective"]]
    assert found.known[0][1][0].endpoint == "photo-check-us"


@pytest.mark.parametrize(
    "error", [StoreError("locked"), RefusedError("E_CHAIN", "edited"), ZeroDivisionError("odd")]
)
def test_no_journal_and_no_inbox_stops_it(error: Exception) -> None:
    """Whatever they raise is a warning, and the rollback goes on without them."""
    world = World()
    plan = world.plan()
    said: list[str] = []

    def inbox(_: str) -> Inbox:
        raise error

    journal = AnyJournal(Broken(error))
    found = look_back(STAGE, plan.execution, {plan.change: plan}, journal, inbox, said.append)

    assert (found.journal, found.signed, found.known) == (plan.change, "", ())
    assert len(said) == 2


@pytest.mark.parametrize("error", [ZeroDivisionError("odd"), RefusedError("E_CHAIN", "edited")])
def test_what_a_journal_raises_becomes_what_a_writer_outlives(error: Exception) -> None:
    with pytest.raises(StoreError):
        AnyJournal(Broken(error)).append("CM-1", [], after=0)
    with pytest.raises(JournalMoved):
        AnyJournal(Broken(JournalMoved("CM-1", 1, 2))).append("CM-1", [], after=0)
