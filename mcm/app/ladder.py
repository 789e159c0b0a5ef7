"""The ladder below a rollback that the pipeline refuses: what each rung would do now.

Readings and journals in, values for a person out. Nothing is written here; what a rung
does is decided by `mcm.core.rollback.redeploy` and `mcm.core.rollback.restore` when somebody has
pressed a key for it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from mcm.core import codec
from mcm.core.endpoint import Content, EndpointView
from mcm.core.errors import McmError
from mcm.core.history.goal import GoBack, Redeploy, Restore
from mcm.core.history.journal import Entry, Journal
from mcm.core.query import EndpointQuery, Query
from mcm.core.reading import Readings
from mcm.core.rollback import redeploy, restore
from mcm.core.rollback.left_behind import left_behind

WHY = "the pipeline cannot roll back; asked for by a key"


@dataclass(frozen=True)
class Snapshot:
    """What the endpoints of a stage had right before its newest promotion."""

    at: datetime
    execution: str
    """What the stage ran then."""
    configs: Mapping[str, str]
    contents: tuple[Content, ...]


@dataclass(frozen=True)
class Rung:
    """One rung: what it would do, or why it cannot be climbed."""

    name: str
    goals: tuple[Redeploy | Restore, ...]
    """What carries it out, in order; none when it is not possible."""
    lines: tuple[str, ...]
    """For people: what it would do here, or why it is not possible."""


@dataclass(frozen=True)
class Known:
    """What the journals know of a stage that the ladder needs."""

    snapshot: Snapshot | None
    left_behind: frozenset[str]
    """Executions that redeployments took back."""


def read_journals(journal: Journal, stage: str) -> Known:
    """Return what all journals say of `stage`; one that cannot be read says nothing."""
    try:
        names = journal.changes()
    except McmError:
        names = ()
    entries: list[Entry] = []
    taken: frozenset[str] = frozenset()
    for name in names:
        try:
            found = journal.entries(name)
        except McmError:
            continue
        entries += found
        taken |= left_behind(found, stage)
    return Known(newest_snapshot(entries, stage), taken)


def newest_snapshot(entries: Iterable[Entry], stage: str) -> Snapshot | None:
    """Return the newest snapshot of `stage` that names configurations."""
    found: Snapshot | None = None
    for entry in entries:
        if entry.kind != "baseline" or entry.body.get("stage") != stage:
            continue
        try:
            configs = {str(c["endpoint"]): str(c["config"]) for c in entry.body["configs"]}
            contents = tuple(codec.from_value(Content, c) for c in entry.body["contents"])
            effective = str(entry.body["effective"])
        except (McmError, KeyError, TypeError, ValueError):
            continue  # of another version of mcm
        if configs and (found is None or entry.at > found.at):
            found = Snapshot(entry.at, effective, configs, contents)
    return found


def queries(goal: GoBack) -> frozenset[Query]:
    """Return what must be read to say what the rungs would do."""
    endpoints = {EndpointQuery(place, name) for place, name in goal.endpoints}
    return redeploy.offer_queries(goal.pipeline, goal.pipeline_stage) | endpoints


def rungs(goal: GoBack, known: Known, readings: Readings, journal: str, after: int) -> list[Rung]:
    """Return the two rungs that mcm can climb, in their order."""
    return [
        _redeploy(goal, known, readings, journal, after),
        _restore(goal, known.snapshot, readings, after),
    ]


def _redeploy(goal: GoBack, known: Known, readings: Readings, journal: str, after: int) -> Rung:
    found = redeploy.offer(goal.pipeline, goal.pipeline_stage, readings, known.left_behind)
    if isinstance(found, str):
        return Rung("redeploy", (), (f"Not possible: {found}.",))
    told = "; ".join(f"{r.source} {r.id[:12]} {r.summary}".strip() for r in found.target.revisions)
    since = f"{found.target.started:%Y-%m-%d %H:%MZ}"
    lines = [
        f"Possible: deploys {told} again.",
        f"{found.target.id} did so, started {since}; {found.replaces} is in the stage now.",
        f"Every stage gets it: {', '.join(found.stages)}.",
    ]
    if found.approvals:
        who = "whoever may approve there must answer, each time"
        lines.append(f"Approvals on the way: {', '.join(found.approvals)}; {who}.")
    if found.closed:
        lines.append(f"Closed on the way, to be opened by hand: {', '.join(found.closed)}.")
    aim = Redeploy(
        goal.pipeline,
        goal.pipeline_stage,
        goal.stage,
        WHY,
        journal,
        found.target.id,
        known.left_behind,
        after,
        goal.settle,
        goal.poll,
    )
    return Rung("redeploy", (aim,), tuple(lines))


def _restore(goal: GoBack, snapshot: Snapshot | None, readings: Readings, after: int) -> Rung:
    if not goal.endpoints:
        return Rung("endpoint", (), ("Not possible: no endpoint of this stage is known here.",))
    if snapshot is None:
        why = f"no journal here noted what the endpoints of {goal.stage} had before"
        return Rung("endpoint", (), (f"Not possible: {why}.",))
    goals, lines = [], []
    for place, name in goal.endpoints:
        config = snapshot.configs.get(name)
        if config is None:
            lines.append(f"Not possible for {name}: the snapshot does not have it.")
            continue
        content = next((c for c in snapshot.contents if c.endpoint == name), None)
        aim = Restore(
            goal.pipeline,
            goal.pipeline_stage,
            goal.stage,
            WHY,
            place,
            name,
            config,
            content,
            after,
            goal.settle,
            goal.poll,
        )
        view = readings.known(restore.query_of(aim), EndpointView)
        why = restore.unavailable(aim, view, readings.why_unknown(restore.query_of(aim)))
        if why or view is None:
            lines.append(f"Not possible: {why}.")
            continue
        goals.append(aim)
        lines.append(
            f"Possible: {name} goes from {view.config_name} to {config}, which it had at"
            f" {snapshot.at:%Y-%m-%d %H:%MZ} with {snapshot.execution or 'nobody knows what'}."
        )
    rest = [aim.endpoint for aim in goals]
    told = (replace(aim, rest=tuple(rest[place + 1 :])) for place, aim in enumerate(goals))
    return Rung("endpoint", tuple(told), tuple(lines))
