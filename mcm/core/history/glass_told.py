"""Broken glasses as a journal tells of them; what they allow is judged in `glass`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mcm.core import canonical
from mcm.core.errors import RefusedError
from mcm.core.history.journal import Entry

REVIEW_WITHIN = timedelta(hours=24)
_ENTRIES = ("glass_broken", "glass_used")


@dataclass(frozen=True)
class Glass:
    """A glass that was broken somewhere in the service, used or not."""

    change: str
    stage: str
    by: str
    at: datetime
    expires: datetime
    statement: str
    """Digest of the statement."""
    reason: str = ""
    ticket: str = ""
    opens: tuple[str, ...] = ()
    """Gates that it opens besides, each with its reason."""
    used: bool = False
    """Whether a promotion was sent by it, as far as the journal knows."""
    reviewed_by: str = ""
    """Who else has looked at it since, by their signature; empty for nobody."""

    def is_open(self, now: datetime) -> bool:
        return self.at <= now < self.expires

    def is_overdue(self, now: datetime) -> bool:
        return not self.reviewed_by and now >= self.at + REVIEW_WITHIN

    def sentence(self) -> str:
        """Return what happened, for a banner; it never says that it was approved."""
        did = "went forward alone into" if self.used else "broke the glass for"
        opened = f" Opened {'; '.join(self.opens)}." if self.opens else ""
        seen = f"Reviewed by {self.reviewed_by}" if self.reviewed_by else "NOT REVIEWED by anybody"
        return (
            f"GLASS BROKEN: {self.by} {did} {self.stage} at {self.at:%Y-%m-%d %H:%M:%S}Z, "
            f"approved by nobody ({self.ticket}): {self.reason}.{opened} {seen}."
        )


def told(entries: Iterable[Entry], change: str) -> list[Glass]:
    """Return the glasses that a journal tells of, as it tells of them.

    Whether they were reviewed is left out: statements say that (`review_of`).
    """
    found: dict[str, Glass] = {}
    for entry in entries:
        if entry.kind in _ENTRIES:
            each = _noted(entry, change)
            found[each.statement] = each
    return list(found.values())


def _noted(entry: Entry, change: str) -> Glass:
    body: Any = entry.body
    try:
        at = canonical.parse_instant(body["from"])
        until = canonical.parse_instant(body["until"])
        words = [str(body[key]) for key in ("stage", "by", "statement", "reason", "ticket")]
        opens = tuple(f"{each['gate']}: {each['reason']}" for each in body["exceptions"])
    except (KeyError, TypeError, ValueError) as err:
        raise RefusedError(
            "E_STATE", f"entry {entry.seq} of {change} tells of a broken glass in no known form"
        ) from err
    stage, by, statement, reason, ticket = words
    used = entry.kind == "glass_used"
    return Glass(change, stage, by, at, until, statement, reason, ticket, opens, used)
