"""One driver for each change: the lease around a walk that goes forward.

Held by another: DrivenError. When nobody can tell, nothing forward is begun; but a stage
that is out there stays watched, without the right to promote (docs/adr/0016). A rollback
by hand never comes here.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from mcm.app.ports import Leases
from mcm.core.errors import McmError
from mcm.core.history.fold import fold
from mcm.core.history.journal import Journal
from mcm.core.history.lease import DrivenError, Driver
from mcm.core.history.state import State


@contextmanager
def driving(
    leases: Leases, driver: Driver, journal: Journal, change: str, stages: Sequence[str]
) -> Iterator[str]:
    """Hold the lease of `change` inside; yield why nothing may be promoted, empty with a lease.

    Raises DrivenError while another process drives, and what says why nobody can tell,
    unless one of `stages` has been promoted and has not ended: then that reason is
    yielded, and the writer must be barred with it.
    """
    try:
        lease = leases.take(change, driver)
    except DrivenError:
        raise
    except McmError as err:
        state = fold(journal.entries(change))
        if not any(is_out_there(state, stage) for stage in stages):
            raise
        yield str(err)
        return
    try:
        yield ""
    finally:
        lease.free()


def is_out_there(state: State, stage: str) -> bool:
    """Say whether the stage may have been promoted by the walk under way, and has not ended."""
    known = state.stage(stage)
    sent = any(each.happened is not False for each in state.tries(stage, "promote"))
    return not known.outcome and (known.entered_at is not None or sent)
