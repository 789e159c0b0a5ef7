"""What a walk is for: going forward by a plan, going back by readings alone, or reopening."""

from dataclasses import dataclass
from datetime import timedelta

from mcm.core import commands
from mcm.core.endpoint import Content
from mcm.core.history.state import State
from mcm.core.place import PipelineId, Place
from mcm.core.plans.plan import Plan, StagePlan


@dataclass(frozen=True)
class GoForward:
    """Promote the plan's pinned execution through `stages`, one at a time."""

    plan: Plan
    stages: tuple[str, ...]
    """Names of the plan's stages, in its order."""


@dataclass(frozen=True)
class GoBack:
    """Return one stage to its rollback target. Needs no plan, no record and no journal."""

    pipeline: PipelineId
    pipeline_stage: str
    stage: str
    """The name of the stage for people and the journal."""
    why: str
    signed: str = ""
    """Target in a verified plan for the effective execution; used when feasible."""
    to: str = ""
    """Target the person named; must be the rule's, else it is a deploy (docs/design.md)."""
    left_behind: frozenset[str] = frozenset()
    """Executions that a redeployment took back: never a target, whatever the pipeline says."""
    further: bool = False
    """Go back once more although the stage has been rolled back already."""
    adopt_finished: bool = False
    """Verify a rollback that somebody else finished, instead of reporting it as old news."""
    found: str = ""
    """Execution in the stage before the promotion: seen again, that is a late read."""
    stop_wait: timedelta = timedelta(minutes=2)
    abandon: bool = False
    deploy_opens: bool = False
    """Whether `mcm deploy` promotes by opening the transition into this very stage."""
    settle: timedelta = timedelta(minutes=3)
    poll: timedelta = timedelta(seconds=30)
    endpoints: tuple[tuple[Place, str], ...] = ()
    """Endpoints to look at afterwards."""
    known: tuple[tuple[str, tuple[Content, ...]], ...] = ()
    """What executions served in this stage, from snapshots: (execution, contents)."""
    in_full: str = ""
    """The command that asks for this rollback, where no file says which pipeline is meant."""

    @property
    def command(self) -> str:
        """The command that asks for this rollback again, for people to copy."""
        return self.in_full or commands.rollback(self.stage)

    def contents_of(self, execution: str) -> tuple[Content, ...]:
        """Return what `execution` served in this stage; empty when no snapshot tells."""
        return next((contents for name, contents in self.known if name == execution), ())


@dataclass(frozen=True)
class Reopen:
    """Enable the transition into one stage that mcm closed; lets nobody in."""

    pipeline: PipelineId
    pipeline_stage: str
    stage: str
    why: str
    promotes: bool = False
    """Whether `mcm deploy` promotes by opening this very transition: then it stays closed."""
    after: int = 0
    """Newest entry of the journal when this was asked for."""
    settle: timedelta = timedelta(minutes=3)
    poll: timedelta = timedelta(seconds=30)


@dataclass(frozen=True)
class Redeploy:
    """Run the pipeline anew with the revisions that a stage served before; on a key only."""

    pipeline: PipelineId
    pipeline_stage: str
    stage: str
    why: str
    journal: str
    """The change whose journal this is written in: part of the request's token."""
    target: str
    """The execution that the person was shown: anything else is not what was agreed to."""
    left_behind: frozenset[str] = frozenset()
    """Executions that an earlier redeployment of this stage took back."""
    after: int = 0
    """Newest entry of the journal when this was asked for."""
    settle: timedelta = timedelta(minutes=3)
    poll: timedelta = timedelta(seconds=30)


@dataclass(frozen=True)
class Restore:
    """Give one endpoint the configuration that it had before; on a key only."""

    pipeline: PipelineId
    pipeline_stage: str
    stage: str
    why: str
    place: Place
    endpoint: str
    config: str
    content: Content | None = None
    """What it served with that configuration, by the snapshot."""
    after: int = 0
    settle: timedelta = timedelta(minutes=3)
    poll: timedelta = timedelta(seconds=30)
    rest: tuple[str, ...] = ()
    """Endpoints of the stage that are still to be put back after this one."""


@dataclass(frozen=True)
class Observe:
    """Watch what others let into one stage, and say what mcm would do; no act at all."""

    plan: Plan
    """Of nobody: one stage with its guardrails, and no execution until one has entered."""

    @property
    def planned(self) -> StagePlan:
        return self.plan.stages[0]

    @property
    def stage(self) -> str:
        return self.planned.name

    @property
    def pipeline(self) -> PipelineId:
        return self.plan.pipeline

    @property
    def pipeline_stage(self) -> str:
        return self.planned.pipeline_stage

    @property
    def why(self) -> str:
        return "mcm only observes"

    @property
    def poll(self) -> timedelta:
        return self.plan.poll


Goal = GoForward | GoBack | Reopen | Redeploy | Restore | Observe


def current_stage(goal: GoForward, state: State) -> StagePlan | None:
    """Return the stage that the walk is at; None when all are done or one ended badly."""
    for name in goal.stages:
        stage = goal.plan.stage(name)
        outcome = state.stage(name).outcome
        if stage is not None and not outcome:
            return stage
        if outcome != "succeeded":
            return None
    return None
