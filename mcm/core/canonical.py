"""The one canonical form: the bytes that are hashed, signed and stored.

Values are dict, list, str, int, bool and None; keys match `[a-z][a-z0-9_]*`; integers
lie strictly inside ±2**53; strings are NFC without lone surrogates; there are no
floats. Under these limits the output equals RFC 8785 (a test compares the two).
Richer values are spelled by the functions below: instants as `…Z` with milliseconds,
durations as integer milliseconds, decimals as strings without exponent or trailing
zeros.

Reading is stricter than `json.loads`: bytes are accepted only if encoding what they
parse to gives the same bytes again, which refuses duplicate keys, spaces, escapes,
floats, NaN, a byte order mark and a trailing newline in one rule.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from mcm.core.errors import RefusedError

Value = Any
"""A canonical value; `Any` because recursive JSON types help no reader here."""

_KEY = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT(?!24)\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")
_LIMIT = 2**53
_DEPTH = 64
_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)


@lru_cache(maxsize=1024)
def _is_key(key: str) -> bool:
    """A journal has a few dozen keys, thousands of times."""
    return _KEY.fullmatch(key) is not None


def _pairs(pairs: list[tuple[str, Value]]) -> Value:
    for key, _ in pairs:
        if not _is_key(key):
            raise ValueError("key")
    return dict(pairs)  # a key given twice shows when the value is encoded again


def _whole(digits: str) -> int:
    number = int(digits)
    if not -_LIMIT < number < _LIMIT:
        raise ValueError("integer out of range")
    return number


def _no_float(text: str) -> Value:
    raise ValueError(f"{text} is no integer")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_int=_whole, parse_float=_no_float, parse_constant=_no_float
)


def encode(value: Value) -> bytes:
    """Return the canonical bytes of `value`; raise RefusedError(E_CANONICAL) if it has none."""
    _check(value, "$", 0)
    return _ENCODER.encode(value).encode("utf-8")


def decode(data: bytes) -> Value:
    """Return the value of canonical bytes; raise RefusedError(E_CANONICAL) for any others."""
    try:
        if data.isascii() and data.count(b"{") + data.count(b"[") <= _DEPTH:
            # Most of a journal: what `_check` asks of text and depth holds, the rest is
            # asked while parsing.
            value = _DECODER.decode(data.decode("ascii"))
            again = _ENCODER.encode(value).encode("utf-8")
        else:
            value = json.loads(data.decode("utf-8"))
            again = encode(value)
    except (ValueError, RecursionError) as err:
        raise _refuse(f"not canonical JSON: {type(err).__name__}") from err
    if again != data:
        raise _refuse("not canonical JSON: the bytes differ from their canonical form")
    return value


def digest(value: Value) -> str:
    """Return the SHA-256 of the canonical bytes of `value`, as 64 hex digits."""
    return digest_bytes(encode(value))


def digest_bytes(data: bytes) -> str:
    """Return the SHA-256 of `data`, as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def instant(moment: datetime) -> str:
    """Spell an aware instant as `2026-03-18T09:02:00.000Z`; raise ValueError if naive."""
    if moment.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment.isoformat(timespec="milliseconds") + "Z"


def parse_instant(text: str) -> datetime:
    """Read what `instant` wrote; raise ValueError for anything else."""
    if not _INSTANT.fullmatch(text):
        raise ValueError(f"not a canonical instant: {text!r}")
    return datetime.fromisoformat(text)


def duration(span: timedelta) -> int:
    """Spell a duration as whole milliseconds (rounded down)."""
    return span // timedelta(milliseconds=1)


def parse_duration(millis: int) -> timedelta:
    """Read what `duration` wrote."""
    return timedelta(milliseconds=millis)


def decimal(number: Decimal | int | str) -> str:
    """Spell a finite decimal without exponent or trailing zeros: `0.05`, `12`, `-3`."""
    parsed = Decimal(number)
    if not parsed.is_finite():
        raise ValueError("a decimal must be finite")
    text = format(parsed, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def _check(value: Value, path: str, depth: int) -> None:
    if depth > _DEPTH:
        raise _refuse(f"not canonical at {path}: nested deeper than {_DEPTH}")
    if isinstance(value, str):
        _check_text(value, path)
    elif value is None or isinstance(value, bool):
        return
    elif isinstance(value, int):
        if not -_LIMIT < value < _LIMIT:
            raise _refuse(f"not canonical at {path}: integer out of range")
    elif isinstance(value, (dict, Mapping)):  # dict first: asking an abstract class is slow
        for key, item in value.items():
            if not isinstance(key, str) or not _is_key(key):
                raise _refuse(f"not canonical at {path}: key {key!r}")
            if type(item) is str and item.isascii():
                continue  # most of a journal is such text, and spelling its path costs most
            _check(item, f"{path}.{key}", depth + 1)
    elif isinstance(value, (list, Sequence)) and not isinstance(value, bytes | bytearray):
        for index, item in enumerate(value):
            _check(item, f"{path}[{index}]", depth + 1)
    else:
        raise _refuse(f"not canonical at {path}: {type(value).__name__}")


def _check_text(text: str, path: str) -> None:
    if text.isascii():
        return
    if not unicodedata.is_normalized("NFC", text):
        raise _refuse(f"not canonical at {path}: text is not in NFC")
    if _SURROGATE.search(text):
        raise _refuse(f"not canonical at {path}: lone surrogate")


def _refuse(message: str) -> RefusedError:
    return RefusedError("E_CANONICAL", message)
