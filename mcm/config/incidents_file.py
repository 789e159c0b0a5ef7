"""`incidents.yaml`: what went wrong in the past, for `mcm backtest` to hold guardrails against.

It lies beside mcm.yaml. `incidents:` is a list of `{from, to, says, stages}`, times with an
offset; without `stages` an incident is of all of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mcm.config.fields import Fields
from mcm.config.problems import Problems
from mcm.config.strict_yaml import load
from mcm.core.errors import UsageError
from mcm.core.naming import find_stage
from mcm.core.windows.window import Span

FILE = "incidents.yaml"
LIMIT = 1_000_000
"""The longest such file in bytes."""


@dataclass(frozen=True)
class KnownIncident:
    span: Span
    says: str
    stages: tuple[str, ...]
    """Empty for all."""


def load_incidents(
    text: str | bytes, file: str, stages: Sequence[str]
) -> tuple[KnownIncident, ...]:
    """Read the file of a project with `stages`, sorted by when they began.

    Raises ConfigError with every problem in the order of the file.
    """
    root = Fields(load(text, file), Problems())
    found = tuple(_incident(each, stages) for each in root.mappings("incidents"))
    root.done()
    root.problems.raise_if_any()
    return tuple(sorted((each for each in found if each), key=lambda each: each.span.start))


def spans_of(known: Iterable[KnownIncident], stage: str) -> tuple[Span, ...]:
    """Return when something was wrong in a stage."""
    return tuple(each.span for each in known if not each.stages or stage in each.stages)


def _incident(fields: Fields, known: Sequence[str]) -> KnownIncident | None:
    start, end = fields.instant("from"), fields.instant("to")
    says = fields.text("says") if fields.has("says") else ""
    stages = _stages(fields, known) if fields.has("stages") else ()
    fields.done()
    if start >= end:
        if not fields.problems:
            fields.refuse("to", "must be later than `from`")
        return None
    return KnownIncident(Span(start, end), says, stages)


def _stages(fields: Fields, known: Sequence[str]) -> tuple[str, ...]:
    """Return the stages as mcm.yaml spells them."""
    found = []
    for name in fields.texts("stages"):
        try:
            found.append(find_stage(name, known))
        except UsageError as err:
            fields.refuse("stages", f"has {err}")
    return tuple(found)
