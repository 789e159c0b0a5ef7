"""The audit over the example: what mcm let in, what somebody let in at the console."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from mcm.app.auditing import Report, Sources, make_audit
from mcm.app.observing import Observer
from mcm.app.verify import Verdict, Verification
from mcm.aws.observe import AwsSource
from mcm.aws.port import AwsError, ErrorKind, Params
from mcm.core.errors import BlindError, Exit
from mcm.core.history.glass_told import Glass
from mcm.core.history.journal import BrokenJournalError, ChainProblem, Draft, Entry
from mcm.core.plans.plan import Plan
from mcm.core.trust.audit import Finding, Span
from mcm.store.memory import MemoryJournal
from tests.kit.files import example_service
from tests.kit.world import STAGE, World


class Desk:
    """An auditor at the world's desk."""

    def __init__(self, world: World, plan: Plan | None = None) -> None:
        self.world = world
        self.plan = plan
        self.verdict = Verdict.PROVEN
        self.glasses: tuple[Glass, ...] = ()
        self.aliases: dict[str, frozenset[str]] = {}

    def audit(self, days: float = 1, journal: MemoryJournal | None = None) -> Report:
        now = self.world.clock.now()
        observer = Observer([AwsSource(self.world.connect, self.world.clock.now)], self.world.clock)
        sources = Sources(
            observer,
            journal or self.world.journal,
            lambda change: self.plan if change == "CM-0001" else None,
            lambda change: Verification(change, self.verdict, (), (), ()),
            self.aliases,
            self.glasses,
        )
        span = Span(now - timedelta(days=days), now + timedelta(minutes=1))
        return make_audit(example_service(), span, sources, now, lambda _: None)

    def findings(self, stage: str = STAGE, **fields: float) -> list[tuple[Finding, ...]]:
        return [each.findings for each in self.audit(**fields).entries if each.stage == stage]


@pytest.fixture
def world() -> World:
    return World()


def promoted(world: World) -> Desk:
    """A world in which mcm has promoted prod-us by an approved plan."""
    plan = world.ready()
    world.deploy(plan, patience=timedelta(hours=3))
    assert world.executions()[0] == plan.execution
    return Desk(world, plan)


def test_what_mcm_let_in_is_matched_with_who_approved_it(world: World) -> None:
    desk = promoted(world)

    report = desk.audit()

    (us,) = (each for each in report.entries if each.stage == STAGE)
    assert us.findings == ()
    assert (us.change, us.by, us.approvers) == ("CM-0001", "alice", ("bob",))


def test_what_the_console_let_in_has_no_record_and_exits_4(world: World) -> None:
    """The example's people pass everything through Europe by hand."""
    report = promoted(world).audit()

    eu = [each for each in report.entries if each.stage == "prod-eu"]
    assert [each.findings for each in eu] == [(Finding.NO_RECORD,)]
    assert eu[0].by.endswith(":user/console")
    assert report.exit is Exit.REFUSED


def test_the_planned_execution_let_in_by_others_is_by_console(world: World) -> None:
    plan = world.ready()
    world.console("EnableStageTransition", stageName="ProdUS", transitionType="Inbound")
    world.clock.pass_time(timedelta(minutes=1))
    world.journal.append("CM-0001", [_planned(world, plan)], after=0)
    world.deploy(plan, patience=timedelta(hours=3))

    assert Desk(world, plan).findings() == [(Finding.BY_CONSOLE,)]


def _planned(world: World, plan: Plan) -> Draft:
    body = {"edition": plan.edition, "plan": plan.digest, "execution": plan.execution}
    return Draft("planned", body, world.clock.now())


def test_a_rollback_by_mcm_is_matched_without_any_change(world: World) -> None:
    world.roll_back()

    report = Desk(world).audit()

    (back,) = (each for each in report.entries if each.is_rollback)
    assert (back.findings, back.change) == ((), "ROLLBACK-prod-us")


def test_a_rollback_at_the_console_is_not(world: World) -> None:
    target = world.executions()[1]
    world.console("RollbackStage", stageName="ProdUS", targetPipelineExecutionId=target)
    world.clock.pass_time(timedelta(minutes=5))

    assert Desk(world).findings() == [(Finding.NO_RECORD,)]


def test_an_approver_who_wrote_it_is_told_also_by_another_name(world: World) -> None:
    plan = world.plan(authors=("Robert Tables <tables@example.com>",))
    world.approve(plan)
    world.clock.pass_time(timedelta(minutes=2))
    world.deploy(plan, patience=timedelta(hours=3))
    desk = Desk(world, plan)

    assert desk.findings() == [()]
    desk.aliases = {"bob": frozenset({"TABLES@example.com"})}
    assert desk.findings() == [(Finding.APPROVER_IS_AUTHOR,)]


def test_a_broken_glass_waits_for_its_review(world: World) -> None:
    plan = world.plan()
    said = world.break_glass(plan)
    world.clock.pass_time(timedelta(minutes=2))
    world.deploy(plan, patience=timedelta(hours=3))
    desk = Desk(world, plan)

    assert desk.findings() == [(Finding.UNREVIEWED,)]
    at = said.statement.not_before
    reviewed = Glass("CM-0001", STAGE, "carol", at, at, said.digest, reviewed_by="bob")
    desk.glasses = (reviewed,)
    assert desk.findings() == [()]


def test_a_record_that_does_not_hold_is_no_record(world: World) -> None:
    desk = promoted(world)
    desk.verdict = Verdict.BROKEN

    assert desk.findings() == [(Finding.DOES_NOT_HOLD,)]


def test_a_journal_that_cannot_be_read_hides_nothing_silently(world: World) -> None:
    class Torn(MemoryJournal):
        def entries(self, change: str) -> tuple[Entry, ...]:
            raise BrokenJournalError(change, ChainProblem(1, "E_CHAIN", "another hash"), ())

        def changes(self) -> tuple[str, ...]:
            return ("CM-0001",)

    report = Desk(world).audit(journal=Torn())

    assert len(report.unread) == 1
    assert report.unread[0].startswith("CM-0001: ")
    assert report.exit is Exit.INCONCLUSIVE


def test_days_that_aws_does_not_keep_are_said_to_be_missing(world: World) -> None:
    report = Desk(world).audit(days=400)

    assert "AWS keeps 365 days" in report.unread[0]


def fail(kind: ErrorKind) -> Callable[[str, str, Params], None]:
    def before(service: str, operation: str, params: Params) -> None:
        if operation == "ListActionExecutions":
            raise AwsError(kind, "No", "not now", service=service, operation=operation)

    return before


@pytest.mark.parametrize("kind", [ErrorKind.DENIED, ErrorKind.THROTTLED, ErrorKind.AUTH])
def test_without_aws_there_is_no_audit(world: World, kind: ErrorKind) -> None:
    world.before = fail(kind)

    with pytest.raises(BlindError) as err:
        Desk(world).audit()

    assert ("mcm doctor" in (err.value.hint or "")) is (kind is ErrorKind.DENIED)
    assert ("Log in again" in (err.value.hint or "")) is (kind is ErrorKind.AUTH)
