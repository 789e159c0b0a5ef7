"""A deployment by appointment: not before a time, and not after one (`deploy --at --expires`).

An operator's word in the journal, so that it holds for whoever drives the walk next. It can
only close the way forward: a rollback never asks it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mcm.core import canonical
from mcm.core.history.journal import Draft

if TYPE_CHECKING:
    from mcm.core.history.turn import GateView

KIND = "scheduled"


@dataclass(frozen=True)
class Schedule:
    """When a stage may be promoted by the word of whoever deploys it."""

    by: str
    at: datetime | None
    """Not before; None for at once."""
    expires: datetime | None
    """Not from then on; None for never."""
    plan: str
    """Digest of the plan that it is about: another edition has no schedule."""


def draft(stage: str, schedule: Schedule, now: datetime) -> Draft:
    """Return the entry that keeps it."""
    body = {
        "stage": stage,
        "by": schedule.by,
        "at": canonical.instant(schedule.at) if schedule.at else "",
        "expires": canonical.instant(schedule.expires) if schedule.expires else "",
        "plan": schedule.plan,
    }
    return Draft(KIND, body, now)


def read(body: Mapping[str, Any]) -> Schedule:
    """Return what an entry says."""
    at, expires = (
        canonical.parse_instant(body[key]) if body[key] else None for key in ("at", "expires")
    )
    return Schedule(body["by"], at, expires, body["plan"])


def judge(schedule: Schedule | None, plan: str, now: datetime) -> "GateView":
    """Return the gate: open without a schedule, or with one of another plan."""
    from mcm.core.history.turn import GateView  # who only reads a journal needs none of it

    if schedule is None or schedule.plan != plan or not (schedule.at or schedule.expires):
        return GateView("schedule", True, "as soon as the other gates are open")
    if schedule.expires is not None and now >= schedule.expires:
        expired = f"{schedule.by} wanted it before {_spell(schedule.expires)}"
        return GateView(
            "schedule", False, f"the order to deploy has expired: {expired}", leave=True
        )
    if schedule.at is not None and now < schedule.at:
        reason = f"{schedule.by} wants it not before {_spell(schedule.at)}"
        return GateView("schedule", False, reason, schedule.at)
    return GateView("schedule", True, f"scheduled by {schedule.by}")


def _spell(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}Z"
