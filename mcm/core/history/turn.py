"""What one decision says: entries to keep, and what comes next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mcm.core.errors import Exit
from mcm.core.history.instruction import Instruction
from mcm.core.history.journal import Draft
from mcm.core.verdict import Verdict

ABANDON = "abandon"
"""Give up what still runs in a stage that is to be rolled back."""


@dataclass(frozen=True)
class Wait:
    """Work is under way: look again at `until` (at once when it is not in the future)."""

    until: datetime
    why: str


@dataclass(frozen=True)
class Hold:
    """A gate is closed. At a terminal the runner waits; without one it leaves with `exit`.

    `leave` is set when waiting cannot help: the runner leaves even at a terminal.
    """

    gate: str
    reason: str
    until: datetime | None
    """When the gate is known to open; None when nobody can say."""
    exit: Exit = Exit.HELD
    leave: bool = False
    hint: str = ""


@dataclass(frozen=True)
class Act:
    """Carry out one instruction; the runner journals intent and outcome around it."""

    instruction: Instruction
    stage: str
    purpose: str
    """`promote`, `close_behind` or `roll_back`."""
    why: str
    claims: Mapping[str, str] = field(default_factory=dict)
    """Single-use approvals that this act consumes: nonce → holder."""


@dataclass(frozen=True)
class Done:
    """The goal is reached or can no longer be."""

    exit: Exit
    reason: str


Next = Wait | Hold | Act | Done


@dataclass(frozen=True)
class GateView:
    """One gate as it stands, for the live view and the record."""

    name: str
    open: bool
    reason: str
    until: datetime | None = None
    exit: Exit = Exit.HELD
    leave: bool = False
    note: str = ""
    """What somebody should know though the gate is open; it is in the reason, too."""


@dataclass(frozen=True)
class Turn:
    """`entries` are what a restart must know; the rest is for display only."""

    entries: tuple[Draft, ...]
    next: Next
    verdicts: tuple[Verdict, ...] = ()
    gates: tuple[GateView, ...] = ()
    samples: int | None = None
    """Requests seen in the bake so far."""
    offers: tuple[str, ...] = ()
    """What a person may ask for now, such as ABANDON: nothing does it by itself."""
