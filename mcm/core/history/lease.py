"""Who drives a change: at most one process at a time. A lock, not state.

Nothing is decided from what a lease says; it is for people. That it is held or free is
what counts, and the keeper of leases (`mcm.app.ports.Leases`) knows that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mcm.core import commands
from mcm.core.errors import Exit, McmError
from mcm.core.sanitize import clean

SOMEBODY = "somebody"


@dataclass(frozen=True)
class Driver:
    """The process that turns a change's walks, as it described itself."""

    who: str
    command: str
    """What it was called for: `mcm deploy`, `mcm tick`."""
    pid: int
    host: str
    since: datetime | None
    """None when its description cannot be read; all but `who` is empty then."""

    def text(self, now: datetime | None = None) -> str:
        """Return `since 14:02Z by alice (mcm deploy, pid 123)`; with the day if not today's."""
        if self.since is None:
            return f"by {SOMEBODY} (what they run cannot be read)"
        today = now is None or now.date() == self.since.date()
        since = f"{self.since:%H:%M}Z" if today else f"{self.since:%d %b %H:%M}Z"
        what = f"{clean(self.command, 40)}, pid {self.pid} on {clean(self.host, 64)}"
        return f"since {since} by {clean(self.who, 64)} ({what})"

    def to_value(self) -> dict[str, object]:
        """Return what a keeper of leases writes down."""
        return {
            "who": self.who,
            "command": self.command,
            "pid": self.pid,
            "host": self.host,
            "since": None if self.since is None else self.since.isoformat(),
        }

    @staticmethod
    def from_value(value: Mapping[str, Any]) -> "Driver":
        """Read `to_value`'s form; raise KeyError, TypeError or ValueError for another."""
        since = datetime.fromisoformat(str(value["since"])).astimezone(UTC)
        who, command, host = (str(value[name]) for name in ("who", "command", "host"))
        return Driver(who, command, int(value["pid"]), host, since)


UNREADABLE = Driver(SOMEBODY, "", 0, "", None)
"""The lease is held, and what its holder wrote says nothing."""


class DrivenError(McmError):
    """Another process drives the change; it lives."""

    exit_code = Exit.HELD

    def __init__(self, change: str, driver: Driver, now: datetime | None = None) -> None:
        self.driver = driver
        super().__init__(
            f"{change} is driven {driver.text(now)}: two drivers would get in each other's way",
            hint=f"`{commands.about('watch', change)}` shows it; a rollback waits for nobody."
            f"{_if_it_hangs(driver)}",
        )


def _if_it_hangs(driver: Driver) -> str:
    if not driver.pid:
        return ""
    where = f"`kill -9 {driver.pid}` on {clean(driver.host, 64)}"
    return f" If it hangs, {where} ends it, and the same command takes over."


class LeaseError(McmError):
    """Nobody can tell whether the change is driven: the lease cannot be read or made."""

    exit_code = Exit.BLIND
