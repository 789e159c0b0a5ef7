"""Which layer is in force at a stage: nothing is taken for enforced that was not seen to be."""

from dataclasses import replace

import pytest

from mcm.core.pipeline import ActionView, PipelineView
from mcm.core.plans.plan import Approval, Gate, StagePlan
from mcm.core.trust.layers import IAM, Answerer, Layer, StageLayer, layer_of
from mcm.core.trust.principal import Principal
from tests.kit.readings import pipeline_view, stage
from tests.kit.world import stage_plan

BOB = Principal("iam-user", "aws", "111111111111", "bob", "")
ROLE = Principal("role", "aws", "111111111111", "Deployer", "bob")
PEOPLE = (Answerer("bob", frozenset({BOB})),)


def action(name: str = "Approve", *, approval: bool = True) -> ActionView:
    return ActionView(name, approval, "", False, "", "")


def pipeline(*names: str, approval: bool = True, name: str = "Approve") -> PipelineView:
    """Return a pipeline of these stages, with an action in ApproveUS."""
    return pipeline_view(
        *(
            stage(name=each, actions=(action(name, approval=approval),) * (each == "ApproveUS"))
            for each in names or ("Source", "ApproveUS", "ProdUS")
        )
    )


def at(
    gate: Gate | None = None,
    people: tuple[Answerer, ...] | None = PEOPLE,
    view: PipelineView | None = None,
    *,
    touch: bool = False,
) -> StageLayer:
    here: StagePlan = replace(stage_plan("old"), touch=touch)
    here = replace(here, gate=gate) if gate else here
    return layer_of(here, people, view or pipeline())


def test_an_approval_before_the_transition_answered_by_a_known_caller_is_enforced() -> None:
    found = at()

    assert (found.layer, found.answerers, found.console) == (Layer.ENFORCED, ("bob",), True)
    assert found.says == "AWS waits at ApproveUS/Approve for bob, by their own credentials"
    assert found.missing == ()
    assert found.unseen == (IAM,)  # no reading tells what IAM allows


def test_a_pipeline_that_cannot_be_read_is_in_no_layer() -> None:
    assert layer_of(stage_plan("old"), PEOPLE, None, "denied").layer is Layer.UNKNOWN
    found = at(view=replace(pipeline(), unread="GetPipeline denied"))
    assert (found.layer, found.says) == (
        Layer.UNKNOWN,
        "the pipeline cannot be read: GetPipeline denied",
    )


def test_a_trust_file_that_cannot_be_read_is_in_no_layer() -> None:
    assert at(people=None).layer is Layer.UNKNOWN


@pytest.mark.parametrize(
    ("gate", "missing"),
    [
        (Gate(None, "ProdUS"), "an approval action: "),
        (Gate(None, ""), "open: ProdUS}`"),
        (Gate(Approval("ApproveUS", "Approve"), ""), "add `open: ProdUS` to the gate"),
    ],
)
def test_without_an_approval_of_the_approvers_own_there_is_proof_only(
    gate: Gate, missing: str
) -> None:
    found = at(gate)
    assert found.layer is Layer.PROOF
    assert [missing in each for each in found.missing] == [True]


@pytest.mark.parametrize(
    ("view", "missing"),
    [
        (pipeline("Source", "ProdUS"), "the action ApproveUS/Approve: "),
        (pipeline(name="Approved"), "the action ApproveUS/Approve: "),
        (pipeline(approval=False), "that action is none, and waits for nobody"),
        (pipeline("Source", "ApproveUS"), "the stage ProdUS: the pipeline has none"),
        (pipeline("Source", "ProdUS", "ApproveUS"), "ApproveUS does not stand before ProdUS"),
    ],
)
def test_what_the_pipeline_does_not_show_is_not_enforced(view: PipelineView, missing: str) -> None:
    found = at(view=view)
    assert found.layer is Layer.PROOF
    assert any(missing in each for each in found.missing), found.missing


def test_a_transition_behind_the_stage_keeps_nothing_out_of_it() -> None:
    view = pipeline("ProdUS", "ApproveUS", "Later")
    found = at(Gate(Approval("ApproveUS", "Approve"), "Later"), view=view)
    assert found.layer is Layer.PROOF
    assert "the way into Later does not lead to ProdUS" in found.missing[0]


@pytest.mark.parametrize(
    ("people", "missing"),
    [
        ((), "an approver of prod-us in .mcm/trust.yml"),
        ((Answerer("bob"),), "cannot tell whose answer AWS took"),
        ((Answerer("bob", loose=frozenset({ROLE})),), "cannot tell whose answer AWS took"),
    ],
)
def test_an_answer_that_could_be_anybodys_enforces_nothing(
    people: tuple[Answerer, ...], missing: str
) -> None:
    found = at(people=people)
    assert (found.layer, found.console) == (Layer.PROOF, False)
    assert missing in found.missing[0]


def test_who_could_be_anybody_is_named_beside_those_who_cannot() -> None:
    """Threat 6: carol's session name is hers to choose, so only bob can answer."""
    found = at(people=(*PEOPLE, Answerer("carol", loose=frozenset({ROLE}))))
    assert (found.layer, found.answerers) == (Layer.ENFORCED, ("bob",))
    assert "`session_name: enforced` for carol" in found.missing[0]


def test_where_a_key_must_be_touched_a_line_in_the_console_approves_nothing() -> None:
    found = at(touch=True)
    assert (found.layer, found.console) == (Layer.ENFORCED, False)
