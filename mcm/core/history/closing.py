"""Notes and the closing of a change: prose that people add when everything is frozen.

A note is an entry of the journal, so it stands outside what people signed and yet nobody
can take it back. Closing is the last entry: how it ended in a person's words, and the
digest of the record as it was frozen. Whatever stands after it is no part of that record.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from mcm.core import canonical, commands
from mcm.core.errors import RefusedError, UsageError
from mcm.core.history.glass_told import Glass
from mcm.core.history.journal import Draft, Entry
from mcm.core.history.state import Closing, StageState, State
from mcm.core.sanitize import clean

if TYPE_CHECKING:
    from mcm.core.plans.plan import Plan

NOTED = "noted"
CLOSED = "closed"
LONGEST = 4_000
"""Characters that one note, outcome or lesson may have."""
_LINE_END = re.compile(r"\r\n?|\n")


@dataclass(frozen=True)
class Matter:
    """Something that is still open, so the change cannot be closed."""

    what: str
    """Why, in words: `prod-us is being rolled back`."""
    commands: tuple[str, ...]
    """What brings it to an end, each by itself."""

    def sentence(self) -> str:
        """Return it on one line, with the commands between backticks."""
        ways = " or ".join(f"`{command}`" for command in self.commands)
        return f"{self.what}: {ways}"


def prose(text: str, what: str) -> str:
    """Return what a person wrote as a journal may keep it: clean lines, in NFC.

    Raises UsageError when nothing is left of it, or when it is longer than 4,000
    characters; `what` names it in the message.
    """
    lines = [clean(line.strip(), LONGEST + 1) for line in _LINE_END.split(text.strip())]
    found = unicodedata.normalize("NFC", "\n".join(lines)).strip("\n")
    if not found.strip():
        raise UsageError(f"the {what} is empty", hint="Say it in a line or two.")
    if len(found) > LONGEST:
        raise UsageError(
            f"the {what} has {len(found):,} characters, more than {LONGEST:,}",
            hint="Say it shorter, and link to what is longer.",
        )
    return found


def noted(by: str, text: str, now: datetime) -> Draft:
    """Somebody adds prose to the record."""
    return Draft(NOTED, {"by": by, "text": text}, now)


def closed(closing: Closing) -> Draft:
    """The change is over, and its record is frozen."""
    body = {
        "by": closing.by,
        "outcome": closing.outcome,
        "lessons": closing.lessons,
        "record": closing.record,
    }
    return Draft(CLOSED, body, closing.at)


def next_closing(
    entries: Sequence[Entry], by: str, outcome: str, lessons: str, now: datetime
) -> Closing:
    """Return the closing that would follow `entries`, with the very time of its entry.

    The record shows that time, and its digest goes into the entry.
    """
    at = canonical.parse_instant(canonical.instant(now))
    last = entries[-1] if entries else None
    at = max(at, last.at) if last else at
    return Closing(by, outcome, lessons, "", at, last.seq + 1 if last else 1)


def before(entries: Sequence[Entry], closing: Closing | None) -> Sequence[Entry]:
    """Return the entries that the frozen record tells: those before the closing, else all."""
    return entries[: closing.seq - 1] if closing else entries


def refuse_closed(change: str, entries: Iterable[Entry]) -> None:
    """Raise RefusedError(E_CLOSED) where one of `entries` closes the change."""
    end = next((entry for entry in entries if entry.kind == CLOSED), None)
    if end is not None:
        raise RefusedError(
            "E_CLOSED",
            f"{change} is closed since {end.at:%Y-%m-%d %H:%M}Z by entry {end.seq}:"
            " nothing is added to it any more",
            hint="Describe what is to be done now as a change of its own.",
        )


def open_matters(
    change: str, plan: "Plan | None", state: State, unreviewed: Iterable[Glass] = ()
) -> tuple[Matter, ...]:
    """Return everything that stands in the way of closing, in the order of the stages.

    `state` is that of the plan: another edition's walk counts by its rollbacks only.
    `unreviewed` are broken glasses of this change that nobody else has looked at.
    """
    if plan is None:
        what = "it was never planned, so there is nothing to freeze"
        return (Matter(what, (commands.about("plan", change),)),)
    names = list(dict.fromkeys([*(stage.name for stage in plan.stages), *state.stages]))
    planned = {stage.name for stage in plan.stages}
    matters = [m for name in names for m in _of_stage(change, state, name, planned=name in planned)]
    matters += [
        Matter(
            f"{glass.by} broke the glass for {glass.stage}, and nobody else has reviewed it",
            (commands.review(change, glass.stage),),
        )
        for glass in unreviewed
    ]
    return tuple(matters)


def _of_stage(change: str, state: State, name: str, *, planned: bool) -> tuple[Matter, ...]:
    known = state.stage(name)
    go_on = commands.deploy(change, name)
    doubt = state.doubtful(name)
    if known.rollback is not None:
        return (Matter(f"{name} is being rolled back", (commands.rollback(name),)),)
    if doubt is not None:
        what = f"{name}: nobody knows yet whether what entry {doubt.intent} sent has happened"
        return (Matter(what, (go_on,)),)
    if not planned or known.outcome:
        return ()
    return (Matter(_stands(name, known), (go_on, commands.abort(change, name))),)


def _stands(name: str, known: StageState) -> str:
    if known.breach:
        return f"{name} was breached, and a person has to decide"
    if known.baking_since is not None:
        return f"{name} is baking"
    if known.entered_at is not None:
        return f"{name} has the new content, and its bake has not begun"
    if known.started_at is not None:
        return f"{name} waits at its gates"
    return f"{name} was planned and never begun"
