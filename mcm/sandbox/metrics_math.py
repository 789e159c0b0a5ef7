"""Metric math of the sandbox: a part of CloudWatch's, point by point over ids and numbers.

Arithmetic, comparisons (1 or 0), `&&` `||` AND OR, IF, FILL with a number, ABS CEIL FLOOR
LOG LOG10, and AVG MAX MIN SUM over a list `[a, b]`. A small parser of its own, so that no
text from a request is ever evaluated as code. What is not here (METRICS, SEARCH, RATE,
functions over the whole of a series …) is a MathError rather than a wrong number.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d*)?|\.\d+)|(?P<id>[a-z][a-zA-Z0-9_]*)|(?P<word>[A-Z][A-Z0-9]*)"
    r"|(?P<sign>==|!=|<=|>=|&&|\|\||[-+*/()<>,\[\]]))"
)
_DEEPEST = 50

Values = Mapping[str, float | None]
Compute = Callable[[Values], float | None]
_COMPARED: Mapping[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}
_SIGNS: Mapping[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "&&": lambda a, b: float(bool(a) and bool(b)),
    "||": lambda a, b: float(bool(a) or bool(b)),
    **{sign: lambda a, b, test=test: float(test(a, b)) for sign, test in _COMPARED.items()},  # type: ignore[misc]
}
_WORDS = {"AND": "&&", "OR": "||"}
_OF_ONE: Mapping[str, Callable[[float], float]] = {
    "ABS": abs,
    "CEIL": math.ceil,
    "FLOOR": math.floor,
    "LOG": math.log,
    "LOG10": math.log10,
}
_OF_MANY: Mapping[str, Callable[[Sequence[float]], float]] = {
    "AVG": lambda values: sum(values) / len(values),
    "MAX": max,
    "MIN": min,
    "SUM": sum,
}


class MathError(ValueError):
    """The expression is not one that the sandbox understands."""


@dataclass(frozen=True)
class Formula:
    """A parsed expression."""

    names: frozenset[str]
    """The ids it refers to."""
    compute: Compute
    """Values by id at one time → the result, None where there is none.

    Raises what arithmetic does: ZeroDivisionError, ValueError, OverflowError.
    """
    fills: bool = False
    """Whether it gives a point where its metrics have none."""


def parse(text: str) -> Formula:
    """Parse an expression; raise MathError with what is wrong and where."""
    reader = _Reader(text)
    compute = _either(reader, 0)
    if reader.kind:
        raise reader.error("an operator")
    return Formula(frozenset(reader.names), compute, reader.fills)


class _Reader:
    """Tokens of one expression, one at a time."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._end = 0
        self.names: set[str] = set()
        self.fills = False
        self.kind = ""
        self.token = ""
        self.advance()

    def advance(self) -> None:
        match = _TOKEN.match(self._text, self._end)
        if match and match.lastgroup:
            self.kind, self.token = match.lastgroup, match[match.lastgroup]
            self._end = match.end()
            if self.token in _WORDS:
                self.kind, self.token = "sign", _WORDS[self.token]
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

    def need(self, sign: str) -> None:
        """Go on behind `sign`; raise MathError if it is not there."""
        if not self.take(sign):
            raise self.error(f"'{sign}'")

    def error(self, wanted: str) -> MathError:
        found = repr(self.token) if self.kind else "the end"
        return MathError(f"expected {wanted}, found {found} near position {self._end}")


def _either(reader: _Reader, depth: int) -> Compute:
    return _chain(reader, depth, ("||",), _both)


def _both(reader: _Reader, depth: int) -> Compute:
    return _chain(reader, depth, ("&&",), _compared)


def _compared(reader: _Reader, depth: int) -> Compute:
    return _chain(reader, depth, tuple(_COMPARED), _sum)


def _sum(reader: _Reader, depth: int) -> Compute:
    return _chain(reader, depth, ("+", "-"), _product)


def _product(reader: _Reader, depth: int) -> Compute:
    return _chain(reader, depth, ("*", "/"), _factor)


def _chain(
    reader: _Reader,
    depth: int,
    signs: tuple[str, ...],
    part: Callable[[_Reader, int], Compute],
) -> Compute:
    left = part(reader, depth)
    while sign := reader.take(*signs):
        left = _joined(sign, left, part(reader, depth))
    return left


def _factor(reader: _Reader, depth: int) -> Compute:
    if depth > _DEEPEST:
        raise MathError(f"nested deeper than {_DEEPEST}")
    if sign := reader.take("+", "-"):
        return _joined(sign, lambda _: 0.0, _factor(reader, depth + 1))
    if reader.take("("):
        inner = _either(reader, depth + 1)
        reader.need(")")
        return inner
    kind, token = reader.kind, reader.token
    if kind not in ("number", "id", "word"):
        raise reader.error("a number, an id or '('")
    reader.advance()
    if kind == "word":
        return _function(reader, token, depth + 1)
    if kind == "number":
        number = float(token)
        return lambda _: number
    reader.names.add(token)
    return lambda values: values[token]


def _function(reader: _Reader, name: str, depth: int) -> Compute:
    reader.need("(")
    if name == "IF":
        parts = [_either(reader, depth)]
        while len(parts) < 3:
            reader.need(",")
            parts.append(_either(reader, depth))
        found = _if(*parts)
    elif name == "FILL":
        filled = _either(reader, depth)
        reader.need(",")
        found = _filled(filled, _number(reader))
        reader.fills = True
    elif name in _OF_ONE:
        found = _of_one(_OF_ONE[name], _either(reader, depth))
    elif name in _OF_MANY:
        found = _of_many(_OF_MANY[name], _list(reader, depth))
    else:
        raise MathError(f"{name} is not emulated")
    reader.need(")")
    return found


def _number(reader: _Reader) -> float:
    sign = -1.0 if reader.take("-") else 1.0
    if reader.kind != "number":
        raise reader.error("a number to fill with")
    number = float(reader.token)
    reader.advance()
    return sign * number


def _list(reader: _Reader, depth: int) -> list[Compute]:
    reader.need("[")
    parts = [_either(reader, depth)]
    while reader.take(","):
        parts.append(_either(reader, depth))
    reader.need("]")
    return parts


def _if(condition: Compute, then: Compute, otherwise: Compute) -> Compute:
    def compute(values: Values) -> float | None:
        found = condition(values)
        if found is None:
            return None
        return then(values) if found else otherwise(values)

    return compute


def _filled(inner: Compute, number: float) -> Compute:
    def compute(values: Values) -> float | None:
        found = inner(values)
        return number if found is None else found

    return compute


def _of_one(function: Callable[[float], float], inner: Compute) -> Compute:
    def compute(values: Values) -> float | None:
        found = inner(values)
        return None if found is None else float(function(found))

    return compute


def _of_many(function: Callable[[Sequence[float]], float], parts: Sequence[Compute]) -> Compute:
    def compute(values: Values) -> float | None:
        found = [value for part in parts if (value := part(values)) is not None]
        return float(function(found)) if found else None

    return compute


def _joined(sign: str, left: Compute, right: Compute) -> Compute:
    function = _SIGNS[sign]

    def compute(values: Values) -> float | None:
        a, b = left(values), right(values)
        return None if a is None or b is None else function(a, b)

    return compute
