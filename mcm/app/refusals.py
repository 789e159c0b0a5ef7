"""Refusals leave a trace: an attempt that was turned away is part of a change's history.

This is the one place that writes `refused` entries. Where the journal cannot be written the
refusal stands all the same; it was told on stderr.
"""

import re
import unicodedata
from contextlib import suppress
from datetime import datetime

from mcm.app.notebook import note
from mcm.core.errors import McmError, RefusedError
from mcm.core.history.journal import Draft, Journal
from mcm.core.sanitize import clean

_LIMIT = 500
_CODE = re.compile(r" ?\[(E_[A-Z_]+)\]")


class NotedRefusalError(RefusedError):
    """A refusal that is in the journal already."""


def note_error(
    journal: Journal, change: str, stage: str, by: str, err: RefusedError, now: datetime
) -> None:
    """Journal a refusal that ended a command, unless it has been."""
    if isinstance(err, NotedRefusalError):
        return
    reason = "; ".join((str(err), *getattr(err, "details", ())))
    note_refused(journal, change, stage, by, err.code, reason, now)


def note_ending(
    journal: Journal, change: str, stage: str, by: str, gate: str, reason: str, now: datetime
) -> None:
    """Journal that a walk ended at a gate that refuses; its code is the one in the reason."""
    found = _CODE.search(reason)
    text = f"gate {gate}: {reason}" if gate else reason
    note_refused(journal, change, stage, by, found[1] if found else "", text, now)


def plain_reason(reason: str) -> str:
    """Return a reason as a `refused` entry holds it."""
    return unicodedata.normalize("NFC", clean(_CODE.sub("", reason), _LIMIT))


def note_refused(
    journal: Journal, change: str, stage: str, by: str, code: str, reason: str, now: datetime
) -> None:
    """Append a `refused` entry, if the journal can be written."""
    # A reason may quote a file that somebody prepared: what has no canonical form is spelt out.
    plain = plain_reason(reason)
    who = unicodedata.normalize("NFC", clean(by, 200))
    body = {"stage": stage, "by": who, "code": code, "reason": plain}
    with suppress(McmError):
        note(journal, change, Draft("refused", body, now))
