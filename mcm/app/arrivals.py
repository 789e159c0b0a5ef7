"""Statements that came from elsewhere: noted by the clone that keeps the change's journal.

Whoever signs in another clone cannot write in this journal; so it says what arrived, and
when. A statement that is noted already is not noted again, under whatever name it came.
"""

from collections.abc import Iterable
from datetime import datetime

from mcm.app.notebook import note
from mcm.app.refusals import note_refused, plain_reason
from mcm.core.history.journal import Draft, Journal
from mcm.core.trust.statement import Rejected, Statement, Verified
from mcm.core.walking import notes

_KINDS = {
    "request": "requested",
    "approval": "approved",
    "rejection": "rejected",
    "breakglass": "glass_broken",
    "review": "glass_reviewed",
}


def note_arrivals(
    journal: Journal, change: str, arrived: Iterable[Verified], now: datetime
) -> tuple[Verified, ...]:
    """Journal what persons said about a plan or a glass that is new here; return that."""
    known = {entry.body.get("statement") for entry in journal.entries(change)}
    new = tuple(
        each
        for each in {one.digest: one for one in arrived}.values()
        if each.statement.kind in _KINDS and each.digest not in known
    )
    drafts = [_draft(each, now) for each in new]
    if drafts:
        note(journal, change, *drafts)
    return new


def note_refusals(
    journal: Journal, change: str, refused: Iterable[Rejected], now: datetime
) -> None:
    """Journal what came and was not taken, once for each reason."""
    known = {(e.body.get("code"), e.body.get("reason")) for e in journal.entries(change)}
    for each in {(one.code, one.reason): one for one in refused}.values():
        if (each.code, plain_reason(each.reason)) not in known:
            note_refused(journal, change, "", each.source, each.code, each.reason, now)


def _draft(each: Verified, now: datetime) -> Draft:
    if each.statement.kind == "breakglass":
        return notes.glass_broken(each.statement, each.digest, now)
    return Draft(_KINDS[each.statement.kind], _body(each), now)


def _body(each: Verified) -> dict[str, object]:
    said: Statement = each.statement
    body: dict[str, object] = {"by": each.person, "edition": said.edition}
    if said.kind in ("approval", "review"):
        body["stage"] = said.stage
    if said.kind == "review":
        return {**body, "reason": said.reason, "glass": said.request, "statement": each.digest}
    body |= {"reason": said.reason} if said.kind == "rejection" else {"plan": said.plan}
    return {**body, "statement": each.digest}
