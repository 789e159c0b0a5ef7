"""What a judge may know besides its readings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from mcm.core.endpoint import Content, Expected
from mcm.core.plans.plan import StagePlan


@dataclass(frozen=True)
class Watch:
    """One stage under watch."""

    stage: StagePlan
    since: datetime | None
    """When the promotion was sent; None before it (preflight)."""
    deployed: bool
    """True once the pipeline says that the stage succeeded: content must be final."""
    baseline: Mapping[str, Content]
    """Contents by endpoint, taken right before the promotion; empty before it."""
    samples: int | None
    """Requests seen since the promotion; None when unknown."""
    baking: datetime | None = None
    """Since when the new content bakes; None before that."""
    change: str = ""
    """The change whose inbox people write to; empty outside of a walk."""
    plan: str = ""
    """Digest of the plan that is walked."""
    excepted: frozenset[str] = frozenset()
    """Alarms that a signed exception lets be in ALARM since before the start, now."""
    once_excepted: frozenset[str] = frozenset()
    """Those whose exception has run out."""
    settle: timedelta = timedelta(minutes=3)
    """How old a period must be before its points count."""

    def expected(self, endpoint: str) -> tuple[Expected, ...]:
        """Return what the change makes different at `endpoint`."""
        return tuple(item for item in self.stage.expect if item.endpoint == endpoint)
