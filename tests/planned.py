"""An invented service, a change of it and what AWS would say: material for plans."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from mcm.core import canonical
from mcm.core.endpoint import Expected
from mcm.core.pipeline import (
    ActionView,
    ExecutionView,
    PipelineView,
    StageHistory,
    StageRun,
    StageView,
)
from mcm.core.plans.change import Change
from mcm.core.plans.plan import Approval, Bake, Gate, Plan
from mcm.core.plans.planning import build_plan
from mcm.core.plans.service import Access, CheckUse, Service, StageConfig
from mcm.core.query import (
    ExecutionQuery,
    HistoryQuery,
    Metric,
    PipelineId,
    PipelineQuery,
    Place,
    Query,
)
from mcm.core.reading import Blindness, Known, Reading, Readings, Unknown
from mcm.core.revision import Revision
from mcm.core.windows.hours import Hours
from mcm.core.windows.window import Freeze, Window

NOW = datetime(2026, 3, 18, 9, 0, tzinfo=UTC)
PIPELINE = PipelineId(Place("111111111111", "us-east-1"), "ParcelPhotoCheck")
REALM = "aws:aws:111111111111:us-east-1"
DEFINITIONS: Mapping[str, Mapping[str, Any]] = {
    "alarms": {"name": "alarms", "kind": "alarms"},
    "sagemaker-endpoint": {"name": "sagemaker-endpoint", "kind": "sagemaker-endpoint"},
    "http-health": {"name": "http-health", "kind": "http-health"},
}
PINNED, HELD = "e5", "e4"
MINUTE = timedelta(minutes=1)


def make_stage(name: str, pipeline_stage: str, region: str, code: str) -> StageConfig:
    endpoint = f"photo-check-{code.lower()}"
    dimensions = (("EndpointName", endpoint), ("VariantName", "live"))
    return StageConfig(
        name=name,
        pipeline_stage=pipeline_stage,
        place=Place("111111111111", region),
        access=Access("", ""),
        production=True,
        gate=Gate(Approval(f"Approve{code}", "Approve"), pipeline_stage),
        window=Hours(
            (Window("quiet", "0 2 * * tue-thu", timedelta(hours=3), "America/Los_Angeles"),)
        ),
        traffic=Metric("AWS/SageMaker", "Invocations", dimensions, "Sum", MINUTE),
        bake=Bake(30 * MINUTE, 100, 90 * MINUTE),
        guardrails=(
            CheckUse("alarms", {"names": [f"{endpoint}-5xx"], "silent_ok": []}, "roll_back"),
            CheckUse("sagemaker-endpoint", {"endpoint": endpoint}, "roll_back"),
        ),
        approvals=1,
        stop_wait=2 * MINUTE,
        abandon=False,
    )


def make_service(**fields: Any) -> Service:
    service = Service(
        name="parcel-photo-check",
        sandbox=False,
        pipeline=PIPELINE,
        access=Access("", ""),
        poll=timedelta(seconds=30),
        settle=3 * MINUTE,
        notify=(),
        windows=(),
        freezes=(
            Freeze(
                "peak",
                datetime(2026, 11, 25),  # noqa: DTZ001 - local time, in the zone beside it
                datetime(2026, 12, 2),  # noqa: DTZ001 - as above
                "America/Los_Angeles",
                "peak season",
            ),
        ),
        stages=(
            make_stage("prod-eu", "ProdEU", "eu-west-1", "EU"),
            make_stage("prod-us", "ProdUS", "us-east-1", "US"),
        ),
        answers={"tier_one": "no", "purpose": "standing"},
    )
    return replace(service, **fields)


def make_change(**fields: Any) -> Change:
    change = Change(
        id="CM-0001",
        title="Add the shadow variant",
        template="shadow-model",
        requester="alice",
        ticket="T-1",
        execution="",
        packages=(),
        stages=("prod-us",),
        expect={"prod-us": (Expected("photo-check-us", "candidate", "photo-check-v7"),)},
        answers={"purpose": "compare two models"},
        exceptions=(),
    )
    return replace(change, **fields)


def make_execution(name: str, **fields: Any) -> ExecutionView:
    """An execution under way; `e5` started five hours after the epoch of these tests."""
    execution = ExecutionView(
        id=name,
        status="InProgress",
        type="STANDARD",
        version=3,
        started=NOW + timedelta(hours=int(name[1:]) - 24),
        revisions=(Revision("App", f"{name}aaaaaaaaaa", "a commit", ""),),
        rollback_target="",
        started_by="",
    )
    return replace(execution, **fields)


def make_pipeline_stage(name: str, **fields: Any) -> StageView:
    stage = StageView(name, True, "", (), HELD, "Succeeded", "STANDARD", ())
    if name.startswith("Approve"):
        action = ActionView("Approve", True, "Succeeded", False, "", "")
        stage = replace(stage, actions=(action,))
    return replace(stage, **fields)


def make_pipeline(**stages: Mapping[str, Any]) -> PipelineView:
    """`e5` waits at the disabled transition into ProdUS, which runs `e4`."""
    known = {"ProdUS": {"inbound": (PINNED,), "transition_enabled": False}, **stages}
    names = ("Source", "Build", "ApproveEU", "ProdEU", "ApproveUS", "ProdUS")
    views = tuple(make_pipeline_stage(name, **known.get(name, {})) for name in names)
    return PipelineView("ParcelPhotoCheck", 3, "SUPERSEDED", views)


def make_answers(
    view: PipelineView | None = None, *executions: ExecutionView
) -> dict[Query, Reading]:
    """What AWS says: `e5` under way, `e4` done, and the executions given here."""
    done = make_execution(HELD, status="Succeeded")
    history = StageHistory((StageRun(done, done.started),), ())
    known = {e.id: e for e in (make_execution(PINNED), done, *executions)}
    return {
        PipelineQuery(PIPELINE): Known(view or make_pipeline(), NOW),
        **{HistoryQuery(PIPELINE, s): Known(history, NOW) for s in ("ProdEU", "ProdUS")},
        **{ExecutionQuery(PIPELINE, name): Known(e, NOW) for name, e in known.items()},
    }


def throttled() -> Unknown:
    return Unknown(Blindness.THROTTLED, "throttled by CodePipeline", NOW)


def build(
    service: Service | None = None,
    change: Change | None = None,
    answers: Mapping[Query, Reading] | None = None,
    **other: Any,
) -> Plan | tuple[str, ...]:
    """Call `build_plan` with this module's material wherever nothing else is given."""
    readings = Readings(make_answers() if answers is None else answers, NOW)
    rest: dict[str, Any] = {
        "realm": REALM,
        "edition": 1,
        "targets": {"prod-eu": HELD, "prod-us": HELD},
        **other,
    }
    definitions = rest.pop("definitions", DEFINITIONS)
    return build_plan(
        service or make_service(), change or make_change(), definitions, readings, **rest
    )


def make_plan(**other: Any) -> Plan:
    plan = build(**other)
    assert isinstance(plan, Plan), plan
    return plan


def as_an_earlier_mcm_wrote(plan: Plan) -> bytes:
    """Return the plan's bytes without what a plan says only since lately."""
    value: Any = canonical.decode(plan.to_bytes())
    del value["calendars"], value["ranges"]
    for stage in value["stages"]:
        del stage["touch"], stage["assumptions"]
    return canonical.encode(value)
