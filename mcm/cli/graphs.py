"""`mcm render --graphs`: pictures beside the record, drawn from what AWS says now."""

from typing import TYPE_CHECKING

from mcm.cli.folder import Folder, replace_file
from mcm.cli.lines import say
from mcm.core.errors import McmError, RefusedError, UsageError
from mcm.core.sanitize import clean
from mcm.record.figures import FOLDER, INDEX, LIMIT, Index

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mcm.cli.compose import Project
    from mcm.core.backtests.tried import Tried
    from mcm.core.graphs.graph import Graph, Heat
    from mcm.core.plans.plan import Plan


def draw_graphs(project: "Project", change: str) -> Index:
    """Draw the graphs of a change's plan anew; return what is there then.

    Raises UsageError without a plan or without matplotlib, BlindError without credentials,
    RefusedError for a closed change: its record is frozen.
    """
    from mcm.app.graphing import draw_all, look

    check_library()
    plan = project.plan(change)
    _check_open(project, change)
    now = project.clock.now()
    say(f"reading the metrics of {len(plan.stages)} stage{'s' * (len(plan.stages) != 1)}")
    seen = look(plan, project.observer, now)
    index, files = draw_all(plan, seen, now, _draw, lambda what: say(f"drawing {clean(what, 120)}"))
    old = _old(project.folder(change))
    if old is not None and old.plan == index.plan:  # the newest back-test stays
        index = index.with_backtests(old.backtests(), ())
    _keep(project.folder(change), index, files)
    for each in index.missing:
        say(f"warning: no graph of {each.what} in {each.stage}: {clean(each.why, 300)}")
    return index


def read_index(folder: Folder, plan: "Plan") -> Index | None:
    """Return the list of pictures, if there are any of this very plan; say why there are not."""
    from mcm.trust.files import read_small

    path = folder.path / FOLDER / INDEX
    try:
        index = Index.from_bytes(read_small(path, limit=LIMIT))
    except FileNotFoundError:
        return None
    except (McmError, OSError) as err:
        say(f"warning: the graphs are left out: {FOLDER}/{INDEX}: {clean(str(err), 300)}")
        return None
    if index.plan != plan.digest:
        say("warning: the graphs are left out, for they were drawn for another plan.")
        say(f"Draw them anew with `mcm render {plan.change} --graphs`.")
        return None
    return index


def _draw(each: "Graph | Heat", name: str) -> bytes:
    from mcm.core.graphs.graph import Graph
    from mcm.record.draw_graph import draw_graph
    from mcm.record.draw_heat import draw_heat

    return draw_graph(each, name) if isinstance(each, Graph) else draw_heat(each, name)


def check_library() -> None:
    """Raise UsageError without matplotlib."""
    from importlib.util import find_spec

    if find_spec("matplotlib") is None:
        raise UsageError(
            "no graph can be drawn: matplotlib is not installed",
            hint="Install mcm with it: `pip install 'mcm-deploy[graphs]'`.",
        )


def _check_open(project: "Project", change: str) -> None:
    from mcm.core.history.fold import fold

    if fold(project.journal.entries(change)).closing is not None:
        raise RefusedError("E_RECORD", f"{change} is closed, and its graphs are part of its record")


def keep_backtests(project: "Project", change: str, found: "Sequence[Tried]") -> int:
    """Draw back-tests into the record, in the place of its stages' older ones; return how many.

    Raises UsageError without matplotlib, RefusedError for a closed change.
    """
    from mcm.core.backtests.picture import tried_graph
    from mcm.core.graphs.graph import about_graph
    from mcm.core.graphs.graphing import file_name
    from mcm.record.figures import BACKTEST, Picture

    check_library()
    plan = project.plan(change)
    _check_open(project, change)
    folder, now = project.folder(change), project.clock.now().replace(microsecond=0)
    index = _old(folder)
    if index is None or index.plan != plan.digest:
        index = Index(plan.digest, now, (), ())
    stages = {each.stage for each in found}
    taken = {each.file for each in index.with_backtests((), stages).pictures}
    files: dict[str, bytes] = {}
    pictures = []
    for graph in filter(None, map(tried_graph, found)):
        name = file_name(graph.stage, graph.title, {*taken, *files})
        files[name] = _draw(graph, name)
        pictures.append(Picture(name, graph.stage, BACKTEST, about_graph(graph)))
    _keep(folder, index.with_backtests(pictures, stages), files)
    return len(pictures)


def write_graph(path: "Path", graph: "Graph") -> None:
    """Draw one graph into a file that somebody named."""
    check_library()
    replace_file(path, _draw(graph, path.name))


def _old(folder: Folder) -> Index | None:
    from mcm.trust.files import read_small

    try:
        return Index.from_bytes(read_small(folder.path / FOLDER / INDEX, limit=LIMIT))
    except (McmError, OSError):
        return None


def _keep(folder: Folder, index: Index, files: dict[str, bytes]) -> None:
    """Put the pictures in place and take those away that an older list has."""
    place = folder.path / FOLDER
    if place.is_symlink():
        raise RefusedError("E_UNSAFE_FILE", f"{place} is a link: nothing is written through it")
    place.mkdir(exist_ok=True)
    old = _old(folder)
    for name, data in files.items():
        replace_file(place / name, data)
    replace_file(place / INDEX, index.to_bytes())
    kept = {each.file for each in index.pictures}
    for each in old.pictures if old is not None else ():
        if each.file not in kept:
            (place / each.file).unlink(missing_ok=True)
