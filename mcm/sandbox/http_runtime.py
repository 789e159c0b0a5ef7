"""The SageMaker runtime's REST face: `POST /endpoints/NAME/invocations`, body in and out.

The one operation of the engine that is not AWS JSON. It is signed as `sagemaker`.
"""

import re
from collections.abc import Callable
from urllib.parse import unquote

from mcm.aws.port import AwsError, ErrorKind, Params, Reply
from mcm.sandbox.http_message import HANG_UP, Answer, Request, Scope
from mcm.sandbox.http_wire import to_json
from mcm.sandbox.shapes import input_errors

SERVICE, OPERATION = "sagemaker-runtime", "InvokeEndpoint"
_PATH = re.compile(r"/endpoints/([^/]+)/invocations")
_HEADERS = {
    "x-amzn-sagemaker-target-variant": "TargetVariant",
    "content-type": "ContentType",
    "accept": "Accept",
}
_STATUS = {"ModelError": 424, "InternalFailure": 500, "ServiceUnavailable": 503}

Call = Callable[[str, str, str, str, Params], Reply]


def endpoint_of(request: Request) -> str:
    """Return the endpoint that a request invokes; empty for any other request."""
    found = _PATH.fullmatch(request.path)
    return unquote(found[1]) if found and request.method == "POST" else ""


def invoke(call: Call, request: Request, scope: Scope) -> Answer:
    """Answer an invocation as AWS does, its failures with the name in a header."""
    params: Params = {"EndpointName": endpoint_of(request), "Body": request.body}
    for header, name in _HEADERS.items():
        if value := request.header(header):
            params[name] = value
    if found := input_errors(SERVICE, OPERATION, params):
        return _error("ValidationError", "; ".join(found))
    try:
        reply = call(scope.access_key_id, scope.region, SERVICE, OPERATION, params)
    except AwsError as err:
        if err.kind in (ErrorKind.LOST, ErrorKind.UNREACHABLE) and err.code not in _STATUS:
            return HANG_UP
        return _error(err.code, err.message)
    variant = (("x-Amzn-Invoked-Production-Variant", reply["InvokedProductionVariant"]),)
    return Answer(200, reply["Body"], reply["ContentType"], (*variant, _ID))


_ID = ("x-amzn-RequestId", "sandbox")


def _error(code: str, message: str) -> Answer:
    status = _STATUS.get(code, 400)
    headers = (("x-amzn-ErrorType", code), _ID)
    return Answer(status, to_json({"Message": message}), "application/json", headers)
