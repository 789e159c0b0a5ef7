"""A back-test: one rule over one history, with what a person should know of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from mcm.core.judging.replay import History, Score, alarms_of, breaches, crossings, score, suggest
from mcm.core.judging.retention import kept_for
from mcm.core.judging.threshold import Bound, Rule
from mcm.core.windows.window import Span

DIGITS = 4
"""Of a suggested bound: rounded outwards, so that it is crossed no more often."""
_PERIODS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(hours=1))
"""Those into which CloudWatch merges what is older (`retention`)."""


@dataclass(frozen=True)
class Suggestion:
    bound: Bound
    score: Score
    """What it would have given on the same history."""


@dataclass(frozen=True)
class Backtest:
    history: History
    """Values; or 1 while an alarm rang and else 0, where states were replayed."""
    rule: Rule | None
    """None where states were replayed: they have no bound."""
    score: Score
    suggestion: Suggestion | None
    crossed: int
    """Periods beyond the bound, or in which it rang."""

    @property
    def never(self) -> str:
        """Say why it never fired; empty when it did."""
        if self.score.alarms:
            return ""
        known = [value for value in self.history.values if value is not None]
        if not known:
            return "there is no data at all"
        if self.rule is None:
            return "it was never in ALARM"
        if self.crossed:
            periods = "period was" if self.crossed == 1 else "periods were"
            rule = f"{self.rule.breach} of {self.rule.of}"
            return f"{self.crossed} {periods} beyond the bound, never {rule} together"
        farthest = max(known) if self.rule.bound.above is not None else min(known)
        word = "highest" if self.rule.bound.above is not None else "lowest"
        return f"no period was ever beyond the bound: the {word} is {spell(farthest)}"


@dataclass(frozen=True)
class Resolution:
    """Which points are still there."""

    period: timedelta
    coarse: bool
    """Whether finer ones, as the rule wants them, are gone."""


def backtest(
    history: History,
    rule: Rule,
    incidents: Sequence[Span],
    most: float,
    found: Sequence[int] | None = None,
) -> Backtest:
    """Replay `rule` over `history`; suggest a bound for at most `most` false alarms a week.

    `found` are the periods in breach where another evaluator than the judge has told them.
    """
    indices = breaches(rule, history.values) if found is None else found
    crossed = crossings(rule.bound, history.values)
    scored = score(history, alarms_of(history, indices, rule.bound), incidents)
    return Backtest(history, rule, scored, _suggest(history, rule, incidents, most), crossed)


def resolution(period: timedelta, age: timedelta) -> Resolution:
    """Return the finest points that CloudWatch still has of something `age` ago.

    Raises ValueError where it has none any more (AWS-RULES 27).
    """
    if kept_for(period) >= age:
        return Resolution(period, coarse=False)
    for coarser in _PERIODS:
        if coarser > period and kept_for(coarser) >= age:
            return Resolution(coarser, coarse=True)
    raise ValueError(f"CloudWatch keeps metrics for {kept_for(_PERIODS[-1]).days} days")


def stretch(rule: Rule, period: timedelta, to: timedelta, *, is_sum: bool) -> Rule:
    """Return the rule for longer periods: as much time of it, and a count as much larger."""
    if to <= period:
        return rule
    times = to / period
    of = max(1, round(rule.of / times))
    least = max(1, min(of, round(rule.breach / times)))
    factor = Decimal(round(times)) if is_sum else Decimal(1)
    above, below = (
        None if each is None else each * factor for each in (rule.bound.above, rule.bound.below)
    )
    return Rule(Bound(above, below), least, of)


def round_out(limit: Decimal, *, high: bool) -> Decimal:
    """Round to four digits, away from the data."""
    if not limit:
        return limit
    places = DIGITS - 1 - limit.adjusted()
    step = Decimal(1).scaleb(-places)
    rounded = limit.quantize(step, rounding=ROUND_CEILING if high else ROUND_FLOOR)
    return rounded.normalize()


def spell(value: Decimal) -> str:
    """Write a number without an exponent, four digits or all that stand before the point."""
    number = float(value)
    return f"{number:.0f}" if abs(number) >= 1000 else f"{number:.4g}"


def _suggest(
    history: History, rule: Rule, incidents: Sequence[Span], most: float
) -> Suggestion | None:
    high = rule.bound.above is not None
    if high and rule.bound.below is not None:
        return None  # which of the two to move is nobody's guess
    limit = suggest(history, rule, incidents, most=most, high=high)
    if limit is None:
        return None
    rounded = round_out(limit, high=high)
    bound = Bound(rounded, None) if high else Bound(None, rounded)
    found = breaches(Rule(bound, rule.breach, rule.of), history.values)
    return Suggestion(bound, score(history, alarms_of(history, found, bound), incidents))
