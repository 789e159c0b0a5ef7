"""The one key that works while rollbacks go: `a` abandons what does not stop by itself.

A clock that listens while it waits, so that the loop itself knows no keyboard. What the
person says becomes part of the goals that offered it, exactly as if the command had been
typed once more with --abandon.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from mcm.app.fleet import NOTHING_THEN, Fleet, Trouble, Walk
from mcm.app.ports import Clock
from mcm.app.runner import FOREVER, Ending, Runner
from mcm.app.writer import Writer
from mcm.cli import keys
from mcm.cli.telling import Everyone
from mcm.core.history.goal import GoBack
from mcm.core.history.journal import Entry
from mcm.core.history.state import State
from mcm.core.history.turn import ABANDON, Turn
from mcm.core.reading import Readings

_LONGEST = 0.5
"""Seconds between two looks at the clock, which may have been set."""


class ListeningClock:
    """A clock whose waits a key can end: it abandons what the walks offer just then."""

    def __init__(self, clock: Clock, pressed: Callable[[float], str] = keys.pressed) -> None:
        self._clock = clock
        self._pressed = pressed
        self._offering: dict[Walk, None] = {}
        self._deaf = False

    def now(self) -> datetime:
        return self._clock.now()

    def hear(self, one: Walk, offered: Callable[[], None]) -> None:
        """Note from now on what `one` offers; `offered` is called when it begins to."""
        one.listener = Everyone([one.listener, _Ear(one, self._offering, offered)])

    def sleep_until(self, moment: datetime) -> None:
        """Wait until then; shorter when the key is pressed while it is offered."""
        while not self._deaf and (left := (moment - self.now()).total_seconds()) > 0:
            try:
                key = self._pressed(min(left, _LONGEST))
            except (EOFError, OSError):
                self._deaf = True  # the terminal is gone; the rollback is not
                break
            if self._offering and key in ("a", "A"):
                self._abandon()
                return
        self._clock.sleep_until(moment)

    def _abandon(self) -> None:
        for one in self._offering:
            if isinstance(one.goal, GoBack):
                one.goal = replace(one.goal, abandon=True)
        self._offering.clear()


class _Ear:
    """The listener that knows whether its walk offers the key."""

    def __init__(self, one: Walk, offering: dict[Walk, None], offered: Callable[[], None]) -> None:
        self._one = one
        self._offering = offering
        self._offered = offered

    def turned(self, turn: Turn, state: State, now: datetime) -> None:
        """Note whether this turn offers the key."""
        del state, now
        if ABANDON not in turn.offers:
            self._offering.pop(self._one, None)
        elif self._one not in self._offering:
            self._offering[self._one] = None
            self._offered()

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
    one = Walk(goal, writer, runner.listener, seen=first)
    # What shows the walk shows the key, too.
    end = run_all_asking(runner.fleet, [one], pressed, lambda _: None)[one]
    if isinstance(end, Trouble):
        raise end.error
    return end


def run_all_asking(
    fleet: Fleet,
    walks: Sequence[Walk],
    pressed: Callable[[float], str],
    offered: Callable[[Walk], None],
    then: Mapping[Walk, Walk] = NOTHING_THEN,
) -> dict[Walk, Ending | Trouble]:
    """Turn `walks`, and those of `then` after them, as `run_asking` does for one.

    `offered` is told of each walk that begins to offer the key.
    """
    clock = ListeningClock(fleet.clock, pressed)
    for one in (*walks, *then.values()):
        clock.hear(one, lambda one=one: offered(one))  # type: ignore[misc]
    return replace(fleet, clock=clock).run(walks, patience=FOREVER, then=then)
