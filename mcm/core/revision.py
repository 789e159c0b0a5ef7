"""What a source delivered to an execution; plans keep it, so it stands apart from the views."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Revision:
    """A source commit or artifact version. All text is the author's: untrusted."""

    source: str
    id: str
    summary: str
    url: str
