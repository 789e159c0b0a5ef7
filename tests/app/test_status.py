"""How changes stand, told from journals of real walks."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mcm.app.phase import Phase
from mcm.app.standing import ChangeStatus
from mcm.app.status import read_all, read_status, worth_showing
from mcm.core.errors import Exit, RefusedError
from mcm.core.history.journal import Draft, Entry, Journal
from mcm.core.plans.plan import Plan
from mcm.store.memory import MemoryJournal
from tests.kit.clock import START
from tests.kit.world import REALM, STAGE, World

HOURS = timedelta(hours=2)


def write(journal: Journal, change: str, *drafts: Draft) -> None:
    journal.append(change, drafts, after=len(journal.entries(change)))


def said(kind: str, plan: Plan, **body: object) -> Draft:
    return Draft(kind, {"edition": plan.edition, "plan": plan.digest, **body}, START)


def stand(world: World, plan: Plan) -> ChangeStatus:
    return read_status(plan.change, plan.to_bytes(), world.journal)


class Torn(MemoryJournal):
    """A journal in which one change does not hold."""

    def __init__(self, torn: str) -> None:
        super().__init__()
        self._torn = torn

    def entries(self, change: str) -> tuple[Entry, ...]:
        if change == self._torn:
            raise RefusedError("E_CHAIN", f"the journal of {change} does not hold at seq 3: edited")
        return super().entries(change)


def test_a_change_without_plan_and_journal_is_a_draft_that_holds() -> None:
    found = read_status("CM-0009", None, MemoryJournal())

    assert found.stages == ()
    assert found.is_open
    assert found.exit is Exit.HELD


def test_an_unreadable_plan_is_a_problem_and_never_done() -> None:
    found = read_status("CM-0001", b"{", MemoryJournal())

    assert "plan.json cannot be read" in found.problem
    assert found.exit is Exit.REFUSED
    assert found.is_open


def test_a_plan_of_another_shape_is_a_problem() -> None:
    found = read_status("CM-0001", b'{"title":"x"}', MemoryJournal())

    assert "plan.json cannot be read" in found.problem


def test_a_broken_journal_hides_no_other_change() -> None:
    world = World(journal=Torn("CM-0001"))
    other = world.plan(change="CM-0002")
    plans: dict[str, bytes] = {"CM-0001": world.plan().to_bytes(), "CM-0002": other.to_bytes()}

    broken, whole = read_all(plans, plans.get, world.journal)

    assert "seq 3" in broken.problem
    assert broken.exit is Exit.REFUSED
    assert whole.problem == ""


@pytest.mark.parametrize(
    ("data", "why"), [(b"{}", "it has no 'title'"), (b"plan", "it is no JSON of ours (")]
)
def test_a_broken_plan_is_told_in_words(data: bytes, why: str) -> None:
    found = read_status("CM-0001", data, MemoryJournal())

    assert f"plan.json cannot be read: {why}" in found.problem


def test_a_plan_that_may_not_be_read_is_a_problem_of_its_own_change() -> None:
    def refuse(change: str) -> bytes | None:
        raise RefusedError("E_UNSAFE_FILE", "plan.json refused: a symbolic link")

    (found,) = read_all(["CM-0001"], refuse, MemoryJournal())

    assert "symbolic link" in found.problem


@pytest.mark.parametrize(
    ("said_before", "phase", "by"),
    [
        ((), Phase.PLANNED, ()),
        (("requested",), Phase.REQUESTED, ()),
        (("requested", "approved"), Phase.APPROVED, ("bob",)),
        (("requested", "rejected"), Phase.REJECTED, ()),
        (("approved",), Phase.PLANNED, ("bob",)),
    ],
)
def test_before_the_walk_the_signatures_tell(
    said_before: tuple[str, ...], phase: Phase, by: tuple[str, ...]
) -> None:
    world = World()
    plan = world.plan()
    for kind in ("planned", *said_before):
        write(world.journal, plan.change, said(kind, plan, by="bob", stage=STAGE))

    (stage,) = stand(world, plan).stages

    assert (stage.phase, stage.approved_by) == (phase, by)
    assert stage.exit is (Exit.REFUSED if phase is Phase.REJECTED else Exit.HELD)


def test_an_edited_plan_claims_no_phase() -> None:
    """Neither `planned` nor any other word may stand beside a plan that nobody wrote."""
    world = World()
    plan = world.plan()
    for kind in ("planned", "requested"):
        write(world.journal, plan.change, said(kind, plan, by="alice"))

    found = stand(world, replace(plan, title="Something else"))

    assert found.problem == "plan.json is not edition 1 as it was written"
    assert [stage.phase for stage in found.stages] == [Phase.UNKNOWN]
    assert (found.exit, found.mend, found.is_open) == (Exit.REFUSED, "verify", True)


def test_an_older_edition_in_place_of_the_newest_claims_no_phase() -> None:
    world = World()
    plan = world.plan()
    for each in (plan, replace(plan, edition=2)):
        write(world.journal, plan.change, said("planned", each))

    found = stand(world, plan)

    assert found.problem == "plan.json is edition 1, the newest is 2"
    assert found.stages[0].phase is Phase.UNKNOWN
    assert found.mend == "plan"


def test_an_edition_that_nobody_wrote_down_is_a_problem() -> None:
    world = World()
    plan = world.plan()
    write(world.journal, plan.change, said("planned", plan))

    found = stand(world, replace(plan, edition=7))

    assert found.problem == "no entry says when edition 7 was written"


def test_with_a_broken_journal_nothing_is_claimed_but_the_problem() -> None:
    world = World(journal=Torn("CM-0001"))
    found = stand(world, world.plan())

    assert "seq 3" in found.problem
    assert [(stage.phase, stage.exit) for stage in found.stages] == [(Phase.UNKNOWN, Exit.REFUSED)]


def test_an_approval_of_another_edition_does_not_count() -> None:
    world = World()
    plan = world.plan()
    old = replace(plan, title="Something else")
    for kind in ("requested", "approved"):
        write(world.journal, plan.change, said(kind, old, by="bob", stage=STAGE))

    (stage,) = stand(world, plan).stages

    assert stage.phase is Phase.PLANNED
    assert stage.approved_by == ()


def test_a_held_walk_names_its_closed_gates_and_who_drives() -> None:
    world = World()
    plan = world.plan()
    world.deploy(plan)

    found = stand(world, plan)

    assert (found.operator, found.realm, found.edition) == ("alice", REALM, 1)
    assert found.stages[0].phase is Phase.GATES
    assert {gate.gate for gate in found.stages[0].gates} == {"execution", "approval", "answer"}
    assert found.exit is Exit.HELD


def test_a_walk_that_succeeded_is_over_with_zero() -> None:
    world = World()
    plan = world.plan()
    world.approve(plan)
    world.deploy(plan, patience=HOURS)

    found = stand(world, plan)

    assert found.stages[0].phase is Phase.SUCCEEDED
    assert found.stages[0].gates == ()
    assert {check.verdict for check in found.stages[0].checks} == {"PASS"}
    assert found.exit is Exit.DONE
    assert not found.is_open


def at_the_bake(world: World) -> Plan:
    """Let a walk come into its bake and stop there, as if the laptop had been closed."""
    plan = world.plan()
    world.approve(plan)
    world.clock.at(world.clock.now() + timedelta(minutes=10), interrupt)
    with pytest.raises(KeyboardInterrupt):
        world.deploy(plan, patience=HOURS)
    return plan


def interrupt() -> None:
    raise KeyboardInterrupt


def test_a_walk_in_its_bake_holds() -> None:
    world = World()
    plan = at_the_bake(world)

    found = stand(world, plan)

    assert found.stages[0].phase is Phase.BAKING
    assert found.exit is Exit.HELD


@pytest.mark.parametrize(
    ("draft", "phase", "code"),
    [
        (
            Draft("sight", {"stage": STAGE, "lost": True, "reason": "expired"}, START),
            Phase.BAKING,
            Exit.BLIND,
        ),
        (
            Draft(
                "verdict_changed",
                {"stage": STAGE, "check": "alarms", "verdict": "ERROR", "reason": "gone"},
                START,
            ),
            Phase.BAKING,
            Exit.BLIND,
        ),
        (
            Draft(
                "verdict_changed",
                {"stage": STAGE, "check": "alarms", "verdict": "INCONCLUSIVE", "reason": "few"},
                START,
            ),
            Phase.BAKING,
            Exit.INCONCLUSIVE,
        ),
        (
            Draft("breach", {"stage": STAGE, "check": "a", "reason": "r", "action": "hold"}, START),
            Phase.BREACHED,
            Exit.NEEDS_PERSON,
        ),
        (
            Draft(
                "breach",
                {"stage": STAGE, "check": "a", "reason": "r", "action": "roll_back"},
                START,
            ),
            Phase.ROLLING_BACK,
            Exit.ROLLED_BACK,
        ),
        (
            Draft("stage_ended", {"stage": STAGE, "outcome": "failed", "reason": "no"}, START),
            Phase.FAILED,
            Exit.FAILED,
        ),
        (
            Draft("stage_ended", {"stage": STAGE, "outcome": "aborted", "reason": "no"}, START),
            Phase.ABORTED,
            Exit.ABORTED,
        ),
        (
            Draft("stage_ended", {"stage": STAGE, "outcome": "moonlit", "reason": "no"}, START),
            Phase.ERRORED,
            Exit.NEEDS_PERSON,
        ),
        (
            Draft("person_needed", {"stage": STAGE, "reason": "no way back"}, START),
            Phase.BAKING,
            Exit.NEEDS_PERSON,
        ),
    ],
)
def test_what_was_noted_in_the_bake_tells(draft: Draft, phase: Phase, code: Exit) -> None:
    world = World()
    plan = at_the_bake(world)
    write(world.journal, plan.change, draft)

    found = stand(world, plan)

    assert (found.stages[0].phase, found.exit) == (phase, code)


def test_a_rollback_after_success_is_what_counts() -> None:
    """The stage serves the old content again, so the change is not done."""
    world = World()
    plan = world.plan()
    world.approve(plan)
    world.deploy(plan, patience=HOURS)
    world.roll_back(plan.change)

    found = stand(world, plan)

    assert found.stages[0].phase is Phase.ROLLED_BACK
    assert found.stages[0].rollback is not None
    assert found.stages[0].rollback.outcome == "rolled_back"
    assert found.exit is Exit.ROLLED_BACK


def test_a_rollback_that_left_other_content_needs_a_person() -> None:
    world = World()
    plan = world.plan()
    body = {
        "stage": STAGE,
        "source": "e2",
        "target": "e1",
        "why": "x",
        "execution": "",
        "seen": [],
    }
    end = {"stage": STAGE, "outcome": "rolled_back", "verified": "differs", "detail": "v6 is gone"}
    write(
        world.journal,
        plan.change,
        Draft("rollback_started", body, START),
        Draft("rollback_ended", end, START),
    )

    assert stand(world, plan).exit is Exit.NEEDS_PERSON


def test_journals_of_rollbacks_without_a_change_are_shown() -> None:
    world = World()
    world.roll_back()

    (found,) = read_all([], lambda _: None, world.journal)

    assert found.change == "ROLLBACK-prod-us"
    assert found.stages[0].phase is Phase.ROLLED_BACK


def test_a_new_edition_does_not_inherit_the_walk_of_the_old() -> None:
    world = World()
    plan = world.plan()
    world.approve(plan)
    world.deploy(plan, patience=HOURS)

    found = stand(world, replace(plan, edition=2))

    assert found.stages[0].phase is Phase.PLANNED
    assert found.exit is Exit.HELD


def test_what_is_long_over_is_left_out_and_what_is_open_never() -> None:
    world = World()
    plan = world.plan()
    world.deploy(plan)
    held = stand(world, plan)
    now = world.clock.now()
    over = replace(held, stages=(replace(held.stages[0], phase=Phase.SUCCEEDED),), last_at=now)

    assert worth_showing([held], now + timedelta(days=300)) == [held]
    assert worth_showing([over], now + timedelta(hours=1)) == [over]
    assert worth_showing([over], now + timedelta(days=2)) == []


@pytest.mark.parametrize("value", [[], {}, 3, None])
def test_odd_entries_are_a_problem_and_no_crash(value: object) -> None:
    world = World()
    plan = world.plan()
    write(world.journal, plan.change, Draft("verdict_changed", {"stage": value}, START))

    assert stand(world, plan).problem


def test_a_hold_shows_wherever_the_change_stands() -> None:
    """Before any walk has met it, and not any more once it is resumed."""
    world = World()
    plan = world.plan()
    body = {"stage": "", "by": "bob", "reason": "wait"}
    write(world.journal, plan.change, Draft("held", body, START))

    (gate,) = stand(world, plan).stages[0].gates
    assert gate.gate == "person"
    assert gate.reason.startswith("held by bob")

    write(world.journal, plan.change, Draft("resumed", body, START))
    assert stand(world, plan).stages[0].gates == ()


def test_a_runbook_that_was_followed_for_no_change_is_no_change() -> None:
    journal = MemoryJournal()
    journal.append("RUNBOOK-blind", [Draft("runbook_started", {"by": "alice"}, START)], after=0)
    assert read_all((), lambda _: None, journal) == []
