"""How long CloudWatch keeps points of which period (AWS-RULES 27, "cloudwatch_concepts").

What is older is merged into longer periods; asked for at the finer one, nothing comes
back and no error says so. So whoever asks for the past looks here first.
"""

from datetime import timedelta

_KEPT = (
    (timedelta(hours=1), timedelta(days=455)),
    (timedelta(minutes=5), timedelta(days=63)),
    (timedelta(minutes=1), timedelta(days=15)),
)
_FINEST = timedelta(hours=3)


def kept_for(period: timedelta) -> timedelta:
    """Return how old a point of `period` may be and still come back."""
    for unit, kept in _KEPT:
        if not period % unit:
            return kept
    return _FINEST


def too_old(period: timedelta, age: timedelta) -> str:
    """Say why points of `period` and of this age do not come back; empty when they do."""
    kept = kept_for(period)
    if age <= kept:
        return ""
    days = f"{kept.days} days" if kept.days else f"{kept // timedelta(hours=1)} hours"
    return f"points of {period.total_seconds():g} s are kept for {days} only"
