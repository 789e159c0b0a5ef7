"""One write at most, and whatever comes back ends as an outcome, never as an exception."""

import pytest

from mcm.aws.perform import Performer
from mcm.aws.port import AwsError, ErrorKind, Params, Reply
from mcm.core.history.instruction import (
    CloseTransition,
    Instruction,
    OpenTransition,
    Result,
    RollBackStage,
    StartExecution,
    StopExecution,
    UpdateEndpoint,
)
from tests.kit.readings import PIPELINE, STAGE

ROLL_BACK = RollBackStage(PIPELINE, STAGE, "old", "new")
CLOSE = CloseTransition(PIPELINE, STAGE, "going back")
STOP = StopExecution(PIPELINE, STAGE, "new", False, "going back")
OPEN = OpenTransition(PIPELINE, STAGE, "new", 0)
NOW_IN = {"pipelineExecutionId": "new", "status": "Succeeded", "type": "STANDARD"}


class Scripted:
    """A port with one reply for each operation; an exception is raised."""

    def __init__(self, stages: object, written: object = None) -> None:
        self._stages = stages
        self._written = {} if written is None else written
        self.writes: list[str] = []

    def call(self, service: str, operation: str, params: Params) -> Reply:
        if operation == "GetPipelineState":
            return {"pipelineVersion": 4, "stageStates": self._stages}
        self.writes.append(operation)
        if isinstance(self._written, Exception):
            raise self._written
        return self._written  # type: ignore[return-value]


def in_stage(**more: object) -> list[Reply]:
    return [{"stageName": STAGE, "latestExecution": NOW_IN, **more}]


def test_a_rollback_whose_reply_names_no_execution_is_in_doubt() -> None:
    """AWS took it: sent again, it would go back twice."""
    port = Scripted(in_stage(), {})

    outcome = Performer(lambda _: port).perform(ROLL_BACK)

    assert outcome.result is Result.IN_DOUBT
    assert port.writes == ["RollbackStage"]


@pytest.mark.parametrize("instruction", [ROLL_BACK, CLOSE, STOP], ids=lambda one: one.op)
def test_nonsense_in_answer_to_a_write_is_in_doubt(instruction: Instruction) -> None:
    port = Scripted(in_stage(), ValueError("not JSON"))

    assert Performer(lambda _: port).perform(instruction).result is Result.IN_DOUBT


@pytest.mark.parametrize(
    "stages",
    [None, [None], [{"stageName": STAGE, "latestExecution": "new"}]],
    ids=["no list", "no stage state", "no execution"],
)
def test_nonsense_in_answer_to_the_re_read_sends_nothing(stages: object) -> None:
    port = Scripted(stages)

    assert Performer(lambda _: port).perform(ROLL_BACK).result is Result.NOT_SENT
    assert port.writes == []


def test_an_inbound_entry_without_an_id_opens_nothing() -> None:
    port = Scripted(in_stage(inboundExecutions=[{"status": "InProgress"}]))

    assert Performer(lambda _: port).perform(OPEN).result is Result.NOT_SENT
    assert port.writes == []


def test_a_stage_state_without_a_name_hides_no_other_stage() -> None:
    port = Scripted([{"actionStates": []}, *in_stage()], {"pipelineExecutionId": "back-1"})

    outcome = Performer(lambda _: port).perform(ROLL_BACK)

    assert (outcome.result, outcome.execution) == (Result.DONE, "back-1")


class Endpoint:
    """A port with one endpoint; keeps what was written."""

    def __init__(self, status: str = "InService", config: str = "config-b", known: bool = True):
        self._seen = {"EndpointStatus": status, "EndpointConfigName": config}
        self._known = known
        self.written: list[Params] = []

    def call(self, service: str, operation: str, params: Params) -> Reply:
        if operation == "DescribeEndpoint":
            return self._seen
        if operation == "DescribeEndpointConfig":
            if not self._known:
                raise AwsError(ErrorKind.INVALID, "ValidationException", "Could not find it")
            return {}
        self.written.append(params)
        return {}


def update(port: Endpoint, *, keep: bool = True) -> Result:
    made = UpdateEndpoint(PIPELINE, STAGE, PIPELINE.place, "e", "config-a", "config-b", keep)
    return Performer(lambda _: port).perform(made).result


@pytest.mark.parametrize(
    "port",
    [Endpoint(config="config-c"), Endpoint("Updating"), Endpoint("New"), Endpoint(known=False)],
    ids=["others changed it", "is changing", "a word nobody knows", "its old one is deleted"],
)
def test_an_endpoint_that_is_not_as_expected_is_not_updated(port: Endpoint) -> None:
    assert update(port) is Result.NOT_SENT
    assert port.written == []


def test_an_update_keeps_counts_and_neither_weights_capture_nor_its_alarms() -> None:
    """An alarm of the deployment that fires now would undo it."""
    port = Endpoint()
    assert update(port) is Result.DONE
    (sent,) = port.written
    kinds = [each["VariantPropertyType"] for each in sent["ExcludeRetainedVariantProperties"]]
    assert (sent["RetainAllVariantProperties"], kinds) == (
        True,
        ["DesiredWeight", "DataCaptureConfig"],
    )
    assert "RetainDeploymentConfig" not in sent
    mixed = Endpoint("UpdateRollbackFailed")
    assert update(mixed, keep=False) is Result.DONE
    assert set(mixed.written[0]) == {"EndpointName", "EndpointConfigName"}


def test_another_execution_in_the_stage_starts_nothing() -> None:
    port = Scripted(in_stage(), {"pipelineExecutionId": "run-9"})
    made = StartExecution(PIPELINE, STAGE, "old", (), "mcm-1", 4, "someone-elses", ())
    assert Performer(lambda _: port).perform(made).result is Result.NOT_SENT
    assert port.writes == []
    ours = StartExecution(PIPELINE, STAGE, "old", (), "mcm-1", 4, "new", ())
    assert Performer(lambda _: port).perform(ours).execution == "run-9"
    edited = StartExecution(PIPELINE, STAGE, "old", (), "mcm-1", 3, "new", ())
    assert Performer(lambda _: port).perform(edited).result is Result.NOT_SENT
