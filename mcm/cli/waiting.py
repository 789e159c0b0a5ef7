"""What a walk waits for, in one clause."""

import re
from datetime import datetime

from mcm.core.duration import spell_wait
from mcm.core.history.turn import Act, Done, Hold, Turn, Wait

_OPENS = re.compile(r"window \S+ opens ")


def waiting_for(turn: Turn, now: datetime) -> str:
    """Return in one clause what the walk does or waits for."""
    step = turn.next
    if isinstance(step, Wait):
        return f"waiting for: {step.why}"
    if isinstance(step, Hold):
        return f"held at the gate {step.gate}: {step.reason}{opens(step.until, now, step.reason)}"
    if isinstance(step, Act):
        return f"doing: {step.why}"
    assert isinstance(step, Done)
    return f"done: {step.reason}"


def opens(until: datetime | None, now: datetime, reason: str) -> str:
    """Return `; opens Thu 19 Mar 09:00Z, in 23h`, or nothing when nobody can say.

    Nothing, too, beside a window's own `reason`, which says it in the zone of the window.
    """
    if until is None or _OPENS.match(reason):
        return ""
    wait = f", in {spell_wait(until - now)}" if until > now else ""
    return f"; opens {until:%a %d %b %H:%M}Z{wait}"
