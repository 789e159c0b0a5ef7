"""Back-tests in words and as JSON."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from mcm.core import canonical
from mcm.core.backtests.tried import Tried
from mcm.core.duration import spell_wait
from mcm.core.judging.backtest import Backtest, spell
from mcm.core.judging.replay import Alarm, Score
from mcm.core.judging.threshold import Bound, Rule
from mcm.core.sanitize import clean
from mcm.core.windows.zone import find_zone, spell_local

_COLUMN = 12
_LISTED = 10
_UTC = find_zone("UTC")


def backtest_lines(found: Backtest, unit: str = "") -> Iterator[str]:
    """Yield one back-test: series, rule, alarms, incidents, a suggestion, each alarm with dates."""
    yield _row("series", _series(found, unit))
    if found.rule is not None:
        yield _row("rule", f"{spell_bound(found.rule.bound, unit)}, {_points(found.rule)}")
    scored = found.score
    if found.never:
        yield _row("never fires", found.never)
    else:
        rate = f"{len(scored.false)} false, {scored.false_a_week:.1f} a week"
        yield _row("alarms", f"{len(scored.alarms)}: {rate}")
    if scored.caught or scored.missed:
        yield _row("incidents", _incidents(scored))
    for incident, delay in scored.caught[:_LISTED]:
        yield _row("  noticed", f"{_when(incident.start, found)}, after {_delay(delay)}")
    for incident in scored.missed[:_LISTED]:
        yield _row("  missed", f"{_when(incident.start, found)} to {_when(incident.end, found)}")
    for alarm in scored.false[:_LISTED]:
        yield _row("  false", _alarm(alarm, found, unit))
    if len(scored.false) > _LISTED:
        yield _row("", f"and {len(scored.false) - _LISTED} more false alarms")
    if found.suggestion is not None:
        tried = found.suggestion.score
        known = len(tried.caught) + len(tried.missed)
        would = f"; {len(tried.caught)} of {known} incidents noticed" if known else ""
        says = f"{tried.false_a_week:.1f} false alarms a week here{would}"
        yield _row("suggestion", f"{spell_bound(found.suggestion.bound, unit)}: {says}")


def tried_lines(found: Iterable[Tried]) -> Iterator[str]:
    """Yield each guardrail of some stages: how it did, or why nobody can say."""
    for each in found:
        same = each.series == each.guardrail
        name = clean(each.guardrail if same else f"{each.guardrail}: {each.series}", 120)
        yield f"{each.stage}  {name}"
        for note in each.notes:
            yield _row("note", note)
        if each.result is None:
            yield _row("no result", clean(each.why_not, 200))
        else:
            yield from backtest_lines(each.result, each.unit)
        yield ""


def tried_json(found: Iterable[Tried], now: datetime, days: int) -> dict[str, Any]:
    """Return the document of `mcm backtest --json`."""
    return {
        "version": 1,
        "at": canonical.instant(now),
        "days": days,
        "guardrails": [
            {
                "stage": each.stage,
                "guardrail": each.guardrail,
                "kind": each.kind,
                "series": each.series,
                "unit": each.unit,
                "notes": list(each.notes),
                "why_not": each.why_not,
                "result": None if each.result is None else backtest_json(each.result),
            }
            for each in found
        ],
    }


def spell_bound(bound: Bound, unit: str = "") -> str:
    """Write a bound as it is asked for."""
    parts = [
        f"{word} {spell(value)}{f' {unit}' if unit else ''}"
        for word, value in (("above", bound.above), ("below", bound.below))
        if value is not None
    ]
    return " or ".join(parts)


def backtest_json(found: Backtest) -> dict[str, Any]:
    """Return one back-test for a script."""
    history, suggestion = found.history, found.suggestion
    return {
        "period_ms": canonical.duration(history.period),
        "start": canonical.instant(history.start),
        "end": canonical.instant(history.end),
        "periods": len(history.values),
        "missing": sum(value is None for value in history.values),
        **_bound_json(Bound(None, None) if found.rule is None else found.rule.bound),
        "points": None if found.rule is None else [found.rule.breach, found.rule.of],
        "never": found.never,
        **_score_json(found.score),
        "suggestion": None
        if suggestion is None
        else {**_bound_json(suggestion.bound), **_score_json(suggestion.score)},
    }


def _bound_json(bound: Bound) -> dict[str, Any]:
    return {"above": _number(bound.above), "below": _number(bound.below)}


def _score_json(scored: Score) -> dict[str, Any]:
    return {
        "alarms": [_alarm_json(each) for each in scored.alarms],
        "false_alarms": [_alarm_json(each) for each in scored.false],
        "false_a_week": round(scored.false_a_week, 3),
        "precision": None if scored.precision is None else round(scored.precision, 3),
        "recall": None if scored.recall is None else round(scored.recall, 3),
        "delay_ms": None if scored.delay is None else canonical.duration(scored.delay),
        "noticed": [
            {**_span_json(span.start, span.end), "delay_ms": canonical.duration(delay)}
            for span, delay in scored.caught
        ],
        "missed": [_span_json(span.start, span.end) for span in scored.missed],
    }


def _alarm_json(alarm: Alarm) -> dict[str, Any]:
    return {**_span_json(alarm.at, alarm.end), "worst": _number(alarm.worst)}


def _span_json(start: datetime, end: datetime) -> dict[str, Any]:
    return {"start": canonical.instant(start), "end": canonical.instant(end)}


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _row(name: str, text: str) -> str:
    return f"{name:<{_COLUMN}}{text}".rstrip()


def _series(found: Backtest, unit: str) -> str:
    history = found.history
    known = sorted(value for value in history.values if value is not None)
    days = (history.end - history.start) / timedelta(days=1)
    gaps = len(history.values) - len(known)
    span = f"{_when(history.start, found)}, {days:.1f} days of {spell_wait(history.period)}"
    if not known:
        return f"{span}: no data"
    if found.rule is None:
        rang = spell_wait(sum(bool(value) for value in known) * history.period)
        told = f"in ALARM in {rang} of it" if any(known) else "never in ALARM"
        return f"{span}: {told}{f'; unknown in {gaps} of {len(history.values)}' if gaps else ''}"
    marks = (("min", 0.0), ("median", 0.5), ("p99", 0.99), ("max", 1.0))
    told = ", ".join(f"{name} {spell(_rank(known, share))}" for name, share in marks)
    missing = f"; {gaps} of {len(history.values)} periods without data" if gaps else ""
    return f"{span}: {told}{f' {unit}' if unit else ''}{missing}"


def _rank(ordered: list[Decimal], share: float) -> Decimal:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _points(rule: Rule) -> str:
    return f"{rule.breach} of {rule.of} periods"


def _incidents(scored: Score) -> str:
    known = len(scored.caught) + len(scored.missed)
    precision = "" if scored.precision is None else f", precision {scored.precision:.0%}"
    delay = "" if scored.delay is None else f", median delay {_delay(scored.delay)}"
    return f"{known} known, {len(scored.caught)} noticed{precision}{delay}"


def _alarm(alarm: Alarm, found: Backtest, unit: str) -> str:
    lasts = f", for {spell_wait(alarm.end - alarm.at)}" if alarm.end > alarm.at else ""
    worst = "" if alarm.worst is None else f", at worst {spell(alarm.worst)}"
    return f"{_when(alarm.at, found)}{lasts}{worst}{f' {unit}' if unit and worst else ''}"


def _delay(delay: timedelta) -> str:
    return spell_wait(delay) if delay else "0s"


def _when(moment: datetime, found: Backtest) -> str:
    return spell_local(moment, _UTC, found.history.end.astimezone(UTC))
