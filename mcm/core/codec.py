"""Frozen dataclasses to canonical values and back, strictly, by their type hints.

One codec serves the plan, the instructions and the snapshots in the journal, so that a
field added to a value is stored, hashed and read back without a second place to forget.
Instants, durations and decimals are spelled as `canonical` says (a naive datetime is
local time, spelled without zone); tuples become lists; enums their value; a union of
dataclasses is told apart by the class attribute `op`.
"""

import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, TypeVar, get_args, get_origin

from mcm.core import canonical
from mcm.core.errors import RefusedError

T = TypeVar("T")


def to_value(item: Any) -> canonical.Value:
    """Return the canonical value of a dataclass or of anything it may hold."""
    if is_dataclass(item) and not isinstance(item, type):
        value = {field.name: to_value(getattr(item, field.name)) for field in fields(item)}
        tag = getattr(type(item), "op", None)
        return value if tag is None else {"op": tag, **value}
    if isinstance(item, Enum):
        return item.value
    if isinstance(item, datetime):
        return canonical.instant(item) if item.tzinfo else item.isoformat(timespec="seconds")
    if isinstance(item, timedelta):
        return canonical.duration(item)
    if isinstance(item, Decimal):
        return canonical.decimal(item)
    if isinstance(item, tuple | list):
        return [to_value(part) for part in item]
    if isinstance(item, Mapping):
        return {key: to_value(part) for key, part in item.items()}
    return item


def from_value(hint: type[T], value: canonical.Value, *, older: bool = False) -> T:
    """Rebuild a value of type `hint`; raise RefusedError(E_CANONICAL) if it does not fit.

    Every field must be there and no other; nothing is filled in from defaults, because
    what is read back must be what was signed. With `older`, a field that came later, and so
    has a default, may be missing: the caller knows that the value was written before it.
    """
    return typing.cast(T, _Reader(older).read(hint, value, "$"))


@dataclass(frozen=True)
class _Reader:
    older: bool

    def read(self, hint: Any, value: Any, path: str) -> Any:
        origin = get_origin(hint)
        if origin is types.UnionType or origin is typing.Union:
            return self._union(get_args(hint), value, path)
        if origin is tuple:
            if not isinstance(value, list):
                raise _misfit(path, "a list", value)
            part = get_args(hint)[0]
            return tuple(self.read(part, item, f"{path}[{n}]") for n, item in enumerate(value))
        if hint is Any:
            return value
        if origin is Mapping or origin is dict:
            if not isinstance(value, dict):
                raise _misfit(path, "a mapping", value)
            return value
        if is_dataclass(hint):
            return self._dataclass(hint, value, path)
        return _read_scalar(hint, value, path)

    def _union(self, options: tuple[Any, ...], value: Any, path: str) -> Any:
        if value is None and type(None) in options:
            return None
        options = tuple(option for option in options if option is not type(None))
        if len(options) == 1:
            return self.read(options[0], value, path)
        tag = value.get("op") if isinstance(value, dict) else None
        for option in options:
            if tag is not None and getattr(option, "op", None) == tag:
                return self.read(option, value, path)
        raise _misfit(path, "one of " + ", ".join(str(o.__name__) for o in options), value)

    def _dataclass(self, hint: Any, value: Any, path: str) -> Any:
        tag = getattr(hint, "op", None)
        expected = _hints(hint)
        keys = set(expected) | ({"op"} if tag is not None else set())
        wanted = f"the fields of {hint.__name__}"
        if not isinstance(value, dict) or value.get("op", tag) != tag or set(value) - keys:
            raise _misfit(path, wanted, value)
        missing = keys - set(value)
        if missing - (_later(hint) if self.older else set()):
            raise _misfit(path, f"{wanted}, with {', '.join(sorted(missing))}", value)
        parts = {
            name: self.read(part, value[name], f"{path}.{name}")
            for name, part in expected.items()
            if name in value
        }
        try:
            return hint(**parts)
        except ValueError as err:  # a value that its own class does not take: an unknown zone
            raise _misfit(path, f"a {hint.__name__} ({err})", value) from err


@cache
def _later(hint: Any) -> frozenset[str]:
    """Return the fields that may be missing in what was written before they came."""
    return frozenset(
        each.name
        for each in fields(hint)
        if each.default is not MISSING or each.default_factory is not MISSING
    )


@cache
def _hints(hint: Any) -> dict[str, Any]:
    known = typing.get_type_hints(hint)
    return {field.name: known[field.name] for field in fields(hint)}


def _read_scalar(hint: Any, value: Any, path: str) -> Any:
    try:
        if hint is datetime and isinstance(value, str):
            return _read_datetime(value)
        if hint is Decimal and isinstance(value, str):
            return Decimal(value)
        if hint is timedelta and type(value) is int:
            return canonical.parse_duration(value)
        if isinstance(hint, type) and issubclass(hint, Enum):
            return hint(value)
    except (ValueError, TypeError, ArithmeticError) as err:
        raise _misfit(path, hint.__name__, value) from err
    if type(value) is hint:
        return value
    raise _misfit(path, getattr(hint, "__name__", str(hint)), value)


def _read_datetime(value: str) -> datetime:
    if value.endswith("Z"):
        return canonical.parse_instant(value)
    local = datetime.fromisoformat(value)
    if local.tzinfo or local.isoformat(timespec="seconds") != value:
        raise ValueError("not a canonical local time")
    return local


def _misfit(path: str, wanted: str, value: Any) -> RefusedError:
    shown = repr(value)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    return RefusedError(
        "E_CANONICAL", f"stored value does not fit at {path}: want {wanted}, got {shown}"
    )
