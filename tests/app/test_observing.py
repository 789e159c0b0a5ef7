"""One set of queries over several sources, by one deadline."""

from collections.abc import Iterable
from datetime import timedelta

from mcm.app.observing import Observer
from mcm.core.http import HttpView
from mcm.core.query import HttpQuery, IdentityQuery, Query
from mcm.core.reading import Blindness, Known, Reading, Unknown
from tests.kit.clock import VirtualClock
from tests.kit.readings import US

SECOND = timedelta(seconds=1)
PING = HttpQuery("https://photo-check.example/ping", 2 * SECOND)
WHO = IdentityQuery(US)


class Slow:
    """Answers one kind of query after `takes`, and notes how long it was given."""

    def __init__(self, clock: VirtualClock, kind: type, takes: timedelta) -> None:
        self._clock = clock
        self._kind = kind
        self._takes = takes
        self.given: list[timedelta] = []

    def answers(self, query: Query) -> bool:
        return isinstance(query, self._kind)

    def read(self, queries: Iterable[Query], within: timedelta) -> dict[Query, Reading]:
        self.given.append(within)
        self._clock.pass_time(self._takes)
        return {query: Known(HttpView(200, SECOND), self._clock.now()) for query in queries}


def test_sources_share_one_deadline() -> None:
    clock = VirtualClock()
    first = Slow(clock, IdentityQuery, 4 * SECOND)
    second = Slow(clock, HttpQuery, SECOND)

    Observer([first, second], clock).observe({WHO, PING}, 10 * SECOND)

    assert first.given == [10 * SECOND]
    assert second.given == [6 * SECOND]


def test_a_source_that_took_more_than_all_of_it_leaves_the_next_nothing() -> None:
    clock = VirtualClock()
    first = Slow(clock, IdentityQuery, 14 * SECOND)
    second = Slow(clock, HttpQuery, SECOND)

    Observer([first, second], clock).observe({WHO, PING}, 10 * SECOND)

    assert second.given == [timedelta(0)]


def test_what_nobody_answers_is_unknown() -> None:
    readings = Observer([], VirtualClock()).observe({PING}, SECOND)

    answer = readings.get(PING)
    assert isinstance(answer, Unknown)
    assert answer.why is Blindness.FAILED
