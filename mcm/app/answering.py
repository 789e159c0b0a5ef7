"""Answering the pipeline's own approval, as the approver, for the pinned execution only.

This is what makes the second person more than a promise: where requesters may not call
PutApprovalResult, AWS itself lets nobody past (docs/security-design.md).
"""

from dataclasses import dataclass

from mcm.app.notebook import note
from mcm.app.observing import Observer
from mcm.app.planning import PATIENCE
from mcm.app.ports import Clock, Perform
from mcm.core.errors import Exit
from mcm.core.instruction import AnswerApproval, Outcome, Result
from mcm.core.journal import Draft, Journal, head
from mcm.core.pipeline import ActionRun
from mcm.core.plan import Plan, StagePlan
from mcm.core.query import ActionsQuery

NOT_YET = "not_yet"
ANSWERED = "answered"


@dataclass(frozen=True)
class Answered:
    exit: Exit
    text: str
    hint: str = ""


def answer(
    plan: Plan,
    stage: StagePlan,
    statement: str,
    observer: Observer,
    performer: Perform,
    journal: Journal,
    clock: Clock,
) -> Answered:
    """Answer `stage`'s approval action if it waits for the pinned execution (AWS-RULES 13).

    `statement` is the digest of the approval that the answer rests on; the summary in AWS
    carries it and the journal's head. A gate that mcm itself answers, or none, needs nothing.
    """
    approve = stage.gate.approve
    if approve is None:
        return Answered(Exit.DONE, f"{stage.name} has no approval in the pipeline")
    where = f"{approve.stage}/{approve.action}"
    if not stage.gate.open:
        return Answered(Exit.DONE, f"mcm deploy answers {where} itself")
    run = _find_run(plan, stage, observer)
    if isinstance(run, Answered):
        return run
    if run is not None and run.status == "Succeeded":
        return Answered(Exit.DONE, f"{where} was answered by {run.answered_by or 'somebody'}")
    if run is not None and run.status != "InProgress":
        return Answered(Exit.FAILED, f"{where} is {run.status} for {plan.execution}")
    again = f"Run `mcm approve {plan.change} --stage {stage.name}` again once it waits there."
    if run is None:
        return Answered(Exit.DONE, f"{where} is not open yet for {plan.execution}", again)
    last = head(journal.entries(plan.change))
    summary = f"mcm1 {plan.change} {stage.name} {statement} {last.seq}:{last.hash[:12]}"
    instruction = AnswerApproval(
        plan.pipeline, approve.stage, approve.action, plan.execution, plan.pipeline_version, summary
    )
    outcome = performer.perform(instruction)
    body = {
        "stage": stage.name,
        "action": where,
        "execution": plan.execution,
        "result": outcome.result.value,
        "statement": statement,
        "reason": outcome.detail,
    }
    note(journal, plan.change, Draft("approval_answered", body, clock.now()))
    return _told(outcome, where, again)


def _find_run(plan: Plan, stage: StagePlan, observer: Observer) -> ActionRun | Answered | None:
    """The approval's run of the pinned execution; None when there is none yet."""
    query = ActionsQuery(plan.pipeline, plan.execution)
    readings = observer.observe([query], PATIENCE)
    runs = readings.known(query, tuple)
    if runs is None:
        why = f"the pipeline's approval was not answered: {readings.why_unknown(query)}"
        return Answered(Exit.BLIND, why, f"Run `mcm approve {plan.change}` again.")
    approve = stage.gate.approve
    assert approve is not None  # the caller looked
    ours = [r for r in runs if (r.stage, r.action) == (approve.stage, approve.action)]
    return ours[0] if ours else None


def _told(outcome: Outcome, where: str, again: str) -> Answered:
    if outcome.result is Result.DONE:
        return Answered(Exit.DONE, f"{where} is answered in the pipeline")
    if outcome.result is Result.REFUSED:
        return Answered(Exit.REFUSED, f"AWS refused the answer to {where}: {outcome.detail}", again)
    return Answered(Exit.BLIND, f"{where} may not be answered: {outcome.detail}", again)
