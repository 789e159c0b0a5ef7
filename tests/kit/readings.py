"""Readings built by hand: what a pipeline shows, without a pipeline."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from mcm.core import codec
from mcm.core.endpoint import Content, EndpointView, Variant
from mcm.core.history.fold import fold
from mcm.core.history.goal import GoBack
from mcm.core.history.instruction import Instruction, Outcome
from mcm.core.history.journal import Draft, chain_all
from mcm.core.history.state import State
from mcm.core.pipeline import (
    ActionView,
    ExecutionView,
    PipelineView,
    RollbackRun,
    StageHistory,
    StageRun,
    StageView,
)
from mcm.core.query import (
    EndpointQuery,
    ExecutionQuery,
    HistoryQuery,
    PipelineId,
    PipelineQuery,
    Place,
    Query,
)
from mcm.core.reading import Blindness, Known, Reading, Readings, Unknown

NOW = datetime(2026, 3, 18, 10, 0, tzinfo=UTC)
US = Place("111111111111", "us-east-1")
PIPELINE = PipelineId(US, "ParcelPhotoCheck")
STAGE = "ProdUS"


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def stage(
    execution: str = "new",
    status: str = "Succeeded",
    *,
    kind: str = "STANDARD",
    enabled: bool = False,
    inbound: Sequence[str] = (),
    returning: Sequence[str] = (),
    actions: tuple[ActionView, ...] = (),
    name: str = STAGE,
) -> StageView:
    return StageView(
        name,
        enabled,
        "",
        (*inbound, *returning),
        execution,
        status,
        kind if execution else "",
        actions,
        tuple(returning),
    )


def pipeline_view(*stages: StageView, version: int = 4, mode: str = "SUPERSEDED") -> PipelineView:
    source = stage("new", name="Source")
    return PipelineView(PIPELINE.name, version, mode, (source, *(stages or (stage(),))))


def execution(name: str, status: str = "Succeeded", *, started: datetime = NOW) -> ExecutionView:
    return ExecutionView(name, status, "STANDARD", 4, started, (), "", "")


def history(
    succeeded: Sequence[str | tuple[str, float]] = ("new", "old", "older"),
    rollbacks: Sequence[RollbackRun] = (),
) -> StageHistory:
    """Name executions newest first; a pair says how many hours ago it entered the stage."""
    runs = []
    for age, item in enumerate(succeeded, start=1):
        name, hours = item if isinstance(item, tuple) else (item, 24.0 * age)
        entered = NOW - timedelta(hours=hours)
        runs.append(StageRun(execution(name, started=entered), entered))
    return StageHistory(tuple(runs), tuple(rollbacks))


def rollback_run(
    name: str,
    target: str,
    *,
    status: str = "Succeeded",
    hours_ago: float = 0.5,
    where: str = STAGE,
    by: str = "arn:aws:iam::111111111111:user/carol",
) -> RollbackRun:
    return RollbackRun(name, where, target, status, NOW - timedelta(hours=hours_ago), by)


def unknown(why: Blindness = Blindness.FAILED, reason: str = "no reply") -> Unknown:
    return Unknown(why, reason, NOW)


def readings(
    view: PipelineView | Unknown | None = None,
    past: StageHistory | Unknown | None = None,
    *executions: ExecutionView,
    more: dict[Query, Reading] | None = None,
    now: datetime = NOW,
) -> Readings:
    """Return readings of the pipeline and of ProdUS; None leaves the reading out."""
    answers: dict[Query, Reading] = {}
    parts: tuple[tuple[Query, object], ...] = (
        (PipelineQuery(PIPELINE), view),
        (HistoryQuery(PIPELINE, STAGE), past),
        *((ExecutionQuery(PIPELINE, one.id), one) for one in executions),
    )
    for query, value in parts:
        if value is not None:
            answers[query] = value if isinstance(value, Unknown) else Known(value, now)
    return Readings({**answers, **(more or {})}, now)


def content(model: str = "v6", name: str = "photo-check-us") -> Content:
    live = Variant("live", model, f"sha256:{model}", "ml.m5.xlarge", 2, "1")
    return Content(name, (live,), (), "")


def endpoint(
    status: str = "InService", *, model: str = "v6", name: str = "photo-check-us"
) -> dict[Query, Reading]:
    view = EndpointView(name, status, f"{name}-{model}", False, True, content(model, name))
    return {EndpointQuery(US, name): Known(view, NOW)}


def go_back(**changes: object) -> GoBack:
    values: dict[str, object] = {
        "pipeline": PIPELINE,
        "pipeline_stage": STAGE,
        "stage": "prod-us",
        "why": "on-call asked",
        "settle": minutes(1),
        "poll": timedelta(seconds=30),
        **changes,
    }
    return GoBack(**values)  # type: ignore[arg-type]


class Notebook:
    """Builds a state from drafts as the runner would journal them."""

    def __init__(self, start: datetime = NOW) -> None:
        self.at = start
        self.drafts: list[Draft] = []

    @property
    def state(self) -> State:
        return fold(chain_all(None, self.drafts))

    def add(self, kind: str, **body: object) -> "Notebook":
        self.drafts.append(Draft(kind, {"stage": "prod-us", **body}, self.at))
        return self

    def take(self, drafts: Sequence[Draft]) -> "Notebook":
        self.drafts += drafts
        return self

    def rollback_started(
        self, target: str = "old", *, source: str = "new", seen: Sequence[str] = (), run: str = ""
    ) -> "Notebook":
        return self.add(
            "rollback_started",
            pipeline_stage=STAGE,
            source=source,
            target=target,
            why="on-call asked",
            execution=run,
            seen=list(seen),
        )

    def tried(
        self, instruction: Instruction, outcome: Outcome | None = None, purpose: str = "roll_back"
    ) -> "Notebook":
        """Add an intent and, unless the process died, its outcome."""

        self.add(
            "intent",
            purpose=purpose,
            instruction=codec.to_value(instruction),
            why="",
            claims=[],
        )
        if outcome is not None:
            self.add(
                "outcome",
                intent=len(self.drafts),
                result=outcome.result.value,
                detail=outcome.detail,
                code=outcome.code,
                execution=outcome.execution,
            )
        return self
