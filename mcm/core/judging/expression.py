"""Metric math as a guardrail may write it: names, numbers, operators, a few functions.

A turn asks for all metrics of a place in one request, so a formula must see its own
metrics only: METRICS(), SEARCH and quoted text would look at those of others and are
refused. So are fills that invent data: FILL takes a number, which the plan's signers see.
AWS computes; nothing here evaluates anything.
"""

import re
from collections.abc import Collection, Mapping

FUNCTIONS = (
    *("ABS", "AVG", "CEIL", "DIFF", "FILL", "FLOOR", "IF", "LOG", "LOG10", "MAX", "MIN"),
    *("PERIOD", "RATE", "RUNNING_SUM", "STDDEV", "SUM", "AND", "OR"),
)
NAME = re.compile(r"[a-z][a-zA-Z0-9_]*", re.ASCII)
_TOKEN = re.compile(
    r"(?P<name>[a-z][a-zA-Z0-9_]*)|(?P<word>[A-Z][A-Z0-9_]*)|(?P<number>\d+(?:\.\d+)?|\.\d+)"
    r"|(?P<sign>==|!=|<=|>=|&&|\|\||[-+*/^()<>,\[\]])|(?P<space>\s+)",
    re.ASCII,
)
_MADE_UP = re.compile(r",\s*(REPEAT|LINEAR)\b", re.ASCII)
LONGEST = 1024
"""AWS's own limit for an expression."""


def problem(text: str, names: Collection[str]) -> str:
    """Say what keeps `text` from being a formula over `names`; empty for nothing."""
    if len(text) > LONGEST:
        return f"is longer than {LONGEST} characters"
    if found := _MADE_UP.search(text):
        return f"fills with {found[1]}, which makes up data: FILL takes a number"
    seen: set[str] = set()
    end = 0
    while end < len(text):
        token = _TOKEN.match(text, end)
        if token is None:
            return f"has {text[end]!r}, which a formula cannot have"
        word = token[0]
        if token["word"] and word not in FUNCTIONS:
            return f"uses {word}, which a guardrail cannot: it has {', '.join(sorted(FUNCTIONS))}"
        if token["name"] and word not in names:
            known = ", ".join(sorted(names)) or "none"
            return f"names {word}, which is not among its metrics: {known}"
        if token["name"]:
            seen.add(word)
        end = token.end()
    unused = sorted(set(names) - seen)
    return "" if seen else f"names none of its metrics: {', '.join(unused) or 'there are none'}"


def renamed(text: str, names: Mapping[str, str]) -> str:
    """Return `text` with each metric under its new name."""
    return NAME.sub(lambda found: names.get(found[0], found[0]), text)
