"""Drawing a plan's graphs: look at AWS twice, then draw what can be drawn."""

from collections.abc import Callable
from datetime import datetime, timedelta

from mcm.app.observing import Observer
from mcm.core.errors import BlindError
from mcm.core.graphs.graph import Graph, Heat, about_graph, about_heat
from mcm.core.graphs.graphing import (
    Pictures,
    build_pictures,
    data_queries,
    definition_queries,
    file_name,
)
from mcm.core.plans.plan import Plan
from mcm.core.query import Query
from mcm.core.reading import Reading, Readings
from mcm.record.figures import GRAPH, HEAT, Index, NotDrawn, Picture

PATIENCE = timedelta(seconds=30)
"""How long one look at AWS may take: a week of minutes is several pages for each alarm."""
Draw = Callable[[Graph | Heat, str], bytes]
"""Draws one picture; the text is its file's name."""


def look(plan: Plan, observer: Observer, now: datetime) -> Pictures:
    """Return what can be drawn of `plan`; raise BlindError without usable credentials."""
    first = observer.observe(definition_queries(plan), PATIENCE)
    second = observer.observe(data_queries(plan, first, now), PATIENCE)
    answers: dict[Query, Reading] = {**first.items(), **second.items()}
    readings = Readings(answers, now)
    if readings.blind():
        raise BlindError(f"cannot draw: {readings.blind()}")
    return build_pictures(plan, readings, now)


def draw_all(
    plan: Plan, seen: Pictures, now: datetime, draw: Draw, told: Callable[[str], None]
) -> tuple[Index, dict[str, bytes]]:
    """Draw what was seen; return the list and the files by name. `told` hears of each."""
    files: dict[str, bytes] = {}
    pictures: list[Picture] = []
    wanted: list[tuple[str, str, str, Graph | Heat]] = [
        *((GRAPH, each.title, about_graph(each), each) for each in seen.graphs),
        *((HEAT, f"traffic {each.measured}", about_heat(each), each) for each in seen.heats),
    ]
    for kind, title, about, each in wanted:
        told(f"{each.stage}: {title}")
        name = file_name(each.stage, title, files)
        files[name] = draw(each, name)
        pictures.append(Picture(name, each.stage, kind, about))
    missing = tuple(NotDrawn(each.stage, each.what, each.why) for each in seen.missing)
    return Index(plan.digest, now.replace(microsecond=0), tuple(pictures), missing), files
