"""What became of a shell line that a runbook ran, and what of its output may be kept."""

import re
import unicodedata
from dataclasses import dataclass

from mcm.core.sanitize import clean

KEPT = 800
"""Characters of output in the journal: its end, where errors stand."""
_SECRET = re.compile(
    r"(?i)(\"?[a-z_-]*(?:token|secret|password|access_?key)[a-z_-]*\"?\s*[:=]\s*)\"?[^\s\",]+\"?"
    r"|\b(A(?:KIA|SIA))[A-Z0-9]{12,}\b"
)


@dataclass(frozen=True)
class Ran:
    status: int | None
    """Its exit status; None when it has none: never started, ended by a signal or by us."""
    tail: str
    """The end of what it printed, as it came."""
    why: str
    """Why it is no success; empty for status 0."""


def kept_tail(output: str) -> str:
    """Return the end of `output` as the journal may hold it: one clean line, no secrets.

    A token that answers an approval is never stored (AWS-RULES 13).
    """
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    hidden = _SECRET.sub(lambda found: f"{found[1] or found[2]}***", " / ".join(lines))
    shown = clean(unicodedata.normalize("NFC", hidden), 10 * KEPT)
    return shown if len(shown) <= KEPT else "…" + shown[1 - KEPT :]
