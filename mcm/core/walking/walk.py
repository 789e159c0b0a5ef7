"""The pure half of the loop: what to look at, and what to do about what was seen.

The forward half is loaded when a walk goes forward. Going back needs none of its gates,
guard and windows, and somebody waits for it from the moment the command is typed.
"""

from datetime import datetime

from mcm.core.history.goal import Goal, GoForward, Observe, Redeploy, Reopen, Restore
from mcm.core.history.state import State
from mcm.core.history.turn import Turn
from mcm.core.query import Query
from mcm.core.reading import Readings
from mcm.core.rollback import back


def queries(goal: Goal, state: State) -> frozenset[Query]:
    """Return what the next decision about `goal` needs to see."""
    if isinstance(goal, GoForward):
        from mcm.core.walking import forward

        return forward.queries(goal, state)
    if isinstance(goal, Reopen):
        from mcm.core.rollback import reopen

        return reopen.queries(goal, state)
    if isinstance(goal, Redeploy):
        from mcm.core.rollback import redeploy

        return redeploy.queries(goal, state)
    if isinstance(goal, Restore):
        from mcm.core.rollback import restore

        return restore.queries(goal, state)
    if isinstance(goal, Observe):
        from mcm.core.walking import observe

        return observe.queries(goal, state)
    return back.queries(goal, state)


def decide(goal: Goal, state: State, readings: Readings, now: datetime) -> Turn:
    """Decide one turn. The same arguments give the same turn; nothing else is looked at."""
    if isinstance(goal, GoForward):
        from mcm.core.walking import forward

        return forward.decide(goal, state, readings, now)
    if isinstance(goal, Reopen):
        from mcm.core.rollback import reopen

        return reopen.decide(goal, state, readings, now)
    if isinstance(goal, Redeploy):
        from mcm.core.rollback import redeploy

        return redeploy.decide(goal, state, readings, now)
    if isinstance(goal, Restore):
        from mcm.core.rollback import restore

        return restore.decide(goal, state, readings, now)
    if isinstance(goal, Observe):
        from mcm.core.walking import observe

        return observe.decide(goal, state, readings, now)
    return back.decide(goal, state, readings, now)
