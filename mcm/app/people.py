"""What persons say about a change: request, approval, rejection; signed, checked, filed.

The use cases know no key and no disk: `Desk` signs and files. Every statement is verified
and shown to the guard before it is filed, so what lies in the inbox has a chance to count.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from mcm.app.desk import Desk, about
from mcm.app.notebook import note
from mcm.app.refusals import NotedRefusalError, note_refused
from mcm.core.errors import McmError, UsageError
from mcm.core.gates.every_gate import holder_of, promotion_of
from mcm.core.history.fold import fold
from mcm.core.history.goal import GoForward
from mcm.core.history.journal import Draft, Journal
from mcm.core.plans.plan import Plan, StagePlan
from mcm.core.plans.stage_hours import hours_of_plan
from mcm.core.trust import counting
from mcm.core.trust.authorship import excluded
from mcm.core.trust.guard import Granted, Missing, Refused, guard
from mcm.core.trust.inbox import Inbox
from mcm.core.trust.statement import APPROVAL_LIFE, Statement, Verified

REQUEST_LIFE = timedelta(days=7)


@dataclass(frozen=True)
class Said:
    """A statement that was filed, or the one of before that still counts."""

    stage: str
    digest: str
    file: str
    """Empty when nothing new was filed."""
    counts: str
    """How many persons have approved, in words."""


def request(
    plan: Plan,
    desk: Desk,
    journal: Journal,
    now: datetime,
    tool: str,
    life: timedelta = REQUEST_LIFE,
) -> Said:
    """Let the requester of `plan` ask for it to be approved, within `life`."""
    statement = Statement(
        **about(plan, desk, journal, tool),
        kind="request",
        stages=tuple(stage.name for stage in plan.stages),
        requester=desk.person,
        not_before=now,
        expires=now + min(life, REQUEST_LIFE),
    )
    if desk.person != plan.requester:
        raise _refuse(
            journal,
            plan,
            "",
            desk.person,
            Refused(
                "E_REQUEST_MISMATCH",
                f"{desk.person} cannot request {plan.change}: its requester is {plan.requester}",
            ),
            now,
        )
    verified, file = desk.sign(statement)
    name = file()
    body = {"by": desk.person, "edition": plan.edition, "plan": plan.digest}
    note(journal, plan.change, Draft("requested", {**body, "statement": verified.digest}, now))
    return Said("", verified.digest, name, "")


def current_request(plan: Plan, inbox: Inbox) -> Verified:
    """Return the newest request for exactly this plan; raise UsageError when there is none."""
    found = [
        each
        for each in inbox.verified
        if each.statement.kind == "request" and each.statement.plan == plan.digest
    ]
    if not found:
        why = next((f": {each.source}: {each.reason}" for each in inbox.rejected), "")
        raise UsageError(
            f"{plan.change} cannot be approved: nobody has requested edition {plan.edition}{why}",
            hint=f"Let {plan.requester} run `mcm request {plan.change}`.",
        )
    return max(found, key=lambda each: (each.statement.not_before, each.digest))


def refuse_self(
    plan: Plan, stage: str, desk: Desk, asked: Verified, journal: Journal, now: datetime
) -> None:
    """Refuse the requester at once, before anything is typed or signed; journal the attempt.

    The guard says the same of a signature; this only spares its making.
    """
    names = {counting.loosely(name) for name in (desk.person, *desk.aliases)}
    if names & counting.names(asked) or counting.loosely(plan.requester) in names:
        reason = f"{desk.person} requested this and cannot approve it"
        raise _refuse(journal, plan, stage, desk.person, Refused("E_SELF_APPROVAL", reason), now)


def refuse_author(
    plan: Plan, stage: StagePlan, desk: Desk, journal: Journal, now: datetime
) -> None:
    """Refuse an author where the stage excludes authors, before anything is typed."""
    names = {counting.loosely(name) for name in (desk.person, *desk.aliases)}
    if names & set(counting.spellings(excluded(plan, stage))):
        reason = f"{desk.person} wrote part of it and cannot approve {stage.name}"
        refused = Refused("E_AUTHOR_APPROVAL", reason)
        raise _refuse(journal, plan, stage.name, desk.person, refused, now)


def refuse_rejected(
    plan: Plan, stage: StagePlan, desk: Desk, journal: Journal, now: datetime
) -> None:
    """Refuse whoever would sign for a rejected request, before anything is typed."""
    answer = _ask(plan, stage, desk.inbox(), journal, now)
    if isinstance(answer, Refused) and answer.code == "E_REJECTED":
        raise _refuse(journal, plan, stage.name, desk.person, answer, now)


def own_approval(
    plan: Plan, stage: StagePlan, desk: Desk, journal: Journal, now: datetime
) -> Verified | None:
    """Return this person's approval of `stage` that counts already, if there is one."""
    answer = _ask(plan, stage, desk.inbox(), journal, now)
    filed = [e for e in desk.inbox().verified if e.statement.kind == "approval"]
    mine = [e for e in filed if e.person == desk.person and _is_for(e.statement, plan, stage)]
    if isinstance(answer, Granted):
        return next((each for each in answer.statements if each in mine), None)
    return mine[-1] if mine and isinstance(answer, Missing) else None


def approve(
    plan: Plan,
    stage: StagePlan,
    desk: Desk,
    asked: Verified,
    journal: Journal,
    now: datetime,
    tool: str,
) -> Said:
    """Sign and file the approval of one stage, once the guard has found that it counts."""
    statement = Statement(
        **about(plan, desk, journal, tool),
        kind="approval",
        stage=stage.name,
        rollback_to=stage.rollback_target,
        request=asked.digest,
        requester=asked.statement.requester,
        approver=desk.person,
        decision="approve",
        not_before=now,
        expires=valid_until(stage, plan, now),
    )
    verified, file = desk.sign(statement)
    inbox = desk.inbox()
    before = _ask(plan, stage, inbox, journal, now)
    after = _ask(plan, stage, replace(inbox, verified=(*inbox.verified, verified)), journal, now)
    counts = _counts(before, after, verified, stage)
    if isinstance(counts, Refused):
        raise _refuse(journal, plan, stage.name, desk.person, counts, now)
    name = file()
    body = {"stage": stage.name, "by": desk.person, "edition": plan.edition, "plan": plan.digest}
    note(journal, plan.change, Draft("approved", {**body, "statement": verified.digest}, now))
    return Said(stage.name, verified.digest, name, counts)


def reject(plan: Plan, desk: Desk, reason: str, journal: Journal, now: datetime, tool: str) -> Said:
    """Let any person of the trust file say no; it ends the request."""
    asked = current_request(plan, desk.inbox())
    statement = Statement(
        **about(plan, desk, journal, tool),
        kind="rejection",
        request=asked.digest,
        requester=asked.statement.requester,
        approver=desk.person,
        decision="reject",
        reason=reason,
        not_before=now,
        expires=now + REQUEST_LIFE,
    )
    verified, file = desk.sign(statement)
    name = file()
    body = {"by": desk.person, "edition": plan.edition, "reason": reason}
    note(journal, plan.change, Draft("rejected", {**body, "statement": verified.digest}, now))
    return Said("", verified.digest, name, "")


def valid_until(stage: StagePlan, plan: Plan, now: datetime) -> datetime:
    """Return when an approval signed now ends: with the stage's next window, 96 h at most."""
    latest = now + APPROVAL_LIFE
    openings = hours_of_plan(plan, stage).openings(now)
    return min([latest, *(span.end for span in islice(openings, 1))])


def _ask(
    plan: Plan, stage: StagePlan, inbox: Inbox, journal: Journal, now: datetime
) -> Granted | Missing | Refused:
    holder = holder_of(plan, stage)
    state = fold(journal.entries(plan.change))
    used = frozenset(nonce for nonce, user in state.consumed.items() if user != holder)
    promotion = promotion_of(GoForward(plan, (stage.name,)), stage)
    approvals = [each for each in inbox.verified if each.statement.kind != "breakglass"]
    return guard(promotion, approvals, inbox.rejected, used, now)


def _counts(
    before: Granted | Missing | Refused,
    after: Granted | Missing | Refused,
    mine: Verified,
    stage: StagePlan,
) -> str | Refused:
    if isinstance(after, Granted):
        return f"{stage.approvals} of {stage.approvals} approvals"
    if isinstance(after, Missing) and isinstance(before, Missing) and after.have > before.have:
        return f"{after.have} of {after.want} approvals"
    if isinstance(after, Refused):
        return after
    return Refused("E_THRESHOLD", f"the approval by {mine.person} does not count")


def _is_for(said: Statement, plan: Plan, stage: StagePlan) -> bool:
    return (said.plan, said.stage) == (plan.digest, stage.name)


def _refuse(
    journal: Journal, plan: Plan, stage: str, person: str, refused: Refused, now: datetime
) -> McmError:
    """Journal an attempt that was refused, as far as that can be done; return the error."""
    note_refused(journal, plan.change, stage, person, refused.code, refused.reason, now)
    return NotedRefusalError(refused.code, f"refused: {refused.reason}")
