"""From the change, its plan and its journal to what the record shows. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mcm.core.duration import spell
from mcm.core.endpoint import Expected
from mcm.core.errors import McmError
from mcm.core.history.closing import before
from mcm.core.history.fold import fold
from mcm.core.history.journal import ChainProblem, Entry
from mcm.core.history.state import Closing, State
from mcm.core.plans import questions
from mcm.core.plans.change import Change
from mcm.core.plans.plan import Answer, Plan
from mcm.core.trust.statement import Verified
from mcm.core.windows.hours import spell_hours
from mcm.record import progress, topics
from mcm.record.difference import build_difference
from mcm.record.proof import build_evidence
from mcm.record.stages import build_stage
from mcm.record.timeline import build_log
from mcm.record.timeline import spell as spell_instant
from mcm.record.view import (
    Drawn,
    ExceptionLine,
    Planned,
    RecordView,
    ShadowLine,
    StageLine,
)

NOT_PLANNED = "not planned yet"
UNKNOWN = "unknown"


def build_view(
    change: Change,
    plan: Plan | None = None,
    *,
    entries: Sequence[Entry] = (),
    statements: Sequence[Verified] = (),
    problems: Sequence[ChainProblem] = (),
    closing: Closing | None = None,
    drawn: Drawn | None = None,
) -> RecordView:
    """Return what the record of `change` shows.

    With a `plan` everything that was signed comes from it, not from the change, which may
    have been edited since. `entries` are the journal's verified ones, `problems` what its
    verification found, `statements` those that trust verified, `drawn` what lies beside
    it. A change that is closed is shown as it was then; `closing` is for the record that is
    being frozen, whose closing is no entry yet.
    """
    closing = closing or _fold(entries)[0].closing
    entries = before(entries, closing)
    state, odd = _fold(entries)
    notes = state.notes
    sure = not odd and not problems  # else the record claims nothing about how it went
    if plan and state.plan not in ("", plan.digest):
        state = State(consumed=state.consumed)  # another edition's walk is in the timeline only
    answers = _answers(plan.answers) if plan else change.answers
    planned = _planned(plan, state, entries, sure=sure) if plan else None
    stages = planned.stages if planned else ()
    facts = _facts(change, plan, stages, drawn or Drawn())
    template = plan.template if plan else change.template
    return RecordView(
        template=template,
        id=change.id,
        title=plan.title if plan else change.title,
        service=plan.service if plan else "",
        status=progress.status_of(plan, state) if sure else UNKNOWN,
        sandbox=plan is not None and plan.realm.startswith("sandbox:"),
        banner=progress.build_banner(change.id, plan, entries, statements),
        requester=plan.requester if plan else change.requester,
        ticket=plan.ticket if plan else change.ticket,
        stages=tuple(stage.name for stage in stages) or change.stages,
        planned=planned,
        shadows=_shadows(change, plan),
        extra=topics.build_topics(questions.EXTRA.get(template, ()), answers, facts),
        activity=topics.build_topics(questions.ACTIVITY, answers, facts),
        risk=(
            *topics.build_topics(questions.RISK, answers, facts),
            *topics.other_topics(template, answers),
        ),
        services=topics.build_topics(questions.SERVICES, answers, facts),
        worst=topics.build_topics(questions.WORST, answers, facts),
        back=topics.build_topics(questions.BACK, answers, facts),
        drawn=drawn or Drawn(),
        approvals=progress.build_approvals(statements, plan, state, sure=sure),
        outcomes=_outcomes(plan, state, sure=sure),
        log=build_log(entries, problems, odd, statements),
        evidence=build_evidence(change.id, entries, statements),
        notes=progress.build_notes(notes),
        closing=progress.build_closing(closing),
    )


def _facts(
    change: Change, plan: Plan | None, stages: Sequence[StageLine], drawn: Drawn
) -> Mapping[str, tuple[str, ...]]:
    """Return what the plan says on each question, by the question's name."""
    return {
        "end_state": _expected(stages) if plan else _unplanned(change.expect),
        "required": _required(plan),
        "assumptions": _assumed(plan),
        "automation": _automated(stages),
        "why_now": (*_windows(plan), *(each.alt for each in drawn.traffic)),
        "two_person": _two_person(stages),
        "rollback_conditions": _conditions(stages),
        "return_to_good": _targets(stages),
    }


def _fold(entries: Sequence[Entry]) -> tuple[State, str]:
    """Fold the journal; one that another version wrote in another form is told, not fatal."""
    try:
        return fold(entries), ""
    except (McmError, AttributeError, KeyError, TypeError, ValueError) as err:
        return State(), f"its entries cannot be folded: {type(err).__name__}"


def _outcomes(plan: Plan | None, state: State, *, sure: bool) -> tuple[str, ...]:
    if not sure:
        return (f"{UNKNOWN}: the journal does not hold",)
    return progress.build_outcomes(plan, state) if plan else ()


def _planned(plan: Plan, state: State, entries: Sequence[Entry], *, sure: bool) -> Planned:
    stages = tuple(build_stage(plan, each, state.stage(each.name)) for each in plan.stages)
    place = plan.pipeline.place
    return Planned(
        digest=plan.digest,
        edition=plan.edition,
        realm=plan.realm,
        pipeline=plan.pipeline.name,
        pipeline_place=f"{place.account} {place.region}",
        pipeline_version=plan.pipeline_version,
        execution=plan.execution,
        difference=build_difference(plan),
        stages=stages if sure else tuple(replace(each, outcome=UNKNOWN) for each in stages),
        exceptions=tuple(
            ExceptionLine(each.gate, spell_instant(each.until), each.reason)
            for each in plan.exceptions
        ),
        drills=progress.build_drills(entries, plan, sure=sure),
    )


def _answers(answers: Sequence[Answer]) -> Mapping[str, str]:
    return {answer.name: answer.text for answer in answers}


def _expected(stages: Sequence[StageLine]) -> tuple[str, ...]:
    lines = []
    for stage in stages:
        lines += [f"Checked in {stage.name}: {item}." for item in stage.expected]
        lines += [f"Must stay as it was in {stage.name}: {item}." for item in stage.unchanged]
    return tuple(lines)


def _unplanned(expect: Mapping[str, tuple[Expected, ...]]) -> tuple[str, ...]:
    return tuple(
        f"To be checked in {stage}: {item.endpoint} has shadow variant {item.variant} "
        f"with model {item.model}."
        for stage in sorted(expect)
        for item in expect[stage]
    )


def _shadows(change: Change, plan: Plan | None) -> tuple[ShadowLine, ...]:
    """Return the shadow variants that the plan expects, or that the change will."""
    expected = {s.name: s.expect for s in plan.stages} if plan else change.expect
    return tuple(
        ShadowLine(stage, item.endpoint, item.variant, item.model)
        for stage in sorted(expected)
        for item in expected[stage]
    )


def _required(plan: Plan | None) -> tuple[str, ...]:
    if plan is None:
        return (f"Stages and gates: {NOT_PLANNED}.",)
    names = ", ".join(stage.name for stage in plan.stages)
    order = ", one after the other," if len(plan.stages) > 1 else ""
    return (
        f"mcm deploy promotes {names}{order} and looks every {spell(plan.poll)}.",
        "The operator answers when mcm calls a person; anyone on call can roll back.",
    )


def _assumed(plan: Plan | None) -> tuple[str, ...]:
    if plan is None:
        return (f"Preflight checks: {NOT_PLANNED}.",)
    version = f"pipeline {plan.pipeline.name} is in version {plan.pipeline_version}"
    lines = [f"Checked before each promotion: {version}, and all guardrails of the stage pass."]
    lines += [
        f"Checked before {stage.name}: {stage.predecessor} has the same execution."
        for stage in plan.stages
        if stage.predecessor
    ]
    lines += [
        f"Checked before {stage.name} by {each.check.name}: {each.says}"
        for stage in plan.stages
        for each in stage.assumptions
    ]
    lines += [f"Checked before each promotion: {name} succeeded." for name in plan.depends_on]
    return tuple(lines)


def _windows(plan: Plan | None) -> tuple[str, ...]:
    if plan is None:
        return (f"Windows: {NOT_PLANNED}.",)
    lines = [
        f"{stage.name} may be promoted in window "
        f"{spell_hours(stage.window, production=stage.production)}."
        if stage.window
        else f"{stage.name}: {spell_hours(None, production=stage.production)}."
        for stage in plan.stages
    ]
    lines += [
        f"Not during {freeze.name}: {freeze.start:%Y-%m-%d %H:%M} to "
        f"{freeze.end:%Y-%m-%d %H:%M} {freeze.timezone}."
        for freeze in plan.freezes
    ]
    return tuple(lines)


def _automated(stages: Sequence[StageLine]) -> tuple[str, ...]:
    return ("mcm promotes, watches and rolls back; people approve and may hold.",) * bool(stages)


def _two_person(stages: Sequence[StageLine]) -> tuple[str, ...]:
    return tuple(f"{stage.name} needs the approval of {stage.approvals}." for stage in stages)


def _conditions(stages: Sequence[StageLine]) -> tuple[str, ...]:
    if not stages:
        return (f"Guardrails: {NOT_PLANNED}.",)
    return tuple(
        f"{stage.name}, {each.name}: when {each.condition}, {each.then}."
        for stage in stages
        for each in stage.guardrails
    )


def _targets(stages: Sequence[StageLine]) -> tuple[str, ...]:
    if not stages:
        return (f"Rollback targets: {NOT_PLANNED}.",)
    return tuple(
        f"{stage.name} goes back to execution {stage.target}; its endpoints are then compared "
        "with what they served before."
        if stage.target
        else f"{stage.name} has no execution to go back to."
        for stage in stages
    )
