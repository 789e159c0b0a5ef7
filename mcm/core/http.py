"""What one HTTP GET returned."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class HttpView:
    status: int
    took: timedelta
