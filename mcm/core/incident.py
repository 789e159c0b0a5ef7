"""Incidents as the core sees them: what is open, since when, how severe."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Incident:
    """One open incident."""

    id: str
    title: str
    """Somebody's words: data, never shown unsanitised."""
    severity: str
    opened_at: datetime


@dataclass(frozen=True)
class PastIncident:
    id: str
    started_at: datetime
    """When people said that it began, else when it was opened."""
    ended_at: datetime | None
    """When people said that it ended, else when it was last changed; None while it is open."""


@dataclass(frozen=True)
class Incidents:
    """The open incidents, as far as they were read."""

    open: tuple[Incident, ...]
    """Newest first."""
    more: bool
    """Whether there are others that were not read."""
