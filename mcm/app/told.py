"""What people were told of a walk, for the process that goes on with it.

A walk driven by ticks would else call the same person each minute. A walk that is started
again tells anew, as one that never left its terminal does.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from mcm.app.notebook import note
from mcm.app.notifying import Key
from mcm.core.history.journal import Draft, Entry, Journal


def told_before(entries: Sequence[Entry], stage: str) -> frozenset[Key]:
    """Return what was told of `stage` since its walk was last started."""
    found: set[Key] = set()
    for entry in entries:
        if entry.kind == "walk_started" and stage in entry.body.get("stages", ()):
            found.clear()
        elif entry.kind == "told" and entry.body.get("stage") == stage:
            about = entry.body.get("about", ())
            found |= {(str(each["event"]), stage, str(each["mark"])) for each in about}
    return frozenset(found)


def note_told(
    journal: Journal, change: str, stage: str, keys: Iterable[Key], now: datetime
) -> None:
    """Put into the journal what people were told of `stage`; nothing for nothing."""
    about = [{"event": event, "mark": mark} for event, of, mark in keys if of == stage]
    if about:
        note(journal, change, Draft("told", {"stage": stage, "about": about}, now))
