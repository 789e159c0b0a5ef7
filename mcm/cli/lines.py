"""A walk told in plain lines on stderr: one timestamped sentence for each thing that happens."""

import re
import sys
from collections.abc import Sequence
from datetime import datetime

from mcm.core.journal import Entry
from mcm.core.sanitize import clean
from mcm.core.sentence import sentence
from mcm.core.state import State
from mcm.core.turn import Hold, Turn, Wait

_NUMBER = re.compile(r"[0-9]+(?:ms|[smhd])?")


def say(text: str, at: datetime | None = None) -> None:
    """Print one line to stderr, with the time in UTC when one is given."""
    stamp = f"{at:%H:%M:%SZ} " if at else ""
    print(f"{stamp}{text}", file=sys.stderr, flush=True)


class LineListener:
    """Implements the listener port. Waiting is told when its reason changes, not each turn.

    `waits` says whether closed gates are waited for; if not, the command's last line tells.
    """

    def __init__(self, *, waits: bool = True) -> None:
        self._waits = waits
        self._waiting = ""

    def wrote(self, entries: Sequence[Entry]) -> None:
        """Tell each new entry of the journal."""
        for entry in entries:
            say(sentence(entry), entry.at)

    def turned(self, turn: Turn, state: State, now: datetime) -> None:
        """Tell what is waited for, once."""
        del state
        why = self._why(turn, now)
        # The same wait counts down and counts samples; that alone is no news.
        shape = _NUMBER.sub("#", why)
        if why and shape != self._waiting:
            say(clean(why, 400), now)
        self._waiting = shape or self._waiting

    def lost(self, entries: Sequence[Entry], why: str) -> None:
        """Put on stderr what the journal could not take: the only copy there is."""
        from mcm.core.journal import to_line

        say(f"warning: not in the journal: {clean(why, 300)}; these lines are the only copy:")
        for entry in entries:
            say(to_line(entry).decode().rstrip("\n"))

    def _why(self, turn: Turn, now: datetime) -> str:
        step = turn.next
        if isinstance(step, Wait) and step.until > now:
            return f"waiting: {step.why}"
        if isinstance(step, Hold) and self._waits:
            opens = f"; opens {step.until:%Y-%m-%d %H:%M}Z" if step.until else ""
            return f"held at the gate {step.gate}: {step.reason}{opens}"
        return ""  # the journal's own entries say what is done
