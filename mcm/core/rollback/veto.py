"""The time between a breach and its rollback in which a named person may say no.

The breach is in the journal before the countdown begins. No answer, an answer that cannot
be read and an answer of nobody known all mean the same: the rollback goes ahead.
"""

from datetime import datetime

from mcm.core import commands
from mcm.core.duration import spell_wait
from mcm.core.history.goal import GoForward
from mcm.core.history.journal import Draft
from mcm.core.history.state import StageState
from mcm.core.history.turn import Turn, Wait
from mcm.core.plans.plan import StagePlan
from mcm.core.query import InboxQuery, Query
from mcm.core.reading import Readings
from mcm.core.trust.inbox import Inbox
from mcm.core.trust.statement import Verified

ADOPTED = "rollback"
"""The check of a breach that is somebody's rollback under way: there is nothing to veto."""


def counts_down(stage: StagePlan, known: StageState) -> bool:
    """Say whether a rollback of `stage` still waits for a veto."""
    return (
        bool(stage.veto)
        and known.on_breach == "roll_back"
        and known.breach_check != ADOPTED
        and known.rollback is None
        and not known.countdown_over
    )


def queries(goal: GoForward) -> frozenset[Query]:
    """Return what the countdown looks at."""
    return frozenset({InboxQuery(goal.plan.change)})


def decide(
    goal: GoForward, stage: StagePlan, known: StageState, readings: Readings, now: datetime
) -> Turn:
    """Take a veto, end the countdown, or wait on."""
    said = _said(goal, stage, known, readings)
    if said is not None:
        reason = said.statement.reason or "no reason given"
        body = {
            "stage": stage.name,
            "check": known.breach_check,
            "by": said.person,
            "statement": said.digest,
            "reason": reason,
        }
        return Turn((Draft("vetoed", body, now),), Wait(now, f"{said.person} vetoed: {reason}"))
    began = known.breached_at or now
    ends = began + stage.veto
    # A clock that was set back must not make the countdown longer.
    if now >= ends or now < began:
        over = Draft("countdown_over", {"stage": stage.name}, now)
        return Turn((over,), Wait(now, "nobody vetoed the rollback"))
    sandbox = goal.plan.realm.startswith("sandbox:")
    word = commands.veto(goal.plan.change, stage.name, sandbox=sandbox)
    why = f"rolling back in {spell_wait(ends - now)} unless a person vetoes: {word}"
    return Turn((), Wait(min(ends, now + goal.plan.poll), why))


def _said(
    goal: GoForward, stage: StagePlan, known: StageState, readings: Readings
) -> Verified | None:
    """Return a veto of this very breach: its signer had seen the breach in the journal."""
    inbox = readings.known(InboxQuery(goal.plan.change), Inbox)
    if inbox is None:
        return None
    plan = goal.plan
    about = (plan.change, plan.digest, stage.name, plan.execution)
    for each in inbox.verified:
        said = each.statement
        if (
            said.kind == "veto"
            and (said.change, said.plan, said.stage, said.execution) == about
            and said.journal.seq >= known.breach_seq
        ):
            return each
    return None
