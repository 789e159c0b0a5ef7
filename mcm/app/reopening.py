"""Where a reopening is written down: beside the rollback that closed the way in."""

from mcm.app.rolling_back import own_journal
from mcm.core.errors import McmError
from mcm.core.history.fold import fold
from mcm.core.history.journal import Journal


def home_of(stage: str, journal: Journal) -> str:
    """Return the journal with the newest rollback of `stage`; without one, the stage's own."""
    newest, home = None, own_journal(stage)
    for change in journal.changes():
        try:
            rollbacks = fold(journal.entries(change)).stage(stage).rollbacks
        except McmError:
            continue  # a broken journal tells nothing, and nothing is written into it
        if rollbacks and (newest is None or rollbacks[-1].at > newest):
            newest, home = rollbacks[-1].at, change
    return home
