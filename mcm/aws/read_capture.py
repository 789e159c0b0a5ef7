"""Readings of what SageMaker's data capture wrote into S3 (SM model-monitor-data-capture).

Objects lie at `PREFIX/ENDPOINT/VARIANT/yyyy/mm/dd/hh/*.jsonl`, by the hour in UTC. The
newest of this hour and the one before is read, and of it the last whole line.
"""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta

from mcm.aws.port import AwsError, ErrorKind, Port, Reply
from mcm.aws.reading import Clock, moment, unknown
from mcm.core.capture import CaptureView, paths
from mcm.core.query import CaptureQuery, Query
from mcm.core.reading import Known, Reading

SERVICE = "s3"
MOST_BYTES = 1_000_000
"""How much of an object's end is read: a record holds an image, perhaps."""
MOST_PAGES = 50
"""Of a thousand objects each."""


def read_captures(
    port: Port, queries: Iterable[CaptureQuery], clock: Clock
) -> dict[Query, Reading]:
    """Answer each query by a listing of two hours at most and one object."""
    answers: dict[Query, Reading] = {}
    for query in queries:
        at = clock()
        try:
            answers[query] = Known(_newest(port, query, at), at)
        except AwsError as err:
            answers[query] = unknown(err, at)
    return answers


def _newest(port: Port, query: CaptureQuery, now: datetime) -> CaptureView:
    for hour in (now, now - timedelta(hours=1)):
        parts = (query.prefix, query.endpoint, query.variant, f"{hour:%Y/%m/%d/%H}/")
        params = {"Bucket": query.bucket, "Prefix": "/".join(part for part in parts if part)}
        listed = _all_pages(port, params)
        if listed:
            newest = max(listed, key=lambda item: moment(item["LastModified"]))
            return _read(port, query, str(newest["Key"]), moment(newest["LastModified"]))
    return CaptureView("", None, frozenset())


def _all_pages(port: Port, params: dict[str, str]) -> list[Reply]:
    """List every object: they come by name, so the newest ones are on the last page."""
    found: list[Reply] = []
    more: dict[str, str] = {}
    for _ in range(MOST_PAGES):
        page = port.call(SERVICE, "ListObjectsV2", {**params, **more})
        found += page.get("Contents", ())
        if not page.get("NextContinuationToken"):
            return found
        more = {"ContinuationToken": page["NextContinuationToken"]}
    why = f"more than {MOST_PAGES} pages of objects in one hour"
    raise AwsError(ErrorKind.INVALID, "the newest record is not found", why)


def _read(port: Port, query: CaptureQuery, key: str, written_at: datetime) -> CaptureView:
    reply = port.call(
        SERVICE,
        "GetObject",
        {"Bucket": query.bucket, "Key": key, "Range": f"bytes=-{MOST_BYTES}"},
    )
    body = reply.get("Body", b"")
    data = body if isinstance(body, bytes) else body.read(MOST_BYTES)
    lines = [line for line in data.split(b"\n") if line.strip()]
    try:
        record = json.loads(lines[-1]) if lines else None
    except ValueError as err:
        return CaptureView(key, written_at, frozenset(), f"{type(err).__name__}: {err}")
    if not isinstance(record, dict):
        return CaptureView(key, written_at, frozenset(), "it is no object")
    return CaptureView(key, written_at, paths(record))
