"""YAML with the surprises left out: maps, lists and text, each with its position.

Refused: a key given twice, anchors, aliases, merge keys, tags, directives, a second
document, tabs, invisible characters, text that is not in NFC, and files too large or
too deep. Every scalar stays the text that was written (`no`, `22:30`, `012345`, `.inf`,
`1e3`); only the schema says what is a number or a yes (see `fields`).

Built on the parser's events, not on its nodes: nodes no longer show which tags and
anchors were written, and resolving aliases is what makes a small file huge.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from mcm.config.problems import ConfigError, Problem, Problems

MAX_BYTES = 1_000_000
MAX_DEPTH = 32

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SUSPECT = re.compile(r"[^\n\x20-\x7e]")
_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class _Node:
    file: str
    line: int
    column: int
    """Both count from 1."""


@dataclass(frozen=True, slots=True)
class ScalarNode(_Node):
    """One piece of text."""

    text: str
    is_quoted: bool
    """Written in quotes or as a block, so it is meant as text."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written: `key:` and no more."""
        return not self.text and not self.is_quoted


@dataclass(frozen=True, slots=True)
class ListNode(_Node):
    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class MapNode(_Node):
    entries: tuple[tuple[ScalarNode, "Node"], ...]
    """In the order written; each key once."""

    def get(self, key: str) -> "Node | None":
        """Return the value of `key`, or None if it is not there."""
        return next((value for name, value in self.entries if name.text == key), None)


Node = MapNode | ListNode | ScalarNode
Plain = str | list["Plain"] | dict[str, "Plain"]


def load(text: str | bytes, file: str) -> Node:
    """Read one document; `file` is what messages call it.

    Raises ConfigError with every problem found; after a mistake that the parser cannot
    read past, what follows it is not looked at.
    """
    text = _decode(text, file)
    problems = Problems()
    _check_characters(text, file, problems)
    problems.raise_if_any()
    reader = _Reader(file, problems)
    try:
        node = reader.document(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as err:
        problems.add(_error_place(err, file), f"not YAML: {err.problem or err.context}")
        node = None
    except yaml.YAMLError as err:
        problems.add(_at(file, 1, 1), f"not YAML: {err}")
        node = None
    problems.raise_if_any()
    if node is None:
        raise ConfigError((Problem(file, 1, 1, "there is nothing in the file"),))
    return node


def to_plain(node: Node) -> Plain:
    """Return the node as dict, list and str, without positions."""
    if isinstance(node, ScalarNode):
        return node.text
    if isinstance(node, ListNode):
        return [to_plain(item) for item in node.items]
    return {key.text: to_plain(value) for key, value in node.entries}


class _TooDeepError(Exception):
    """Stops reading; the problem is noted already."""


class _Reader:
    """Builds nodes from events and notes what is refused on the way."""

    def __init__(self, file: str, problems: Problems) -> None:
        self._file = file
        self._problems = problems

    def document(self, events: Iterator[yaml.Event]) -> Node | None:
        """Return the one document's node, or None if there is none."""
        node: Node | None = None
        documents = 0
        try:
            for event in events:
                if isinstance(event, yaml.DocumentStartEvent):
                    documents += 1
                    self._check_start(event, documents)
                    found = self._node(next(events), events, 1)
                    node = found if documents == 1 else node
        except _TooDeepError:
            return None
        return node

    def _check_start(self, event: yaml.DocumentStartEvent, documents: int) -> None:
        if documents == 2:
            self._refuse(event, "a second document starts here", "Keep one document in a file.")
        if event.version or event.tags:
            self._refuse(event, "a directive (%) is not read", "Leave the line out.")

    def _node(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Node:
        if depth > MAX_DEPTH:
            self._refuse(event, f"nested deeper than {MAX_DEPTH} levels")
            raise _TooDeepError
        self._check_event(event)
        file, line, column = self._file, *_position(event)
        if isinstance(event, yaml.MappingStartEvent):
            return MapNode(file, line, column, tuple(self._entries(events, depth)))
        if isinstance(event, yaml.SequenceStartEvent):
            return ListNode(file, line, column, tuple(self._items(events, depth)))
        if isinstance(event, yaml.ScalarEvent):
            self._check_scalar(event)
            return ScalarNode(file, line, column, event.value, bool(event.style))
        return ScalarNode(file, line, column, "", is_quoted=True)

    def _items(self, events: Iterator[yaml.Event], depth: int) -> Iterator[Node]:
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            yield self._node(event, events, depth + 1)

    def _entries(
        self, events: Iterator[yaml.Event], depth: int
    ) -> Iterator[tuple[ScalarNode, Node]]:
        seen: dict[str, int] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self._node(event, events, depth + 1)
            value = self._node(next(events), events, depth + 1)
            if not isinstance(key, ScalarNode):
                self._problems.add(key, "a key must be text", "Write `key: value`.")
            elif isinstance(event, yaml.ScalarEvent) and self._is_new(key, seen):
                yield key, value

    def _is_new(self, key: ScalarNode, seen: dict[str, int]) -> bool:
        if key.text == "<<" and not key.is_quoted:
            self._problems.add(key, "merge keys (`<<`) are not read", "Write the keys out.")
            return False
        if not key.text:
            self._problems.add(key, "a key has no name")
            return False
        if key.text in seen:
            message = f"`{key.text}` is given twice, first in line {seen[key.text]}"
            self._problems.add(key, message, "Keep one of the two.")
            return False
        seen[key.text] = key.line
        return True

    def _check_event(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.AliasEvent):
            self._refuse(event, f"aliases (`*{event.anchor}`) are not read", "Write the value out.")
        elif isinstance(event, yaml.NodeEvent) and event.anchor is not None:
            self._refuse(event, f"anchors (`&{event.anchor}`) are not read", "Leave it out.")
        tag = getattr(event, "tag", None)
        if tag is not None:
            self._refuse(event, f"tags (`{tag}`) are not read", "Leave the tag out.")

    def _check_scalar(self, event: yaml.ScalarEvent) -> None:
        # An escape in double quotes can bring in what the file itself may not hold.
        shown = next((char for char in event.value if _is_refused(char)), None)
        if shown is not None:
            self._refuse(event, f"the text holds {_name(shown)}", "Write it without the escape.")
        if not unicodedata.is_normalized("NFC", event.value):
            self._refuse(
                event,
                "the text has letters in two parts (it is not in Unicode form NFC)",
                "Type it again instead of pasting it.",
            )

    def _refuse(self, event: yaml.Event, message: str, hint: str | None = None) -> None:
        self._problems.add(_at(self._file, *_position(event)), message, hint)


def _decode(text: str | bytes, file: str) -> str:
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        message = f"the file is larger than {MAX_BYTES:,} bytes"
        raise ConfigError((Problem(file, 1, 1, message),))
    return (text if isinstance(text, str) else _decode_utf8(text, file)).replace("\r\n", "\n")


def _decode_utf8(data: bytes, file: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as err:
        line = data.count(b"\n", 0, err.start) + 1
        column = err.start - data.rfind(b"\n", 0, err.start)
        hint = "Save the file as UTF-8."
        raise ConfigError((Problem(file, line, column, "the bytes are not UTF-8", hint),)) from err


def _check_characters(text: str, file: str, problems: Problems) -> None:
    for number, line in enumerate(text.split("\n"), start=1):
        for found in _SUSPECT.finditer(line):
            char = found.group()
            if char == "\t":
                message, hint = "a tab", "Indent with spaces."
            elif _is_refused(char):
                message, hint = _name(char), "Delete it."
            else:
                continue
            problems.add(_at(file, number, found.start() + 1), message, hint)
            break  # one for each line is enough to find the others


def _is_refused(char: str) -> bool:
    return char != "\n" and unicodedata.category(char) in _INVISIBLE


def _name(char: str) -> str:
    known = unicodedata.name(char, "")
    return f"an invisible character, U+{ord(char):04X}" + (f" {known}" if known else "")


def _position(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _error_place(err: yaml.MarkedYAMLError, file: str) -> _Node:
    mark = err.problem_mark or err.context_mark
    return _at(file, mark.line + 1, mark.column + 1) if mark else _at(file, 1, 1)


def _at(file: str, line: int, column: int) -> _Node:
    return _Node(file, line, column)
