"""Everything that is wrong in the files of a project: read once, judged by every rule."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mcm.app.lint import Finding, at, in_order
from mcm.app.lint_change import Surroundings, lint_change, lint_marks
from mcm.app.lint_service import lint_service
from mcm.cli.compose import Project
from mcm.cli.folder import CHANGES, CONFIG, is_change_id, no_change
from mcm.config.change_file import check_change, load_change
from mcm.config.places import Places, Spot
from mcm.config.problems import ConfigError
from mcm.core.errors import McmError
from mcm.core.history.fold import fold

if TYPE_CHECKING:
    from mcm.config.definitions import Definition
    from mcm.core.plans.plan import Plan
    from mcm.core.plans.service import Service
    from mcm.trust.persons import TrustFile


def find_problems(
    project: Project, changes: Sequence[str], *, everywhere: bool, aws: bool = False
) -> tuple[Finding, ...]:
    """Return what is wrong in mcm.yaml and in the change.yaml of `changes`, in that order.

    A mistake in one file hides none in another. `everywhere` looks for folders in changes/
    that can be no change's, too; `aws` asks AWS about alarms and traffic.
    """
    found: list[Finding] = []
    places = Places((project.root / CONFIG).read_bytes(), CONFIG)
    service = None
    try:
        service = project.service
    except McmError as err:
        found += _told(err, CONFIG)
    else:
        found += lint_service(service, places, project.clock.now())
        found += _of_incidents(project)
    found += lint_marks(places)
    if aws and service is not None:
        found += _of_aws(project, service, places)
    for change in changes:
        try:
            found += _of_change(project, change, service, places)
        except McmError as err:
            found += _told(err, f"{CHANGES}/{change}/change.yaml")
    if everywhere:
        found += _stray_folders(project)
        found += _twins(changes)
    return in_order(found)


def _told(err: McmError, file: str) -> Iterator[Finding]:
    if isinstance(err, ConfigError):
        for each in err.problems:
            yield at(each, each.rule, each.message, each.hint or "")
    else:
        yield at(Spot(file), "config", " ".join(str(err).split()), err.hint or "")


def _of_incidents(project: Project) -> Iterator[Finding]:
    from mcm.cli.backtest_files import read_known
    from mcm.config.incidents_file import FILE

    try:
        read_known(project)
    except McmError as err:
        yield from _told(err, FILE)


def _of_aws(project: Project, service: "Service", places: Places) -> Iterator[Finding]:
    from mcm.app.lint_aws import lint_aws
    from mcm.app.surveying import survey
    from mcm.cli.lines import say

    seen = survey(project.observer, service.pipeline, project.clock.now(), say, service)
    yield from lint_aws(service, places, seen)


def _of_change(
    project: Project, change: str, service: "Service | None", service_places: Places
) -> Iterator[Finding]:
    if not project.folder(change).path.is_dir():
        raise no_change(change, project.change_ids())
    file = f"{CHANGES}/{change}/change.yaml"
    data = project.folder(change).read_change()
    places = Places(data, file)
    yield from lint_marks(places)
    if service is None:
        check_change(data, file, _definitions(project))
        return
    read = load_change(data, file, service, project.definitions)
    if read.id != change:
        message = f"the id is {read.id}, and the change lies in the folder of {change}"
        yield at(places.of("id"), "change-id", message, write=f"id: {change}")
    around = Surroundings(
        service,
        service_places,
        _trust(project),
        _plan(project, change),
        lambda other: _how_it_stands(project, other),
        frozenset(project.change_ids()),
        project.clock.now(),
    )
    yield from lint_change(read, places, around)


def _definitions(project: Project) -> "Mapping[str, Definition] | None":
    try:
        return project.definitions
    except McmError:
        return None  # told already, with the service that could not be read


def _trust(project: Project) -> "TrustFile | None":
    try:
        return project.trust()
    except McmError:
        return None


def _plan(project: Project, change: str) -> "Plan | None":
    try:
        return project.plan(change)
    except McmError:
        return None  # there is none yet, or it is broken, which `mcm status` and `verify` say


def _how_it_stands(project: Project, change: str) -> str:
    """Say how a prerequisite stands; empty when it is closed."""
    try:
        if fold(project.journal.entries(change)).closing is not None:
            return ""
        return "is over but not closed" if project.is_over(change) else "is not over"
    except (McmError, KeyError, TypeError, ValueError):
        return "its journal cannot be read"


def _stray_folders(project: Project) -> Iterator[Finding]:
    folder = project.root / CHANGES
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_dir() and not path.name.startswith(".") and not is_change_id(path.name):
            yield at(
                Spot(f"{CHANGES}/{path.name}"),
                "change-id",
                "the folder's name cannot be a change's id",
                "Letters, digits, `-`, `_` and single dots make one, such as MCM-2026-0001.",
            )


def _twins(changes: Sequence[str]) -> Iterator[Finding]:
    """Ids that differ by case only: on some disks they are one folder, and one tag."""
    seen: dict[str, str] = {}
    for change in sorted(changes):
        first = seen.setdefault(change.lower(), change)
        if first != change:
            yield at(
                Spot(f"{CHANGES}/{change}/change.yaml"),
                "change-id",
                f"the id differs from {first} by case only",
                "Give one of the two another id and folder.",
            )


def lint_json(found: Iterable[Finding]) -> dict[str, Any]:
    """Return the document of `mcm lint --json`."""
    from mcm.app.lint import Level

    known = tuple(found)
    return {
        "version": 1,
        "errors": sum(each.level is Level.ERROR for each in known),
        "warnings": sum(each.level is Level.WARNING for each in known),
        "findings": [
            {
                "rule": each.rule,
                "level": each.level.value,
                "file": each.file,
                "line": each.line,
                "column": each.column,
                "message": each.message,
                "hint": each.hint,
                "write": each.write,
            }
            for each in known
        ],
    }


def lint_lines(found: Iterable[Finding]) -> Iterator[str]:
    """Yield what people read: a line for each finding, and below it what to write."""
    from mcm.core.sanitize import clean

    for each in found:
        place = f"{clean(each.file, 300)}:{each.line}:{each.column}"
        hint = f". {clean(each.hint, 400)}" if each.hint else ""
        yield f"{place}: {each.level}: {clean(each.message, 600)}{hint} [{each.rule}]"
        if each.write:
            yield from (f"    | {clean(line, 200)}" for line in each.write.split("\n"))
