"""Parameters of checks, by type: read into canonical values, and spelled as they are written.

Canonical means what a plan embeds and signs: durations whole milliseconds, decimals text,
what the user named a list of `{name, …}` sorted by name.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from mcm.config.fields import Fields
from mcm.config.metric_fields import read_metrics, write_metrics
from mcm.config.strict_yaml import ScalarNode
from mcm.core import canonical, duration

_LEAST = timedelta(milliseconds=1)
"""No time at all would make every measurement late."""
_INTEGER = re.compile(r"0|[1-9][0-9]{0,14}", re.ASCII)
_QUANTITY = re.compile(r"(-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?)(?: ?([A-Za-z%][A-Za-z%/]*))?")
_POINTS = re.compile(r"([1-9][0-9]?)/([1-9][0-9]?)", re.ASCII)
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
NOTHING = "none"
"""How a quantity that is not given is written."""


@dataclass(frozen=True)
class ParamType:
    """How parameters of one type are read, and how they are spelled in YAML."""

    read: Callable[[Fields, str], Any]
    write: Callable[[Any], Any]


def _same(value: Any) -> Any:
    return value


def _read_integers(fields: Fields, key: str) -> list[int]:
    found = []
    for item in fields.list(key):
        if isinstance(item, ScalarNode) and _INTEGER.fullmatch(item.text) and not item.is_quoted:
            found.append(int(item.text))
        else:
            fields.problems.add(
                item, f"`{key}` must be a list of whole numbers", "Write it like [200, 204]."
            )
    return found


def _read_duration(fields: Fields, key: str) -> int:
    return canonical.duration(fields.duration(key, at_least=_LEAST))


def _write_duration(millis: int) -> str:
    return duration.spell(canonical.parse_duration(millis))


def _read_optional_duration(fields: Fields, key: str) -> int:
    """Return a duration, 0 for `none`."""
    node = fields.place_of(key)
    if isinstance(node, ScalarNode) and node.text == NOTHING:
        fields.has(key)
        return 0
    return _read_duration(fields, key)


def _write_optional_duration(millis: int) -> str:
    return _write_duration(millis) if millis else NOTHING


def _read_quantity(fields: Fields, key: str) -> dict[str, str] | None:
    text = fields.text(key)
    found = _QUANTITY.fullmatch(text)
    if found:
        return {"value": canonical.decimal(Decimal(found[1])), "unit": found[2] or ""}
    if text and text != NOTHING:
        hint = "Write a number and, where the metric has one, its unit: 90, 250 ms, 1.5 s, 5 %."
        fields.refuse(key, f"is no quantity: {text[:40]!r}", hint)
    return None


def _write_quantity(value: Mapping[str, str] | None) -> Any:
    if value is None:
        return NOTHING
    if value["unit"]:
        return f"{value['value']} {value['unit']}"
    return _plain(value["value"])


def _plain(text: str) -> int | float:
    number = Decimal(text)
    return int(number) if number == number.to_integral() else float(number)


def _read_points(fields: Fields, key: str) -> dict[str, int]:
    text = fields.text(key)
    found = _POINTS.fullmatch(text)
    if found and int(found[1]) <= int(found[2]):
        return {"breach": int(found[1]), "of": int(found[2])}
    if text:
        fields.refuse(key, f"cannot be {text[:40]!r}", "Write M/N, such as 2/3: M of N periods.")
    return {"breach": 1, "of": 1}


def _read_url(fields: Fields, key: str) -> str:
    text = fields.text(key)
    if text and not _is_url(text):
        fields.refuse(
            key,
            f"is not an address to get: {text[:60]!r}",
            "Write http:// or https:// and a host, without a user, password or #fragment.",
        )
    return text


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https")
        and bool(parts.hostname)
        and port_fits
        and "@" not in parts.netloc
        and not parts.fragment
        and text.isascii()
        and " " not in text
    )


def _read_optional_text(fields: Fields, key: str) -> str:
    """Return text that may be empty, so that a default can say that there is none."""
    node = fields.place_of(key)
    if isinstance(node, ScalarNode) and node.is_quoted and not node.text:
        fields.has(key)
        return ""
    return fields.text(key)


def _read_file(fields: Fields, key: str) -> str:
    """Return a path below the project's directory, as it is written."""
    text = fields.text(key, form=_FILE, like="samples/parcel.json")
    if ".." in text.split("/"):
        fields.refuse(key, "leads out of the project's directory", "Write a path below it.")
    return text


TYPES: Mapping[str, ParamType] = {
    "text": ParamType(lambda fields, key: fields.text(key), _same),
    "optional-text": ParamType(_read_optional_text, _same),
    "text-list": ParamType(lambda fields, key: list(fields.texts(key)), _same),
    "boolean": ParamType(lambda fields, key: fields.boolean(key), _same),
    "duration": ParamType(_read_duration, _write_duration),
    "optional-duration": ParamType(_read_optional_duration, _write_optional_duration),
    "integer": ParamType(lambda fields, key: fields.integer(key, at_least=0), _same),
    "integer-list": ParamType(_read_integers, _same),
    "decimal": ParamType(lambda fields, key: canonical.decimal(fields.decimal(key)), _plain),
    "quantity": ParamType(_read_quantity, _write_quantity),
    "points": ParamType(_read_points, lambda value: f"{value['breach']}/{value['of']}"),
    "metrics": ParamType(read_metrics, write_metrics),
    "url": ParamType(_read_url, _same),
    "file": ParamType(_read_file, _same),
    "sha256": ParamType(
        lambda fields, key: fields.text(key, form=_SHA256, like="64 digits 0 to 9 and a to f"),
        _same,
    ),
}
"""By the name that a definition says."""
