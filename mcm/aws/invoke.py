"""One sample sent to an endpoint, for the check `smoke`. Slow: it runs beside the loop."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic

from mcm.aws.port import AwsError, Params, Port
from mcm.aws.reading import text, unknown
from mcm.core.invocation import InvocationView
from mcm.core.query import InvocationQuery
from mcm.core.reading import Blindness, Known, Reading, Unknown

SERVICE = "sagemaker-runtime"
MOST_BYTES = 65_536
MODEL_FAILED = frozenset({"ModelError", "ModelNotReadyException"})
"""Codes by which AWS says that the model, not the question, is at fault."""


def invoke(
    port: Port,
    query: InvocationQuery,
    read: Callable[[str], bytes],
    now: Callable[[], datetime],
) -> Reading:
    """Send the sample if it is the one that was signed; return what came back. Never raises."""
    try:
        sample = read(query.sample)
    except OSError as err:
        why = f"the sample {query.sample} cannot be read: {err.strerror}"
        return Unknown(Blindness.FAILED, why, now())
    found = hashlib.sha256(sample).hexdigest()
    if found != query.digest:
        why = f"{query.sample} is not the sample that was signed: its sha256 is {found}"
        return Unknown(Blindness.FAILED, why, now())
    params: Params = {
        "EndpointName": query.endpoint,
        "Body": sample,
        "ContentType": query.content_type,
        **({"TargetVariant": query.variant} if query.variant else {}),
    }
    began = monotonic()
    try:
        reply = port.call(SERVICE, "InvokeEndpoint", params)
        body = reply.get("Body", b"")
        data = body[:MOST_BYTES] if isinstance(body, bytes) else body.read(MOST_BYTES)
    except AwsError as err:
        if err.code in MODEL_FAILED:
            return Known(InvocationView("", "", _since(began), f"{err.code}: {err.message}"), now())
        return unknown(err, now())
    took = _since(began)
    if took > query.within:
        return Unknown(Blindness.LATE, f"answered after {took.total_seconds():.1f} s", now())
    variant = text(reply.get("InvokedProductionVariant"))
    return Known(InvocationView(data.decode("utf-8", "replace"), variant, took), now())


def _since(began: float) -> timedelta:
    return timedelta(seconds=monotonic() - began)
