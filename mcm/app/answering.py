"""Answering the pipeline's own approval, as the approver, for the pinned execution only.

This is what makes the second person more than a promise: where requesters may not call
PutApprovalResult, AWS itself lets nobody past (docs/security-design.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mcm.app.notebook import note
from mcm.app.observing import Observer
from mcm.app.planning import PATIENCE
from mcm.app.ports import Clock, Perform
from mcm.core import commands
from mcm.core.errors import Exit, RefusedError
from mcm.core.history import anchor
from mcm.core.history.instruction import AnswerApproval, Outcome, Result
from mcm.core.history.journal import Draft, Journal, head
from mcm.core.pipeline import ActionRun, Identity
from mcm.core.plans.plan import Plan, StagePlan
from mcm.core.query import ActionsQuery, IdentityQuery
from mcm.core.reading import Readings
from mcm.core.trust.principal import Principal, is_nobody, untrusted
from mcm.core.trust.principal import find as find_principal

NOT_THE_SIGNER = "E_NOT_THE_SIGNER"


@dataclass(frozen=True)
class Signed:
    """The approval that an answer rests on, and whom AWS callers are known to be."""

    person: str
    """Who signed it."""
    statement: str
    """Its digest."""
    approvers: frozenset[str] = frozenset()
    """Everybody who signed this stage of this plan."""
    holders: Mapping[Principal, str] = field(default_factory=dict)
    """AWS callers that the trust file says are one person and nobody else."""

    def holder(self, arn: str) -> str:
        """Return the person who calls as `arn`; empty for nobody that the trust file names."""
        caller = find_principal(arn)
        return self.holders.get(caller, "") if caller else ""

    def speaks_for(self, arn: str, persons: frozenset[str]) -> bool:
        """Say whether an answer by `arn` can count for one of `persons`.

        Whom no entry names passes only where the trust file ties none of them to a caller,
        and a caller that can be no human never; the gate `answer` judges likewise
        (mcm.core.gates.every_gate).
        """
        if is_nobody(arn):
            return False
        holder = self.holder(arn)
        return holder in persons if holder else not persons & set(self.holders.values())


@dataclass(frozen=True)
class Answered:
    exit: Exit
    text: str
    hint: str = ""


def answer(
    plan: Plan,
    stage: StagePlan,
    signed: Signed,
    observer: Observer,
    performer: Perform,
    journal: Journal,
    clock: Clock,
) -> Answered:
    """Answer `stage`'s approval action if it waits for the pinned execution (AWS-RULES 13).

    AWS takes one answer and no other after it, so it is given only by credentials that are
    the signer's own: anybody else's would leave the execution unable to go on. The summary
    in AWS carries the approval's digest and the journal's head. A gate that mcm itself
    answers, or none, needs nothing.
    """
    approve = stage.gate.approve
    if approve is None:
        return Answered(Exit.DONE, f"{stage.name} has no approval in the pipeline")
    where = f"{approve.stage}/{approve.action}"
    if not stage.gate.open:
        return Answered(Exit.DONE, f"mcm deploy answers {where} itself")
    again = f"Run `{commands.approve(plan.change, stage.name)}` again once it waits there."
    readings = observer.observe([_actions(plan), _identity(plan)], PATIENCE)
    ready = _look(plan, stage, signed, readings, again) or _refusal(plan, stage, signed, readings)
    if ready is not None:
        return ready
    last = head(journal.entries(plan.change))
    summary = anchor.summary(plan.change, stage.name, signed.statement, last)
    instruction = AnswerApproval(
        plan.pipeline, approve.stage, approve.action, plan.execution, plan.pipeline_version, summary
    )
    outcome = performer.perform(instruction)
    body = {
        "stage": stage.name,
        "action": where,
        "execution": plan.execution,
        "result": outcome.result.value,
        "statement": signed.statement,
        "reason": outcome.detail,
    }
    note(journal, plan.change, Draft("approval_answered", body, clock.now()))
    return _told(outcome, where, again)


def check_caller(plan: Plan, stage: StagePlan, signed: Signed, observer: Observer) -> None:
    """Raise RefusedError, before anything is signed, when no answer could follow.

    So it is when somebody else has answered, and with credentials of somebody else's.
    Nothing is said where nobody is to answer, and where AWS does not tell: the signature
    needs no AWS, and `answer` looks again before it sends anything.
    """
    if stage.gate.approve is None or not stage.gate.open:
        return
    readings = observer.observe([_actions(plan), _identity(plan)], PATIENCE)
    answered = _look(plan, stage, signed, readings, "")
    if answered is not None and answered.exit is Exit.REFUSED:
        raise RefusedError(NOT_THE_SIGNER, f"nothing signed: {answered.text}", hint=answered.hint)
    identity = readings.known(_identity(plan), Identity)
    foreign = _foreign(signed, identity.arn) if identity else ""
    if identity and foreign:
        code = _code(signed, identity.arn)
        raise RefusedError(code, f"nothing signed: {foreign}", hint=_own(plan, stage))


def _actions(plan: Plan) -> ActionsQuery:
    return ActionsQuery(plan.pipeline, plan.execution)


def _identity(plan: Plan) -> IdentityQuery:
    return IdentityQuery(plan.pipeline.place)


def _look(
    plan: Plan, stage: StagePlan, signed: Signed, readings: Readings, again: str
) -> Answered | None:
    """Say why nothing is to be sent for the pinned execution; None when its approval waits."""
    approve = stage.gate.approve
    assert approve is not None  # the caller looked
    where = f"{approve.stage}/{approve.action}"
    runs = readings.known(_actions(plan), tuple)
    if runs is None:
        return _blind(plan, readings.why_unknown(_actions(plan)))
    ours = [r for r in runs if (r.stage, r.action) == (approve.stage, approve.action)]
    if not ours:
        return Answered(Exit.DONE, f"{where} is not open yet for {plan.execution}", again)
    run: ActionRun = ours[0]
    if run.status == "Succeeded":
        by = run.answered_by
        text = f"{where} was answered by {by or 'somebody'}"
        if signed.speaks_for(by, signed.approvers | {signed.person}):
            return Answered(Exit.DONE, text)
        who = f"{text}, who is not who signed for it: it cannot be promoted"
        return Answered(Exit.REFUSED, who, commands.release_again(plan.change))
    if run.status != "InProgress":
        hint = commands.release_again(plan.change)
        return Answered(Exit.FAILED, f"{where} is {run.status} for {plan.execution}", hint)
    return None


def _refusal(plan: Plan, stage: StagePlan, signed: Signed, readings: Readings) -> Answered | None:
    """Refuse to answer with credentials that are not the signer's own, or not known."""
    identity = readings.known(_identity(plan), Identity)
    if identity is None:
        return _blind(plan, readings.why_unknown(_identity(plan)))
    foreign = _foreign(signed, identity.arn)
    if not foreign:
        return None
    code = _code(signed, identity.arn)
    return Answered(Exit.REFUSED, f"not answered: {foreign} [{code}]", _own(plan, stage))


def _code(signed: Signed, arn: str) -> str:
    """Return the code for credentials that are not the signer's: whose they are, if known."""
    return NOT_THE_SIGNER if signed.holder(arn) else untrusted(arn)


def _foreign(signed: Signed, arn: str) -> str:
    """Say whose credentials `arn` is, when an answer by it could not count for the signer."""
    if signed.speaks_for(arn, frozenset({signed.person})):
        return ""
    unknown = "no person at all" if is_nobody(arn) else "somebody whom no trust entry names"
    whose = signed.holder(arn) or unknown
    return f"the key is {signed.person}'s, the AWS credentials are of {whose} ({arn})"


def _own(plan: Plan, stage: StagePlan) -> str:
    again = commands.approve(plan.change, stage.name)
    return f"Run `{again} --profile NAME` with an AWS profile of the signer's own."


def _blind(plan: Plan, why: str) -> Answered:
    text = f"the pipeline's approval was not answered: {why}"
    return Answered(Exit.BLIND, text, f"Run `{commands.about('approve', plan.change)}` again.")


def _told(outcome: Outcome, where: str, again: str) -> Answered:
    if outcome.result is Result.DONE:
        return Answered(Exit.DONE, f"{where} is answered in the pipeline")
    if outcome.result is Result.REFUSED:
        return Answered(Exit.REFUSED, f"AWS refused the answer to {where}: {outcome.detail}", again)
    if outcome.result is Result.NOT_SENT and not outcome.code:
        return Answered(Exit.HELD, f"{where} is not answered: {outcome.detail}", again)
    return Answered(Exit.BLIND, f"{where} may not be answered: {outcome.detail}", again)
