"""The example on a virtual clock: the real core, runner and adapters over the engine.

What stands in for the world outside: the clock, the inbox of statements (built here as
if trust had verified them) and the journal in memory. Everything else is the product's.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from mcm.app.observing import Observer
from mcm.app.ports import Source
from mcm.app.runner import Ending, Runner, start_walk
from mcm.app.writer import Writer
from mcm.aws.observe import AwsSource
from mcm.aws.perform import Performer
from mcm.aws.port import Params, Port, Reply, time_of
from mcm.aws.read_pipeline import PipelineReader
from mcm.core.canonical import digest
from mcm.core.endpoint import Expected
from mcm.core.gates.others import OtherChange
from mcm.core.history.glass_told import Glass
from mcm.core.history.goal import GoBack, GoForward
from mcm.core.history.journal import Entry, Journal
from mcm.core.history.state import State
from mcm.core.history.turn import Turn
from mcm.core.plans.plan import FORMAT, Approval, Bake, Gate, Guardrail, Plan, StagePlan
from mcm.core.query import (
    ChangesQuery,
    ExecutionQuery,
    FreezesQuery,
    InboxQuery,
    Metric,
    PipelineId,
    Place,
    Query,
)
from mcm.core.reading import Known, Reading
from mcm.core.revision import Revision
from mcm.core.trust.inbox import Inbox
from mcm.core.trust.statement import JournalHead, Statement, TrustRef, Verified
from mcm.core.windows.hours import Hours
from mcm.core.windows.window import Freeze, Window
from mcm.sandbox.identity import ACCOUNT, user_key
from mcm.sandbox.pipeline_model import Timings
from mcm.sandbox.sagemaker_example import build_world
from mcm.sandbox.scenario import Example, build_example
from mcm.store.memory import MemoryJournal
from tests.kit.clock import VirtualClock

US = Place(ACCOUNT, "us-east-1")
PIPELINE = PipelineId(US, "ParcelPhotoCheck")
REALM = "sandbox:00000000-0000-4000-8000-000000000001"
STAGE = "prod-us"
WINDOW = Hours((Window("quiet-us", "0 2 * * *", timedelta(hours=3), "America/Los_Angeles"),))


class Recorder:
    """A listener that keeps what it is told, for assertions."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.lost_entries: list[Entry] = []
        self.turns: list[Turn] = []
        self.states: list[State] = []
        self.hooks: list[Callable[[Entry], None]] = []

    def wrote(self, entries: Sequence[Entry]) -> None:
        self.entries += entries
        for entry in entries:
            for hook in self.hooks:
                hook(entry)

    def turned(self, turn: Turn, state: State, now: datetime) -> None:
        self.turns.append(turn)
        self.states.append(state)

    def lost(self, entries: Sequence[Entry], why: str) -> None:
        self.lost_entries += entries

    def kinds(self) -> list[str]:
        return [entry.kind for entry in self.entries]


class People:
    """The inbox and the live freezes: the readings that do not come from AWS."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.statements: list[Verified] = []
        self.freezes: tuple[Freeze, ...] = ()
        self.glasses: tuple[Glass, ...] = ()
        self.others: tuple[OtherChange, ...] = ()

    @property
    def trust(self) -> TrustRef:
        """The trust file that everybody signs under."""
        return TrustRef(1, "0" * 64)

    def take(self, statement: Statement, person: str) -> Verified:
        """Put what a person says into the inbox, as if trust had verified it."""
        said = Verified(statement, person, statement.digest, f"key-of-{person}")
        self.statements.append(said)
        return said

    def answers(self, query: Query) -> bool:
        return isinstance(query, InboxQuery | FreezesQuery | ChangesQuery)

    def read(self, queries: Iterable[Query], within: timedelta) -> dict[Query, Reading]:
        at = self._clock.now()
        return {query: Known(self._answer(query), at) for query in queries}

    def _answer(self, query: Query) -> object:
        if isinstance(query, InboxQuery):
            return Inbox(tuple(self.statements), (), self.glasses)
        return self.others if isinstance(query, ChangesQuery) else self.freezes


class Counted:
    """A port that lets `before` look at each call: to fail it, or to stop the process."""

    def __init__(self, port: Port, before: Callable[[str, str, Params], None]) -> None:
        self._port = port
        self._before = before

    @property
    def time(self) -> datetime | None:
        """AWS's own time, where what is behind this tells it."""
        return time_of(self._port)

    def call(self, service: str, operation: str, params: Params) -> Reply:
        self._before(service, operation, params)
        return self._port.call(service, operation, params)


class World:
    """One example with everything a walk needs."""

    def __init__(
        self,
        *,
        journal: Journal | None = None,
        clock: VirtualClock | None = None,
        seed: str = "example",
        passes: bool = True,
        poll: timedelta = timedelta(seconds=30),
        settle: timedelta = timedelta(minutes=1),
        update_takes: timedelta = timedelta(seconds=90),
        local: Callable[[VirtualClock], VirtualClock] = lambda clock: clock,
        people: Callable[[VirtualClock], People] = People,
    ) -> None:
        self.clock = clock or VirtualClock()
        self.local = local(self.clock)
        """The clock of mcm's machine, which may be off."""
        self.poll, self.settle = poll, settle
        world = build_world(self.clock.now(), update_takes=update_takes)
        self.engine = build_example(
            self.clock.now,
            timings=Timings(),
            world=world,
            seed=seed,
            rollback_passes_disabled_transition=passes,
        )
        scenario = self.engine.scenario
        assert isinstance(scenario, Example)
        self.scenario = scenario
        self.clock.pass_time(timedelta(minutes=10))
        self.journal = journal or MemoryJournal()
        self.plain_journal = self.journal
        """The journal as others reach it, whatever stands between mcm and it."""
        self.people = people(self.local)
        self.more: list[Source] = []
        """Sources that are asked before the people's."""
        self.listener = Recorder()
        self.before: Callable[[str, str, Params], None] = lambda *_: None
        self.wrap: Callable[[Port], Port] = lambda port: port
        """Stands between mcm and the engine: to fail calls, or to kill the process."""

    def port(self, person: str, region: str = "us-east-1") -> Port:
        return self.engine.port(user_key(person), region)

    def connect(self, place: Place) -> Port:
        port = self.wrap(self.port("alice", place.region))
        return Counted(port, self._before)

    def when(self, kind: str, call: Callable[[], object], after: float = 0) -> None:
        """Let `call` happen `after` seconds past the first entry of a kind."""
        waiting = [call]

        def hook(entry: Entry) -> None:
            if entry.kind == kind and waiting:
                then = waiting.pop()
                self.clock.at(self.clock.now() + timedelta(seconds=after), lambda: then() and None)

        self.listener.hooks.append(hook)

    def ready(self) -> Plan:
        """Return an approved plan whose execution waits in front of prod-us."""
        plan = self.plan()
        self.approve(plan)
        self.clock.pass_time(timedelta(minutes=2))
        return plan

    def console(self, operation: str, **params: object) -> Reply:
        """Let somebody act on the pipeline at the console."""
        params = {"pipelineName": PIPELINE.name, **params}
        return self.port("console").call("codepipeline", operation, params)

    def executions(self, stage: str = "ProdUS") -> list[str]:
        """Return what the engine says succeeded in a stage, newest first."""
        self.engine.advance()
        return [one.id for one in self.scenario.pipeline.succeeded_in(stage)]

    def entries(self, change: str = "CM-0001") -> list[Entry]:
        return list(self.journal.entries(change))

    def kinds(self, change: str = "CM-0001") -> list[str]:
        return [entry.kind for entry in self.entries(change)]

    def _before(self, service: str, operation: str, params: Params) -> None:
        self.before(service, operation, params)

    def runner(self) -> Runner:
        aws = AwsSource(self.connect, self.local.now)
        observer = Observer([aws, *self.more, self.people], self.local)
        return Runner(observer, Performer(self.connect, self.local.now), self.local, self.listener)

    def plan(self, pinned: str = "", **changes: object) -> Plan:
        """Return a plan for prod-us of `pinned`, else of what waits in ApproveUS."""
        state = self.port("alice").call("codepipeline", "GetPipelineState", {"name": PIPELINE.name})
        stages = {item["stageName"]: item for item in state["stageStates"]}
        waiting = pinned or stages["ApproveUS"]["latestExecution"]["pipelineExecutionId"]
        target = stages["ProdUS"]["latestExecution"]["pipelineExecutionId"]
        plan = Plan(
            format=FORMAT,
            change="CM-0001",
            title="Shadow the next model",
            edition=1,
            realm=REALM,
            service="parcel-photo-check",
            template="standard",
            requester="alice",
            ticket="",
            pipeline=PIPELINE,
            pipeline_version=state["pipelineVersion"],
            execution=waiting,
            revisions=self._revisions(waiting),
            packages=(),
            stages=(stage_plan(target),),
            freezes=(),
            poll=self.poll,
            settle=self.settle,
            answers=(),
            exceptions=(),
            definitions=(),
        )
        return Plan.from_bytes(replace(plan, **changes).to_bytes())  # type: ignore[arg-type]

    def _revisions(self, execution: str) -> tuple[Revision, ...]:
        query = ExecutionQuery(PIPELINE, execution)
        reading = PipelineReader(self.port("alice"), self.clock.now).read([query])[query]
        assert isinstance(reading, Known)
        return tuple(reading.value.revisions)

    def request(self, plan: Plan) -> Verified:
        """Let alice ask for the plan to be approved."""
        return self.say(plan, "request", "alice", stages=tuple(s.name for s in plan.stages))

    def approve(self, plan: Plan, person: str = "bob", *, answer: bool = True) -> Verified:
        """Let a second person sign prod-us and, by default, answer the pipeline's approval."""
        self.request(plan)
        said = self.sign(plan, person)
        if answer:
            self.answer_approval(person)
        return said

    def sign(
        self, plan: Plan, person: str = "bob", kind: str = "approval", **fields: object
    ) -> Verified:
        """Let a person answer the newest request, for prod-us unless `fields` say otherwise."""
        return self.say(plan, kind, person, **self.answer_of(plan, person, kind, **fields))

    def answer_of(
        self, plan: Plan, person: str, kind: str = "approval", **fields: object
    ) -> dict[str, object]:
        """Return what an answer of a person to the newest request says besides the plan."""
        request = next(s for s in reversed(self.people.statements) if s.statement.kind == "request")
        return {
            "stage": STAGE,
            "rollback_to": plan.stages[0].rollback_target,
            "request": request.digest,
            "approver": person,
            "decision": "approve" if kind == "approval" else "reject",
            **fields,
        }

    def break_glass(self, plan: Plan, person: str = "carol", **fields: object) -> Verified:
        """Let one person go forward alone into prod-us, and answer the pipeline's approval."""
        now = self.clock.now()
        values: dict[str, object] = {
            "stage": STAGE,
            "rollback_to": plan.stages[0].rollback_target,
            "approver": person,
            "decision": "break",
            "reason": "photos of every parcel are lost",
            "ticket": "INC-7",
            "expires": now + timedelta(minutes=30),
            **fields,
        }
        said = self.say(plan, "breakglass", person, **values)
        self.answer_approval(person)
        return said

    def reject(self, plan: Plan, person: str = "bob") -> Verified:
        """Let a person reject the newest request."""
        return self.sign(plan, person, "rejection")

    def veto(self, plan: Plan, seen: JournalHead, person: str = "bob") -> Verified:
        """Let a person veto the rollback that counts down in the journal up to `seen`."""
        return self.say(
            plan,
            "veto",
            person,
            stage=STAGE,
            approver=person,
            decision="veto",
            reason="a false alarm",
            journal=seen,
        )

    def answer_approval(
        self, person: str = "bob", stage: str = "ApproveUS", summary: str = "signed"
    ) -> None:
        """Let a person answer the open approval of `stage` by their own credentials."""
        port = self.port(person)
        state = port.call("codepipeline", "GetPipelineState", {"name": PIPELINE.name})
        action = next(s for s in state["stageStates"] if s["stageName"] == stage)["actionStates"][0]
        port.call(
            "codepipeline",
            "PutApprovalResult",
            {
                "pipelineName": PIPELINE.name,
                "stageName": stage,
                "actionName": action["actionName"],
                "token": action["latestExecution"]["token"],
                "result": {"status": "Approved", "summary": summary},
            },
        )

    def say(self, plan: Plan, kind: str, person: str, **fields: object) -> Verified:
        """Let a person say something about a plan, and put it into the inbox."""
        return self.people.take(self.statement(plan, kind, **fields), person)

    def statement(self, plan: Plan, kind: str, **fields: object) -> Statement:
        """Return words about a plan, valid for a day unless `fields` say otherwise."""
        now = self.clock.now()
        values: dict[str, object] = {
            "kind": kind,
            "realm": plan.realm,
            "change": plan.change,
            "edition": plan.edition,
            "plan": plan.digest,
            "pipeline": plan.pipeline.name,
            "execution": plan.execution,
            "requester": "alice",
            "trust": self.people.trust,
            "not_before": now,
            "expires": now + timedelta(hours=24),
            "nonce": digest([plan.change, len(self.people.statements)])[:32],
            **fields,
        }
        return Statement(**values)  # type: ignore[arg-type]

    def deploy(self, plan: Plan, *, patience: timedelta = timedelta(0)) -> Ending:
        """Run the walk of `plan` as `mcm deploy --stage prod-us` does."""
        return self.run(GoForward(plan, (STAGE,)), patience=patience)

    def run(self, goal: GoForward, *, patience: timedelta = timedelta(0)) -> Ending:
        writer = Writer(self.journal, goal.plan.change, self.listener.lost)
        start_walk(writer, goal, "alice", self.local)
        return self.runner().run(goal, writer, patience=patience)

    def roll_back(self, change: str = "ROLLBACK-prod-us", **fields: object) -> Ending:
        """Run `mcm rollback --stage prod-us`."""
        goal = GoBack(
            pipeline=PIPELINE,
            pipeline_stage="ProdUS",
            stage=STAGE,
            why="on-call asked",
            poll=self.poll,
            settle=self.settle,
            endpoints=((US, "photo-check-us"),),
        )
        goal = replace(goal, **fields)  # type: ignore[arg-type]
        writer = Writer(self.journal, change, self.listener.lost, from_nothing=True)
        return self.runner().run(goal, writer)

    def stage_state(self, stage: str = "ProdUS") -> Reply:
        state = self.port("console").call(
            "codepipeline", "GetPipelineState", {"name": PIPELINE.name}
        )
        return next(item for item in state["stageStates"] if item["stageName"] == stage)

    def served(self) -> Reply:
        return self.port("console").call(
            "sagemaker", "DescribeEndpoint", {"EndpointName": "photo-check-us"}
        )

    def sent(self, operation: str) -> int:
        """Return how many writes of `operation` AWS accepted."""
        return len(self.engine.log.accepted(operation))


def stage_plan(target: str) -> StagePlan:
    """Return the plan of prod-us: alarms and endpoint, an hour's bake, the shadow expected."""
    return StagePlan(
        name=STAGE,
        pipeline_stage="ProdUS",
        place=US,
        production=True,
        gate=Gate(Approval("ApproveUS", "Approve"), "ProdUS"),
        window=WINDOW,
        traffic=Metric(
            "AWS/SageMaker",
            "Invocations",
            (("EndpointName", "photo-check-us"), ("VariantName", "live")),
            "Sum",
            timedelta(seconds=60),
        ),
        bake=Bake(timedelta(minutes=30), 100, timedelta(hours=2)),
        guardrails=(
            Guardrail(
                "alarms",
                "alarms",
                {"names": ["photo-check-5xx", "photo-check-latency"], "silent_ok": []},
                "roll_back",
            ),
            Guardrail(
                "sagemaker-endpoint",
                "sagemaker-endpoint",
                {"endpoint": "photo-check-us", "part": "live"},
                "roll_back",
            ),
            Guardrail(
                "sagemaker-endpoint shadow",
                "sagemaker-endpoint",
                {"endpoint": "photo-check-us", "part": "shadow"},
                "hold",
            ),
        ),
        endpoints=("photo-check-us",),
        expect=(Expected("photo-check-us", "candidate", "photo-check-v7"),),
        predecessor="ProdFE",
        rollback_target=target,
        approvals=1,
        stop_wait=timedelta(minutes=2),
        abandon=False,
    )


ROOT = Path(__file__).resolve().parents[2]
