"""Between the bytes of a request and plain values: AWS JSON, and query with XML for STS.

Values are spelled as boto3 spells them: instants are aware datetimes, blobs are bytes.
"""

import base64
import binascii
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from botocore.model import Shape


class WireError(Exception):
    """The bytes do not spell the operation's input: AWS answers SerializationException."""


def parse_json(body: bytes, shape: "Shape | None") -> dict[str, Any]:
    """Return the parameters that a JSON body spells; raise WireError if it spells none.

    Members that are null are absent, as with AWS. Unknown members are kept, so that the
    check against the model can name them.
    """
    try:
        document = json.loads(body or b"{}")
    except ValueError as err:
        raise WireError("the body is not JSON") from err
    if not isinstance(document, dict):
        raise WireError("the body is not a JSON object")
    return _from_json(shape, document, "$") if shape is not None else document


def _from_json(shape: Any, value: Any, path: str) -> Any:
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        members = shape.members
        return {
            name: _from_json(members[name], item, f"{path}.{name}") if name in members else item
            for name, item in value.items()
            if item is not None
        }
    if kind == "map" and isinstance(value, dict):
        return {key: _from_json(shape.value, item, f"{path}.{key}") for key, item in value.items()}
    if kind == "list" and isinstance(value, list):
        return [_from_json(shape.member, item, f"{path}[]") for item in value]
    if kind == "timestamp":
        return _instant(value, path)
    if kind == "blob" and isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except binascii.Error as err:
            raise WireError(f"{path} is not base64") from err
    if isinstance(value, bool) is (kind == "boolean") and isinstance(value, _JSON.get(kind, ())):
        return value
    raise WireError(f"{path} is {type(value).__name__} where {kind} is due")


_JSON: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
}


def _instant(value: Any, path: str) -> datetime:
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        parsed = datetime.fromisoformat(value)
    except (TypeError, ValueError, OverflowError, OSError) as err:
        raise WireError(f"{path} is not a timestamp") from err
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def to_json(value: Any) -> bytes:
    """Spell a reply as AWS JSON: instants as epoch seconds, blobs in base64."""
    return json.dumps(value, default=_json_scalar, allow_nan=False).encode()


def _json_scalar(value: Any) -> Any:
    if isinstance(value, datetime):
        seconds = round(value.timestamp(), 3)
        return int(seconds) if seconds.is_integer() else seconds
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def parse_query(body: bytes, shape: "Shape | None") -> dict[str, Any]:
    """Return the parameters of a form-encoded body: `Name=…`, `Tags.member.1.Key=…`."""
    try:
        pairs = dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=bool(body)))
    except ValueError as err:
        raise WireError("the body is not a form") from err
    for name in ("Action", "Version"):
        pairs.pop(name, None)
    if shape is None:
        return dict(pairs)
    members: Any = getattr(shape, "members", {})
    unknown = {name: text for name, text in pairs.items() if name.split(".", 1)[0] not in members}
    found: dict[str, Any] = _from_query(shape, pairs, "")
    return found | unknown


def _from_query(shape: Any, pairs: dict[str, str], prefix: str) -> Any:
    kind = shape.type_name
    if kind == "structure":
        found = {}
        for name, member in shape.members.items():
            path = f"{prefix}{member.serialization.get('name', name)}"
            if path in pairs or any(key.startswith(f"{path}.") for key in pairs):
                found[name] = _from_query(member, pairs, path if path in pairs else f"{path}.")
        return found
    if kind == "list":
        start = re.compile(re.escape(prefix) + r"member\.(\d+)(?:\.|$)")
        numbers = sorted({int(m[1]) for m in map(start.match, pairs) if m})
        paths = [f"{prefix}member.{number}" for number in numbers]
        return [_from_query(shape.member, pairs, p if p in pairs else f"{p}.") for p in paths]
    text = pairs.get(prefix, "")
    if kind in ("integer", "long"):
        if not re.fullmatch(r"-?\d{1,18}", text):
            raise WireError(f"{prefix} is not a number")
        return int(text)
    if kind == "boolean":
        return text == "true"
    return text


def to_xml(operation: str, namespace: str, shape: "Shape | None", reply: Any, rid: str) -> bytes:
    """Spell a reply of the query protocol, wrapped as STS wraps it."""
    inner = "" if shape is None else _xml(shape, reply)
    return (
        f'<{operation}Response xmlns="{escape(namespace)}"><{operation}Result>{inner}'
        f"</{operation}Result><ResponseMetadata><RequestId>{rid}</RequestId>"
        f"</ResponseMetadata></{operation}Response>"
    ).encode()


def _xml(shape: Any, value: Any) -> str:
    if shape.type_name == "structure":
        return "".join(
            f"<{name}>{_xml(shape.members[name], item)}</{name}>" for name, item in value.items()
        )
    if shape.type_name == "list":
        return "".join(f"<member>{_xml(shape.member, item)}</member>" for item in value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, bool):
        return str(value).lower()
    return escape(str(value))


def error_xml(code: str, message: str, rid: str) -> bytes:
    """Spell an error of the query protocol."""
    return (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{escape(code)}</Code>"
        f"<Message>{escape(message)}</Message></Error><RequestId>{rid}</RequestId></ErrorResponse>"
    ).encode()
