"""Readings of the pipeline from replies with parts missing."""

from mcm.aws.port import Params, Reply
from mcm.aws.read_pipeline import PipelineReader
from mcm.core.pipeline import Declaration, PipelineView
from mcm.core.query import DeclarationQuery, PipelineQuery
from mcm.core.reading import Known
from tests.kit.readings import NOW, PIPELINE, STAGE


class Scripted:
    """A port that shows one pipeline's state."""

    def __init__(self, *stages: Reply) -> None:
        self._stages = list(stages)

    def call(self, service: str, operation: str, params: Params) -> Reply:
        if operation == "GetPipeline":
            return {"pipeline": {"version": 4, "stages": []}}
        return {"pipelineVersion": 4, "stageStates": self._stages}


def view(*stages: Reply) -> PipelineView:
    query = PipelineQuery(PIPELINE)
    answer = PipelineReader(Scripted(*stages), lambda: NOW).read([query])[query]
    assert isinstance(answer, Known)
    assert isinstance(answer.value, PipelineView)
    return answer.value


def test_parts_without_a_name_are_left_out_and_hide_nothing_else() -> None:
    """AWS-RULES 38: what is missing is no reason to see nothing of the stage."""
    seen = view({"actionStates": []}, {"stageName": STAGE, "actionStates": [{"revisionUrl": ""}]})

    assert [stage.name for stage in seen.stages] == [STAGE]
    assert seen.stages[0].actions == ()


def test_a_stage_that_never_ran_has_no_execution_and_no_status() -> None:
    stage = view({"stageName": STAGE}).stages[0]

    assert (stage.execution, stage.status, stage.type) == ("", "", "")
    assert stage.transition_enabled


def test_how_the_pipeline_is_built_is_told_in_its_own_words() -> None:
    query = DeclarationQuery(PIPELINE)
    answer = PipelineReader(Scripted(), lambda: NOW).read([query])[query]

    assert isinstance(answer, Known)
    assert answer.value == Declaration(4, {"version": 4, "stages": []})
