"""Readings for on-call's screen, from replies with parts missing."""

from datetime import UTC, datetime, timedelta
from typing import Any

from mcm.aws.port import AwsError, ErrorKind, Params, Reply
from mcm.aws.read_cloudwatch import read_firing
from mcm.aws.read_past import passages, read_pipelines, went_through
from mcm.aws.read_pipeline import PipelineReader
from mcm.core.past import Firing, PipelineNames, Structure
from mcm.core.query import (
    ExecutionsQuery,
    FiringQuery,
    HistoryQuery,
    PassagesQuery,
    PipelineId,
    PipelinesQuery,
    Place,
    StructureQuery,
)
from mcm.core.reading import Known, Unknown

NOW = datetime(2026, 3, 18, 10, 0, tzinfo=UTC)
US = Place("111111111111", "us-east-1")
PIPELINE = PipelineId(US, "ParcelPhotoCheck")


def run(execution: str, stage: str, minute: int, status: str = "Succeeded", **more: Any) -> Reply:
    at = NOW + timedelta(minutes=minute)
    deploy = {"actionTypeId": {"category": "Deploy"}, "region": "eu-west-1"}
    return {
        "pipelineExecutionId": execution,
        "stageName": stage,
        "startTime": at,
        "lastUpdateTime": at + timedelta(minutes=1),
        "status": status,
        "input": deploy,
        **more,
    }


class Port:
    """Answers each operation with what the test says, and counts."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.calls: list[str] = []

    def call(self, service: str, operation: str, params: Params) -> Reply:
        del service
        self.calls.append(operation)
        answer = self.answers[operation]
        if isinstance(answer, AwsError):
            raise answer
        found: Reply = answer(params) if callable(answer) else answer
        return found


def test_the_actions_of_an_execution_in_a_stage_are_one_passage() -> None:
    found = passages([run("e2", "Prod", 5), run("e2", "Prod", 3), run("e1", "Prod", 1)])

    assert [each.execution for each in found] == ["e2", "e1"]
    assert found[0].entered == NOW + timedelta(minutes=3)
    assert found[0].left == NOW + timedelta(minutes=6)
    assert found[0].regions == ("eu-west-1",)
    assert found[0].deploys


def test_a_passage_is_not_over_while_an_action_runs_or_does_not_say() -> None:
    running = passages([run("e", "Prod", 1), run("e", "Prod", 2, "InProgress")])
    silent = passages([run("e", "Prod", 1, lastUpdateTime=None)])
    failed = passages([run("e", "Prod", 1, "Failed"), run("e", "Prod", 2, "InProgress")])

    assert (running[0].status, running[0].left) == ("InProgress", None)
    assert silent[0].left is None
    assert failed[0].status == "Failed"


def test_items_without_ids_and_actions_without_a_kind_are_no_trouble() -> None:
    assert passages([{"stageName": "Prod"}]) == ()
    bare = {"pipelineExecutionId": "e", "stageName": "Prod"}
    assert not passages([bare])[0].deploys


def test_the_past_costs_no_call_beside_the_history() -> None:
    """The screen asks for it in the same round as the rollback's own readings."""
    port = Port(
        ListActionExecutions={"actionExecutionDetails": [run("e", "Prod", 1)]},
        ListPipelineExecutions={"pipelineExecutionSummaries": []},
    )
    queries = (
        HistoryQuery(PIPELINE, "Prod"),
        PassagesQuery(PIPELINE),
        ExecutionsQuery(PIPELINE),
    )
    found = PipelineReader(port, lambda: NOW).read(queries)

    assert all(isinstance(reading, Known) for reading in found.values())
    assert len(port.calls) == 3


def test_a_list_that_fails_is_not_asked_for_again_in_the_round() -> None:
    """Or what is nice to know would make late what must be known."""
    denied = AwsError(ErrorKind.DENIED, "AccessDenied", "no")
    port = Port(ListActionExecutions=denied, ListPipelineExecutions=denied)
    queries = (HistoryQuery(PIPELINE, "Prod"), PassagesQuery(PIPELINE))
    found = PipelineReader(port, lambda: NOW).read(queries)

    assert all(isinstance(reading, Unknown) for reading in found.values())
    assert port.calls == ["ListActionExecutions"]


def test_no_more_pipelines_are_named_than_asked_for_and_the_rest_is_known_to_be_there() -> None:
    listed = {"pipelines": [{"name": f"p{n}"} for n in range(3)], "nextToken": "more"}
    port = Port(ListPipelines=listed)
    query = PipelinesQuery(US, 2)
    found = read_pipelines(port, [query], lambda: NOW)[query]

    assert isinstance(found, Known)
    assert found.value == PipelineNames(("p0", "p1"), more=True)
    assert port.calls == ["ListPipelines"]


def test_one_pipeline_that_may_not_be_read_hides_no_other() -> None:
    def answer(params: Params) -> Reply:
        if params["name"] == "secret":
            raise AwsError(ErrorKind.DENIED, "AccessDenied", "no")
        return {"pipeline": {"stages": [{"name": "Prod"}, {}]}}

    secret, plain = (StructureQuery(PipelineId(US, name)) for name in ("secret", "plain"))
    found = read_pipelines(Port(GetPipeline=answer), [secret, plain], lambda: NOW)

    assert isinstance(found[secret], Unknown)
    reading = found[plain]
    assert isinstance(reading, Known)
    assert reading.value == Structure(("Prod",))


def test_alarms_of_every_kind_that_are_in_alarm_are_found_by_one_call() -> None:
    asked: list[Params] = []

    def answer(params: Params) -> Reply:
        asked.append(params)
        item = {"AlarmName": "a", "StateValue": "ALARM", "StateTransitionedTimestamp": NOW}
        return {"CompositeAlarms": [item], "NextToken": "more"}

    query = FiringQuery(US)
    found = read_firing(Port(DescribeAlarms=answer), [query], lambda: NOW)[query]

    assert isinstance(found, Known)
    assert isinstance(found.value, Firing)
    assert [alarm.transitioned_at for alarm in found.value.alarms] == [NOW]
    assert found.value.more
    assert asked[0]["StateValue"] == "ALARM"
    assert "CompositeAlarm" in asked[0]["AlarmTypes"]


def test_went_through_takes_what_succeeded_as_a_whole_or_went_on() -> None:
    """Actions that have not begun are not listed: alone, their absence is no success."""
    actions = [
        run("whole", "Prod", 1),
        run("went-on", "Prod", 1),
        run("went-on", "After", 2),
        run("halfway", "Prod", 1, actionName="Deploy"),
        run("halfway", "Build", 0),
        run("failed", "Prod", 2, "Failed", actionName="Test"),
        run("failed", "Prod", 1, actionName="Deploy"),
        run("failed", "After", 3),
        run("retried", "Prod", 1, "Failed", actionName="Deploy"),
        run("retried", "Prod", 2, actionName="Deploy"),
        run("elsewhere", "Build", 1),
    ]
    executions = [
        {"pipelineExecutionId": name, "status": "Succeeded"}
        for name in ("whole", "retried", "elsewhere")
    ]
    assert went_through(executions, actions, "Prod") == {"whole", "went-on", "retried"}
