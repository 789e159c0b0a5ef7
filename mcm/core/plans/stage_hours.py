"""The hours of one stage by what is written: of a signed plan, or of mcm.yaml.

For looking ahead. The gates add what can only be known at the moment: freezes and calendars
as they are then, calendars of AWS, current traffic.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from mcm.core.plans.plan import Plan, StagePlan
from mcm.core.plans.service import StageConfig
from mcm.core.windows.hours import Calendar, denials_of, needs_of, windows_of, zone_of
from mcm.core.windows.opening import Openness, is_open, openings
from mcm.core.windows.window import AnyWindow, Freeze, Span


@dataclass(frozen=True)
class StageHours:
    """When one stage may be promoted."""

    stage: str
    windows: tuple[AnyWindow, ...]
    freezes: tuple[Freeze, ...]
    """What denies: freezes, and days of calendars."""
    production: bool
    bake: timedelta
    needs: timedelta
    """How much of an opening must be left at the start."""
    zone: ZoneInfo
    """In which its times are told."""

    def at(self, now: datetime) -> Openness:
        """Say whether it may be promoted at `now`."""
        return is_open(
            self.windows, self.freezes, now, production=self.production, needs=self.needs
        )

    def starts(self, since: datetime) -> Iterator[Span]:
        """Yield the spans in which a promotion may start."""
        return self._spans(since, self.needs)

    def openings(self, since: datetime) -> Iterator[Span]:
        """Yield the spans in which it is open, to their very end."""
        return self._spans(since, timedelta(0))

    def _spans(self, since: datetime, needs: timedelta) -> Iterator[Span]:
        return openings(self.windows, self.freezes, since, production=self.production, needs=needs)


def hours_of_plan(plan: Plan, stage: StagePlan) -> StageHours:
    """Return the hours that are signed."""
    return _hours(stage, plan.freezes, plan.calendars)


def hours_of_config(
    stage: StageConfig, freezes: Iterable[Freeze], calendars: Iterable[Calendar]
) -> StageHours:
    """Return the hours that mcm.yaml gives a stage; `calendars` are what its files say."""
    return _hours(stage, freezes, calendars)


def _hours(
    stage: StagePlan | StageConfig, freezes: Iterable[Freeze], calendars: Iterable[Calendar]
) -> StageHours:
    known = tuple(calendars)
    return StageHours(
        stage.name,
        windows_of(stage.window, known),
        (*freezes, *denials_of(stage.window, known)),
        stage.production,
        stage.bake.lasts,
        needs_of(stage.window, stage.bake.lasts),
        zone_of(stage.window, known),
    )
