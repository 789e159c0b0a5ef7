"""What the readers share: pages, and turning a failed call into an unknown reading."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from mcm.aws.port import AwsError, ErrorKind, Params, Port, Reply
from mcm.core.query import Query
from mcm.core.reading import Blindness, Reading, Unknown
from mcm.core.sanitize import clean

Answers = Mapping[Query, Reading]
Clock = Callable[[], datetime]

_WHY = {
    ErrorKind.AUTH: Blindness.AUTH,
    ErrorKind.DENIED: Blindness.DENIED,
    ErrorKind.THROTTLED: Blindness.THROTTLED,
    ErrorKind.NOT_FOUND: Blindness.ABSENT,
    ErrorKind.LOST: Blindness.LATE,
}


def unknown(err: AwsError, at: datetime) -> Unknown:
    """Return the unknown reading that a failed call amounts to."""
    called = f"{err.service} {err.operation}".strip()
    reason = f"{called}: {err.code}" if called else err.code
    if err.kind not in (ErrorKind.THROTTLED, ErrorKind.LOST):
        reason = f"{reason} ({clean(err.message, 120)})"
    return Unknown(_WHY.get(err.kind, Blindness.FAILED), reason, at)


def nonsense(err: Exception) -> AwsError:
    """Return the error that a reply amounts to which cannot be read: it is unknown."""
    return AwsError(ErrorKind.INVALID, type(err).__name__, f"unreadable reply: {err}")


def pages(
    port: Port, service: str, operation: str, params: Params, *, field: str, limit: int
) -> Iterator[Reply]:
    """Yield the pages of a list call, at most `limit`; `field` names the paging token."""
    request = dict(params)
    for _ in range(limit):
        reply = port.call(service, operation, request)
        yield reply
        if not reply.get(field):
            return
        request = {**params, field: reply[field]}


def text(value: Any) -> str:
    """Return a text that decisions rest on, empty when AWS sent none.

    Raises TypeError for anything but a text: botocore passes wrong types through, and what
    is nonsense is unknown, not a word.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} where a text is due")
    return value


def words(value: Any) -> str:
    """Return a text that is for people only; empty for whatever is none."""
    return value if isinstance(value, str) else ""


def moment(value: Any) -> datetime:
    """Return an AWS timestamp as an aware UTC instant; the epoch when there is none."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return datetime.fromtimestamp(0, UTC)
