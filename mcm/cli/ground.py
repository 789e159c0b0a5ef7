"""What a rollback stands on: the pipeline and the stage, from the best source that works.

mcm.yaml first; when that is broken the frozen plans, then whatever YAML can still be
read in it; or --pipeline and --region, which need no file at all.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcm.cli.compose import (
    Connections,
    Project,
    running_sandbox,
    say_sandbox,
)
from mcm.cli.folder import CHANGES, CONFIG
from mcm.cli.lines import say
from mcm.core.errors import UsageError
from mcm.core.history.goal import GoBack
from mcm.core.naming import find_stage
from mcm.core.plans.plan import Plan, StagePlan
from mcm.core.plans.service import Access, Service, StageConfig
from mcm.core.query import PipelineId, Place
from mcm.core.sanitize import clean

if TYPE_CHECKING:
    from mcm.sandbox.process import Sandbox

WHY = "asked for at the command line"
_SANDBOX_POLL = timedelta(milliseconds=500)
_AWS_POLL = timedelta(seconds=15)
"""The shortest that a real account allows: someone waits for this rollback."""


@dataclass(frozen=True)
class Ground:
    goal: GoBack
    connect: Connections
    project: Project | None
    """None when the files say nothing: then there is no journal to write in either."""
    plans: Mapping[str, Plan] = field(default_factory=dict)
    guessed: bool = False
    """Whether only the memory of another day says that it is this pipeline."""


def warn(text: str) -> None:
    """Say on stderr what could not be used; the rollback goes on."""
    say(f"warning: {clean(text.partition(chr(10))[0], 400)}")


def stand_on_files(start: Path, stage: str, profile: str | None) -> Ground:
    """Return the ground that the project's files give; raise UsageError when they give none."""
    from mcm.cli.compose import find_root

    try:
        root = find_root(start)
    except UsageError as err:
        way = "mcm rollback --stage PIPELINE_STAGE --pipeline NAME --region REGION"
        raise UsageError(
            str(err), hint=f"Go to your service's directory, or, from anywhere: {way}"
        ) from err
    project = Project(root, profile=profile, going_back=True)
    plans = _read_plans(project)
    try:
        service = project.service
    except Exception as err:  # noqa: BLE001 - nothing in a file, nor a fault of ours, ends a rollback
        warn(f"{CONFIG} cannot be used, the rollback goes on without it: {_brief(err)}")
        return _without_config(project, plans, stage, profile)
    return Ground(_from_service(service, stage), project.connect, project, plans)


def stand_on_names(
    pipeline: str, region: str, stage: str, profile: str | None, *, sandbox: bool
) -> Ground:
    """Return the ground that --pipeline and --region give; `stage` is the pipeline's name.

    `sandbox` says that the pipeline is that of the sandbox in the current directory.
    """
    poll = _SANDBOX_POLL if sandbox else _AWS_POLL
    goal = GoBack(PipelineId(Place("", region), pipeline), stage, stage, WHY, poll=poll)
    found = _sandbox(Path.cwd()) if sandbox else None
    return Ground(goal, Connections(found, {}, profile, going_back=True), None)


def stand_on_more(ground: Ground, stage: str) -> Ground:
    """Return the ground of another stage of the same project, as `stand_on_files` found it."""
    assert ground.project is not None  # `stand_on_files` stands on one
    try:
        goal = _from_service(ground.project.service, stage)
    except Exception:  # noqa: BLE001 - as above
        found = _without_config(ground.project, ground.plans, stage, None)
        return replace(ground, goal=found.goal)
    return replace(ground, goal=goal)


def _from_service(service: Service, named: str) -> GoBack:
    try:
        name = find_stage(named, [each.name for each in service.stages])
    except UsageError as err:
        elsewhere = f"mcm rollback --stage {named[:64]} --region REGION"
        hint = f"{err.hint} Is it another service's? `{elsewhere}` looks through its pipelines."
        raise UsageError(str(err), hint=hint) from err
    stage = next(each for each in service.stages if each.name == name)
    watched = {use.params["endpoint"] for use in stage.guardrails if "endpoint" in use.params}
    endpoints = sorted(str(endpoint) for endpoint in watched)
    return _goal(service, stage, endpoints)


def _goal(of: Service | Plan, stage: StageConfig | StagePlan, endpoints: Iterable[str]) -> GoBack:
    return GoBack(
        pipeline=of.pipeline,
        pipeline_stage=stage.pipeline_stage,
        stage=stage.name,
        why=WHY,
        stop_wait=stage.stop_wait,
        abandon=stage.abandon,
        deploy_opens=bool(stage.gate.open),
        settle=of.settle,
        poll=of.poll,
        endpoints=tuple((stage.place, endpoint) for endpoint in endpoints),
    )


def _read_plans(project: Project) -> dict[str, Plan]:
    """Read every frozen plan that can be read, by change."""
    found: dict[str, Plan] = {}
    for path in sorted((project.root / CHANGES).glob("*/plan.json")):
        try:
            found[path.parent.name] = Plan.from_bytes(path.read_bytes())
        except Exception as err:  # noqa: BLE001 - as above: one plan less to go by
            warn(f"the plan of {path.parent.name} is passed over: {err}")
    return found


def _without_config(
    project: Project, plans: Mapping[str, Plan], named: str, profile: str | None
) -> Ground:
    goals = {s.name: (p, _from_plan(p, s.name)) for p in plans.values() for s in p.stages}
    if goals:
        name = find_stage(named, goals)
        plan, goal = goals[name]
        from mcm.core.trust.statement import is_sandbox  # not needed while mcm.yaml can be read

        sandbox = _sandbox(project.root) if is_sandbox(plan.realm) else None
        say(f"the plan of {plan.change} says where {name} is")
        connect = Connections(sandbox, {}, profile, going_back=True)
        return Ground(goal, connect, project, plans)
    return _from_loose_yaml(project, named, profile)


def _from_plan(plan: Plan, name: str) -> GoBack:
    stage = plan.stage(name)
    assert stage is not None  # the caller took the name from this plan
    return _goal(plan, stage, stage.endpoints)


def _from_loose_yaml(project: Project, named: str, profile: str | None) -> Ground:
    """Take pipeline and stage from a file with mistakes elsewhere in it."""
    import yaml

    try:
        data: Any = yaml.safe_load((project.root / CONFIG).read_text(encoding="utf-8"))
        pipeline = data["pipeline"]
        place = Place(str(pipeline.get("account", "")), str(pipeline["region"]))
        stages = {str(s["name"]): str(s["pipeline_stage"]) for s in data["stages"]}
        where = PipelineId(place, str(pipeline["name"]))
        in_sandbox = data.get("realm") == "sandbox"
        access = Access(str(pipeline.get("profile", "")), str(pipeline.get("role_arn", "")))
    except (yaml.YAMLError, OSError, ValueError, LookupError, TypeError, AttributeError) as err:
        raise UsageError(
            f"nothing here says which pipeline that is: {CONFIG} cannot be read at all",
            hint=f"Run `mcm rollback --pipeline NAME --region REGION --stage {named}`.",
        ) from err
    name = find_stage(named, stages)
    poll = _SANDBOX_POLL if in_sandbox else _AWS_POLL
    goal = GoBack(where, stages[name], name, WHY, poll=poll)
    sandbox = _sandbox(project.root) if in_sandbox else None
    connect = Connections(sandbox, {place: access}, profile, going_back=True)
    return Ground(goal, connect, project)


def alarms_of(ground: Ground) -> tuple[tuple[Place, str], ...]:
    """Return the alarms of the stage's guardrails, as far as a file that can be read has any."""
    name = ground.goal.stage
    try:
        service = ground.project.service if ground.project is not None else None
    except Exception:  # noqa: BLE001 - as above
        service = None
    stage = next((s for s in service.stages if s.name == name), None) if service else None
    if stage is not None:
        return _alarms(stage.place, [use.params for use in stage.guardrails])
    planned = next((s for p in ground.plans.values() for s in p.stages if s.name == name), None)
    return _alarms(planned.place, [g.params for g in planned.guardrails]) if planned else ()


def _alarms(place: Place, params: Iterable[Mapping[str, Any]]) -> tuple[tuple[Place, str], ...]:
    names = [name for each in params for name in each.get("names", ()) if isinstance(name, str)]
    return tuple((place, name) for name in dict.fromkeys(names))


def _sandbox(root: Path) -> "Sandbox":
    say_sandbox()
    return running_sandbox(root)


def _brief(err: Exception) -> str:
    return next(iter(str(err).splitlines()), type(err).__name__)
