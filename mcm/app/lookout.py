"""Looking out, beside a walk, for what people say elsewhere.

While a walk waits at the gate `approval`, or while a guardrail `person` hears reports,
someone has to look every now and then at the place where statements arrive. A look may be
slow or fail: it runs beside the loop, one at a time, and neither it nor its failure stops
anything.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from mcm.core.history.journal import Entry
from mcm.core.history.state import State
from mcm.core.history.turn import Turn

EVERY = timedelta(seconds=15)
HEARS = "person"
"""Name of the guardrail that people speak to."""


class Lookout:
    """A listener that lets `look` run, through `spawn`, every 15 s while that is waited for.

    `look` may raise anything. A failure is told by `say`, and not again before a look went
    well in between.
    """

    def __init__(
        self,
        look: Callable[[], None],
        say: Callable[[str], None],
        spawn: Callable[[Callable[[], None]], None],
        where: str,
    ) -> None:
        self._look = look
        self._say = say
        self._spawn = spawn
        self._where = where
        self._last: datetime | None = None
        self._busy = False
        self._failed = False

    def wrote(self, entries: Sequence[Entry]) -> None:
        """Nothing to do: only a closed gate asks for a look."""

    def lost(self, entries: Sequence[Entry], why: str) -> None:
        """Nothing to do."""

    def turned(self, turn: Turn, state: State, now: datetime) -> None:
        """Begin a look when one is due and none is under way."""
        del state
        waits = any(gate.name == "approval" and not gate.open for gate in turn.gates)
        hears = any(verdict.check.partition("-")[0] == HEARS for verdict in turn.verdicts)
        if (
            not (waits or hears)
            or self._busy
            or (self._last is not None and now - self._last < EVERY)
        ):
            return
        if self._last is None:
            seconds = f"{EVERY.total_seconds():g}"
            self._say(f"looking for what people sign on {self._where} every {seconds} s")
        self._last, self._busy = now, True
        self._spawn(self._run)

    def _run(self) -> None:
        try:
            self._look()
            self._failed = False
        except Exception as err:  # noqa: BLE001 - a look decides nothing and stops nothing
            if not self._failed:
                self._say(f"warning: {self._where} cannot be looked at, and will be again: {err}")
            self._failed = True
        finally:
            self._busy = False
