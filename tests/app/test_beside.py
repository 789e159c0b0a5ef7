"""Slow checks run beside the loop: a turn takes their newest answer and waits for none."""

import threading
from datetime import timedelta

from mcm.app.beside import Beside
from mcm.core.query import CommandQuery
from mcm.core.reading import Blindness, Known, Reading, Readings, Unknown
from tests.kit.clock import VirtualClock

SECOND = timedelta(seconds=1)
QUERY = CommandQuery(("check",), 30 * SECOND, 60 * SECOND)


class Slow:
    """A check that ends when it is told to."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.may_end = threading.Semaphore(0)
        self.runs = 0
        self.ended = threading.Semaphore(0)

    def __call__(self, query: object) -> Reading:
        self.runs += 1
        assert self.may_end.acquire(timeout=20)
        self.ended.release()
        return Known(self.runs, self._clock.now())


def one(source: Beside, within: timedelta = timedelta(0)) -> Reading:
    return source.read([QUERY], within)[QUERY]


def finish(slow: Slow, source: Beside) -> None:
    """Let the run under way end, and wait until the source has its answer."""
    slow.may_end.release()
    assert slow.ended.acquire(timeout=20)
    one(source, 20 * SECOND)


def test_a_first_answer_is_waited_for_up_to_the_deadline() -> None:
    clock = VirtualClock()
    slow = Slow(clock)
    source = Beside({CommandQuery: slow}, clock.now)

    reading = one(source, SECOND / 10)

    assert isinstance(reading, Unknown)
    assert reading.why is Blindness.LATE
    slow.may_end.release()
    assert one(source, 20 * SECOND) == Known(1, clock.now())


def test_a_turn_takes_the_last_answer_while_the_next_run_is_under_way() -> None:
    clock = VirtualClock()
    slow = Slow(clock)
    source = Beside({CommandQuery: slow}, clock.now)
    one(source)
    finish(slow, source)
    first = one(source)

    clock.pass_time(59 * SECOND)
    assert one(source) == first
    assert slow.runs == 1
    clock.pass_time(SECOND)
    assert one(source, 20 * SECOND) == first
    slow.may_end.release()
    assert slow.ended.acquire(timeout=20)
    assert slow.runs == 2


def test_an_answer_that_is_too_old_is_none() -> None:
    """The run hangs: what it said before must not count for ever."""
    clock = VirtualClock()
    slow = Slow(clock)
    source = Beside({CommandQuery: slow}, clock.now)
    one(source)
    finish(slow, source)
    assert isinstance(one(source), Known)

    clock.pass_time(91 * SECOND)
    reading = one(source)

    assert isinstance(reading, Unknown)
    assert reading.why is Blindness.LATE
    assert "the last answer is" in reading.reason
    slow.may_end.release()


def test_a_check_that_breaks_is_unknown() -> None:
    def broken(query: object) -> Reading:
        raise RuntimeError("bug")

    source = Beside({CommandQuery: broken}, VirtualClock().now)
    reading = one(source, 20 * SECOND)

    assert isinstance(reading, Unknown)
    assert reading.why is Blindness.FAILED


def test_a_slow_answer_is_as_fresh_as_its_query_says() -> None:
    """Promise 6 bounds the age of what the loop itself reads; a slow check says its own."""
    clock = VirtualClock()
    old = Known(1, clock.now() - 80 * SECOND)
    older = Known(1, clock.now() - 120 * SECOND)

    assert Readings({QUERY: old}, clock.now()).oldest() == clock.now()
    assert Readings({QUERY: older}, clock.now()).oldest() == clock.now() - 30 * SECOND
