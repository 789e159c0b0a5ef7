"""A plan in words: what will happen where, what guards it, and how it is taken back."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mcm.core.duration import spell
from mcm.core.plans.difference import freeze_times
from mcm.core.plans.plan import Plan, StagePlan
from mcm.core.sanitize import clean
from mcm.core.sentences.sentence import shorten
from mcm.core.windows.hours import spell_hours
from mcm.record.guardrails import describe

if TYPE_CHECKING:
    from mcm.core.commits.commit_range import CommitRange
    from mcm.core.rollback.rehearsal import Proof

_COLUMN = " " * 13
_COMMITS = 8
"""Commits of one package that a terminal shows."""


def plan_lines(plan: Plan, proofs: "tuple[Proof, ...]" = ()) -> Iterator[str]:
    """Yield the plan, line by line, exceptions first; foreign text is cleaned.

    Each stage is followed by the proof of its way back, when there is one in `proofs`.
    """
    yield f"{plan.change} edition {plan.edition}: {clean(plan.title, 200)}"
    for exception in plan.exceptions:
        yield (
            f"  EXCEPTION  opens {exception.gate} until {exception.until:%Y-%m-%d %H:%M}Z:"
            f" {clean(exception.reason, 120)}"
        )
    yield f"  digest     {plan.digest}"
    yield f"  requester  {plan.requester}"
    if plan.ticket:
        yield f"  ticket     {clean(plan.ticket, 80)}"
    where = plan.pipeline.place.region
    yield f"  pipeline   {plan.pipeline.name} version {plan.pipeline_version} in {where}"
    yield f"  execution  {plan.execution} (pinned: only this one is promoted)"
    for revision in plan.revisions:
        summary = clean(revision.summary, 80)
        yield f"  revision   {clean(revision.source, 60)} {revision.id[:12]} {summary}"
    for package in plan.packages:
        before, after = (each[:12] or "nothing" for each in (package.before, package.after))
        yield f"  package    {clean(package.name, 60)}: {before} → {after}"
        for found in plan.ranges:
            if found.name == package.name:
                yield from range_lines(found)
    for name in plan.depends_on:
        yield f"  rests on   {name}: every stage of it must have succeeded"
    for stage in plan.stages:
        yield ""
        yield from stage_lines(plan, stage)
        for each in stage.assumptions:
            yield f"  assumes    {clean(each.says, 200)} ({each.check.name} looks)"
        for proof in proofs:
            if proof.stage == stage.name:
                yield from proof_lines(proof)


def range_lines(found: "CommitRange") -> Iterator[str]:
    """Yield what one package brings: the newest commits, and what to know of the rest."""
    from mcm.record.difference import build_range_line

    shown = build_range_line(found)
    yield f"{_COLUMN}{clean(shown.summary, 300)}"
    if found.unknown.startswith("git has no commit"):
        yield f"{_COLUMN}To have them, fetch that repository into this one and plan again."
    for note in shown.notes:
        yield f"{_COLUMN}! {clean(note, 300)}"
    for line in shown.commits[:_COMMITS]:
        author = f" ({clean(line.author, 40)})" if line.author else ""
        remark = f"; {line.remark}" if line.remark else ""
        yield f"{_COLUMN}{line.id[:8]} {clean(line.subject, 80)}{author}{remark}"
    rest = len(shown.commits) - _COMMITS + shown.left_out
    if rest > 0:
        yield f"{_COLUMN}and {rest} more: `mcm render` lists them"
    for line in shown.lost[:_COMMITS]:
        yield f"{_COLUMN}no longer: {line.id[:8]} {clean(line.subject, 80)}"


def stage_lines(plan: Plan, stage: StagePlan) -> Iterator[str]:
    """Yield what will happen in one stage."""
    place = stage.place
    yield f"stage {stage.name} ({stage.pipeline_stage}, account {place.account}, {place.region})"
    yield f"  gate       {_gate(stage)}"
    touch = ", each by the touch of a security key" if stage.touch else ""
    wrote = ", no author among them" if stage.forbid_authors else ""
    yield f"  approvals  {stage.approvals} besides the requester{wrote}{touch}"
    if not stage.break_glass:
        yield "             nobody may break the glass"
    yield f"  window     {_window(stage)}"
    for freeze in plan.freezes:
        yield f"  freeze     {freeze.name}, {freeze_times(freeze)}: wins over the window"
    if stage.predecessor:
        yield f"  after      {stage.predecessor} holds the pinned execution"
    samples = f" and {stage.bake.min_samples} requests" if stage.bake.min_samples else ""
    yield f"  bake       {spell(stage.bake.lasts)}{samples}, {spell(stage.bake.limit)} at most"
    for guardrail in stage.guardrails:
        what = "rolls back" if guardrail.on_breach == "roll_back" else "holds for a person"
        when = clean(describe(guardrail).condition, 400)
        yield f"  guardrail  {guardrail.name}: {what} when {when}"
    for endpoint in stage.endpoints:
        different = next((e for e in stage.expect if e.endpoint == endpoint), None)
        says = (
            f"gets shadow variant {clean(different.variant, 60)} with {clean(different.model, 80)};"
            " all else stays as it is"
            if different
            else "stays exactly as it is"
        )
        yield f"  expect     {endpoint} {says}"
    target = stage.rollback_target or "nowhere: the gate rollback-target is closed"
    veto = f", {spell(stage.veto)} after a breach unless a person vetoes" if stage.veto else ""
    yield f"  rollback   to {target}{veto}"


def proof_lines(proof: "Proof") -> Iterator[str]:
    """Yield the way back step by step, or why it is not proven."""
    if not proof.is_proven:
        yield "  way back   NOT PROVEN, so the gate rollback-target is closed:"
        yield f"{_COLUMN}{clean(shorten(proof.why_not), 300)}"
        return
    steps = [clean(shorten(step.text), 300) for step in proof.steps]
    for number, text in enumerate(steps, start=1):
        yield f"{'  way back' if number == 1 else '':<12} {number} {text}"
    for doubt in proof.doubts:
        yield f"{_COLUMN}! {clean(doubt, 300)}"


def _gate(stage: StagePlan) -> str:
    approve, opens = stage.gate.approve, stage.gate.open
    asked = f"{approve.stage}/{approve.action}" if approve else ""
    if approve and opens:
        return f"the approver answers {asked}; mcm opens the way into {opens} and closes it behind"
    if opens:
        return f"mcm opens the way into {opens} and closes it behind"
    return f"mcm answers {asked} once enough persons have approved"


def _window(stage: StagePlan) -> str:
    if stage.window is None:
        return "none: never open" if stage.production else "none: always open"
    return clean(spell_hours(stage.window, production=stage.production), 400)
