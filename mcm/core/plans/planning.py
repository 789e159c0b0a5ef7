"""From files and readings to a plan, or to every reason why there can be none.

Planning looks twice: `plan_queries` asks for the pipeline and its history;
`more_queries` for the executions those name. `build_plan` then freezes everything that
people sign. Nothing is guessed: what is unknown, ended or of another pipeline version is
a problem in words (promise 2). One thing may be missing: a rollback target. Its absence
is planned as it is and closes the gate `rollback-target`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from mcm.core import codec
from mcm.core.endpoint import Expected
from mcm.core.pipeline import ExecutionView, PipelineView, StageHistory
from mcm.core.plans.change import Change
from mcm.core.plans.guardrails import Definitions, name_guardrails, stage_guardrails
from mcm.core.plans.pinning import base_stage, name_packages, pin_execution, waiting
from mcm.core.plans.plan import FORMAT, Answer, Assumption, Package, Plan, StagePlan
from mcm.core.plans.questions import is_open
from mcm.core.plans.service import Service, StageConfig
from mcm.core.plans.structure import structure_problems, structure_warnings
from mcm.core.query import ExecutionQuery, HistoryQuery, PipelineQuery, Query
from mcm.core.reading import Readings
from mcm.core.revision import Revision
from mcm.core.windows.hours import Calendar, CalendarSource

NOTHING: Mapping[str, Sequence[Expected]] = MappingProxyType({})
"""What stages expect without a change."""


def plan_queries(service: Service, change: Change) -> frozenset[Query]:
    """Return what to see first: the pipeline, the history of each stage of the change."""
    stages = _configs(service, change)
    return frozenset(
        [
            PipelineQuery(service.pipeline),
            *(HistoryQuery(service.pipeline, stage.pipeline_stage) for stage in stages),
            *([ExecutionQuery(service.pipeline, change.execution)] if change.execution else []),
        ]
    )


def more_queries(service: Service, change: Change, readings: Readings) -> frozenset[Query]:
    """Return what to see next, once the first answers are in: the executions they name.

    These are the ones that may be pinned and what the first production stage holds. Empty
    when the pipeline is unknown: `build_plan` then says why.
    """
    view = readings.known(PipelineQuery(service.pipeline), PipelineView)
    if view is None:
        return frozenset()
    stages = _configs(service, change)
    wanted = {change.execution} if change.execution else set(waiting(view, stages))
    base = base_stage(stages)
    held = view.stage(base.pipeline_stage) if base else None
    if held is not None and held.execution:
        wanted.add(held.execution)
    return frozenset(ExecutionQuery(service.pipeline, execution) for execution in wanted)


def build_plan(
    service: Service,
    change: Change,
    definitions: Definitions,
    readings: Readings,
    *,
    realm: str,
    edition: int,
    targets: Mapping[str, str],
    calendars: Sequence[Calendar] = (),
) -> Plan | tuple[str, ...]:
    """Freeze the plan of `change`, or return every problem that stands in its way.

    `readings` answer `plan_queries` and `more_queries`. `targets` maps each stage of the
    change to the execution that a rollback would go back to once the pinned one has been
    promoted, empty when there is none; a stage left out is a problem, because nobody looked.
    `calendars` are those of `named_calendars`, as they were read.
    """
    query = PipelineQuery(service.pipeline)
    view = readings.known(query, PipelineView)
    if view is None:
        why = readings.why_unknown(query) or "the answer is not a pipeline"
        return (f"pipeline {service.pipeline.name} is unknown: {why}",)
    stages = _configs(service, change)
    problems = [
        *_stage_problems(service, change, definitions, targets),
        *structure_problems(view, service, stages),
        *_history_problems(service, stages, readings),
    ]
    pinned = pin_execution(view, service, change, stages, readings)
    if not isinstance(pinned, ExecutionView):
        return (*problems, *pinned)
    packages = name_packages(view, service, change, stages, pinned, readings)
    problems += [found for found in packages if isinstance(found, str)]
    if problems:
        return tuple(problems)
    seen = Seen(
        version=view.version,
        execution=pinned.id,
        revisions=tuple(sorted(pinned.revisions, key=lambda r: (r.source, r.id))),
        packages=tuple(p for p in packages if isinstance(p, Package)),
        targets=targets,
        calendars=calendars,
    )
    return _freeze(service, change, definitions, seen, realm=realm, edition=edition)


def named_calendars(service: Service, change: Change) -> tuple[CalendarSource, ...]:
    """Return the calendars that the stages of the change name, by name."""
    windows = (stage.window for stage in _configs(service, change))
    named = {name for hours in windows if hours for name in hours.calendars}
    found = (each for each in service.calendars if each.name in named)
    return tuple(sorted(found, key=lambda each: each.name))


def replan(
    service: Service, change: Change, definitions: Definitions, frozen: Plan, *, realm: str
) -> Plan | tuple[str, ...]:
    """Return what `frozen` would be by the files as they are now, or why it could not be.

    What AWS said when the plan was made (pinned execution, revisions, pipeline version,
    rollback targets) is taken from `frozen`, and so are the edition and what calendars said:
    read anew they can close a gate, and void no signature. The two are equal exactly when no
    file that people sign has changed.
    """
    before = {stage.name: stage.rollback_target for stage in frozen.stages}
    targets = {stage.name: before.get(stage.name, "") for stage in _configs(service, change)}
    problems = _stage_problems(service, change, definitions, targets)
    if problems:
        return tuple(problems)
    seen = Seen(
        version=frozen.pipeline_version,
        execution=change.execution or frozen.execution,
        revisions=frozen.revisions,
        packages=frozen.packages,
        targets=targets,
        calendars=_keep_calendars(named_calendars(service, change), frozen),
    )
    plan = _freeze(service, change, definitions, seen, realm=realm, edition=frozen.edition)
    return _keep_authors(plan, frozen, service)


def _keep_authors(plan: Plan, frozen: Plan, service: Service) -> Plan:
    """Take what git said from `frozen`; what mcm.yaml says of it is read anew."""
    said = {config.name: config.forbid_authors for config in service.stages}
    was = {stage.name: stage.forbid_authors for stage in frozen.stages}
    stages = []
    for stage in plan.stages:
        own = said[stage.name]
        forbids = was.get(stage.name, True) if own is None else own
        stages.append(replace(stage, forbid_authors=forbids))
    return replace(
        plan,
        authors=frozen.authors,
        authors_unknown=frozen.authors_unknown,
        ranges=frozen.ranges,
        stages=tuple(stages),
    )


def _keep_calendars(sources: Iterable[CalendarSource], frozen: Plan) -> tuple[Calendar, ...]:
    """Return the calendars that mcm.yaml names, each with what `frozen` knows of that name."""
    was = {each.name: each for each in frozen.calendars}
    nothing = Calendar("", "", "", "", (), None)
    kept = ((each, was.get(each.name, nothing)) for each in sources)
    return tuple(
        Calendar(now.name, now.kind, now.source, now.timezone, old.events, old.until)
        for now, old in kept
    )


def plan_warnings(service: Service, change: Change, readings: Readings) -> tuple[str, ...]:
    """Return what stands in nobody's way, but somebody should know before signing."""
    view = readings.known(PipelineQuery(service.pipeline), PipelineView)
    return structure_warnings(view, _configs(service, change)) if view else ()


@dataclass(frozen=True)
class Seen:
    """What AWS said when a plan was made."""

    version: int
    execution: str
    revisions: tuple[Revision, ...]
    packages: tuple[Package, ...]
    targets: Mapping[str, str]
    """Rollback target by stage."""
    calendars: Sequence[Calendar] = ()


def _freeze(
    service: Service,
    change: Change,
    definitions: Definitions,
    seen: Seen,
    *,
    realm: str,
    edition: int,
) -> Plan:
    """Put together what the files say and what AWS said; the one place that does."""
    stages = _configs(service, change)
    return Plan(
        format=FORMAT,
        change=change.id,
        title=change.title,
        edition=edition,
        realm=realm,
        service=service.name,
        template=change.template,
        requester=change.requester,
        ticket=change.ticket,
        pipeline=service.pipeline,
        pipeline_version=seen.version,
        execution=seen.execution,
        revisions=seen.revisions,
        packages=seen.packages,
        stages=tuple(
            replace(
                plan_stage(service, stage, definitions, seen.targets[stage.name], change.expect),
                assumptions=_assumptions(change, stage, definitions),
            )
            for stage in stages
        ),
        freezes=tuple(sorted(service.freezes, key=lambda freeze: freeze.name)),
        poll=service.poll,
        settle=service.settle,
        answers=_merge_answers(service.answers, change.answers),
        exceptions=tuple(sorted(change.exceptions, key=lambda e: (e.gate, e.until))),
        definitions=_used(stages, change, definitions),
        depends_on=change.depends_on,
        calendars=tuple(seen.calendars),
    )


def _configs(service: Service, change: Change) -> tuple[StageConfig, ...]:
    """The stages of the change in pipeline order, whatever the order they were named in."""
    return tuple(stage for stage in service.stages if stage.name in change.stages)


def _stage_problems(
    service: Service, change: Change, definitions: Definitions, targets: Mapping[str, str]
) -> list[str]:
    known = {stage.name for stage in service.stages}
    found = [f"stage {name} is not in mcm.yaml" for name in change.stages if name not in known]
    if not change.stages:
        found.append("the change names no stage")
    answers = {**service.answers, **change.answers}
    open_ones = [name for name in sorted(answers) if is_open(answers[name])]
    if is_open(change.title) or is_open(change.requester):
        open_ones.append("title and requester")
    if open_ones:
        found.append(f"still to be answered in change.yaml: {', '.join(open_ones)}")
    for stage in _configs(service, change):
        if stage.name not in targets:
            found.append(f"stage {stage.name}: nobody looked for its rollback target")
        found += [
            f"stage {stage.name}: check {use.use} has no definition"
            for use in stage.guardrails
            if use.use not in definitions
        ]
    return found


def _history_problems(
    service: Service, stages: Sequence[StageConfig], readings: Readings
) -> list[str]:
    """An unknown history hides the rollback target, which must not look like there is none."""
    found = []
    for stage in stages:
        query = HistoryQuery(service.pipeline, stage.pipeline_stage)
        if readings.known(query, StageHistory) is None:
            why = readings.why_unknown(query) or "the answer is not a history"
            found.append(f"history of {stage.pipeline_stage} is unknown: {why}")
    return found


def plan_stage(
    service: Service,
    stage: StageConfig,
    definitions: Definitions,
    target: str = "",
    expect: Mapping[str, Sequence[Expected]] = NOTHING,
) -> StagePlan:
    """Return one stage as it would be planned; without a change nothing is expected to differ."""
    expected = tuple(sorted(expect.get(stage.name, ()), key=lambda e: e.endpoint))
    guardrails = stage_guardrails(stage.guardrails, definitions, expected)
    position = service.stages.index(stage)
    endpoints = {g.params["endpoint"] for g in guardrails if g.kind == "sagemaker-endpoint"}
    return StagePlan(
        name=stage.name,
        pipeline_stage=stage.pipeline_stage,
        place=stage.place,
        production=stage.production,
        gate=stage.gate,
        window=stage.window,
        traffic=stage.traffic,
        bake=stage.bake,
        guardrails=guardrails,
        endpoints=tuple(sorted(endpoints)),
        expect=expected,
        predecessor=service.stages[position - 1].pipeline_stage if position else "",
        rollback_target=target,
        approvals=stage.approvals,
        stop_wait=stage.stop_wait,
        abandon=stage.abandon,
        veto=stage.veto,
        touch=stage.touch,
        break_glass=stage.break_glass,
    )


def _merge_answers(service: Mapping[str, str], change: Mapping[str, str]) -> tuple[Answer, ...]:
    """The change's own answer wins over the service's standing one."""
    merged = {**service, **change}
    return tuple(Answer(name, merged[name]) for name in sorted(merged))


def _assumptions(
    change: Change, stage: StageConfig, definitions: Definitions
) -> tuple[Assumption, ...]:
    """Return what the change takes for granted at a stage, named as guardrails are."""
    here = [each for each in change.assumptions if stage.name in (each.stages or change.stages)]
    named = name_guardrails((each.use for each in here), definitions)
    return tuple(Assumption(each.says, check) for each, check in zip(here, named, strict=True))


def _used(
    stages: Iterable[StageConfig], change: Change, definitions: Definitions
) -> tuple[Mapping[str, Any], ...]:
    names = {use.use for stage in stages for use in stage.guardrails}
    names |= {each.use.use for each in change.assumptions}
    return tuple(codec.to_value(definitions[name]) for name in sorted(names))
