"""Which of the two layers is in force at a stage, and what is missing for the second.

Proof is always there: mcm takes no step forward without a second person's word.
Enforcement is AWS's: an approval action, in front of the transition that mcm opens, which
the approver's own credentials answer (docs/security-design.md). Nothing is taken for
enforced that was not seen to be; what IAM allows is seen by nobody here, and said so.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from mcm.core.pipeline import PipelineView
from mcm.core.plans.plan import Approval, Gate
from mcm.core.trust.principal import Principal


class Layer(StrEnum):
    """What keeps a requester from going forward alone."""

    PROOF = "proof"
    """mcm alone; whoever goes around it is seen later, and not stopped."""
    ENFORCED = "enforced"
    """AWS, too, wherever IAM is as `mcm iam-policy` prints it."""
    UNKNOWN = "unknown"
    """The pipeline or the trust file cannot be read."""


class Staged(Protocol):
    """What of a stage matters here: of a plan (`StagePlan`) or of mcm.yaml (`StageConfig`)."""

    @property
    def name(self) -> str: ...
    @property
    def pipeline_stage(self) -> str: ...
    @property
    def gate(self) -> Gate: ...
    @property
    def touch(self) -> bool: ...


@dataclass(frozen=True)
class Answerer:
    """An approver of a stage, and as whom AWS may know them (`mcm.trust.review.answerers`)."""

    person: str
    callers: frozenset[Principal] = frozenset()
    """Credentials that are this person's and nobody else's."""
    loose: frozenset[Principal] = frozenset()
    """Sessions of plain roles whose name the caller may choose: they count for nobody."""


@dataclass(frozen=True)
class StageLayer:
    stage: str
    layer: Layer
    says: str
    """In one sentence what is in force."""
    answerers: tuple[str, ...] = ()
    """Approvers whose own credentials AWS and the trust file tie to them, sorted."""
    console: bool = False
    """Whether they may also approve by a line in the console, without a signature."""
    missing: tuple[str, ...] = ()
    """What is missing for AWS to enforce it, each with what to do."""
    unseen: tuple[str, ...] = ()
    """What must also hold and cannot be seen from here."""


IAM = (
    "IAM must deny requesters PutApprovalResult, OverrideStageCondition and UpdatePipeline:"
    " compare it with `mcm iam-policy --role requester`"
)


def layer_of(
    stage: Staged,
    approvers: Iterable[Answerer] | None,
    view: PipelineView | None,
    why_unread: str = "",
) -> StageLayer:
    """Say which layer is in force at `stage`.

    `approvers` are those of this stage by the trust file, None when it cannot be read;
    `view` is the pipeline as AWS shows it, None when it cannot be read, for `why_unread`.
    """
    gate = stage.gate
    if gate.approve is None:
        return _proof(
            stage,
            "the pipeline asks nobody: what is signed is the only proof",
            "an approval action: give the pipeline a stage of its own with a manual approval"
            f" in front of {stage.pipeline_stage}, and mcm.yaml `gate: {{approve: STAGE/ACTION,"
            f" open: {gate.open or stage.pipeline_stage}}}`",
        )
    where = f"{gate.approve.stage}/{gate.approve.action}"
    if not gate.open:
        return _proof(
            stage,
            f"mcm answers {where} as the operator: AWS keeps requesters out, and not the operator",
            f"a transition that mcm opens instead: add `open: {stage.pipeline_stage}` to the gate",
        )
    why = why_unread if view is None else view.unread
    if view is None or why:
        says = f"the pipeline cannot be read{f': {why}' if why else ''}"
        return StageLayer(stage.name, Layer.UNKNOWN, says)
    if approvers is None:
        return StageLayer(stage.name, Layer.UNKNOWN, "the trust file cannot be read")
    people = tuple(approvers)
    known = tuple(sorted(each.person for each in people if each.callers))
    lacks = (*_lacks_in_pipeline(stage, gate.approve, gate.open, view), *_nobody(stage, people))
    missing = (*lacks, *_loose(people))
    console = bool(known) and not stage.touch
    if lacks:
        says = "AWS is not seen to keep anybody out: what is signed is the only proof"
        return StageLayer(stage.name, Layer.PROOF, says, known, console, missing)
    says = f"AWS waits at {where} for {' or '.join(known)}, by their own credentials"
    return StageLayer(stage.name, Layer.ENFORCED, says, known, console, missing, (IAM,))


def _proof(stage: Staged, says: str, missing: str) -> StageLayer:
    return StageLayer(stage.name, Layer.PROOF, says, missing=(missing,))


def _lacks_in_pipeline(
    stage: Staged, approve: Approval, opened: str, view: PipelineView
) -> Iterator[str]:
    """Yield why the pipeline does not stop in front of the stage for an answer."""
    where = f"{approve.stage}/{approve.action}"
    at = view.stage(approve.stage)
    action = (
        next((each for each in at.actions if each.name == approve.action), None) if at else None
    )
    if action is None:
        yield f"the action {where}: the pipeline has none of that name; mend `gate` in mcm.yaml"
    elif not action.approval:
        yield f"an approval at {where}: that action is none, and waits for nobody"
    gate_at = view.stage(opened)
    if gate_at is None:
        yield f"the stage {opened}: the pipeline has none of that name; mend `gate` in mcm.yaml"
    elif at is not None and at.name not in {each.name for each in view.before(opened)}:
        yield f"an order: {approve.stage} does not stand before {opened}, whose way in mcm opens"
    elif stage.pipeline_stage not in _from(view, opened):
        yield f"an order: the way into {opened} does not lead to {stage.pipeline_stage}"


def _from(view: PipelineView, name: str) -> set[str]:
    """Return the stages from `name` on, in pipeline order."""
    return {each.name for each in view.stages} - {each.name for each in view.before(name)}


def _nobody(stage: Staged, people: tuple[Answerer, ...]) -> Iterator[str]:
    """Yield why nobody could tell whose answer it was."""
    if not people:
        yield f"an approver of {stage.name} in .mcm/trust.yml"
    elif not any(each.callers for each in people):
        yield (
            f"an `aws` entry in .mcm/trust.yml for an approver of {stage.name}: without one mcm"
            " cannot tell whose answer AWS took"
        )


def _loose(people: tuple[Answerer, ...]) -> Iterator[str]:
    """Yield whose session name anybody may choose: their answers count for nobody."""
    for each in people:
        if each.loose and not each.callers:
            roles = ", ".join(sorted({one.name for one in each.loose}))
            yield (
                f"`session_name: enforced` for {each.person}: anyone who may assume {roles} can"
                " take that session name"
            )
