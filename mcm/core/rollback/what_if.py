"""What a rollback would do: the real way back, turned on readings that are edited.

The readings are made to show the pinned execution in the stage; each write of the way back
is carried out on the edited values, as AWS would when all goes well.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from mcm.core import codec
from mcm.core.duration import spell
from mcm.core.endpoint import EndpointView
from mcm.core.errors import Exit
from mcm.core.history.fold import apply
from mcm.core.history.instruction import (
    AnswerApproval,
    CloseTransition,
    Instruction,
    Result,
    RollBackStage,
    StopExecution,
)
from mcm.core.history.journal import VERSION, Body, Draft, Entry
from mcm.core.history.state import StageState, State
from mcm.core.history.turn import Act, Done, Hold, Turn, Wait
from mcm.core.pipeline import (
    ROLLBACK,
    STANDARD,
    SUCCEEDED,
    ExecutionView,
    PipelineView,
    RollbackRun,
    StageHistory,
    StageRun,
    StageView,
)
from mcm.core.plans.plan import Plan, StagePlan
from mcm.core.query import EndpointQuery, ExecutionQuery, HistoryQuery, PipelineQuery, Query
from mcm.core.reading import Known, Reading, Readings
from mcm.core.rollback import back
from mcm.core.rollback.retreat import retreat

TURNS = 24
"""More than the longest way back takes when all goes well."""
MOST = 4
"""Waits in a row that lead nowhere."""
RUN = "the rollback"
"""Stands for the ROLLBACK execution, which has no id yet."""


@dataclass(frozen=True)
class Step:
    """One thing that the rollback would do."""

    op: str
    """The instruction's name; `verify` for the comparison at the end."""
    text: str


@dataclass
class WhatIf:
    """The readings as they would be, and what the way back does on them."""

    plan: Plan
    stage: StagePlan
    readings: Readings
    now: datetime
    steps: list[Step] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    target: str = ""

    def __post_init__(self) -> None:
        goal = retreat(self.plan, self.stage, self._from_before())
        view = self.readings.known(PipelineQuery(goal.pipeline), PipelineView)
        query = HistoryQuery(goal.pipeline, goal.pipeline_stage)
        history = self.readings.known(query, StageHistory)
        assert view is not None  # the caller has looked
        assert history is not None
        self.goal, self.view, self.state = goal, view, State()
        self.history = _entered(history, self.plan.execution, view.version, self.now)
        self._change(
            transition_enabled=True,  # mcm has just opened it: closing it is part of the way
            inbound=(),
            inbound_rollbacks=(),
            execution=self.plan.execution,
            status="InProgress",
            type=STANDARD,
        )

    def _from_before(self) -> StageState:
        """What a walk would know of the stage: what it serves now is the baseline."""
        views = [
            self.readings.known(EndpointQuery(self.stage.place, name), EndpointView)
            for name in self.stage.endpoints
        ]
        return StageState(
            snapshot=tuple(codec.to_value(view.content) for view in views if view is not None),
            baseline_execution=self.stage.rollback_target,
            breach="rehearsed",
        )

    def play(self) -> str:
        """Turn until the way back has ended; say why it does not get there, else nothing."""
        waits = 0
        for _ in range(TURNS):
            turn = back.decide(self.goal, self.state, self._seen(), self.now)
            self._keep(*turn.entries)
            step = turn.next
            if isinstance(step, Act):
                waits = 0
                self._carry_out(step)
            elif isinstance(step, Hold):
                return step.reason
            elif isinstance(step, Done):
                return self._end(turn, step)
            else:
                waits += 1
                if waits > MOST:
                    break
                self._wait(step)
        return f"it comes to no end: {step.why if isinstance(step, Wait) else 'it goes on'}"

    def _wait(self, step: Wait) -> None:
        self.now = max(self.now + timedelta(seconds=1), step.until)
        if self.found.in_rollback and not any(a.awaiting for a in self.found.actions):
            self._change(status=SUCCEEDED)

    @property
    def found(self) -> StageView:
        seen = self.view.stage(self.stage.pipeline_stage)
        assert seen is not None  # without it the walk holds at once
        return seen

    def _change(self, **changes: object) -> None:
        name = self.stage.pipeline_stage
        stages = tuple(
            replace(each, **changes) if each.name == name else each  # type: ignore[arg-type]
            for each in self.view.stages
        )
        self.view = replace(self.view, stages=stages)

    def _seen(self) -> Readings:
        goal = self.goal
        answers: dict[Query, Reading] = {
            **self.readings.items(),
            PipelineQuery(goal.pipeline): Known(self.view, self.now),
            HistoryQuery(goal.pipeline, goal.pipeline_stage): Known(self.history, self.now),
        }
        if self.target:
            run = ExecutionView(
                RUN, self.found.status, ROLLBACK, self.view.version, self.now, (), self.target, ""
            )
            answers[ExecutionQuery(goal.pipeline, RUN)] = Known(run, self.now)
        return Readings(answers, self.now)

    def _keep(self, *drafts: Draft) -> int:
        for draft in drafts:
            self._fold(draft.kind, draft.body)
        return self.state.last

    def _fold(self, kind: str, body: Body) -> None:
        # Nobody reads this chain: its hashes are left out.
        entry = Entry(VERSION, self.state.last + 1, "", self.now, kind, body, "")
        self.state = apply(self.state, entry)

    def _carry_out(self, act: Act) -> None:
        told = act.instruction
        spelled = codec.to_value(told)
        self._fold(
            "intent",
            {"stage": act.stage, "purpose": act.purpose, "instruction": spelled, "claims": []},
        )
        intent = self.state.last
        self.steps.append(Step(told.op, self._say(told)))
        if isinstance(told, CloseTransition):
            self._change(transition_enabled=False)
        elif isinstance(told, StopExecution):
            self._change(status="Stopped")
        elif isinstance(told, RollBackStage):
            self._begin(told)
        elif isinstance(told, AnswerApproval):
            actions = self.found.actions
            left = (replace(a, awaiting=a.awaiting and a.name != told.action) for a in actions)
            self._change(actions=tuple(left))
        run = RUN if isinstance(told, RollBackStage) else ""
        result = Result.DONE.value
        self._fold(
            "outcome",
            {"intent": intent, "result": result, "detail": "", "code": "", "execution": run},
        )

    def _begin(self, told: RollBackStage) -> None:
        """The ROLLBACK is in the stage; approvals that stand there wait for an answer again."""
        self.target = told.target
        waiting = tuple(replace(a, awaiting=a.approval) for a in self.found.actions)
        self._change(execution=RUN, type=ROLLBACK, status="InProgress", actions=waiting)
        run = RollbackRun(RUN, self.found.name, told.target, "InProgress", self.now, "")
        self.history = replace(self.history, rollbacks=(run, *self.history.rollbacks), latest=RUN)

    def _end(self, turn: Turn, step: Done) -> str:
        ended = next((e.body for e in turn.entries if e.kind == "rollback_ended"), None)
        if step.exit is not Exit.DONE or ended is None or ended["verified"] == "differs":
            return step.reason
        if ended["verified"] != "yes":
            # Each endpoint was read and in service, so only a stage without any comes here.
            self.doubts.append("no endpoint is configured: what it serves then is not verified")
            return ""
        for place, name in self.goal.endpoints:
            view = self.readings.known(EndpointQuery(place, name), EndpointView)
            config = f" ({view.config_name})" if view else ""
            self.steps.append(Step("verify", f"verify {name}: what it serves now{config}"))
        return ""

    def _say(self, told: Instruction) -> str:
        where = told.stage
        if isinstance(told, CloseTransition):
            return f"close the way into {where}"
        if isinstance(told, StopExecution):
            then = "abandon its actions" if self.goal.abandon else "ask a person"
            patience = spell(self.goal.stop_wait)
            return f"stop {told.execution} if it still runs; after {patience} {then}"
        if isinstance(told, RollBackStage):
            return f"RollbackStage {where} to {told.target}"
        if isinstance(told, AnswerApproval):
            self.doubts.append(
                f"the rollback waits at {where}/{told.action}: whoever rolls back must be"
                " allowed to answer there"
            )
            return f"answer {where}/{told.action} for the rollback"
        return f"open the way into {where} for the rollback alone"


def _entered(history: StageHistory, pinned: str, version: int, now: datetime) -> StageHistory:
    """Return the history with the pinned execution as the one that entered last."""
    run = ExecutionView(pinned, SUCCEEDED, STANDARD, version, now, (), "", "")
    others = tuple(each for each in history.succeeded if each.execution.id != pinned)
    return replace(history, succeeded=(StageRun(run, now), *others), latest=pinned)
