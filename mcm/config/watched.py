"""A reader's questions, noted: fields of a file in which nothing is written and every key is there.

From what a reader asks (a duration here, one of four words there, a list of mappings) comes
the JSON Schema of what it reads. See `mcm.config.schema`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from mcm.config.fields import Fields
from mcm.config.problems import Problems
from mcm.config.strict_yaml import MapNode, Node, ScalarNode

Schema = dict[str, Any]

ANY_NAME = "*"
"""Stands for the names that users choose, in paths and among properties."""
TEXT: Schema = {"type": ["string", "number", "boolean"], "pattern": r"\S"}
"""Of any text: other YAML readers may see a number or a yes where mcm sees words."""
_NAME = ScalarNode("", 1, 1, ANY_NAME, is_quoted=False)
_NOWHERE = MapNode("", 1, 1, ())
_DURATION = r"^(?=.)(\d{1,9}d)?(\d{1,9}h)?(\d{1,9}m(?!s))?(\d{1,9}s)?(\d{1,9}ms)?$"
_LOCAL = r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{3})?)?"


@dataclass(frozen=True)
class Kind:
    """One way in which an item of a list, or a named entry, can be written."""

    given: Mapping[str, str] = field(default_factory=dict)
    """Words that the reader finds there."""
    absent: frozenset[str] = frozenset()
    """Keys that it does not find."""
    present: frozenset[str] = frozenset()
    """Keys that make it this kind."""


PLAIN = Kind()


class Watched(Fields):
    """Fields of a mapping in which every key seems to be there, and nothing is written.

    Each question notes a problem, as for what is missing: so nothing is built from stand-ins.
    """

    def __init__(
        self,
        kinds: Mapping[str, Sequence[Kind]],
        words: Mapping[str, str],
        problems: Problems,
        kind: Kind = PLAIN,
    ) -> None:
        super().__init__(_NOWHERE, problems)
        self._kinds = kinds
        self._words = words
        self._kind = kind
        self._found: dict[str, Callable[[], Schema]] = {}
        self._optional: set[str] = set()

    def schema(self) -> Schema:
        """Return what was asked, as the schema of the mapping."""
        found = {key: spell() for key, spell in self._found.items()}
        rest = found.pop(ANY_NAME, False)
        properties = {key: found.get(key, {}) for key in sorted({*found, *self._optional})}
        required = sorted(found.keys() - self._optional)
        schema = {"type": "object", "properties": properties, "required": required}
        return {
            **{key: value for key, value in schema.items() if value},
            "additionalProperties": rest,
        }

    def has(self, key: str) -> bool:
        if key not in self._kind.present | self._kind.absent:
            self._optional.add(key)
        return key not in self._kind.absent

    def place_of(self, key: str) -> Node:
        word = self._kind.given.get(key) or self._words.get(key)
        return ScalarNode("", 1, 1, word, is_quoted=False) if word else self.node

    def text(self, key: str, *, form: re.Pattern[str] | None = None, like: str = "") -> str:
        del like
        self._note(key, _text(form) if form else TEXT)
        return self._kind.given.get(key, "")

    def choice(self, key: str, choices: Sequence[str]) -> str:
        given = self._kind.given.get(key)
        self._note(key, {"enum": [given] if given else list(choices)})
        return given or choices[0]

    def boolean(self, key: str) -> bool:
        self._note(key, {"type": "boolean"})
        return False

    def integer(self, key: str, *, at_least: int | None = None, at_most: int | None = None) -> int:
        self._note(key, {"type": "integer", **_range(at_least, at_most)})
        return 0

    def decimal(
        self, key: str, *, at_least: Decimal | None = None, at_most: Decimal | None = None
    ) -> Decimal:
        self._note(key, {"type": "number", **_range(at_least, at_most)})
        return Decimal(0)

    def duration(
        self, key: str, *, at_least: timedelta | None = None, at_most: timedelta | None = None
    ) -> timedelta:
        del at_least, at_most
        self._note(key, {"type": "string", "pattern": _DURATION})
        return timedelta(0)

    def instant(self, key: str) -> datetime:
        self._note(key, {"type": "string", "pattern": rf"{_LOCAL}(Z|[+-]\d\d:\d\d)$"})
        return datetime.min.replace(tzinfo=UTC)

    def local_time(self, key: str) -> datetime:
        self._note(key, {"type": "string", "pattern": f"{_LOCAL}$"})
        return self.instant("").replace(tzinfo=None)

    def mapping(self, key: str) -> "Watched":
        inner = self._inside(PLAIN)
        self._note(key, {})
        self._found[key] = inner.schema
        return inner

    def list(self, key: str) -> tuple[Node, ...]:
        self._note(key, {"type": "array"})
        return ()

    def texts(self, key: str) -> tuple[str, ...]:
        self._note(key, {"type": "array", "items": TEXT})
        return ()

    def mappings(self, key: str) -> tuple["Watched", ...]:
        items = self._each(key)
        self._note(key, {})
        self._found[key] = lambda: {"type": "array", "items": _any_of(items)}
        return items

    def named(self, key: str) -> tuple[tuple[ScalarNode, Node], ...]:
        self._note(key, {"type": "object", "additionalProperties": TEXT})
        return ((_NAME, ScalarNode("", 1, 1, "text", is_quoted=True)),)

    def named_mappings(self, key: str) -> tuple[tuple[ScalarNode, "Watched"], ...]:
        inner, items = self.mapping(key), self._each(key)
        inner._found[ANY_NAME] = lambda: _any_of(items)
        return tuple((_NAME, item) for item in items)

    def done(self) -> None:
        """Nothing is unknown where nothing is written."""

    def _note(self, key: str, found: Schema) -> None:
        self.problems.add(self.node, f"`{key}` is missing, {len(self.problems)}")
        if key:  # `local_time` takes its stand-in from `instant`, under no name
            self._found.setdefault(key, lambda: found)

    def _each(self, key: str) -> tuple["Watched", ...]:
        return tuple(self._inside(kind) for kind in self._kinds.get(key, (PLAIN,)))

    def _inside(self, kind: Kind) -> "Watched":
        return Watched(self._kinds, self._words, self.problems, kind)


def _text(form: re.Pattern[str]) -> Schema:
    """Return the schema of text in a form; other YAML readers may see a number or a yes."""
    looks = {"number": ("7", "1234567"), "boolean": ("true",)}
    types = [name for name, probes in looks.items() if any(map(form.fullmatch, probes))]
    return {"type": ["string", *types], "pattern": f"^(?:{form.pattern})$"}


def _any_of(items: Sequence[Watched]) -> Schema:
    """Return the schema of an item that is one of several kinds."""
    found: list[Schema] = []
    for item in items:
        schema = item.schema()
        if schema not in found:
            found.append(schema)
    return found[0] if len(found) == 1 else {"anyOf": found}


def _range(least: int | Decimal | None, most: int | Decimal | None) -> Schema:
    plain = {"minimum": least, "maximum": most}
    return {
        key: float(value) if isinstance(value, Decimal) else value
        for key, value in plain.items()
        if value is not None
    }
