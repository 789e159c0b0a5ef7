"""What a look at a pipeline found: values for doctor, init and `watch --pipeline`."""

from dataclasses import dataclass
from datetime import datetime

from mcm.core.alarm import AlarmDefinition
from mcm.core.endpoint import EndpointView
from mcm.core.judging.alarm_faults import Fault
from mcm.core.pipeline import Identity, PipelineView
from mcm.core.place import Metric
from mcm.core.plans.layout import Layout, Site
from mcm.core.plans.service import StageConfig
from mcm.core.rollback.readiness import Edits, Readiness


@dataclass(frozen=True)
class SeenAlarm:
    """An alarm of a stage and what is wrong with it."""

    definition: AlarmDefinition
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class SeenStage:
    """A stage that deploys, with all that could be found about it."""

    name: str
    """As mcm.yaml has it, else as people would call it."""
    site: Site
    readiness: Readiness
    endpoints: tuple[EndpointView | str, ...] = ()
    """Those of it; by name alone where one could not be read."""
    alarms: tuple[SeenAlarm, ...] = ()
    missing: tuple[str, ...] = ()
    """Alarms that mcm.yaml names and CloudWatch does not have."""
    traffic: Metric | None = None
    requests: tuple[tuple[datetime, float], ...] = ()
    """Requests of each hour that had any, as far back as minutes are kept; oldest first."""
    answered: tuple[tuple[str, int], ...] = ()
    """Who answered approvals in front of or in it, and how often, the busiest first."""
    unread: tuple[str, ...] = ()
    """What could not be read about it, each with the reason."""
    config: StageConfig | None = None


@dataclass(frozen=True)
class Survey:
    """A pipeline and all around it, read without any configuration."""

    at: datetime
    layout: Layout
    identity: Identity | None
    edits: Edits
    stages: tuple[SeenStage, ...]
    unread: tuple[str, ...]
    """What could not be read about the pipeline as a whole."""
    view: PipelineView | None = None
    """The pipeline's state; None when it could not be read."""
    why_no_view: str = ""

    @property
    def production(self) -> tuple[SeenStage, ...]:
        return tuple(each for each in self.stages if each.site.is_production)
