"""The rule of a composite alarm: ALARM(a) AND NOT (OK("b c") OR INSUFFICIENT_DATA(d)).

TRUE, FALSE, AND, OR, NOT, parentheses and the three states of an alarm by name or ARN.
AT_LEAST is not understood. AND binds tighter than OR, as the user guide has it ("Create a
composite alarm"). The sandbox and the back-test share this one.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mcm.core.judging.alarm_rule import State

StateOf = Callable[[str], State]
"""Gives an alarm's state by its name."""
Rings = Callable[[StateOf], bool]
_TOKEN = re.compile(
    r"\s*(?:(?P<state>ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:\"(?P<quoted>[^\"]+)\"|(?P<bare>[^\s()\"]+))\s*\)"
    r"|(?P<word>TRUE|FALSE|AND|OR|NOT|AT_LEAST)\b|(?P<sign>[()]))"
)
_DEEPEST = 50


class RuleError(ValueError):
    """The rule is not one that is understood here."""


@dataclass(frozen=True)
class CompositeRule:
    children: frozenset[str]
    """Names of the alarms that it looks at."""
    rings: Rings


def parse(text: str) -> CompositeRule:
    """Parse an AlarmRule; raise RuleError with what is wrong."""
    reader = _Reader(text)
    rings = _either(reader, 0)
    if reader.token is not None:
        raise RuleError(f"what follows is not understood: {reader.rest()}")
    return CompositeRule(frozenset(reader.children), rings)


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._end = 0
        self.children: set[str] = set()
        self.token: re.Match[str] | None = None
        self.advance()

    def advance(self) -> None:
        self.token = _TOKEN.match(self._text, self._end)
        if self.token is not None:
            self._end = self.token.end()
        elif self._text[self._end :].strip():
            raise RuleError(f"what follows is not understood: {self._text[self._end :][:40]}")

    def take(self, kind: str, text: str) -> bool:
        """Go on behind `text` if it is at hand."""
        if self.token is None or self.token[kind] != text:
            return False
        self.advance()
        return True

    def rest(self) -> str:
        return self.token[0].strip() if self.token else "nothing"


def _either(reader: _Reader, depth: int) -> Rings:
    parts = list(_chain(reader, depth, "OR", _both))
    return parts[0] if len(parts) == 1 else lambda state: any(part(state) for part in parts)


def _both(reader: _Reader, depth: int) -> Rings:
    parts = list(_chain(reader, depth, "AND", _one))
    return parts[0] if len(parts) == 1 else lambda state: all(part(state) for part in parts)


def _chain(
    reader: _Reader, depth: int, word: str, part: Callable[[_Reader, int], Rings]
) -> Iterator[Rings]:
    yield part(reader, depth)
    while reader.take("word", word):
        yield part(reader, depth)


def _one(reader: _Reader, depth: int) -> Rings:
    if depth > _DEEPEST:
        raise RuleError(f"nested deeper than {_DEEPEST}")
    if reader.take("word", "NOT"):
        inner = _one(reader, depth + 1)
        return lambda state: not inner(state)
    if reader.take("sign", "("):
        inner = _either(reader, depth + 1)
        if not reader.take("sign", ")"):
            raise RuleError(f"a ) is missing before {reader.rest()}")
        return inner
    for word, value in (("TRUE", True), ("FALSE", False)):
        if reader.take("word", word):
            return lambda _, value=value: value  # type: ignore[misc]
    token = reader.token
    if token is None or not token["state"]:
        raise RuleError(f"a state of an alarm is due, not {reader.rest()}")
    wanted, name = State(token["state"]), (token["quoted"] or token["bare"]).split(":alarm:")[-1]
    reader.children.add(name)
    reader.advance()
    return lambda state: state(name) is wanted
