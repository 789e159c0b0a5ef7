"""Observing: one set of queries over several sources, answered by a deadline."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from mcm.app.ports import Clock, Source
from mcm.core.query import Query
from mcm.core.reading import Blindness, Reading, Readings, Unknown

LONGEST = timedelta(seconds=10)
SHORTEST = timedelta(seconds=2)
"""A sandbox polls every half second; its deadline may be longer than that."""


def deadline(poll: timedelta) -> timedelta:
    """Return how long one observation may take: half a poll, within 2 to 10 s."""
    return max(SHORTEST, min(poll / 2, LONGEST))


class Observer:
    """Asks each source for what it can answer; what nobody answers is unknown."""

    def __init__(self, sources: Sequence[Source], clock: Clock) -> None:
        self._sources = sources
        self._clock = clock

    def observe(self, queries: Iterable[Query], within: timedelta) -> Readings:
        """Return readings for all `queries`, the slowest of them late but never missing.

        The sources are asked in turn and share `within`: each gets what is left of it.
        """
        left = set(queries)
        answers: dict[Query, Reading] = {}
        started = self._clock.now()
        for source in self._sources:
            mine = {query for query in left if source.answers(query)}
            if mine:
                answers.update(source.read(mine, self._left(started, within)))
                left -= mine
        for query in left:
            answers[query] = Unknown(Blindness.FAILED, "nothing here can read that", started)
        return Readings(answers, self._clock.now())

    def _left(self, started: datetime, within: timedelta) -> timedelta:
        passed = self._clock.now() - started
        return within - min(max(passed, timedelta(0)), within)
