"""What data capture wrote last, of one variant."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class CaptureView:
    """The newest captured record of a variant."""

    key: str
    """Of the newest object; empty when there is none in this hour and the one before."""
    written_at: datetime | None
    fields: frozenset[str]
    """Dotted paths of what its last record has, such as `captureData.endpointOutput.data`."""
    problem: str = ""
    """Why the record cannot be read as JSON; empty when it can."""


def paths(value: object, above: str = "") -> frozenset[str]:
    """Return the dotted paths of every key in nested mappings."""
    if not isinstance(value, dict):
        return frozenset()
    found: set[str] = set()
    for key, inner in value.items():
        path = f"{above}.{key}" if above else str(key)
        found |= {path, *paths(inner, path)}
    return frozenset(found)
