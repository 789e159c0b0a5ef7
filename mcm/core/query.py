"""What the core may ask to see. A query is plain, hashable data; nothing here fetches.

`observe` answers a whole set at once and batches by place, so a query names one thing:
one alarm, one metric, one endpoint. Each class says which value a known reading holds.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from mcm.core.place import Expression, Metric, PipelineId, Place

__all__ = ["Expression", "Metric", "PipelineId", "Place"]  # a query is made of them


@dataclass(frozen=True)
class PipelineQuery:
    """→ `PipelineView`: version, mode and every stage as it stands."""

    pipeline: PipelineId


@dataclass(frozen=True)
class DeclarationQuery:
    """→ `Declaration`: how the pipeline is built, for a twin of it."""

    pipeline: PipelineId


@dataclass(frozen=True)
class HistoryQuery:
    """→ `StageHistory`: what succeeded in a stage and what was rolled back there."""

    pipeline: PipelineId
    stage: str


@dataclass(frozen=True)
class LongHistoryQuery:
    """→ `StageHistory` over all versions of the pipeline, when its own list has no way back."""

    pipeline: PipelineId
    stage: str


@dataclass(frozen=True)
class ExecutionQuery:
    """→ `ExecutionView`: one execution with its revisions and status."""

    pipeline: PipelineId
    execution: str


@dataclass(frozen=True)
class ActionsQuery:
    """→ `tuple[ActionRun, ...]`: the actions of one execution, newest first.

    The only reading that ties an approval's answer to an execution (AWS-RULES 13, 14).
    """

    pipeline: PipelineId
    execution: str


@dataclass(frozen=True)
class PassagesQuery:
    """→ `tuple[Passage, ...]`: who went through which stage and when, newest first."""

    pipeline: PipelineId


@dataclass(frozen=True)
class PastQuery:
    """→ `Past`: everything that went through the pipeline since a time; many calls."""

    pipeline: PipelineId
    since: datetime


@dataclass(frozen=True)
class ExecutionsQuery:
    """→ `tuple[ExecutionView, ...]`: the pipeline's executions, newest first."""

    pipeline: PipelineId


@dataclass(frozen=True)
class PipelinesQuery:
    """→ `PipelineNames`: the pipelines of a place, at most so many."""

    place: Place
    most: int


@dataclass(frozen=True)
class StructureQuery:
    """→ `Structure`: the stages of a pipeline."""

    pipeline: PipelineId


@dataclass(frozen=True)
class FiringQuery:
    """→ `Firing`: the alarms of a place that are in ALARM, when nobody can name any."""

    place: Place


@dataclass(frozen=True)
class AlarmsQuery:
    """→ `Alarms`: how the alarms of a place are set up, when nobody can name any."""

    place: Place


@dataclass(frozen=True)
class EndpointsQuery:
    """→ `EndpointNames`: the SageMaker endpoints of a place."""

    place: Place


@dataclass(frozen=True)
class CommitsQuery:
    """→ `Commits`: what the clone at hand has in `new` and not in `old`, at most so many."""

    old: str
    new: str
    most: int


@dataclass(frozen=True)
class AlarmQuery:
    """→ `AlarmView`; unknown when no alarm of that name came back (AWS-RULES 18).

    With `since`, the view also holds the alarm's state changes from then on
    (AWS-RULES 22: transitions are judged, not samples).
    """

    place: Place
    name: str
    since: datetime | None


@dataclass(frozen=True)
class AlarmSetQuery:
    """→ `tuple[AlarmView, ...]`, by name: all alarms that begin so, or that are tagged so.

    `since` as in `AlarmQuery`. An alarm that is gone is not among them, and nobody says so.
    """

    place: Place
    prefix: str
    tag: str
    """`KEY=VALUE`; either this or the prefix is empty."""
    since: datetime | None


@dataclass(frozen=True)
class MutesQuery:
    """→ `Mutes`: which alarms of a place have their actions muted now."""

    place: Place


@dataclass(frozen=True)
class AlarmDefinitionQuery:
    """→ `AlarmDefinition`: how an alarm is set up, for a twin of it."""

    place: Place
    name: str


@dataclass(frozen=True)
class MetricQuery:
    """→ `Points`: closed periods in `[start, end)`, oldest first.

    Without `end` up to the time of reading less `lag`, so that a query asked again is the
    same query; without `start` as many whole periods as `last` has.
    """

    place: Place
    metric: Metric | Expression
    start: datetime | None
    end: datetime | None
    lag: timedelta
    last: timedelta = timedelta(0)


@dataclass(frozen=True)
class EndpointQuery:
    """→ `EndpointView`: a SageMaker endpoint's status and content."""

    place: Place
    name: str


@dataclass(frozen=True)
class HttpQuery:
    """→ `HttpView`: one GET; `within` bounds the whole exchange.

    A redirect is followed to a host of `redirects` only; elsewhere its status is the answer.
    """

    url: str
    within: timedelta
    redirects: tuple[str, ...] = ()


@dataclass(frozen=True)
class CommandQuery:
    """→ `PluginView`: a program by the convention of the monitoring plugins.

    Slow: it runs beside the loop, once `every` so often; see `good_for`.
    """

    argv: tuple[str, ...]
    within: timedelta
    every: timedelta
    environment: tuple[str, ...] = ()
    """Variables that it gets besides the few that every program gets."""

    @property
    def good_for(self) -> timedelta:
        """How old an answer may be and still count: until the next one has to be there."""
        return self.every + self.within


@dataclass(frozen=True)
class InvocationQuery:
    """→ `InvocationView`: what an endpoint answers to one sample. Slow, as `CommandQuery`."""

    place: Place
    endpoint: str
    variant: str
    """Empty for whichever the endpoint picks."""
    sample: str
    """File below the project's directory."""
    digest: str
    """SHA-256 of its bytes; others are not sent."""
    content_type: str
    within: timedelta
    every: timedelta

    @property
    def good_for(self) -> timedelta:
        """How old an answer may be and still count: until the next one has to be there."""
        return self.every + self.within


@dataclass(frozen=True)
class IncidentsQuery:
    """→ `Incidents`: the open OpsItems of a place with one of these severities."""

    place: Place
    severities: tuple[str, ...]
    source: str
    """Empty for any."""


@dataclass(frozen=True)
class PastIncidentsQuery:
    """→ `tuple[PastIncident, ...]`: OpsItems, over or not, that somebody touched since a time."""

    place: Place
    severities: tuple[str, ...]
    source: str
    """Empty for any."""
    since: datetime


@dataclass(frozen=True)
class CaptureQuery:
    """→ `CaptureView`: the newest record of one variant that data capture wrote into S3."""

    place: Place
    bucket: str
    prefix: str
    """Of the capture's destination, without the endpoint's name."""
    endpoint: str
    variant: str


@dataclass(frozen=True)
class InboxQuery:
    """→ `Inbox`: the statements people have left for a change, verified or rejected."""

    change: str


@dataclass(frozen=True)
class FreezesQuery:
    """→ `tuple[Freeze, ...]` as configured *now*; live freezes can only close a gate."""

    service: str


@dataclass(frozen=True)
class CalendarsQuery:
    """→ `tuple[Calendar, ...]`: calendars of mcm.yaml as they are *now*, up to a local time.

    One of AWS's is not read here but by `ChangeCalendarQuery`.
    """

    names: tuple[str, ...]
    until: datetime


@dataclass(frozen=True)
class ChangeCalendarQuery:
    """→ `ChangeCalendarView`: whether a Change Calendar of AWS is open now, and until when."""

    place: Place
    document: str
    """Its name, or its ARN."""


@dataclass(frozen=True)
class ChangesQuery:
    """→ `tuple[OtherChange, ...]`: how the other changes of the project stand."""

    change: str


@dataclass(frozen=True)
class IdentityQuery:
    """→ `Identity`: who AWS says we are in a place."""

    place: Place


Query = (
    PipelineQuery
    | DeclarationQuery
    | HistoryQuery
    | LongHistoryQuery
    | ExecutionQuery
    | ActionsQuery
    | PassagesQuery
    | PastQuery
    | ExecutionsQuery
    | PipelinesQuery
    | StructureQuery
    | FiringQuery
    | AlarmsQuery
    | EndpointsQuery
    | CommitsQuery
    | AlarmQuery
    | AlarmSetQuery
    | MutesQuery
    | AlarmDefinitionQuery
    | MetricQuery
    | EndpointQuery
    | HttpQuery
    | CommandQuery
    | InvocationQuery
    | IncidentsQuery
    | PastIncidentsQuery
    | CaptureQuery
    | InboxQuery
    | FreezesQuery
    | CalendarsQuery
    | ChangeCalendarQuery
    | ChangesQuery
    | IdentityQuery
)
