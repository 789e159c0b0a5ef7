"""A typed view of one mapping: each key is asked for once, and what was not asked for is an error.

Methods never raise: they note a problem and return a stand-in of the right type, so that
one run finds every mistake. Build core values from stand-ins only where that cannot
raise, and call `problems.raise_if_any()` before any value is used.
"""

import difflib
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeVar, overload

from mcm.config.problems import Place, Problems
from mcm.config.strict_yaml import ListNode, MapNode, Node, ScalarNode
from mcm.core import duration

T = TypeVar("T")
D = TypeVar("D")

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,14}", re.ASCII)
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?", re.ASCII)
_LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{3})?)?", re.ASCII)
_INSTANT = re.compile(_LOCAL.pattern + r"(Z|[+-]\d\d:\d\d)", re.ASCII)
_NO_INSTANT = datetime(1, 1, 1, tzinfo=UTC)
_NO_TIME = _NO_INSTANT.replace(tzinfo=None)


class Fields:
    """The keys of one mapping.

    `where` is the path for messages (`stages[0].bake`; empty at the top). A node that is
    no mapping is a problem, and then its keys are not missed.
    """

    def __init__(self, node: Node, problems: Problems, where: str = "") -> None:
        self.node = node
        self.where = where
        self.problems = problems
        self._values: dict[str, Node] = {}
        self._names: dict[str, ScalarNode] = {}
        self._asked: dict[str, None] = {}
        self._inner: list[Fields] = []
        self._is_map = isinstance(node, MapNode)
        if isinstance(node, MapNode):
            self._values = {key.text: value for key, value in node.entries}
            self._names = {key.text: key for key, _ in node.entries}
        else:
            self._wrong(node, where or "the file", "a mapping (`key: value` lines)")

    def has(self, key: str) -> bool:
        """Return whether the key is written, with a value or without."""
        self._asked.setdefault(key)
        return key in self._values

    @overload
    def optional(self, key: str, read: Callable[[str], T]) -> T | None: ...
    @overload
    def optional(self, key: str, read: Callable[[str], T], default: D) -> T | D: ...
    def optional(self, key: str, read: Callable[[str], T], default: object = None) -> object:
        """Return `read(key)` if the key is written, else `default`.

        `fields.optional("poll", fields.duration, timedelta(seconds=30))`.
        """
        return read(key) if self.has(key) else default

    def node_of(self, key: str) -> Node | None:
        """Return the node of a required key; None, with a problem, if missing or empty."""
        self._asked.setdefault(key)
        value = self._values.get(key)
        if value is None:
            if self._is_map:
                self.problems.add(self.node, f"`{self._path(key)}` is missing")
        elif isinstance(value, ScalarNode) and value.is_empty:
            self.problems.add(value, f"`{self._path(key)}` has no value")
            value = None
        return value

    def place_of(self, key: str) -> Place:
        """Return where the key's value stands, or the mapping if it is not there."""
        return self._values.get(key, self.node)

    def refuse(self, key: str, message: str, hint: str | None = None, rule: str = "config") -> None:
        """Note what the schema has against a value: message "`where.key` …"."""
        self.problems.add(self.place_of(key), f"`{self._path(key)}` {message}", hint, rule)

    def text(self, key: str, *, form: re.Pattern[str] | None = None, like: str = "") -> str:
        """Return text, not empty; all of it matches `form`, of which `like` is an example."""
        node = self._scalar(key, "text")
        if node is None:
            return ""
        if not node.text.strip():
            self.refuse(key, "is empty")
        elif form is not None and not form.fullmatch(node.text):
            self.refuse(
                key, f"cannot be {_show(node.text)}", f"Write it like {like}." if like else None
            )
        return node.text

    def choice(self, key: str, choices: Sequence[str]) -> str:
        """Return one of `choices`; the first as stand-in."""
        node = self._scalar(key, "one word")
        if node is None or node.text in choices:
            return node.text if node else choices[0]
        hint = _did_you_mean(node.text, choices) or f"Write one of: {', '.join(choices)}."
        self.refuse(key, f"cannot be {_show(node.text)}", hint)
        return choices[0]

    def boolean(self, key: str) -> bool:
        """Return `true` or `false`; no other spelling counts. Stand-in: False."""
        node = self._plain(key, "true or false")
        if node is not None and node.text not in ("true", "false"):
            self.refuse(key, f"cannot be {_show(node.text)}", "Write true or false.")
        return node is not None and node.text == "true"

    def integer(self, key: str, *, at_least: int | None = None, at_most: int | None = None) -> int:
        """Return a decimal whole number (no `0x`, `1_000`, `012`). Stand-in: 0."""
        node = self._plain(key, "a whole number")
        if node is None:
            return 0
        if not _INTEGER.fullmatch(node.text):
            self.refuse(key, f"is not a whole number: {_show(node.text)}", "Write digits only.")
            return 0
        number = int(node.text)
        self._check_range(key, number, at_least, at_most, str)
        return number

    def decimal(
        self, key: str, *, at_least: Decimal | None = None, at_most: Decimal | None = None
    ) -> Decimal:
        """Return an exact number such as `0.05` (no exponent, no `.inf`). Stand-in: 0."""
        node = self._plain(key, "a number")
        if node is None:
            return Decimal(0)
        if not _DECIMAL.fullmatch(node.text):
            hint = "Write it like 12 or 0.05, without an exponent."
            self.refuse(key, f"is not a number: {_show(node.text)}", hint)
            return Decimal(0)
        number = Decimal(node.text)
        self._check_range(key, number, at_least, at_most, str)
        return number

    def duration(
        self, key: str, *, at_least: timedelta | None = None, at_most: timedelta | None = None
    ) -> timedelta:
        """Return a duration with units, such as `30s`. Stand-in: zero."""
        node = self._scalar(key, "a duration")
        if node is None:
            return timedelta(0)
        try:
            span = duration.parse(node.text)
        except ValueError as err:
            self.refuse(key, f"cannot be used: {err}")
            return timedelta(0)
        self._check_range(key, span, at_least, at_most, duration.spell)
        return span

    def instant(self, key: str) -> datetime:
        """Return an aware ISO 8601 instant, `2026-11-25T00:00Z`, in UTC."""
        hint = "Write it like 2026-11-25T08:00Z or 2026-11-25T00:00-08:00."
        moment = self._moment(key, _INSTANT, hint)
        try:
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except OverflowError:
            self.refuse(key, "is outside the years 1 to 9999")
            return _NO_INSTANT

    def local_time(self, key: str) -> datetime:
        """Return a naive ISO 8601 wall-clock time, `2026-11-25T00:00`, of a zone told apart."""
        return self._moment(key, _LOCAL, "Write it like 2026-11-25T00:00, without an offset.")

    def mapping(self, key: str) -> "Fields":
        """Return the fields of a nested mapping; `done` on this one covers it."""
        node = self.node_of(key)
        return self._nested(node or _nothing(self.place_of(key)), self._path(key), node)

    def list(self, key: str) -> tuple[Node, ...]:
        """Return the nodes of a list. Stand-in: none."""
        node = self.node_of(key)
        if node is not None and not isinstance(node, ListNode):
            self._wrong(node, f"`{self._path(key)}`", "a list (`- item` lines)")
        return node.items if isinstance(node, ListNode) else ()

    def mappings(self, key: str) -> tuple["Fields", ...]:
        """Return the fields of each mapping in a list; `done` covers them."""
        path = self._path(key)
        return tuple(
            self._nested(item, f"{path}[{number}]", item)
            for number, item in enumerate(self.list(key))
        )

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of text, none of it empty."""
        found = []
        for number, item in enumerate(self.list(key)):
            if isinstance(item, ScalarNode) and item.text.strip():
                found.append(item.text)
            else:
                self._wrong(item, f"`{self._path(key)}[{number}]`", "text")
        return tuple(found)

    def named(self, key: str) -> tuple[tuple[ScalarNode, Node], ...]:
        """Return the entries of a mapping whose keys are names that the user chose."""
        node = self.node_of(key)
        if node is not None and not isinstance(node, MapNode):
            self._wrong(node, f"`{self._path(key)}`", "a mapping (`name: …` lines)")
        return node.entries if isinstance(node, MapNode) else ()

    def named_mappings(self, key: str) -> "tuple[tuple[ScalarNode, Fields], ...]":
        """Return `named`, each value as fields that `done` covers."""
        path = self._path(key)
        return tuple(
            (name, self._nested(value, f"{path}.{name.text}", value))
            for name, value in self.named(key)
        )

    def done(self) -> None:
        """Note every key that nobody asked for, here and in the nested mappings."""
        for key, name in self._names.items():
            if key not in self._asked:
                free = [asked for asked in self._asked if asked not in self._values]
                hint = _did_you_mean(key, free) or _did_you_mean(key, tuple(self._asked))
                known = ", ".join(sorted(self._asked)) or "no keys"
                self.problems.add(
                    name, f"unknown key `{self._path(key)}`", hint or f"Known here: {known}."
                )
        for inner in self._inner:
            inner.done()

    def _nested(self, node: Node, path: str, written: Node | None) -> "Fields":
        # What is missing or empty was told already; a second problem would only repeat it.
        problems = self.problems if written is not None else Problems()
        inner = Fields(node, problems, path)
        self._inner.append(inner)
        return inner

    def _path(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key

    def _scalar(self, key: str, what: str) -> ScalarNode | None:
        node = self.node_of(key)
        if node is None or isinstance(node, ScalarNode):
            return node
        self._wrong(node, f"`{self._path(key)}`", what)
        return None

    def _plain(self, key: str, what: str) -> ScalarNode | None:
        node = self._scalar(key, what)
        if node is not None and node.is_quoted:
            self.refuse(key, f"must be {what}, but quotes make it text", "Leave the quotes out.")
            return None
        return node

    def _moment(self, key: str, form: re.Pattern[str], hint: str) -> datetime:
        node = self._scalar(key, "a time")
        if node is None:
            return _NO_TIME
        if form.fullmatch(node.text):
            try:
                return datetime.fromisoformat(node.text)
            except ValueError as err:
                hint = f"There is no such time: {err}."
        self.refuse(key, f"is not a time: {_show(node.text)}", hint)
        return _NO_TIME

    def _check_range(
        self, key: str, found: T, least: T | None, most: T | None, spell: Callable[[T], str]
    ) -> None:
        if least is not None and found < least:  # type: ignore[operator]
            self.refuse(key, f"must be at least {spell(least)}, not {spell(found)}")
        if most is not None and found > most:  # type: ignore[operator]
            self.refuse(key, f"must be at most {spell(most)}, not {spell(found)}")

    def _wrong(self, node: Node, name: str, what: str) -> None:
        kinds = {MapNode: "a mapping", ListNode: "a list", ScalarNode: "text"}
        found = kinds[type(node)]
        if isinstance(node, ScalarNode) and not node.text.strip():
            found = "empty"
        self.problems.add(node, f"{name} must be {what}, not {found}")


def _nothing(place: Place) -> MapNode:
    return MapNode(place.file, place.line, place.column, ())


def _show(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:39] + "…")


def _did_you_mean(word: str, known: Sequence[str]) -> str | None:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"Did you mean `{close[0]}`?" if close else None
