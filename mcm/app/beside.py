"""Slow checks run beside the loop, never in it: a turn takes their newest answer.

Each is asked again once its time has come, one run at a time, in a thread of its own. A
turn waits only for a first answer, and no longer than its deadline. An answer that is
older than its query allows is no answer any more.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from mcm.core.duration import spell
from mcm.core.query import Query
from mcm.core.reading import Blindness, Reading, Unknown

Ask = Callable[[Any], Reading]
"""Answers one query, however long that takes; what it raises is an unknown reading."""
MOST = 16
"""How many may run at a time; one that cannot start is unknown, not waited for."""


class Beside:
    """Answers slow queries; implements the port `Source`. `ways` says how, by type of query.

    A query says by `every` when to ask again and by `good_for` how old an answer may be.
    """

    def __init__(self, ways: Mapping[type, Ask], now: Callable[[], datetime]) -> None:
        self._ways = ways
        self._now = now
        self._runs: dict[Query, _Run] = {}

    def answers(self, query: Query) -> bool:
        """Say whether this source is the one for `query`."""
        return type(query) in self._ways

    def read(self, queries: Iterable[Query], within: timedelta) -> dict[Query, Reading]:
        """Return the newest answers; begin the runs that are due. Never raises."""
        ends = monotonic() + within.total_seconds()
        asked = list(queries)
        for query in asked:
            run = self._runs.setdefault(query, _Run(query, self._ways[type(query)], self._now))
            busy = sum(1 for each in self._runs.values() if each.under_way)
            run.start(may_start=busy < MOST)
        return {query: self._runs[query].newest(ends) for query in asked}


class _Run:
    """One query: at most one run at a time, and what the last one said."""

    def __init__(self, query: Any, ask: Ask, now: Callable[[], datetime]) -> None:
        self._query = query
        self._ask = ask
        self._now = now
        self._changed = threading.Condition()
        self._reading: Reading | None = None
        self._begun: datetime | None = None
        self._busy = False
        self._refused = ""

    @property
    def under_way(self) -> bool:
        return self._busy

    def start(self, *, may_start: bool) -> None:
        """Begin a run if one is due and none is under way."""
        now = self._now()
        with self._changed:
            due = self._begun is None or now - self._begun >= self._query.every
            self._refused = "" if may_start else f"{MOST} slow checks are under way already"
            if self._busy or not due or self._refused:
                return
            self._busy, self._begun = True, now
        # A daemon: a run that hangs must not keep mcm from ending.
        thread = threading.Thread(target=self._run, name="mcm-beside", daemon=True)
        try:
            thread.start()
        except RuntimeError as err:
            self._finish(Unknown(Blindness.FAILED, f"no thread: {err}", now))

    def newest(self, ends: float) -> Reading:
        """Return the newest answer while it is good; wait for a first one up to `ends`."""
        with self._changed:
            if self._reading is None and self._busy:
                left = max(0.0, ends - monotonic())
                self._changed.wait_for(lambda: not self._busy, timeout=left)
            now, reading = self._now(), self._reading
            if reading is not None and now - reading.at <= self._query.good_for:
                return reading
            why = self._refused or "no answer yet"
            if reading is not None:
                why = f"the last answer is {spell(now - reading.at)} old"
            return Unknown(Blindness.LATE, why, now)

    def _run(self) -> None:
        reading: Reading = Unknown(Blindness.FAILED, "the check broke off", self._now())
        try:
            reading = self._ask(self._query)
        except Exception as err:  # noqa: BLE001 - a check that fails is unknown, not a crash
            reading = Unknown(Blindness.FAILED, f"{type(err).__name__}: {err}", self._now())
        finally:
            self._finish(reading)

    def _finish(self, reading: Reading) -> None:
        with self._changed:
            self._reading, self._busy = reading, False
            self._changed.notify_all()
