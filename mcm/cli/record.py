"""The record of a change, rendered from what is there: change, plan, journal, statements."""

from mcm.cli.compose import Project
from mcm.core.errors import McmError, RefusedError
from mcm.core.journal import ChainProblem
from mcm.core.plan import Plan
from mcm.record.build import build_view
from mcm.record.render import render_record


def render_change(project: Project, change: str) -> str:
    """Return the record of `change` as Markdown; without a plan it says so.

    A journal that does not hold is told in the record. Raises RefusedError for a plan
    that cannot be read.
    """
    data = project.folder(change).read_plan()
    problems: list[ChainProblem] = []
    try:
        entries = project.journal.entries(change)
    except RefusedError as err:
        entries = ()
        problems.append(ChainProblem(err.code, 1, str(err)))
    try:
        statements = project.inbox(change).verified if data is not None else ()
    except McmError:
        statements = ()  # nobody's word counts without a trust file or a realm
    view = build_view(
        project.read_change(change),
        None if data is None else Plan.from_bytes(data),
        entries=entries,
        statements=statements,
        problems=problems,
    )
    return render_record(view)
