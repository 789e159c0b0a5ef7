"""The sandbox's engine as AWS's own protocols show it.

AWS JSON (`X-Amz-Target`) for CodePipeline, SageMaker, CloudWatch and SSM, query with XML for
STS: what botocore 1.44.5 and awscli 1.45.11 (botocore 1.43) choose for these services.
Their models also name CBOR and, for CloudWatch, query; a client that insists on those
gets a clear 400.

Input and output are checked against botocore's models. What the sandbox may not answer is
its own fault, so it is a 500 that says so, and is kept in `defects` for tests to look at.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from mcm.aws.port import AwsError, ErrorKind, Params, Reply
from mcm.sandbox.http_message import HANG_UP, JSON, XML, Answer, Request, Scope, scope_of
from mcm.sandbox.http_runtime import endpoint_of, invoke
from mcm.sandbox.http_wire import WireError, error_xml, parse_json, parse_query, to_json, to_xml
from mcm.sandbox.shapes import (
    UNSUPPORTED,
    error_names,
    input_errors,
    may_raise,
    operation_model,
    shape_errors,
)

if TYPE_CHECKING:
    from botocore.model import OperationModel

TARGETS = {
    "CodePipeline_20150709": "codepipeline",
    "SageMaker": "sagemaker",
    "GraniteServiceVersion20100801": "cloudwatch",
    "AmazonSSM": "ssm",
}
"""Services that speak AWS JSON, by the prefix of their X-Amz-Target."""

SIGNING_NAMES = {
    "codepipeline": "codepipeline",
    "sagemaker": "sagemaker",
    "monitoring": "cloudwatch",
    "ssm": "ssm",
    "sts": "sts",
}
"""Services of the engine, by the name that a signature carries."""


class Callee(Protocol):
    """What the face needs of the engine."""

    def call(
        self, caller_key: str, region: str, service: str, operation: str, params: Params, /
    ) -> Reply: ...


@dataclass
class AwsFace:
    """Answers the requests of the engine's services."""

    callee: Callable[[], Callee]
    """Gives the engine of the moment: a reset makes a new one."""
    defects: list[str] = field(default_factory=list)
    """What the engine answered and AWS could not: empty, or the sandbox has a bug."""

    def answer(self, request: Request, scope: Scope) -> Answer:
        """Answer a request signed for one of SIGNING_NAMES."""
        service = SIGNING_NAMES[scope.service]
        if service == "sagemaker" and endpoint_of(request):
            return invoke(self.callee().call, request, scope)
        call = _Call(request, service)
        content_type = request.header("content-type")
        if "cbor" in content_type or "cbor" in request.header("smithy-protocol"):
            return call.error(400, UNSUPPORTED, "the sandbox does not speak CBOR, only AWS JSON")
        if call.is_query and service != "sts":
            message = f"the sandbox speaks AWS JSON with {service}; this client speaks query"
            return call.error(400, UNSUPPORTED, message)
        if not call.operation:
            return call.error(400, "UnknownOperationException", "the request names no operation")
        if not call.is_query and TARGETS.get(call.prefix) != service:
            message = "Credential should be scoped to correct service"
            return call.error(403, "InvalidSignatureException", message)
        model = operation_model(service, call.operation)
        if model is None:
            message = f"{service} has no operation {call.operation}"
            return call.error(400, "UnknownOperationException", message)
        return self._call(call, model, scope)

    def _call(self, call: "_Call", model: "OperationModel", scope: Scope) -> Answer:
        try:
            params = call.params(model)
        except WireError as err:
            return call.error(400, "SerializationException", str(err))
        if found := input_errors(call.service, call.operation, params):
            plural = "s" if len(found) > 1 else ""
            message = f"{len(found)} validation error{plural} detected: {'; '.join(found)}"
            return call.error(400, "ValidationException", message)
        try:
            reply = self.callee().call(
                scope.access_key_id, scope.region, call.service, call.operation, params
            )
        except AwsError as err:
            return self._refused(call, model, err)
        if wrong := shape_errors(call.service, call.operation, reply):
            return self._defect(call, f"the reply is not AWS's: {'; '.join(wrong)}")
        return call.reply(model, reply)

    def _refused(self, call: "_Call", model: "OperationModel", err: AwsError) -> Answer:
        if err.kind in (ErrorKind.LOST, ErrorKind.UNREACHABLE):
            if err.code not in ("InternalFailure", "ServiceUnavailable"):
                return HANG_UP
            return call.error(500, err.code, err.message)
        if not may_raise(call.service, call.operation, err.code):
            return self._defect(call, f"no {err.code} is modelled: {err.message}")
        return call.error(_status(model, err), err.code, err.message)

    def _defect(self, call: "_Call", message: str) -> Answer:
        text = f"sandbox defect in {call.service} {call.operation}: {message}"
        self.defects.append(text)
        return call.error(500, "InternalFailure", text)


def _status(model: "OperationModel", err: AwsError) -> int:
    for shape in model.error_shapes:
        if err.code in error_names(shape):
            return int(shape.metadata.get("error", {}).get("httpStatusCode", 400))
    return 403 if err.kind in (ErrorKind.AUTH, ErrorKind.DENIED) else 400


class _Call:
    """One request in the protocol that it came in."""

    def __init__(self, request: Request, service: str) -> None:
        self.service = service
        self.request_id = str(uuid.uuid4())
        self.is_query = request.header("content-type").startswith(
            "application/x-www-form-urlencoded"
        )
        self._body = request.body
        self.prefix, _, target = request.header("x-amz-target").rpartition(".")
        self.operation = self._action() if self.is_query else target

    def _action(self) -> str:
        for pair in self._body.decode(errors="replace").split("&"):
            name, _, value = pair.partition("=")
            if name == "Action":
                return value
        return ""

    def params(self, model: "OperationModel") -> dict[str, Any]:
        """Return the parameters; raise WireError if the body does not spell any."""
        parse = parse_query if self.is_query else parse_json
        return parse(self._body, model.input_shape)

    def reply(self, model: "OperationModel", reply: Reply) -> Answer:
        if not self.is_query:
            return self._answer(200, to_json(reply))
        namespace = model.metadata.get("xmlNamespace", "https://sts.amazonaws.com/doc/2011-06-15/")
        text = to_xml(self.operation, namespace, model.output_shape, reply, self.request_id)
        return self._answer(200, text)

    def error(self, status: int, code: str, message: str) -> Answer:
        if self.is_query:
            return self._answer(status, error_xml(code, message, self.request_id))
        return self._answer(status, to_json({"__type": code, "message": message}))

    def _answer(self, status: int, body: bytes) -> Answer:
        kind = XML if self.is_query else JSON
        return Answer(status, body, kind, (("x-amzn-RequestId", self.request_id),))


def scope_for_engine(request: Request) -> Scope | None:
    """Return the scope if the request is for a service of the engine."""
    scope = scope_of(request)
    return scope if scope is not None and scope.service in SIGNING_NAMES else None
