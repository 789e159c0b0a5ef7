"""One notification: what happened, why, and what to do next, in that order."""

import json
from dataclasses import dataclass
from datetime import datetime

from mcm.core import canonical
from mcm.core.sanitize import clean

SUBJECT_LIMIT = 100
"""SNS takes at most 100 characters (its API reference, Publish)."""
_BODY_LIMIT = 2000


@dataclass(frozen=True)
class Message:
    event: str
    """One of the words in `mcm.app.notifying.EVENTS`."""
    change: str
    """Empty for a rollback that belongs to no change."""
    stage: str
    what: str
    why: str
    next: tuple[str, ...]
    """Commands to copy."""
    at: datetime
    urgent: bool = False
    """Goes in front of everything that still waits to be sent."""
    sandbox: bool = False

    def subject(self) -> str:
        """Return one ASCII line of at most 100 characters, never empty."""
        mark = "SANDBOX " if self.sandbox else ""
        line = f"{mark}mcm: {self.stage} {self.event} {self.change}".strip()
        return clean(line, SUBJECT_LIMIT).encode("ascii", "replace").decode()

    def text(self) -> str:
        """Return the message for people to read."""
        mark = "SANDBOX: nothing of this happened on AWS.\n" if self.sandbox else ""
        steps = "".join(f"  {step}\n" for step in self.next)
        why = f"Why: {clean(self.why, _BODY_LIMIT)}\n" if self.why else ""
        then = f"Next:\n{steps}" if steps else ""
        return f"{mark}{clean(self.what, _BODY_LIMIT)}\n{why}{then}"

    def to_json(self) -> bytes:
        """Return the message for programs, with the readable text in it."""
        value = {
            "version": 1,
            "event": self.event,
            "change": self.change,
            "stage": self.stage,
            "what": self.what,
            "why": self.why,
            "next": list(self.next),
            "at": canonical.instant(self.at),
            "sandbox": self.sandbox,
            "text": self.text(),
        }
        return json.dumps(value, ensure_ascii=True).encode() + b"\n"
