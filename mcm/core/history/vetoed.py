"""Who vetoed a rollback, in words; apart from `veto`, since status needs no plan for it."""

from mcm.core.history.state import StageState


def told(known: StageState) -> str:
    """Return a clause about who vetoed the rollback of the breach, empty if nobody did."""
    said = who(known)
    return f"; {said}" if said else ""


def who(known: StageState) -> str:
    """Say who vetoed the rollback of the breach; empty if nobody did."""
    word = known.vetoed.get(known.breach_check)
    return f"{word.by} vetoed its rollback at {word.at:%H:%M}Z: {word.reason}" if word else ""
