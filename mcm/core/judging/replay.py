"""Replaying a rule over history: when it would have breached, and how good that is.

A replay judges each period as a turn would have right after it closed, by the rules of the
judge (`threshold`, `alarm_rule`); a property test compares the two. What comes out is
alarms: breaches that begin less than `JOIN` after the one before ended are one, since the
first of them would have taken the change back. Times are starts of periods; an alarm is
*noticed* when the period that completes it closes.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from heapq import nlargest, nsmallest
from itertools import accumulate, groupby

from mcm.core.judging.alarm_rule import AlarmRule, State, evaluate
from mcm.core.judging.threshold import Bound, Rule, Value
from mcm.core.windows.window import Span

JOIN = timedelta(hours=1)
WEEK = timedelta(days=7)
_FIRST_LOOK = 200
"""So many of the farthest values are looked at first for a suggestion."""


@dataclass(frozen=True)
class History:
    """A series over consecutive periods, oldest first; None where there is no data."""

    start: datetime
    period: timedelta
    values: Sequence[Value]

    @property
    def end(self) -> datetime:
        return self.start + len(self.values) * self.period

    @cached_property
    def known(self) -> tuple[int, int]:
        """Index of the first period with data, and of the one after the last; all without any."""
        count = len(self.values)
        first = next((i for i in range(count) if self.values[i] is not None), None)
        if first is None:
            return 0, count
        return first, next(i for i in range(count, 0, -1) if self.values[i - 1] is not None)

    def noticed(self, index: int) -> datetime:
        """Return when the period of an index has closed."""
        return self.start + (index + 1) * self.period


@dataclass(frozen=True)
class Alarm:
    """One time at which somebody would have been called, or a change taken back."""

    at: datetime
    """When it is noticed."""
    end: datetime
    """When its last breach is over."""
    worst: Decimal | None
    """Value farthest beyond the bound, None where only silence breached."""


@dataclass(frozen=True)
class Score:
    """Alarms held against incidents that are known."""

    alarms: tuple[Alarm, ...]
    false: tuple[Alarm, ...]
    """Those that fell into no incident."""
    caught: tuple[tuple[Span, timedelta], ...]
    """Incidents that were noticed, each with how long after its start."""
    missed: tuple[Span, ...]
    quiet: timedelta
    """How much time, from the first data to the last, lies outside all incidents."""

    @property
    def false_a_week(self) -> float:
        return len(self.false) / (self.quiet / WEEK) if self.quiet else 0.0

    @property
    def precision(self) -> float | None:
        """Share of the alarms that were right; None without alarms."""
        return 1 - len(self.false) / len(self.alarms) if self.alarms else None

    @property
    def recall(self) -> float | None:
        """Share of the incidents that were noticed; None without incidents."""
        known = len(self.caught) + len(self.missed)
        return len(self.caught) / known if known else None

    @property
    def delay(self) -> timedelta | None:
        """Median time until an incident was noticed; None when none was."""
        ordered = sorted(delay for _, delay in self.caught)
        return ordered[(len(ordered) - 1) // 2] if ordered else None


def breaches(rule: Rule, values: Sequence[Value]) -> list[int]:
    """Return the indices whose newest window of N periods is a BREACH by `rule`."""
    marks = _crossed(rule.bound, values)
    sums = [0, *accumulate(marks)]
    of, least = rule.of, rule.breach
    early = [i for i in range(min(of - 1, len(values))) if sums[i + 1] >= least]
    late = (last - first >= least for first, last in zip(sums, sums[of:], strict=False))
    return early + [i for i, hit in enumerate(late, of - 1) if hit]


def alarm_states(rule: AlarmRule, values: Sequence[Value]) -> list[State]:
    """Return the state that an alarm of CloudWatch would have had after each period.

    By mcm's own evaluator, which the sandbox has too; see its docstring for where it is
    simpler than CloudWatch.
    """
    numbers = [None if value is None else float(value) for value in values]
    found, state = [], State.INSUFFICIENT_DATA
    for index in range(len(numbers)):
        first = max(0, index + 1 - rule.looks_at)
        state = evaluate(rule, numbers[first : index + 1], state).state
        found.append(state)
    return found


def alarm_breaches(rule: AlarmRule, values: Sequence[Value]) -> list[int]:
    """Return the indices after which it would have been in ALARM."""
    states = alarm_states(rule, values)
    return [index for index, state in enumerate(states) if state is State.ALARM]


def alarms_of(history: History, indices: Sequence[int], bound: Bound) -> tuple[Alarm, ...]:
    """Join breaches at these ascending indices into alarms."""
    found = []
    for at, end in _spans(history, indices):
        first, last = (int((moment - history.start) / history.period) - 1 for moment in (at, end))
        hit = (history.values[i] for i in _between(indices, first, last))
        found.append(Alarm(at, end, _worst(bound, hit)))
    return tuple(found)


def _between(indices: Sequence[int], first: int, last: int) -> Sequence[int]:
    return indices[bisect_left(indices, first) : bisect_right(indices, last)]


def score(history: History, alarms: Sequence[Alarm], incidents: Iterable[Span]) -> Score:
    """Hold alarms against the incidents that lie in the history.

    An alarm is right when it is under way at any time of an incident; the incident is
    noticed then, at its own start if the alarm began before.
    """
    known = [each for each in incidents if each.start < history.end and each.end > history.start]
    caught, missed = [], []
    for incident in known:
        first = next((each for each in alarms if _meets(each, incident)), None)
        if first is None:
            missed.append(incident)
        else:
            caught.append((incident, max(timedelta(0), first.at - incident.start)))
    false = tuple(each for each in alarms if not any(_meets(each, one) for one in known))
    quiet = _quiet(_seen(history, alarms), known)
    return Score(tuple(alarms), false, tuple(caught), tuple(missed), quiet)


def _quiet(seen: Span, incidents: Iterable[Span]) -> timedelta:
    """Return how much of `seen` lies outside; time of several incidents counts once."""
    quiet, done = timedelta(0), seen.start
    for each in sorted(incidents, key=lambda incident: incident.start):
        quiet += max(min(each.start, seen.end) - done, timedelta(0))
        done = max(done, each.end)
    return quiet + max(seen.end - done, timedelta(0))


def _seen(history: History, alarms: Sequence[Alarm]) -> Span:
    """Return the time that a rate is of: from the first data or alarm to the last.

    A metric that is two days old tells two days, however far back it was asked for. Gaps
    between count: where nothing fails, a count of errors has none.
    """
    first, last = history.known
    start, end = history.start + first * history.period, history.start + last * history.period
    if alarms:
        start, end = min(start, alarms[0].at), max(end, *(each.end for each in alarms))
    return Span(start, end)


def suggest(
    history: History, rule: Rule, incidents: Sequence[Span], *, most: float, high: bool
) -> Decimal | None:
    """Return the tightest bound that gives at most `most` false alarms a week here.

    `high` asks for an upper bound, else a lower one; M and N stay. None where there is too
    little data to say. It fits this history: another week may be another matter.
    """
    known = sum(value is not None and value.is_finite() for value in history.values)
    if known < max(2, rule.breach):
        return None
    looked = _FIRST_LOOK
    while True:
        farthest = _farthest(history.values, looked, high=high)
        best, is_done = _search(history, rule, incidents, farthest[-1], most=most, high=high)
        if is_done or looked >= known:
            return best
        looked *= 4


def _search(
    history: History,
    rule: Rule,
    incidents: Sequence[Span],
    cut: Decimal,
    *,
    most: float,
    high: bool,
) -> tuple[Decimal | None, bool]:
    """Go inwards as far as `cut`; return the best bound, and whether a worse one was met.

    From the farthest value, not by halves: a bound so tight that it is crossed all the time
    gives one long alarm, which would look like few.
    """
    orders = _orders(rule, history.values, cut, high=high)
    ranked = sorted(((stat, index) for index, stat in orders), reverse=high)
    best, beyond, looked = ranked[0][0] if ranked else None, list[int](), 0
    for limit, group in groupby(ranked, key=lambda pair: pair[0]):
        if not looked or len(beyond) > looked + looked // 50:
            looked = len(beyond)
            if _false_a_week(history, beyond, incidents) > most:
                return best, True
            best = limit
        for _, index in group:
            insort(beyond, index)
    return best, False


def _farthest(values: Sequence[Value], count: int, *, high: bool) -> list[Decimal]:
    known = (value for value in values if value is not None and value.is_finite())
    return nlargest(count, known) if high else nsmallest(count, known)


def _false_a_week(history: History, indices: Sequence[int], incidents: Sequence[Span]) -> float:
    alarms = [Alarm(*span, None) for span in _spans(history, indices)]
    return score(history, alarms, incidents).false_a_week


def _spans(history: History, indices: Sequence[int]) -> Iterator[tuple[datetime, datetime]]:
    """Yield from when to when each alarm lasts, by the ascending indices of its breaches."""
    gap = max(1, JOIN // history.period)
    first = last = None
    for index in indices:
        if first is None or last is None or index - last > gap:
            if first is not None and last is not None:
                yield history.noticed(first), history.noticed(last)
            first = index
        last = index
    if first is not None and last is not None:
        yield history.noticed(first), history.noticed(last)


def _orders(
    rule: Rule, values: Sequence[Value], cut: Decimal, *, high: bool
) -> Iterator[tuple[int, Decimal]]:
    """Yield for each window its index and the bound from which M of its N begin to cross.

    Only for windows in which M values reach `cut`: those are few, and no others matter yet.
    """
    reach = [
        index
        for index, value in enumerate(values)
        if value is not None and value.is_finite() and (value >= cut if high else value <= cut)
    ]
    seen = -1
    for place, index in enumerate(reach):
        for end in range(max(index, seen + 1), min(index + rule.of, len(values))):
            seen = end
            first = bisect_right(reach, end - rule.of)
            inside = reach[first : bisect_right(reach, end, lo=place)]
            if len(inside) >= rule.breach:
                window = sorted((values[i] for i in inside), reverse=high)  # type: ignore[type-var]
                yield end, window[rule.breach - 1]  # type: ignore[misc]


def crossings(bound: Bound, values: Sequence[Value]) -> int:
    """Return how many values lie beyond."""
    return sum(_crossed(bound, values))


def _crossed(bound: Bound, values: Sequence[Value]) -> list[bool]:
    """Return for each value whether it lies beyond; the same as asking the bound, but quick."""
    above, below = bound.above, bound.below
    if any(value is not None and not value.is_finite() for value in values):
        return [value is not None and bound.is_crossed(value) for value in values]
    if below is None and above is not None:
        return [value is not None and value > above for value in values]
    if above is None and below is not None:
        return [value is not None and value < below for value in values]
    return [value is not None and bound.is_crossed(value) for value in values]


def _worst(bound: Bound, values: Iterable[Value]) -> Decimal | None:
    known = [value for value in values if value is not None and value.is_finite()]
    if not known:
        return None
    return max(known) if bound.above is not None else min(known)


def _meets(alarm: Alarm, incident: Span) -> bool:
    return alarm.at < incident.end and alarm.end >= incident.start
