"""`alarms` over history: evaluated again by mcm, or as CloudWatch's own history tells them.

An alarm on metrics is evaluated from their points; a composite alarm by its rule from the
states of its children. What cannot be, a log alarm and an anomaly band among them, is
taken from DescribeAlarmHistory. Each result says which of the three it is.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from mcm.core.alarm import AlarmDefinition, AlarmView
from mcm.core.backtests.tried import (
    Cannot,
    Replay,
    Subject,
    Terms,
    Tried,
    ask,
    is_sum,
    notes_of,
    with_period,
)
from mcm.core.judging.alarm_metric import read_alarm
from mcm.core.judging.alarm_rule import AlarmRule, Comparison
from mcm.core.judging.backtest import Resolution, backtest, resolution
from mcm.core.judging.composite_rule import CompositeRule, RuleError, parse
from mcm.core.judging.replay import History, alarm_breaches
from mcm.core.judging.threshold import Bound, Rule
from mcm.core.judging.timeline import Timeline, backtest_states, composed, evaluated, told
from mcm.core.plans.plan import Guardrail, StagePlan
from mcm.core.points import Points
from mcm.core.query import (
    AlarmDefinitionQuery,
    AlarmQuery,
    AlarmSetQuery,
    MetricQuery,
    Place,
    Query,
)
from mcm.core.reading import Readings

RE_EVALUATED = "evaluated again by mcm; CloudWatch's own evaluation is not asked"
BY_CHILDREN = "its rule and its children evaluated again by mcm"
BY_HISTORY = "as CloudWatch's history of the alarm tells, which goes back 30 days"
REMEMBERED = timedelta(days=30)
"""How long CloudWatch keeps an alarm's history (user guide, "alarms")."""
DEEPEST = 5
"""Composite alarms over composite alarms."""
_MINUTE = timedelta(minutes=1)
_ABOVE = (Comparison.ABOVE, Comparison.AT_LEAST)


@dataclass(frozen=True)
class OnMetrics:
    """An alarm that is evaluated from points."""

    name: str
    query: MetricQuery
    rule: AlarmRule
    kept: Resolution

    def queries(self) -> frozenset[Query]:
        return frozenset({self.query})

    def history(self, readings: Readings) -> History:
        """Return its points; raise ValueError where they are unknown."""
        points = readings.known(self.query, Points)
        if points is None or points.start is None:
            raise ValueError(readings.why_unknown(self.query) or "no period has closed yet")
        return History(points.start, self.kept.period, points.values(self.kept.period))

    def timeline(self, readings: Readings, terms: Terms) -> Timeline:  # noqa: ARG002 - as all
        return evaluated(self.rule, self.history(readings))


@dataclass(frozen=True)
class ByHistory:
    """An alarm whose own history is believed."""

    name: str
    query: AlarmQuery
    why: str
    """Why it is not evaluated."""

    def queries(self) -> frozenset[Query]:
        return frozenset({self.query})

    def timeline(self, readings: Readings, terms: Terms) -> Timeline:
        """Return its states; raise ValueError where nobody knows them."""
        view = readings.known(self.query, AlarmView)
        if view is None or self.query.since is None:
            raise ValueError(readings.why_unknown(self.query) or "no history came back")
        return told(view, self.query.since, terms.now)


@dataclass(frozen=True)
class ByChildren:
    """A composite alarm."""

    name: str
    rule: CompositeRule
    children: Mapping[str, "Way"]
    otherwise: ByHistory

    def queries(self) -> frozenset[Query]:
        below = (query for child in self.children.values() for query in child.queries())
        return frozenset({*self.otherwise.queries(), *below})

    def timeline(self, readings: Readings, terms: Terms) -> Timeline:
        """Put it together; raise ValueError where a child is unknown."""
        lines = {name: way.timeline(readings, terms) for name, way in self.children.items()}
        return composed(self.rule, lines)

    def evaluated(self) -> Iterator[OnMetrics]:
        """Yield those below that are evaluated from points."""
        for child in self.children.values():
            if isinstance(child, OnMetrics):
                yield child
            elif isinstance(child, ByChildren):
                yield from child.evaluated()

    def believed(self) -> Iterator[str]:
        """Yield the names below of those that are not evaluated."""
        for child in self.children.values():
            if isinstance(child, ByHistory):
                yield child.name
            elif isinstance(child, ByChildren):
                yield from child.believed()


Way = OnMetrics | ByHistory | ByChildren


@dataclass(frozen=True)
class AlarmReplay:
    subject: Subject
    way: Way

    def queries(self) -> frozenset[Query]:
        return self.way.queries()

    def run(self, readings: Readings, terms: Terms) -> Tried:
        try:
            if isinstance(self.way, OnMetrics):
                return self._evaluated(self.way, readings, terms)
            if isinstance(self.way, ByChildren):
                return self._composed(self.way, readings, terms)
            return self._told(self.way, readings, terms)
        except ValueError as err:
            return self.subject.without(str(err))

    def _evaluated(self, way: OnMetrics, readings: Readings, terms: Terms) -> Tried:
        history = way.history(readings)
        found = alarm_breaches(way.rule, history.values)
        result = backtest(history, _as_rule(way.rule), terms.incidents, terms.rate, found)
        return self.subject.found(result, [RE_EVALUATED, *notes_of(way.query.metric, way.kept)])

    def _composed(self, way: ByChildren, readings: Readings, terms: Terms) -> Tried:
        try:
            line = way.timeline(readings, terms)
        except ValueError as err:
            return self._told(replace(way.otherwise, why=f"a child: {err}"), readings, terms)
        below = (
            note for each in way.evaluated() for note in notes_of(each.query.metric, each.kept)
        )
        notes = [BY_CHILDREN, *dict.fromkeys(below)]
        if believed := sorted(set(way.believed())):
            notes.append(f"{', '.join(believed)}: {BY_HISTORY}")
        return self._states(line, notes, terms)

    def _told(self, way: ByHistory, readings: Readings, terms: Terms) -> Tried:
        try:
            line = way.timeline(readings, terms)
        except ValueError as err:
            raise ValueError(f"{way.why}; its history: {err}") from err
        return self._states(line, [BY_HISTORY, f"not evaluated again: {way.why}"], terms)

    def _states(self, line: Timeline, notes: Iterable[str], terms: Terms) -> Tried:
        count = max(1, (line.end - line.start) // _MINUTE)
        grid = History(line.start, _MINUTE, [None] * count)
        return self.subject.found(backtest_states(line, grid, terms.incidents), notes)


def set_queries(stage: StagePlan, guardrail: Guardrail) -> tuple[AlarmSetQuery, ...]:
    """Return what to see first: which alarms begin so, or are tagged so."""
    params = guardrail.params
    pairs = ((params.get("prefix", ""), ""), ("", params.get("tag", "")))
    return tuple(AlarmSetQuery(stage.place, a, b, None) for a, b in pairs if a or b)


def alarm_names(stage: StagePlan, guardrail: Guardrail, readings: Readings) -> list[str]:
    """Return every alarm of a guardrail once, those that it names first."""
    names = list(guardrail.params["names"])
    for query in set_queries(stage, guardrail):
        views = readings.known(query, tuple) or ()
        names += sorted(view.name for view in views if isinstance(view, AlarmView))
    return list(dict.fromkeys(names))


def definitions_wanted(place: Place, names: Iterable[str], readings: Readings) -> frozenset[Query]:
    """Return the definitions to see, those of the children of what is known among them."""
    wanted, left = set[str](), list(names)
    while left:
        name = left.pop()
        if name not in wanted:
            wanted.add(name)
            known = readings.known(AlarmDefinitionQuery(place, name), AlarmDefinition)
            if known is not None and known.kind == "CompositeAlarm":
                left += _children(known)
    return frozenset(AlarmDefinitionQuery(place, name) for name in wanted)


def alarm_replays(
    stage: StagePlan, guardrail: Guardrail, readings: Readings, lag: timedelta, terms: Terms
) -> Iterator[Replay]:
    """Yield how each alarm of a guardrail is replayed; sets that cannot be seen say so."""
    for query in set_queries(stage, guardrail):
        if readings.known(query, tuple) is None:
            named = query.prefix or query.tag
            yield Cannot(Subject(stage, guardrail, named), readings.why_unknown(query))
    for name in alarm_names(stage, guardrail, readings):
        subject = Subject(stage, guardrail, name)
        known = readings.known(AlarmDefinitionQuery(stage.place, name), AlarmDefinition)
        if known is None:
            why = readings.why_unknown(AlarmDefinitionQuery(stage.place, name))
            yield Cannot(subject, why)
        else:
            yield AlarmReplay(subject, _Ways(stage.place, readings, lag, terms).of(known))


@dataclass(frozen=True)
class _Ways:
    """How alarms of one place are replayed."""

    place: Place
    readings: Readings
    lag: timedelta
    terms: Terms

    def of(self, known: AlarmDefinition, depth: int = 0) -> Way:
        since = max(self._start(), self.terms.now - REMEMBERED)
        told_by = ByHistory(known.name, AlarmQuery(self.place, known.name, since), "")
        try:
            if known.kind == "CompositeAlarm":
                return self._composite(known, told_by, depth)
            return self._on_metrics(known)
        except ValueError as err:
            return replace(told_by, why=str(err))

    def _start(self) -> datetime:
        return self.terms.start(timedelta(0))

    def _composite(self, known: AlarmDefinition, otherwise: ByHistory, depth: int) -> ByChildren:
        try:
            rule = parse(str(known.spelled.get("AlarmRule", "")))
        except RuleError as err:
            raise ValueError(f"its rule is not understood: {err}") from err
        if depth >= DEEPEST or not rule.children:
            raise ValueError("its rule rests on no alarm, or on too many levels of them")
        children: dict[str, Way] = {}
        for name in sorted(rule.children):
            child = self.readings.known(AlarmDefinitionQuery(self.place, name), AlarmDefinition)
            if child is None:
                raise ValueError(f"its child {name} is not known")
            children[name] = self.of(child, depth + 1)
        return ByChildren(known.name, rule, children, otherwise)

    def _on_metrics(self, known: AlarmDefinition) -> OnMetrics:
        metric, rule = read_alarm(known)
        kept = resolution(metric.period, timedelta(days=self.terms.days))
        factor = max(1, kept.period // rule.period)
        of = max(1, round(rule.evaluation_periods / factor))
        stretched = replace(
            rule,
            period=kept.period,
            evaluation_periods=of,
            datapoints_to_alarm=max(1, min(of, round(rule.datapoints_to_alarm / factor))),
            threshold=rule.threshold * (factor if is_sum(metric) else 1),
        )
        start = self.terms.start(kept.period)
        query = ask(self.place, with_period(metric, kept.period), start, self.lag)
        return OnMetrics(known.name, query, stretched, kept)


def _children(known: AlarmDefinition) -> Iterable[str]:
    try:
        return parse(str(known.spelled.get("AlarmRule", ""))).children
    except RuleError:
        return ()


def _as_rule(rule: AlarmRule) -> Rule:
    """Return the nearest M of N, to count and to suggest by."""
    limit = Decimal(str(rule.threshold))
    bound = Bound(limit, None) if rule.comparison in _ABOVE else Bound(None, limit)
    return Rule(bound, rule.datapoints_to_alarm, rule.evaluation_periods)
