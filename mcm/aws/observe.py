"""The AWS half of observing: a set of queries in, a reading for each out, by a deadline.

Queries are grouped by place and service, so a thousand alarms are ten calls. Groups run
beside each other; a group that is not back by the deadline gives *late* readings, and is
not started again while it still runs.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from mcm.aws.port import AwsError, Port
from mcm.aws.read_alarm_sets import read_alarm_sets
from mcm.aws.read_capture import read_captures
from mcm.aws.read_cloudwatch import read_alarms, read_definitions, read_firing
from mcm.aws.read_endpoint import EndpointReader, read_identity
from mcm.aws.read_incidents import read_incidents, read_past_incidents
from mcm.aws.read_metrics import read_metrics
from mcm.aws.read_pipeline import PipelineReader
from mcm.aws.reading import Clock, nonsense, unknown
from mcm.core.query import (
    ActionsQuery,
    AlarmDefinitionQuery,
    AlarmQuery,
    AlarmSetQuery,
    AlarmsQuery,
    CaptureQuery,
    ChangeCalendarQuery,
    DeclarationQuery,
    EndpointQuery,
    EndpointsQuery,
    ExecutionQuery,
    ExecutionsQuery,
    FiringQuery,
    HistoryQuery,
    IdentityQuery,
    IncidentsQuery,
    LongHistoryQuery,
    MetricQuery,
    MutesQuery,
    PassagesQuery,
    PastIncidentsQuery,
    PastQuery,
    PipelineQuery,
    PipelinesQuery,
    Place,
    Query,
    StructureQuery,
)
from mcm.core.reading import Blindness, Reading, Unknown

if TYPE_CHECKING:
    from mcm.aws.read_mutes import MuteReader

GroupKey = tuple[Place, str]
Task = Callable[[], Mapping[Query, Reading]]
Connect = Callable[[Place], Port]

_KINDS: Mapping[type, str] = {
    PipelineQuery: "codepipeline",
    DeclarationQuery: "codepipeline",
    HistoryQuery: "codepipeline",
    LongHistoryQuery: "codepipeline",
    ExecutionQuery: "codepipeline",
    ActionsQuery: "codepipeline",
    PassagesQuery: "codepipeline",
    ExecutionsQuery: "codepipeline",
    PipelinesQuery: "pipelines",
    StructureQuery: "pipelines",
    PastQuery: "past",
    AlarmsQuery: "all alarms",
    EndpointsQuery: "endpoint names",
    FiringQuery: "firing",
    AlarmQuery: "alarms",
    AlarmSetQuery: "alarm-sets",
    AlarmDefinitionQuery: "definitions",
    MutesQuery: "mutes",
    MetricQuery: "metrics",
    ChangeCalendarQuery: "calendars",
    EndpointQuery: "endpoints",
    IncidentsQuery: "incidents",
    PastIncidentsQuery: "past incidents",
    CaptureQuery: "captures",
    IdentityQuery: "identity",
}

_WIDE = frozenset({"past", "all alarms", "endpoint names"})


class Gather(Protocol):
    """Runs tasks until a deadline; a task that is not back by then has no result."""

    def __call__(
        self, tasks: Mapping[GroupKey, Task], within: timedelta
    ) -> Mapping[GroupKey, Mapping[Query, Reading]]:
        """Return the results of the tasks that came back."""
        ...


def one_by_one(
    tasks: Mapping[GroupKey, Task], within: timedelta
) -> Mapping[GroupKey, Mapping[Query, Reading]]:
    """Run tasks in this thread, in a fixed order: for the simulator and for tests."""
    del within
    return {key: task() for key, task in sorted(tasks.items())}


class AwsSource:
    """Answers every query that AWS can answer."""

    def __init__(self, connect: Connect, clock: Clock, gather: Gather = one_by_one) -> None:
        self._connect = connect
        self._clock = clock
        self._gather = gather
        self._pipelines: dict[Place, PipelineReader] = {}
        self._endpoints: dict[Place, EndpointReader] = {}
        self._mutes: dict[Place, MuteReader] = {}

    def answers(self, query: Query) -> bool:
        """Say whether this source is the one for `query`."""
        return type(query) in _KINDS

    def read(self, queries: Iterable[Query], within: timedelta) -> dict[Query, Reading]:
        """Return a reading for each query within `within`."""
        groups: dict[GroupKey, list[Query]] = {}
        for query in queries:
            groups.setdefault((_place(query), _KINDS[type(query)]), []).append(query)
        started = self._clock()
        # Sets have no order; the order of calls is the same wherever and whenever they are made.
        tasks = {
            key: self._task(key, sorted(members, key=repr) if members[1:] else members, started)
            for key, members in groups.items()
        }
        results = self._gather(tasks, within)
        answers: dict[Query, Reading] = {}
        late = Unknown(Blindness.LATE, f"no answer within {within.total_seconds():.3g} s", started)
        for key, members in groups.items():
            found = results.get(key, {})
            answers.update({query: found.get(query, late) for query in members})
        return answers

    def _task(self, key: GroupKey, members: list[Query], started: datetime) -> Task:
        def run() -> Mapping[Query, Reading]:
            try:
                return self._read_group(key, members)
            except AwsError as err:
                return {query: unknown(err, started) for query in members}
            except Exception as err:  # noqa: BLE001 - nonsense from AWS is unknown, not a crash
                return {query: unknown(nonsense(err), started) for query in members}

        return run

    def _read_group(self, key: GroupKey, members: list[Query]) -> Mapping[Query, Reading]:
        place, kind = key
        port = self._connect(place)
        if kind == "codepipeline":
            reader = self._pipelines.setdefault(place, PipelineReader(port, self._clock))
            return reader.read(members)  # type: ignore[arg-type]
        if kind == "endpoints":
            endpoints = self._endpoints.setdefault(place, EndpointReader(port, self._clock))
            return endpoints.read(members)  # type: ignore[arg-type]
        if kind == "mutes":
            from mcm.aws.read_mutes import MuteReader  # not on the way back, nor in a bake

            mutes = self._mutes.setdefault(place, MuteReader(port, self._clock))
            return mutes.read(members)  # type: ignore[arg-type]
        if kind == "pipelines":
            from mcm.aws.read_past import read_pipelines  # only where nobody knows the name

            return read_pipelines(port, members, self._clock)  # type: ignore[arg-type]
        if kind in _WIDE:
            from mcm.aws import read_wide  # only for doctor, init and audit

            wide = {
                "past": read_wide.read_pasts,
                "all alarms": read_wide.read_all_alarms,
                "endpoint names": read_wide.read_endpoint_names,
            }
            return wide[kind](port, members, self._clock)  # type: ignore[operator, no-any-return]
        if kind == "calendars":
            from mcm.aws.read_calendar import read_calendars  # few stages name one

            return read_calendars(port, members, self._clock)  # type: ignore[arg-type]
        readers = {
            "firing": read_firing,
            "alarms": read_alarms,
            "alarm-sets": read_alarm_sets,
            "definitions": read_definitions,
            "metrics": read_metrics,
            "incidents": read_incidents,
            "past incidents": read_past_incidents,
            "captures": read_captures,
            "identity": read_identity,
        }
        return readers[kind](port, members, self._clock)  # type: ignore[operator, no-any-return]


def _place(query: Query) -> Place:
    place = getattr(query, "place", None)
    return place if isinstance(place, Place) else query.pipeline.place  # type: ignore[union-attr]
