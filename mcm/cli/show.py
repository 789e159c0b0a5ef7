"""What the reading commands print for people: plain lines.

No rich here: these lines are read over slow links, in pipes and at 03:00, so words carry
the meaning and start-up stays quick. Foreign text is cleaned for the terminal.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from mcm.app.phase import Phase
from mcm.core import commands
from mcm.core.duration import spell_wait
from mcm.core.errors import Exit
from mcm.core.sanitize import clean

if TYPE_CHECKING:
    from mcm.app.listing import Listed
    from mcm.app.log import LogLine
    from mcm.app.standing import ChangeStatus, RollbackStatus, StageStatus

_WORDS = {
    Phase.GATES: "waiting at the gates",
    Phase.PROMOTED: "promoted, on its way in",
    Phase.BREACHED: "BREACH, held for a person",
    Phase.ROLLING_BACK: "ROLLING BACK",
    Phase.ROLLED_BACK: "rolled back",
}
_VERIFIED = {
    "yes": "content verified",
    "differs": "content is NOT what it was",
    "unverified": "content not verified",
}
_LIMIT = 600


def phase_words(phase: Phase) -> str:
    """Return the phase as people read it."""
    return _WORDS.get(phase, phase.value.replace("_", " "))


def status_text(statuses: Sequence["ChangeStatus"], now: datetime, others: int = 0) -> str:
    """Return how changes stand; `others` that are over are only counted."""
    blocks = ["\n".join(_change_lines(each, now)) for each in statuses]
    if others:
        blocks.append(f"{others} more are over: `mcm list` shows them")
    return "\n\n".join(blocks or ["no change is open"])


def list_text(listed: Sequence["Listed"], now: datetime, of: int = 0) -> str:
    """Return one line for each change, in columns; `of` is how many there are in all."""
    if not listed:
        return f"none of {of} changes is like that" if of else "no changes: `mcm new` begins one"
    rows = [("CHANGE", "STATE", "OWNER", "AGE", "TITLE"), *(_list_row(e, now) for e in listed)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        "  ".join(
            (*(cell.ljust(width) for cell, width in zip(row[:4], widths, strict=True)), row[4])
        )
        for row in rows
    )


def log_text(lines: Iterable["LogLine"]) -> str:
    """Return the timeline, one line for each entry, times in UTC."""
    return "\n".join(f"{line.seq:>4}  {line.at:%Y-%m-%d %H:%M:%S}Z  {line.text}" for line in lines)


def ago(moment: datetime | None, now: datetime) -> str:
    """Return `5m ago`; `unknown` without a moment, `now` for the very moment or a later one."""
    if moment is None:
        return "unknown"
    return f"{spell_wait(now - moment)} ago" if moment < now else "now"


def _change_lines(each: "ChangeStatus", now: datetime) -> Iterable[str]:
    edition = f"edition {each.edition}" if each.edition else "not planned"
    by = f", requester {clean(each.requester, 64)}" if each.requester else ""
    yield clean(f"{each.change or 'journal'}  {each.title}", 200).rstrip() + f"  ({edition}{by})"
    if each.problem:
        yield f"  PROBLEM: {clean(each.problem, _LIMIT)}"
        yield f"  next: {commands.about(each.mend, each.change)}" if each.change else ""
    if each.operator and each.operator_since:
        since = f"{each.operator_since:%Y-%m-%d %H:%M}Z"
        yield (
            f"  started by {clean(each.operator, 100)} {since}, last entry {ago(each.last_at, now)}"
        )
    for hold in each.holds:
        yield f"  {clean(f'{hold.stage} {hold.reason}'.lstrip(), _LIMIT)}"
        yield f"    next: {commands.resume(each.change, hold.stage)}"
    for glass in each.glasses:
        yield f"  {clean(glass.sentence(), _LIMIT)}"
        if not glass.reviewed_by:
            yield f"    next: {commands.review(each.change, glass.stage)}, by somebody else"
    for stage in each.stages:
        yield from _stage_lines(each, stage, now)
    if not each.stages and not each.problem:
        yield f"  next: {commands.about('plan', each.change)}"


def _stage_lines(each: "ChangeStatus", stage: "StageStatus", now: datetime) -> Iterable[str]:
    since = f" since {stage.since:%Y-%m-%d %H:%M}Z ({ago(stage.since, now)})" if stage.since else ""
    yield f"  {clean(stage.stage, 64)}: {phase_words(stage.phase)}{since}"
    if stage.reason:
        yield f"    why: {clean(stage.reason, _LIMIT)}"
    if stage.stays:
        yield "    left: what was promoted stays there, and nobody watches it"
    if stage.blind_since:
        yield f"    BLIND: the pipeline has not been seen since {stage.blind_since:%H:%M}Z"
    for gate in stage.gates:
        yield f"    closed gate {clean(f'{gate.gate}: {gate.reason}', _LIMIT)}"
    for check in stage.checks:
        yield f"    check {clean(f'{check.check}: {check.verdict}, {check.reason}', _LIMIT)}"
    if stage.rollback is not None:
        yield f"    {_rollback_line(stage.rollback)}"
    following = _next(each.change, stage)
    if following:
        yield f"    next: {following.text()}"


def next_command(change: str, stage: "StageStatus") -> str:
    """Return the command that takes a stage on from here; empty when nothing is left to do."""
    way = _next(change, stage)
    return way.commands[0] if way else ""


def _next(change: str, stage: "StageStatus") -> commands.WayOn | None:
    if stage.phase is Phase.GATES:
        return commands.way_on([(g.gate, g.reason) for g in stage.gates], change, stage.stage)
    if stage.stays:
        return commands.WayOn((commands.rollback(stage.stage),), after="takes it back")
    if stage.phase is Phase.ROLLED_BACK and stage.exit is Exit.NEEDS_PERSON:
        return commands.way_on_from_content(stage.stage)
    command = _next_of_phase(change, stage)
    return commands.WayOn((command,)) if command else None


def _next_of_phase(change: str, stage: "StageStatus") -> str:
    if stage.phase in {Phase.BREACHED, Phase.ERRORED, Phase.ROLLING_BACK}:
        return commands.rollback(stage.stage)
    if stage.phase in {Phase.DRAFT, Phase.REJECTED}:
        return commands.about("plan", change)
    if stage.phase is Phase.PLANNED:
        return commands.about("request", change)
    if stage.phase is Phase.REQUESTED:
        return commands.approve(change, stage.stage)
    over = {Phase.SUCCEEDED, Phase.ROLLED_BACK, Phase.FAILED, Phase.ABORTED}
    if stage.phase in over or stage.phase is Phase.UNKNOWN:
        return ""
    return commands.deploy(change, stage.stage)


def _rollback_line(rollback: "RollbackStatus") -> str:
    target = clean(rollback.target, 36) or "a target not known yet"
    if rollback.ended_at is None:
        return f"rollback to {target} under way since {rollback.at:%Y-%m-%d %H:%M:%S}Z"
    end = f"{rollback.ended_at:%Y-%m-%d %H:%M:%S}Z"
    if rollback.outcome != "rolled_back":
        return f"rollback to {target} FAILED at {end}: {clean(rollback.detail, 300)}"
    content = _VERIFIED.get(rollback.verified, _VERIFIED["unverified"])
    return f"rolled back to {target} at {end}, {content}: {clean(rollback.detail, 300)}"


def _list_row(each: "Listed", now: datetime) -> tuple[str, str, str, str, str]:
    broken = "BROKEN" if each.exit is Exit.USAGE else "UNREADABLE"
    state = each.state.value.replace("_", " ") if each.state else broken
    at = f"{state} {each.stage}" if each.stage else state
    return (
        clean(each.change, 64),
        clean(at, 40),
        clean(each.owner or "-", 20),
        ago(each.since, now).removesuffix(" ago"),
        clean(each.problem or each.title, 200),
    )
