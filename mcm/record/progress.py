"""What became of it, for the record: the outcome, who signed what, drills and notes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from mcm.core.errors import RefusedError
from mcm.core.history import glass_told
from mcm.core.history.drill_note import read_drill
from mcm.core.history.journal import Entry
from mcm.core.history.state import Closing, Note, Rollback, State
from mcm.core.plans.plan import Plan
from mcm.core.sentences.sentence import shorten
from mcm.core.trust import glass
from mcm.core.trust.statement import Verified
from mcm.record.stages import spell_outcome
from mcm.record.timeline import spell
from mcm.record.topics import paragraphs
from mcm.record.view import (
    ApprovalLine,
    ClosingLine,
    DrillLine,
    NoteLine,
)


def build_banner(
    change: str, plan: Plan | None, entries: Sequence[Entry], statements: Sequence[Verified]
) -> tuple[str, ...]:
    """Return what stands above all else: who went forward alone, and which gates are opened."""
    try:
        glasses = glass_told.told(entries, change)
    except RefusedError as err:
        lines = [f"GLASS BROKEN: {err}"]
    else:
        seen = [replace(g, reviewed_by=glass.review_of(g, statements)) for g in glasses]
        lines = [each.sentence() for each in seen]
    return (
        *lines,
        *(
            f"EXCEPTION: the gate {each.gate} is open until {spell(each.until)}: {each.reason}"
            for each in (plan.exceptions if plan else ())
        ),
    )


def build_approvals(
    statements: Sequence[Verified], plan: Plan | None, state: State, *, sure: bool
) -> tuple[ApprovalLine, ...]:
    """Return who signed what with which key; statements as trust verified them.

    What was signed for another plan is shown as such: it says nothing about this one.
    """
    lines = []
    for each in sorted(statements, key=_in_order):
        said = each.statement
        stage = said.stage or ", ".join(said.stages)
        used = "yes" if said.nonce in state.consumed else "no" if sure else "unknown"
        if plan is None or said.plan not in ("", plan.digest):
            used += f", for edition {said.edition}, another plan"
        reason = f": {said.reason}" if said.reason else ""
        word = f"{said.decision or said.kind}{reason}"
        key = each.key or "unsigned (sandbox)"
        line = ApprovalLine(each.person, word, stage, spell(said.not_before), key, used)
        lines.append(line)
    return tuple(lines)


def _in_order(each: Verified) -> tuple[datetime, bool, str]:
    return each.statement.not_before, each.statement.kind != "request", each.digest


def build_outcomes(plan: Plan, state: State) -> tuple[str, ...]:
    """Return one line for each stage, and one for each rollback of it."""
    lines = []
    for stage in plan.stages:
        known = state.stage(stage.name)
        when = f" at {spell(known.ended_at)}" if known.ended_at else ""
        lines.append(f"{stage.name}: {spell_outcome(known)}{when}")
        lines += [f"{stage.name}: {_spell_rollback(each)}" for each in known.rollbacks]
    return tuple(lines)


def build_drills(entries: Sequence[Entry], plan: Plan, *, sure: bool) -> tuple[DrillLine, ...]:
    """Return the newest drill of each stage; one of another plan is told as such."""
    if not sure:
        why = "unknown, the journal does not hold"
        return tuple(DrillLine(stage.name, "", why, "", ()) for stage in plan.stages)
    newest = {str(e.body.get("stage")): e for e in entries if e.kind == "drill"}
    return tuple(_drill_line(stage.name, newest.get(stage.name), plan) for stage in plan.stages)


def _drill_line(stage: str, entry: Entry | None, plan: Plan) -> DrillLine:
    if entry is None:
        return DrillLine(stage, "", "", "", ())
    note = read_drill(entry.body)
    stale = "" if note.plan == plan.digest else f"edition {note.edition}, another plan"
    return DrillLine(stage, spell(entry.at), note.summary(), stale, note.assumed)


def build_notes(notes: Sequence[Note]) -> tuple[NoteLine, ...]:
    """Return what people noted, oldest first; it is outside what was signed."""
    return tuple(NoteLine(each.by, spell(each.at), paragraphs(each.text)) for each in notes)


def build_closing(closing: Closing | None) -> ClosingLine | None:
    """Return how the change was closed; None while it is open."""
    if closing is None:
        return None
    outcome, lessons = paragraphs(closing.outcome), paragraphs(closing.lessons)
    return ClosingLine(closing.by, spell(closing.at), closing.seq, outcome, lessons)


def status_of(plan: Plan | None, state: State) -> str:
    """Return the state of the change in a word or two; the worst stage names it."""
    if plan is None:
        return "not planned yet"
    outcomes = [state.stage(stage.name).outcome for stage in plan.stages]
    for word in ("errored", "rolled_back", "failed", "aborted"):
        if word in outcomes:
            return word.replace("_", " ")
    if outcomes and all(word == "succeeded" for word in outcomes):
        return "succeeded"
    started = any(state.stage(stage.name).started_at for stage in plan.stages)
    return "under way" if started else "planned"


def _spell_rollback(rollback: Rollback) -> str:
    way = f"rollback to {shorten(rollback.target)}"
    if rollback.ended_at is None:
        return f"{way} under way since {spell(rollback.at)}"
    if rollback.outcome != "rolled_back":
        return f"{way} failed at {spell(rollback.ended_at)}: {rollback.detail}"
    took = int((rollback.ended_at - rollback.at).total_seconds())
    content = {"yes": "verified", "differs": "NOT as before"}.get(rollback.verified, "not verified")
    end = spell(rollback.ended_at)
    return f"{way} done at {end}, in {took} s, content {content}: {rollback.detail}"
