"""What a story makes of a world: the plan, what others do, and how it may end."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from mcm.core.errors import Exit
from mcm.core.history.goal import Observe
from mcm.core.plans.plan import Plan
from tests.kit.world import World
from tests.simulation.faults import When

_LIMITS = {"intent": 0, "entered": 60, "bake_started": 1500}
_AFTER = {"baking": timedelta(minutes=20), "at once": timedelta(seconds=30)}
"""So long after the begin of the bake at most, and never before."""
_LATE = When("bake_started", timedelta(minutes=27))


def nothing() -> None:
    """No deed."""


@dataclass
class Setting:
    """A world as a story prepares it."""

    world: World
    plan: Plan
    deed: Callable[[], object]
    """Returns False when AWS refused it."""
    exits: frozenset[Exit]
    oncall: bool = False
    """The command is `mcm rollback` instead of `mcm deploy`."""
    observes: Observe | None = None
    """The command is `mcm watch` of what others deploy."""
    tells: str = ""
    """The kind of entry without which an observer that nothing disturbs may not end."""
    breaks: bool = False
    """Whether the deed is a cause to roll back."""
    broken: bool = False
    """Whether there is a cause from the start: what is promoted differs from the plan."""
    at_latest: str = ""
    """The moment that the deed is tied to, whatever was drawn."""
    stops: bool = False
    """Whether a person may stop the way back, as a veto does."""
    between: Callable[[], object] | None = None
    """What others do between the first intent and its act."""
    overtaken: Callable[[], object] | None = None
    """What others do between mcm's last look and its first opening, where nobody could see it."""
    then: list[tuple[When, Callable[[], object]]] = field(default_factory=list)
    """What else is done, each at its own moment."""
    afterwards: Callable[[], object] | None = None
    """What is done when the command has come to its end; then it is run again."""
    beside: Callable[..., Any] = field(default=nothing)
    """Begins another process: goal, change. Set by the simulation."""

    def when(self, drawn: When) -> When | None:
        """Return when the deed is done: as drawn, or earlier; None: before anything."""
        if self.at_latest == "now":
            return None
        if self.at_latest == "late":
            return _LATE
        if self.at_latest in _AFTER:
            return When("bake_started", min(drawn.delay, _AFTER[self.at_latest]))
        moment = drawn.moment
        if self.at_latest == "start" or self.at_latest in _LIMITS:
            moment = self.at_latest
        if (drawn.moment, self.at_latest) == ("entered", "bake_started"):
            moment = "entered"
        most = timedelta(seconds=_LIMITS.get(self.at_latest, 3600))
        return When(moment, min(drawn.delay, most))
