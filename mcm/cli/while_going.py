"""The one key that works while a rollback goes: `a` abandons what does not stop by itself.

A clock that listens while it waits, so that the loop itself knows no keyboard. What the
person says becomes part of the goal and the loop is begun again on its journal, exactly
as if the command had been typed once more with --abandon.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from mcm.app.ports import Clock
from mcm.app.runner import FOREVER, Ending, Runner
from mcm.app.writer import Writer
from mcm.cli import keys
from mcm.cli.telling import Everyone
from mcm.core.goal import GoBack
from mcm.core.journal import Entry
from mcm.core.reading import Readings
from mcm.core.state import State
from mcm.core.turn import ABANDON, Turn

_LONGEST = 0.5
"""Seconds between two looks at the clock, which may have been set."""


class AbandonAskedError(Exception):
    """The person pressed the key that was offered."""


class ListeningClock:
    """A clock whose waits a key can end, and the listener that knows when it may."""

    def __init__(self, clock: Clock, pressed: Callable[[float], str] = keys.pressed) -> None:
        self._clock = clock
        self._pressed = pressed
        self._offered = False
        self._deaf = False

    def now(self) -> datetime:
        return self._clock.now()

    def sleep_until(self, moment: datetime) -> None:
        """Wait; raise AbandonAskedError when the key is pressed while it is offered."""
        while not self._deaf and (left := (moment - self.now()).total_seconds()) > 0:
            try:
                key = self._pressed(min(left, _LONGEST))
            except (EOFError, OSError):
                self._deaf = True  # the terminal is gone; the rollback is not
                break
            if self._offered and key in ("a", "A"):
                self._offered = False
                raise AbandonAskedError
        self._clock.sleep_until(moment)

    def turned(self, turn: Turn, state: State, now: datetime) -> None:
        """Note whether this turn offers the key."""
        del state, now
        self._offered = ABANDON in turn.offers

    def wrote(self, entries: Sequence[Entry]) -> None:
        """Nothing: only turns offer keys."""

    def lost(self, entries: Sequence[Entry], why: str) -> None:
        """Nothing."""


def run_asking(
    runner: Runner,
    goal: GoBack,
    writer: Writer,
    pressed: Callable[[float], str] = keys.pressed,
    *,
    first: Readings | None = None,
) -> Ending:
    """Turn the loop with somebody at the keyboard, who waits at closed gates.

    `pressed` returns the key that was pressed within some seconds, or nothing; `first` is
    for the first turn, see `Runner.run`.
    """
    clock = ListeningClock(runner.clock, pressed)
    runner = replace(runner, clock=clock, listener=Everyone([runner.listener, clock]))
    try:
        return runner.run(goal, writer, patience=FOREVER, first=first)
    except AbandonAskedError:
        return runner.run(replace(goal, abandon=True), writer, patience=FOREVER)
