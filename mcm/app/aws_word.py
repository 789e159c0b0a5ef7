"""What AWS keeps of a change: the answers and reasons that mcm left there.

An approval's summary cannot be changed once it was given, and AWS says who gave it. A
transition's reason is as whoever closed it last wrote it.
"""

from collections.abc import Iterable, Iterator

from mcm.app.anchors import AwsWord
from mcm.app.evidence import Evidence
from mcm.app.observing import Observer
from mcm.app.planning import PATIENCE
from mcm.app.proof import Finding, Proof
from mcm.core.history import anchor
from mcm.core.history.anchor import Anchor
from mcm.core.pipeline import SUCCEEDED, ActionRun, ExecutionView, PipelineView
from mcm.core.plans.plan import Plan
from mcm.core.query import ActionsQuery, ExecutionsQuery, PipelineId, PipelineQuery
from mcm.core.reading import Readings


def read_aws(
    change: str, plan: Plan | None, pipeline: PipelineId, observer: Observer, evidence: Evidence
) -> AwsWord:
    """Ask AWS for the answers and reasons that mcm left there about `change`.

    Approval summaries are those of the plan's own execution; transition reasons are as
    they stand now, so a later closing hides an earlier one; stop reasons stay with each
    execution for as long as AWS lists it.
    """
    state, stopped = PipelineQuery(pipeline), ExecutionsQuery(pipeline)
    actions = ActionsQuery(pipeline, plan.execution) if plan else None
    readings = observer.observe([state, stopped, *([actions] if actions else [])], PATIENCE)
    kept: list[Anchor] = []
    findings: list[Finding] = []
    for query in (state, stopped, actions):
        if query is not None and readings.known(query, object) is None:
            text = f"AWS cannot be asked: {readings.why_unknown(query)}"
            findings.append(Finding("aws", Proof.MISSING, text))
    kept += _reasons(change, readings.known(state, PipelineView))
    kept += _stops(change, readings.known(stopped, tuple) or ())
    if plan is not None and actions is not None:
        for found in _answers(plan, actions, readings, evidence):
            (kept if isinstance(found, Anchor) else findings).append(found)  # type: ignore[arg-type]
    runs = readings.known(actions, tuple) if actions is not None else None
    answers = tuple(run for run in runs or () if isinstance(run, ActionRun))
    return AwsWord(tuple(kept), tuple(findings), answers)


def _reasons(change: str, view: PipelineView | None) -> Iterator[Anchor]:
    for stage in view.stages if view else ():
        if not stage.transition_enabled:
            where = f"the closed way into {stage.name} in AWS"
            found = anchor.read_mark(stage.transition_reason, change, where)
            if found is not None:
                yield found


def _stops(change: str, runs: Iterable[object]) -> Iterator[Anchor]:
    for run in runs:
        if isinstance(run, ExecutionView) and run.stop_reason:
            found = anchor.read_mark(run.stop_reason, change, f"the stop of {run.id} in AWS")
            if found is not None:
                yield found


def _answers(
    plan: Plan, query: ActionsQuery, readings: Readings, evidence: Evidence
) -> Iterator[Anchor | Finding]:
    """Compare each answered approval with the statement that its summary names."""
    runs = [run for run in readings.known(query, tuple) or () if isinstance(run, ActionRun)]
    for stage in plan.stages:
        gate = stage.gate.approve
        for run in runs:
            here = gate is not None and (run.stage, run.action) == (gate.stage, gate.action)
            if not here or run.status != SUCCEEDED:
                continue
            where = f"{run.stage}/{run.action}"
            by = run.answered_by or "somebody whom AWS does not name"
            said = anchor.read_summary(run.summary)
            if said is None:
                text = f"{where} was answered by {by}, without naming a statement"
                yield Finding("aws", Proof.NOTED, text)
                continue
            yield _compare(plan, stage.name, said, f"{where}, answered by {by},", evidence)
            if said.seq:
                yield Anchor(said.seq, said.hash, f"the answer to {where} in AWS")


def _compare(
    plan: Plan, stage: str, said: anchor.Summary, what: str, evidence: Evidence
) -> Finding:
    if (said.change, said.stage) != (plan.change, stage):
        text = f"{what} is for {said.change} {said.stage}, not for {plan.change} {stage}"
        return Finding("aws", Proof.BROKEN, text)
    if plan.digest.startswith(said.statement):
        return Finding("aws", Proof.PROVEN, f"{what} names this very plan")
    for each in evidence.statements:
        statement = each.statement
        if statement is None or not each.digest.startswith(said.statement):
            continue
        if (statement.kind, statement.stage, statement.plan) == ("approval", stage, plan.digest):
            text = f"{what} names the approval that {statement.approver} signed"
            return Finding("aws", Proof.PROVEN, text)
        if (statement.kind, statement.change, statement.stage) == ("approval", plan.change, stage):
            text = f"{what} names {statement.approver}'s approval of edition {statement.edition}"
            return Finding("aws", Proof.NOTED, text)
    text = f"{what} names {said.statement[:12]}, and no approval here has that digest"
    return Finding("aws", Proof.BROKEN, text)
