"""`mcm render --graphs`: pictures beside the record, drawn from what AWS says now."""

from typing import TYPE_CHECKING

from mcm.cli.folder import Folder, replace_file
from mcm.cli.lines import say
from mcm.core.errors import McmError, RefusedError, UsageError
from mcm.core.sanitize import clean
from mcm.record.figures import FOLDER, INDEX, LIMIT, Index

if TYPE_CHECKING:
    from mcm.cli.compose import Project
    from mcm.core.graphs.graph import Graph, Heat
    from mcm.core.plans.plan import Plan


def draw_graphs(project: "Project", change: str) -> Index:
    """Draw the graphs of a change's plan anew; return what is there then.

    Raises UsageError without a plan or without matplotlib, BlindError without credentials,
    RefusedError for a closed change: its record is frozen.
    """
    from mcm.app.graphing import draw_all, look

    _check_library()
    plan = project.plan(change)
    _check_open(project, change)
    now = project.clock.now()
    say(f"reading the metrics of {len(plan.stages)} stage{'s' * (len(plan.stages) != 1)}")
    seen = look(plan, project.observer, now)
    index, files = draw_all(plan, seen, now, _draw, lambda what: say(f"drawing {clean(what, 120)}"))
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


def _check_library() -> None:
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


def _keep(folder: Folder, index: Index, files: dict[str, bytes]) -> None:
    """Put the pictures in place and take those away that an older list has."""
    from mcm.trust.files import read_small

    place = folder.path / FOLDER
    if place.is_symlink():
        raise RefusedError("E_UNSAFE_FILE", f"{place} is a link: nothing is written through it")
    place.mkdir(exist_ok=True)
    try:
        old = Index.from_bytes(read_small(place / INDEX, limit=LIMIT)).pictures
    except (McmError, OSError):
        old = ()
    for name, data in files.items():
        replace_file(place / name, data)
    replace_file(place / INDEX, index.to_bytes())
    for each in old:
        if each.file not in files:
            (place / each.file).unlink(missing_ok=True)
