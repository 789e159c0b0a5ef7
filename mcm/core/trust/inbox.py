"""What people have left for a change: a reading like any other."""

from dataclasses import dataclass

from mcm.core.history.glass_told import Glass
from mcm.core.trust.statement import Rejected, Verified


@dataclass(frozen=True)
class Inbox:
    """What people have signed, as far as it verified."""

    verified: tuple[Verified, ...]
    rejected: tuple[Rejected, ...]
    """Statements that did not verify, with why: shown, never counted."""
    glasses: tuple[Glass, ...] = ()
    """Each glass that was broken in the service, also for another change."""
