"""What the ladder took back: executions that the pipeline itself still counts as good.

A rollback passes over an execution and the pipeline's history shows it. A redeployment is
a deployment like any other, and of an endpoint put back by hand it knows nothing; only the
journal knows that what ran before had to go.
"""

from collections.abc import Iterable
from datetime import datetime

from mcm.core.history.journal import Draft, Entry
from mcm.core.history.outcome import Result

_UNSENT = frozenset({Result.REFUSED.value, Result.NOT_SENT.value})


def left_behind(entries: Iterable[Entry], stage: str) -> frozenset[str]:
    """Return the executions that redeployments of `stage` took back, by one journal."""
    replaced: dict[int, str] = {}
    for entry in entries:
        body = entry.body
        if entry.kind == "intent" and body.get("stage") == stage:
            made = body.get("instruction", {})
            if made.get("op") == "start_execution" and made.get("replaces"):
                replaced[entry.seq] = str(made["replaces"])
        elif (entry.kind == "outcome" and body.get("result") in _UNSENT) or (
            entry.kind == "settled" and body.get("happened") is False
        ):
            replaced.pop(body.get("intent", 0), None)
    return frozenset(replaced.values())


def put_back(stage: str, rung: str, what: str, rest: tuple[str, ...], now: datetime) -> Draft:
    """Return the entry that a rung has put `stage` back, but for the endpoints of `rest`."""
    body = {"stage": stage, "rung": rung, "what": what, "rest": list(rest)}
    return Draft("put_back", body, now)
