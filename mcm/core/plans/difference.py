"""What differs between two plans, in lines for a person: `path: was → is`.

For the refusal "the plan was edited after the approval". Values are compared as the
plan holds them, so durations and instants read as people write them. Lists of named
things are matched by name; a line never grows long, because its text may come from
commit messages and answers.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from typing import Any

from mcm.core import codec, duration
from mcm.core.plans.plan import Plan
from mcm.core.windows.window import Freeze

MOST_LINES = 20
_WIDTH = 60
_LEAD = 12
"""Characters kept in front of the first difference of two long texts."""
_NAMES = ("name", "gate", "source", "endpoint", "id")
"""Fields that tell the members of a list apart: stages, exceptions, revisions, expect, commits."""


def plan_differences(old: Plan, new: Plan, *, most: int = MOST_LINES) -> tuple[str, ...]:
    """Return what differs, at most `most` lines and one that counts the rest.

    Empty only when the two plans are equal.
    """
    lines = list(_compare(old, new, ""))
    if not lines and old != new:
        lines = ["the plans differ in a way that has no words: compare their files"]
    if len(lines) > most:
        lines = [*lines[:most], f"and {len(lines) - most} more differences"]
    return tuple(lines)


def freeze_times(freeze: Freeze) -> str:
    """Return when a freeze lasts, by the clocks of its zone."""
    start, end = (f"{moment:%Y-%m-%d %H:%M}" for moment in (freeze.start, freeze.end))
    return f"{start} to {end} {freeze.timezone}"


def _compare(old: Any, new: Any, path: str) -> Iterator[str]:
    if is_dataclass(old) and type(old) is type(new):
        for field in fields(old):
            below = f"{path}.{field.name}" if path else field.name
            yield from _compare(getattr(old, field.name), getattr(new, field.name), below)
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            yield from _member(old.get(key), new.get(key), key in old, key in new, f"{path}.{key}")
    elif isinstance(old, list | tuple) and isinstance(new, list | tuple):
        yield from _compare_lists(old, new, path)
    elif type(old) is not type(new) or old != new:
        was, now = _show(old, new)
        yield f"{path}: {was} → {now}"


def _compare_lists(old: Sequence[Any], new: Sequence[Any], path: str) -> Iterator[str]:
    was, now = _by_name(old), _by_name(new)
    if was is None or now is None:
        for index in range(max(len(old), len(new))):
            there, here = index < len(old), index < len(new)
            yield from _member(
                old[index] if there else None,
                new[index] if here else None,
                there,
                here,
                f"{path}[{index}]",
            )
        return
    for name in dict.fromkeys([*was, *now]):
        yield from _member(
            was.get(name), now.get(name), name in was, name in now, f"{path}[{name}]"
        )
    kept = [name for name in was if name in now]
    if kept != [name for name in now if name in was]:
        yield f"{path}: the order differs"


def _member(old: Any, new: Any, there: bool, here: bool, path: str) -> Iterator[str]:
    if there and here:
        yield from _compare(old, new, path)
    elif there:
        yield f"{path}: removed, was {_spell(old)}"
    else:
        yield f"{path}: added, is {_spell(new)}"


def _by_name(items: Sequence[Any]) -> dict[str, Any] | None:
    """The items by name, or None when some have no name or share one."""
    found: dict[str, Any] = {}
    for item in items:
        name = _name(item)
        if name is None or name in found:
            return None
        found[name] = item
    return found


def _name(item: Any) -> str | None:
    for field in _NAMES:
        value = item.get(field) if isinstance(item, Mapping) else getattr(item, field, None)
        if isinstance(value, str):
            return _cut(repr(value)[1:-1], 0)
    return None


def _show(old: Any, new: Any) -> tuple[str, str]:
    was, now = _whole(old), _whole(new)
    start = next((i for i, (a, b) in enumerate(zip(was, now, strict=False)) if a != b), 0)
    if max(len(was), len(now)) <= _WIDTH:
        start = 0
    elif start == 0 and was[:_WIDTH] == now[:_WIDTH]:
        start = min(len(was), len(now))  # one is the beginning of the other
    lead = max(0, start - _LEAD)
    return _cut(was, lead), _cut(now, lead)


def _spell(value: Any) -> str:
    return _cut(_whole(value), 0)


def _cut(text: str, start: int) -> str:
    front = "…" if start else ""
    back = "…" if len(text) > start + _WIDTH else ""
    return front + text[start : start + _WIDTH] + back


def _whole(value: Any) -> str:
    """One line, whatever the value: control characters come out escaped."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, timedelta):
        return duration.spell(value)
    if isinstance(value, datetime):
        return str(codec.to_value(value))
    if isinstance(value, str):
        return _one_line(value)
    if isinstance(value, Freeze):
        reason = f": {value.reason}" if value.reason else ""
        return _one_line(freeze_times(value) + reason)
    if is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_one_line(str(k))}: {_whole(v)}' for k, v in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_whole(item) for item in value)}]"
    return _one_line(str(value))


def _one_line(text: str) -> str:
    """Quote `text` on one line; what a terminal would act on is escaped, letters are kept."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
