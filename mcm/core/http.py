"""What one HTTP GET returned."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class HttpView:
    """What one GET was answered."""

    status: int
    took: timedelta
    body: str = ""
    """Its beginning as text; foreign, never shown unsanitised."""
    certificate_ends: datetime | None = None
    """When the server's certificate expires; None without TLS."""
