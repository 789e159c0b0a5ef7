"""The algebra of windows and freezes: may a stage be promoted now, and if not, when.

Any one window suffices and any freeze wins. A promotion also needs room: what is left of
the opening must hold the bake and a way back (`needs`), so the last of each opening is too
late to start in. Closing stops new promotions only; who watches a bake does not ask here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mcm.core.duration import spell, spell_wait
from mcm.core.windows.window import HORIZON, AnyWindow, Freeze, Span
from mcm.core.windows.zone import find_zone, spell_local

_MOST_STEPS = 20_000
"""Bound on joining spans; reached only if minutes are joined one by one for two weeks."""
_NOTHING = timedelta(0)


@dataclass(frozen=True)
class Openness:
    """Whether a stage may be promoted at an instant, and why."""

    open: bool
    reason: str
    """For a person, in the zone of the window or freeze it speaks of."""
    opens_at: datetime | None
    """When closed: the next instant at which it is open; None if not within the horizon."""
    closes_at: datetime | None
    """When open: the first instant at which it is not; None if not within the horizon.

    A window joined from more than 20,000 spans may be open for longer than this says.
    """
    gate: str | None = None
    """When closed: `freeze:NAME` or `window`, the name that an exception must give."""


def is_open(
    windows: Sequence[AnyWindow],
    freezes: Sequence[Freeze],
    now: datetime,
    *,
    production: bool,
    needs: timedelta = _NOTHING,
) -> Openness:
    """Say whether a stage with these windows may be promoted at the aware instant `now`.

    Without windows a production stage is closed, since nobody said when it may be touched,
    and another one is open. To honour a signed exception the caller leaves its freeze out.
    Raises ValueError if `now` is naive.
    """
    now = _in_utc(now)
    always = not windows and not production
    hours = _Hours(windows, freezes, needs, always=always)
    frozen = hours.freeze_at(now)
    if frozen is not None:
        until = spell_local(frozen.span.end, frozen.zone, now)
        why = f": {frozen.reason}" if frozen.reason else ""
        reason = f"freeze {frozen.name} until {until}{why}"
        return Openness(False, reason, hours.starts(now), None, f"freeze:{frozen.name}")
    if not windows and not always:
        reason = "no window is configured, and a production stage opens only in one"
        return Openness(False, reason, None, None, "window")
    if not always and hours.window_at(now) is None:
        opens_at = hours.starts(now)
        return Openness(False, _say_closed(hours, now, opens_at), opens_at, None, "window")
    ends_at = hours.closes(now)
    if ends_at is not None and needs and now >= ends_at - needs:
        opens_at = hours.starts(ends_at)
        reason = _say_late(hours, now, ends_at, opens_at)
        return Openness(False, reason, opens_at, None, "window")
    closes_at = ends_at - needs if ends_at else None
    return Openness(True, _say_open(hours, now, ends_at), None, closes_at)


def openings(
    windows: Sequence[AnyWindow],
    freezes: Sequence[Freeze],
    since: datetime,
    *,
    production: bool,
    needs: timedelta = _NOTHING,
) -> Iterator[Span]:
    """Yield the spans in which the stage may be promoted, joined, without the freezes.

    The first starts at `since` if the stage is open then; one that does not close within
    400 days of its start ends there. Nothing starts later than 400 days from `since`.
    """
    since = _in_utc(since)
    hours = _Hours(windows, freezes, needs, always=not windows and not production)
    start = hours.opens(since)
    while start is not None and start <= since + HORIZON:
        end = hours.closes(start) or start + HORIZON + needs
        if start < end - needs:
            yield Span(start, end - needs)
        start = hours.opens(end)


@dataclass(frozen=True)
class _Hours:
    """Windows and freezes together; all instants are aware UTC."""

    windows: Sequence[AnyWindow]
    freezes: Sequence[Freeze]
    needs: timedelta
    """How much of an opening must be left when a promotion starts."""
    always: bool
    """Open outside freezes, without any window."""

    def freeze_at(self, moment: datetime) -> Freeze | None:
        """Return the freeze in force, of several the one that ends last."""
        active = [freeze for freeze in self.freezes if freeze.span.holds(moment)]
        return max(active, key=lambda freeze: freeze.span.end, default=None)

    def window_at(self, moment: datetime) -> AnyWindow | None:
        """Return the window that is open, of several the one that ends last."""
        spans = ((window.span_at(moment), window) for window in self.windows)
        active = [(span.end, window) for span, window in spans if span is not None]
        return max(active, key=lambda pair: pair[0])[1] if active else None

    def starts(self, since: datetime) -> datetime | None:
        """Return the first instant from `since` on with room to start, or None."""
        moment = self.opens(since)
        while moment is not None and moment <= since + HORIZON:
            end = self.closes(moment) if self.needs else None
            if end is None or moment < end - self.needs:
                return moment
            moment = self.opens(end)
        return None

    def opens(self, since: datetime) -> datetime | None:
        """Return the first instant from `since` on that is open, or None within the horizon."""
        moment: datetime | None = since
        while moment is not None and moment <= since + HORIZON:
            frozen = self.freeze_at(moment)
            if frozen is not None:
                moment = frozen.span.end
            elif self.always or self.window_at(moment):
                return moment
            else:
                starts = (window.next_start(moment) for window in self.windows)
                moment = min((start for start in starts if start is not None), default=None)
        return None

    def closes(self, since: datetime) -> datetime | None:
        """Return the first instant after the open `since` that is not open, or None.

        At the bound on steps it returns how far it got: sooner than the truth, never later.
        """
        limit = min(
            (f.span.start for f in self.freezes if f.span.start > since), default=since + HORIZON
        )
        moment = limit if self.always else since
        for _ in range(_MOST_STEPS):
            if moment >= limit:
                break
            spans = (window.span_at(moment) for window in self.windows)
            end = max((span.end for span in spans if span is not None), default=None)
            if end is None:
                return moment
            moment = end
        else:
            return moment
        return limit if limit < since + HORIZON else None


def _say_open(hours: _Hours, now: datetime, ends_at: datetime | None) -> str:
    window = hours.window_at(now)
    if ends_at is None:
        if window is None:
            return "open: no window is configured, and this is not a production stage"
        return f"open, and does not close in the next {HORIZON.days} days"
    freeze = hours.freeze_at(ends_at)
    zone = window.zone if window else freeze.zone if freeze else find_zone("UTC")
    then = f", then freeze {freeze.name}" if freeze else ""
    return f"open until {spell_local(ends_at, zone, now)}{then}"


def _say_closed(hours: _Hours, now: datetime, opens_at: datetime | None) -> str:
    window = hours.window_at(opens_at) if opens_at else None
    if opens_at is None or window is None:
        return _say_never(hours)
    wait = spell_wait(opens_at - now)
    return f"window {window.name} opens {spell_local(opens_at, window.zone, now)} (in {wait})"


def _say_late(hours: _Hours, now: datetime, ends_at: datetime, opens_at: datetime | None) -> str:
    window = hours.window_at(now)
    freeze = hours.freeze_at(ends_at)
    zone = window.zone if window else freeze.zone if freeze else find_zone("UTC")
    short = f"bake and a way back take {spell(hours.needs)}"
    late = f"too late to start: open until {spell_local(ends_at, zone, now)}, and {short}"
    if opens_at is None:
        return f"{late}; {_say_never(hours)}"
    return f"{late}; opens {spell_local(opens_at, zone, now)} (in {spell_wait(opens_at - now)})"


def _say_never(hours: _Hours) -> str:
    if not hours.windows:
        return f"never long enough in the next {HORIZON.days} days"
    names = ", ".join(dict.fromkeys(window.name for window in hours.windows))
    do = "windows {} do" if "," in names else "window {} does"
    enough = " for long enough" if hours.needs else ""
    return f"{do.format(names)} not open{enough} in the next {HORIZON.days} days"


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("the instant needs a time zone")
    return moment.astimezone(UTC)
