"""The two writes of the ladder below a rollback: start the pipeline, update an endpoint.

As in `mcm.aws.perform`, whose errors and outcomes these share: what the instruction
expects is read again right before, and the write is tried once.
"""

from typing import Any

from mcm.aws.port import AwsError, ErrorKind, Port
from mcm.core.history.instruction import Outcome, Result, StartExecution, UpdateEndpoint

_CAN_UPDATE = frozenset({"InService", "OutOfService", "UpdateRollbackFailed"})


def check_endpoint(port: Port, instruction: UpdateEndpoint) -> str:
    """Return why the endpoint may not be updated now; empty when it may."""
    endpoint, config = instruction.endpoint, instruction.config
    seen = port.call("sagemaker", "DescribeEndpoint", {"EndpointName": endpoint})
    status, has = seen.get("EndpointStatus"), seen.get("EndpointConfigName")
    if has != instruction.replaces:
        return f"{endpoint} has the configuration {has or '?'}, not {instruction.replaces}"
    if status not in _CAN_UPDATE:
        return f"{endpoint} is {status}"
    try:
        port.call("sagemaker", "DescribeEndpointConfig", {"EndpointConfigName": config})
    except AwsError as err:
        # SageMaker says that something is not there by a ValidationException.
        if err.kind not in (ErrorKind.NOT_FOUND, ErrorKind.INVALID):
            raise
        return f"the configuration {config} does not exist any more"
    return ""


def update_endpoint(port: Port, instruction: UpdateEndpoint) -> Outcome:
    """Give the endpoint its configuration.

    Its counts may be kept, for autoscaling chose them; weights and data capture are those
    of the configuration, or the old content would not be back. The deployment's own alarms
    are left out: the very alarm that fires now would undo this.
    """
    params: dict[str, Any] = {
        "EndpointName": instruction.endpoint,
        "EndpointConfigName": instruction.config,
    }
    if instruction.keep_counts:
        params["RetainAllVariantProperties"] = True
        kinds = ("DesiredWeight", "DataCaptureConfig")
        params["ExcludeRetainedVariantProperties"] = [{"VariantPropertyType": k} for k in kinds]
    port.call("sagemaker", "UpdateEndpoint", params)
    return Outcome(Result.DONE, f"updating {instruction.endpoint} to {instruction.config}")


def start_execution(port: Port, instruction: StartExecution) -> Outcome:
    """Start the pipeline with the revisions of another execution; the token makes it one."""
    params = {
        "name": instruction.pipeline.name,
        "clientRequestToken": instruction.token,
        "sourceRevisions": [
            {"actionName": one.action, "revisionType": one.type, "revisionValue": one.value}
            for one in instruction.revisions
        ],
    }
    reply = port.call("codepipeline", "StartPipelineExecution", params)
    started = reply["pipelineExecutionId"]
    return Outcome(Result.DONE, f"started {started}", execution=started)
