"""The changes of a project, one line each."""

from collections.abc import Iterable
from dataclasses import dataclass

from mcm.app.status import ChangeStatus


@dataclass(frozen=True)
class Listed:
    change: str
    title: str
    summary: str
    """`not planned`, `planned`, `requested`, `approved`, or how each stage stands."""


def list_changes(found: Iterable[ChangeStatus]) -> tuple[Listed, ...]:
    """Sum up each change in a few words."""
    return tuple(Listed(each.change, each.title, _sum_up(each)) for each in found)


def _sum_up(status: ChangeStatus) -> str:
    moved = [s for s in status.stages if s.outcome != "not_started"]
    if moved:
        return ", ".join(f"{s.stage} {s.outcome.replace('_', ' ')}" for s in moved)
    if not status.edition:
        return "not planned"
    if status.approvals:
        return "approved"
    return "requested" if status.requested else "planned"
