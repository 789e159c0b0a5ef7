"""The record of a change, rendered from what is there: change, plan, journal, statements."""

import os
from collections.abc import Sequence
from pathlib import Path

from mcm.cli.compose import Project
from mcm.cli.graphs import read_index
from mcm.core import canonical
from mcm.core.errors import McmError, RefusedError, UsageError
from mcm.core.history.fold import fold
from mcm.core.history.journal import ChainProblem, Entry
from mcm.core.history.state import Closing
from mcm.core.plans.change import Change
from mcm.core.plans.plan import Plan
from mcm.core.trust.statement import Verified
from mcm.record.build import build_view
from mcm.record.render import render_record

_PICTURE_LIMIT = 4_000_000
_RECORD_LIMIT = 64_000_000


def render_change(
    project: Project,
    change: str,
    entries: Sequence[Entry] | None = None,
    closing: Closing | None = None,
) -> str:
    """Return the record of `change` as Markdown; without a plan it says so.

    `entries` are those to tell of, all of the journal when none are given; what it mentions
    after them is left out. `closing` is one that is no entry yet. A journal that does not
    hold is told in the record. Raises RefusedError for a plan that cannot be read.
    """
    data = project.folder(change).read_plan()
    problems: list[ChainProblem] = []
    known: tuple[Entry, ...] = ()
    try:
        known = project.journal.entries(change)
    except RefusedError as err:
        problems.append(ChainProblem(err.code, 1, str(err)))
    told = known if entries is None else entries
    plan = None if data is None else Plan.from_bytes(data)
    index = read_index(project.folder(change), plan) if plan is not None else None
    view = build_view(
        project.read_change(change) if plan is None else _planned_change(change, plan),
        plan,
        entries=told,
        statements=_statements(project, change, known[len(told) :]) if data is not None else (),
        problems=problems,
        closing=closing,
        drawn=index.drawn() if index else None,
    )
    return render_record(view, own_template(project, view.template))


def _planned_change(change: str, plan: Plan) -> Change:
    """Return the change as it was planned: change.yaml says nothing to its record any more."""
    return Change(
        id=change,
        title=plan.title,
        template=plan.template,
        requester=plan.requester,
        ticket=plan.ticket,
        execution=plan.execution,
        packages=(),
        stages=(),
        expect={},
        answers={},
        exceptions=(),
    )


def _statements(project: Project, change: str, later: Sequence[Entry]) -> Sequence[Verified]:
    """Return the verified statements, without those that only `later` entries mention."""
    unknown = {entry.body.get("statement") for entry in later}
    try:
        return [each for each in project.inbox(change).verified if each.digest not in unknown]
    except McmError:
        return ()  # nobody's word counts without a trust file or a realm


def current_record(project: Project, change: str) -> bytes:
    """Return the bytes of record.md as they should be now; of a closed change, for good.

    Raises RefusedError(E_RECORD) when the frozen record is gone and this mcm, or the files
    as they are now, would give another one.
    """
    from mcm.cli.closing_shelf import ClosingShelf

    data = render_change(project, change).encode()
    try:
        closing = fold(project.journal.entries(change)).closing
    except (McmError, KeyError, TypeError, ValueError):
        closing = None  # the record tells what is wrong with the journal
    if closing is None or canonical.digest_bytes(data) == closing.record:
        return data
    there = ClosingShelf(project, change).read_record()
    if there is not None and canonical.digest_bytes(there) == closing.record:
        return there
    raise RefusedError(
        "E_RECORD",
        f"{change} is closed, and the record that would be written is not the one that was frozen",
        hint="Take record.md from git, as it was when the change was closed.",
    )


class Page:
    """The record of one change in both of its forms; each is a path and the bytes for it."""

    def __init__(self, project: Project, change: str, data: bytes) -> None:
        self.change = change
        self._folder = project.folder(change)
        self._data = data

    def markdown(self) -> tuple[Path, bytes]:
        """Return record.md."""
        return self._folder.record_file, self._data

    def html(self) -> tuple[Path, bytes]:
        """Return record.html, with the pictures that lie beside it."""
        from mcm.record.html import render_html

        page = render_html(self._data.decode(), self._picture)
        return self._folder.record_file.with_suffix(".html"), page.encode()

    def _picture(self, path: str) -> bytes | None:
        from mcm.record.escape import is_picture
        from mcm.trust.files import read_small

        if not is_picture(path):
            return None
        try:
            return read_small(self._folder.path / path, limit=_PICTURE_LIMIT)
        except (OSError, McmError):
            return None  # the page says that it is missing


def check_records(project: Project, change: str | None, form: str | None) -> None:
    """Raise UsageError with every file that is stale: of `change`, else of all changes.

    Of one change `form` is looked at, or all forms that are there. A change that is over
    and was not named needs no record.
    """
    names = (project.pick_change(change),) if change else project.change_ids()
    folders = ((name, project.folder(name).record_file) for name in names)
    wanted = [name for name, record in folders if change or _is_due(project, name, record)]
    stale = [
        path
        for name in wanted
        for path in _stale(Page(project, name, current_record(project, name)), form)
    ]
    if stale:
        files = " and ".join(f"{each.parent.name}/{each.name}" for each in stale)
        commands = " and ".join(f"`{_command(each)}`" for each in stale)
        raise UsageError(
            f"stale: {files} {'is' if len(stale) == 1 else 'are'} not what change, plan and"
            " journal give now",
            hint=f"Run {commands}, and commit what is written.",
        )


def _is_due(project: Project, change: str, record: Path) -> bool:
    forms = (record, record.with_suffix(".html"))
    return any(map(os.path.lexists, forms)) or not project.is_over(change)


def _stale(page: Page, form: str | None) -> list[Path]:
    path, _ = page.markdown()
    both = [page.markdown] if form in (None, "md") else []
    if form == "html" or (form is None and path.with_suffix(".html").exists()):
        both.append(page.html)
    return [path for path, data in (each() for each in both) if _bytes_of(path) != data]


def _command(stale: Path) -> str:
    flag = " --format html" if stale.suffix == ".html" else ""
    return f"mcm render {stale.parent.name}{flag}"


def _bytes_of(path: Path) -> bytes | None:
    from mcm.trust.files import read_small

    try:
        return read_small(path, limit=_RECORD_LIMIT)
    except FileNotFoundError:
        return None


def own_template(project: Project, template: str) -> str | None:
    """Return the text of the project's own template of that name, None if there is none.

    Raises RefusedError(E_UNSAFE_FILE) for anything but a plain file of 64 kB at most. The
    names of mcm's own are mcm's: a project's file of such a name is not read.
    """
    from mcm.core.plans.questions import TEMPLATES
    from mcm.record.render import template_file
    from mcm.trust.files import read_small

    if template in TEMPLATES:
        return None
    try:
        data = read_small(project.root / "templates" / template_file(template), limit=64_000)
    except FileNotFoundError:
        return None
    return data.decode("utf-8", "replace")
