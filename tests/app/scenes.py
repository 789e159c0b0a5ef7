"""A stage that is about to be rolled back, as readings: material for on-call's screen."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from mcm.app.oncall import Scene
from mcm.core.past import Passage
from mcm.core.pipeline import ExecutionView
from mcm.core.query import ExecutionsQuery, PassagesQuery, Query
from mcm.core.reading import Reading, Readings
from mcm.core.revision import Revision
from tests.kit.readings import (
    NOW,
    PIPELINE,
    STAGE,
    Known,
    execution,
    go_back,
    history,
    pipeline_view,
    readings,
    stage,
)

ENTERED = NOW - timedelta(minutes=20)


def revision(name: str, source: str = "Code", summary: str = "") -> Revision:
    return Revision(source, name, summary or f"Change {name}", "")


def run(name: str, *revisions: Revision, **fields: Any) -> ExecutionView:
    return replace(execution(name), revisions=revisions, **fields)


def passage(
    name: str, at: datetime = ENTERED, *, where: str = STAGE, takes: float = 5, **fields: Any
) -> Passage:
    left = at + timedelta(minutes=takes)
    return replace(Passage(name, where, at, left, "Succeeded", deploys=True), **fields)


NEW = run("new", revision("c2"), revision("i1", "Infra"), started_by="arn:aws:iam::1:user/carol")
OLD = run("old", revision("c1"), revision("i1", "Infra"))
PASSAGES = (passage("new"), passage("old", NOW - timedelta(days=2), takes=7))


def past(
    passages: Sequence[Passage] | Reading = PASSAGES,
    executions: Sequence[ExecutionView] | Reading = (NEW, OLD),
    view: Any = None,
    succeeded: Any = None,
    more: dict[Query, Reading] | None = None,
) -> Readings:
    """Return readings of a stage into which `new` came after `old`."""
    known: dict[Query, Reading] = dict(more or {})
    for query, value in (
        (PassagesQuery(PIPELINE), passages),
        (ExecutionsQuery(PIPELINE), executions),
    ):
        known[query] = Known(value, NOW) if isinstance(value, tuple) else value  # type: ignore[assignment]
    return readings(
        view or pipeline_view(stage()), succeeded or history(("new", "old")), more=known
    )


def scene(**fields: Any) -> Scene:
    return replace(Scene(go_back(), "new", "old", NOW), **fields)
