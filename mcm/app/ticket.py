"""What a rollback did, to paste into a ticket: plain text of at most 13 lines.

Made from the folded journal and from what the readings tell beside it; what they do not
tell is left out or said to be unknown.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from mcm.app.oncall import Facts
from mcm.core import commands
from mcm.core.duration import spell
from mcm.core.history.goal import GoBack
from mcm.core.history.state import Rollback
from mcm.core.sanitize import clean
from mcm.core.sentences.sentence import shorten

MOST = 13
_WIDTH = 200
_COMMITS = 3
_VERIFIED = {
    "yes": "the content is what it was before, verified",
    "differs": "THE CONTENT DIFFERS",
    "unverified": "the content could not be verified",
}


@dataclass(frozen=True)
class Ending:
    """How it ended, beside what the journal says."""

    now: datetime
    caller: str
    """ARN of whoever ran it; empty when it cannot be told."""
    way_in_closed: bool | None
    """Whether the way in is closed now; None when that cannot be told."""
    journal: str = ""
    """The change whose journal has it; empty when none was kept."""


def ticket_lines(
    goal: GoBack, rollback: Rollback, facts: Facts | None, ending: Ending
) -> tuple[str, ...]:
    """Return the summary of `rollback`; `facts` are those of before it, if there are any."""
    facts = facts if facts is not None and tells_of(facts, rollback) else None
    over = rollback.ended_at or ending.now
    lines = [
        f"ROLLBACK {_place(goal)}: {_outcome(rollback)}",
        f"when    {rollback.at:%Y-%m-%d %H:%M:%SZ} to {over:%H:%M:%SZ}, {_took(rollback, over)}",
        f"by      {_who(rollback, ending)}",
        f"from    {rollback.source or (facts.current.execution if facts else '') or 'unknown'}",
        f"to      {rollback.target or 'unknown'}",
        *_commits(facts),
        f"checked {_VERIFIED.get(rollback.verified, 'not known')}{_detail(rollback)}",
        *_left(goal, ending),
        *([f"journal {commands.about('log', ending.journal)}"] if ending.journal else []),
    ]
    return tuple(clean(line, _WIDTH) for line in lines[:MOST])


def rung_lines(
    goal: GoBack, rung: str, what: str, replaced: str, began: datetime, ending: Ending
) -> tuple[str, ...]:
    """Return the summary of a rung of the ladder that put the stage back.

    `what` says what it did, `replaced` is the execution that had been there.
    """
    drift = "drift: whatever owns the endpoint still says the new configuration; tell its owner"
    took = timedelta(seconds=int((ending.now - began).total_seconds()))
    lines = [
        f"PUT BACK {_place(goal)}: done by the rung {rung}",
        f"when    {began:%Y-%m-%d %H:%M:%SZ} to {ending.now:%H:%M:%SZ}, {spell(took)}",
        f"by      {ending.caller or 'unknown'}",
        f"from    {replaced or 'unknown'}",
        f"did     {shorten(what)}",
        *([f"left    {drift}"] if rung == "endpoint" else []),
        *_left(goal, ending),
        *([f"journal {commands.about('log', ending.journal)}"] if ending.journal else []),
    ]
    return tuple(clean(line, _WIDTH) for line in lines[:MOST])


def tells_of(facts: Facts, rollback: Rollback) -> bool:
    """Say whether `facts` are of this very way back.

    While somebody looked at them, others may have gone back to another target.
    """
    return facts.scene.target == rollback.target


def _place(goal: GoBack) -> str:
    where = f"{goal.pipeline_stage} of {goal.pipeline.name}, {goal.pipeline.place.region}"
    return f"{goal.stage} ({where})"


def _outcome(rollback: Rollback) -> str:
    if rollback.ended_at is None:
        return "NOT OVER"
    return "done" if rollback.outcome == "rolled_back" else (rollback.outcome or "unknown").upper()


def _took(rollback: Rollback, over: datetime) -> str:
    return spell(timedelta(seconds=int((over - rollback.at).total_seconds())))


def _who(rollback: Rollback, ending: Ending) -> str:
    by = ending.caller or "unknown"
    if rollback.adopted or not rollback.source:
        return f"{shorten(rollback.why)}; followed by {by}"
    return by


def _commits(facts: Facts | None) -> list[str]:
    if facts is None or facts.commits is None:
        return ["took back commits that are unknown"]
    shown = [
        f"took back {each.revision.source} {each.revision.id[:8]} {_first(each.revision.summary)}"
        for each in facts.commits[:_COMMITS]
    ]
    left = len(facts.commits) - len(shown)
    if left:
        shown[-1] += f" (and {left} more commits)"
    return shown or ["took back no commits: the revisions are the same"]


def _first(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[0] if lines else ""


def _detail(rollback: Rollback) -> str:
    return f" ({shorten(rollback.detail)})" if rollback.detail else ""


def _left(goal: GoBack, ending: Ending) -> list[str]:
    if ending.way_in_closed is None:
        return ["left    whether the way in is closed is unknown"]
    if not ending.way_in_closed:
        return ["left    nothing closed"]
    if goal.deploy_opens:
        return [f"left    the way into {goal.pipeline_stage} closed: `mcm deploy` opens it"]
    return [
        f"left    the way into {goal.pipeline_stage} closed; it opens by one of",
        f"        {_reopen(goal)}",
        f"        {commands.aws_reopen(goal.pipeline, goal.pipeline_stage)}",
    ]


def _reopen(goal: GoBack) -> str:
    """Return the command that opens the way in; it is told where as a rollback is."""
    return goal.command.replace("mcm rollback", "mcm reopen", 1)
