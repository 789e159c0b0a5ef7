"""Metric math of the sandbox: + - * / and parentheses over ids and numbers, nothing else.

A small parser of its own, so that no text from a request is ever evaluated as code. AWS
has many functions (SUM, IF, FILL, METRICS …); asking for one is a MathError rather than
a wrong number.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d*)?|\.\d+)|(?P<id>[a-z][a-zA-Z0-9_]*)|(?P<sign>[-+*/()]))"
)
_DEEPEST = 50

Compute = Callable[[Mapping[str, float]], float]


class MathError(ValueError):
    """The expression is not one that the sandbox understands."""


@dataclass(frozen=True)
class Formula:
    """A parsed expression."""

    names: frozenset[str]
    """The ids it refers to."""
    compute: Compute
    """Values by id → the result; raises ZeroDivisionError as arithmetic does."""


def parse(text: str) -> Formula:
    """Parse an expression; raise MathError with what is wrong and where."""
    reader = _Reader(text)
    compute = _sum(reader, 0)
    if reader.kind:
        raise reader.error("an operator")
    return Formula(frozenset(reader.names), compute)


class _Reader:
    """Tokens of one expression, one at a time."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._end = 0
        self.names: set[str] = set()
        self.kind = ""
        self.token = ""
        self.advance()

    def advance(self) -> None:
        match = _TOKEN.match(self._text, self._end)
        if match and match.lastgroup:
            self.kind, self.token = match.lastgroup, match[match.lastgroup]
            self._end = match.end()
        elif self._text[self._end :].strip():
            self.kind, self.token = "unknown", self._text[self._end :].strip()[0]
        else:
            self.kind = self.token = ""

    def take(self, *signs: str) -> str:
        """Return the sign at hand and go on, or return an empty string."""
        if self.kind != "sign" or self.token not in signs:
            return ""
        sign = self.token
        self.advance()
        return sign

    def error(self, wanted: str) -> MathError:
        found = repr(self.token) if self.kind else "the end"
        return MathError(f"expected {wanted}, found {found} near position {self._end}")


def _sum(reader: _Reader, depth: int) -> Compute:
    left = _product(reader, depth)
    while sign := reader.take("+", "-"):
        left = _joined(sign, left, _product(reader, depth))
    return left


def _product(reader: _Reader, depth: int) -> Compute:
    left = _factor(reader, depth)
    while sign := reader.take("*", "/"):
        left = _joined(sign, left, _factor(reader, depth))
    return left


def _factor(reader: _Reader, depth: int) -> Compute:
    if depth > _DEEPEST:
        raise MathError(f"nested deeper than {_DEEPEST}")
    if sign := reader.take("+", "-"):
        return _joined(sign, lambda _: 0.0, _factor(reader, depth + 1))
    if reader.take("("):
        inner = _sum(reader, depth + 1)
        if not reader.take(")"):
            raise reader.error("')'")
        return inner
    kind, token = reader.kind, reader.token
    if kind not in ("number", "id"):
        raise reader.error("a number, an id or '('")
    reader.advance()
    if kind == "number":
        number = float(token)
        return lambda _: number
    reader.names.add(token)
    return lambda values: values[token]


def _joined(sign: str, left: Compute, right: Compute) -> Compute:
    match sign:
        case "+":
            return lambda values: left(values) + right(values)
        case "-":
            return lambda values: left(values) - right(values)
        case "*":
            return lambda values: left(values) * right(values)
        case _:
            return lambda values: left(values) / right(values)
