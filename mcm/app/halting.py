"""What people say beside a walk: hold, resume, abort, retry, and the veto of a rollback.

Each is an entry in the change's journal, written at once whoever drives the walk, which
meets it at its next turn. All but the veto are words without a key: they stop, or they
only let the gates be asked again. A veto keeps a rollback from happening, so it is a
signed statement.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from mcm.app.desk import Desk, about
from mcm.app.notebook import note
from mcm.core import commands
from mcm.core.errors import UsageError
from mcm.core.history.fold import fold
from mcm.core.history.journal import Draft, Entry, Journal
from mcm.core.history.state import StageState, State
from mcm.core.plans.plan import Plan, StagePlan
from mcm.core.rollback import veto
from mcm.core.trust.statement import Statement

VETO_LIFE = timedelta(hours=1)


def hold(
    journal: Journal, change: str, stage: str, by: str, reason: str, now: datetime
) -> tuple[Entry, ...]:
    """Close the gate `person` of one stage, or with an empty `stage` of the whole change."""
    return note(journal, change, _said("held", stage, by, reason, now))


def resume(
    journal: Journal, change: str, stage: str, by: str, reason: str, now: datetime
) -> tuple[Entry, ...]:
    """Open what `hold` closed; raise UsageError where nothing is held."""
    state = fold(journal.entries(change))
    held = state.holds if not stage else {name for name in state.holds if name == stage}
    if not held:
        other = " The whole change is: leave out --stage." if "" in state.holds else ""
        raise UsageError(f"{stage or change} is not held.{other}")
    return note(journal, change, _said("resumed", stage, by, reason, now))


def abort(
    journal: Journal, plan: Plan, stage: StagePlan, by: str, reason: str, now: datetime
) -> str:
    """Give one stage up where it stands; return why not where there is nothing to give up.

    A stage that is on its way back goes on going back.
    """
    state = fold(journal.entries(plan.change))
    known = current(state, plan).stage(stage.name)
    if known.outcome:
        return f"{stage.name} has {_ended(known.outcome)} already"
    if known.rollback is not None or (known.breach and known.on_breach == "roll_back"):
        return f"{stage.name} is being rolled back, and nothing stops that"
    body = {"stage": stage.name, "by": by, "reason": reason, "plan": plan.digest}
    note(journal, plan.change, Draft("abort_asked", body, now))
    return ""


def ask_retry(
    journal: Journal, plan: Plan, stage: StagePlan, by: str, reason: str, now: datetime
) -> None:
    """Open a failed stage again, for the same execution; raise UsageError for any other."""
    known = current(fold(journal.entries(plan.change)), plan).stage(stage.name)
    if known.retry is not None and not known.outcome:
        return  # asked for already: the walk only goes on
    if known.outcome != "failed":
        how = _ended(known.outcome) if known.outcome else "not failed"
        raise UsageError(
            f"{stage.name} cannot be retried: it has {how}",
            hint=f"`{commands.about('status', plan.change)}` shows what leads on from there.",
        )
    note(journal, plan.change, _said("retry_asked", stage.name, by, reason, now))


def counting_down(journal: Journal, plan: Plan) -> StagePlan | None:
    """Return the stage whose rollback waits for a veto now; None when there is none."""
    state = current(fold(journal.entries(plan.change)), plan)
    for stage in plan.stages:
        known = state.stage(stage.name)
        if known.breach and not known.outcome and veto.counts_down(stage, known):
            return stage
    return None


def too_late(journal: Journal, change: str, stage: str) -> tuple[str, ...]:
    """Return the stages, `stage` or of all, that went back because nobody vetoed in time."""
    stages = fold(journal.entries(change)).stages
    return tuple(
        name
        for name, known in stages.items()
        if known.countdown_over and known.breach and stage in ("", name)
    )


def sign_veto(
    journal: Journal, plan: Plan, stage: StagePlan, desk: Desk, reason: str, now: datetime
) -> str:
    """Sign and file a veto of the breach that the journal shows now; return the file's name."""
    file: Callable[[], str]
    _, file = desk.sign(
        Statement(
            **about(plan, desk, journal),
            kind="veto",
            stage=stage.name,
            approver=desk.person,
            decision="veto",
            reason=reason,
            not_before=now,
            expires=now + VETO_LIFE,
        )
    )
    return file()


def current(state: State, plan: Plan) -> State:
    """Return the state as far as it is about this very plan."""
    return state if state.plan in ("", plan.digest) else State(stages=_going_back(state))


def _going_back(state: State) -> dict[str, StageState]:
    return {name: known for name, known in state.stages.items() if known.rollback is not None}


def _said(kind: str, stage: str, by: str, reason: str, now: datetime) -> Draft:
    return Draft(kind, {"stage": stage, "by": by, "reason": reason}, now)


def _ended(outcome: str) -> str:
    words = {"rolled_back": "been rolled back", "aborted": "been aborted"}
    return words.get(outcome, outcome)
