"""What state an alarm was in, and when: evaluated again, put together, or told by its history.

A state that nobody knows is None, and a composite alarm is as unknown as any of its
children: what might have been is no alarm.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

from mcm.core.alarm import AlarmView
from mcm.core.judging.alarm_rule import AlarmRule, State
from mcm.core.judging.backtest import Backtest
from mcm.core.judging.composite_rule import CompositeRule
from mcm.core.judging.replay import JOIN, Alarm, History, alarm_states, score
from mcm.core.judging.threshold import Value
from mcm.core.windows.window import Span

Change = tuple[datetime, State | None]


@dataclass(frozen=True)
class Timeline:
    """The states of one alarm in `[start, end)`."""

    start: datetime
    end: datetime
    changes: tuple[Change, ...]
    """From when on it was in which state, oldest first; unknown before the first."""

    def at(self, moment: datetime) -> State | None:
        """Return the state at a moment."""
        index = bisect_right(self.changes, moment, key=lambda change: change[0])
        return self.changes[index - 1][1] if index else None

    def spans(self) -> Iterator[tuple[Span, State | None]]:
        """Yield each stretch of one state, without gaps, from start to end."""
        bounds = [*self.changes, (self.end, None)]
        if not self.changes or self.changes[0][0] > self.start:
            bounds.insert(0, (self.start, None))
        for (since, state), (until, _) in pairwise(bounds):
            if since < until:
                yield Span(since, until), state


def evaluated(rule: AlarmRule, history: History) -> Timeline:
    """Evaluate an alarm again, each period right after it closed."""
    changes: list[Change] = []
    for index, state in enumerate(alarm_states(rule, history.values)):
        if not changes or state is not changes[-1][1]:
            changes.append((history.noticed(index), state))
    return Timeline(history.start, history.end, tuple(changes))


def composed(rule: CompositeRule, children: Mapping[str, Timeline]) -> Timeline:
    """Put a composite alarm together, for the time of which all children of the rule tell."""
    start = max(each.start for each in children.values())
    end = min(each.end for each in children.values())
    moments = {start, *(at for each in children.values() for at, _ in each.changes)}
    changes: list[Change] = []
    for moment in sorted(moment for moment in moments if start <= moment < end):
        states = {name: each.at(moment) for name, each in children.items()}
        known = {name: state for name, state in states.items() if state is not None}
        state = None
        if len(known) == len(states):
            state = State.ALARM if rule.rings(known.__getitem__) else State.OK
        if not changes or state is not changes[-1][1]:
            changes.append((moment, state))
    return Timeline(start, end, tuple(changes))


def told(alarm: AlarmView, start: datetime, end: datetime) -> Timeline:
    """Return what CloudWatch's own history says; the state before the first change is unknown."""
    changes: list[Change] = [(each.at, _state(each.state)) for each in alarm.changes]
    if not changes:
        since = alarm.transitioned_at
        begun = max(start, since) if since is not None else end
        changes = [(begun, _state(alarm.state))]
    return Timeline(start, end, tuple(change for change in changes if start <= change[0] < end))


def backtest_states(timeline: Timeline, grid: History, incidents: Sequence[Span]) -> Backtest:
    """Hold the times in ALARM against the incidents.

    `grid` gives start and period of the series that is shown, 1 while in ALARM; its values
    are not looked at. There is no bound, so none is suggested.
    """
    stretches = list(timeline.spans())
    rang = [span for span, state in stretches if state is State.ALARM]
    values = _sampled(stretches, grid, len(grid.values))
    history = History(grid.start, grid.period, values)
    scored = score(history, tuple(_joined(rang)), incidents)
    return Backtest(history, None, scored, None, sum(bool(value) for value in values))


def _joined(rang: Iterable[Span]) -> Iterator[Alarm]:
    """Join those that ring again soon, as `replay` does with breaches."""
    open_alarm: Alarm | None = None
    for span in rang:
        if open_alarm is not None and span.start - open_alarm.end <= JOIN:
            open_alarm = Alarm(open_alarm.at, span.end, None)
            continue
        if open_alarm is not None:
            yield open_alarm
        open_alarm = Alarm(span.start, span.end, None)
    if open_alarm is not None:
        yield open_alarm


def _sampled(
    stretches: Iterable[tuple[Span, State | None]], grid: History, count: int
) -> list[Value]:
    """Return for each period 1 if the alarm rang in it, else 0; None where that is not known."""
    values: list[Value] = [None] * count
    for span, state in stretches:
        first = max(0, (span.start - grid.start) // grid.period)
        last = min(count, -((grid.start - span.end) // grid.period))
        for index in range(first, last if state is not None else first):
            if state is State.ALARM or values[index] is None:
                values[index] = Decimal(state is State.ALARM)
    return values


def _state(word: str) -> State | None:
    return State(word) if word in set(State) else None
