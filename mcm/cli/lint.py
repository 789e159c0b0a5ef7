"""Everything that is wrong in the files of a project, one line for each mistake."""

from collections.abc import Iterator, Sequence

from mcm.cli.compose import Project, is_change_id
from mcm.cli.folder import CHANGES, STATE
from mcm.config.change_file import check_change
from mcm.core.authorship import nobody_left
from mcm.core.change import Change
from mcm.core.errors import McmError
from mcm.trust.persons import TrustFile
from mcm.trust.review import standing


def find_problems(project: Project, changes: Sequence[str], *, everywhere: bool) -> list[str]:
    """Return what is wrong in mcm.yaml and in the change.yaml of `changes`, in that order.

    A mistake in one file hides none in another. `everywhere` looks for folders in changes/
    that can be no change's, too.
    """
    problems: list[str] = []
    has_service = True
    try:
        _ = project.service
    except McmError as err:
        problems += str(err).split("\n")
        has_service = False
    for change in changes:
        try:
            problems += _of_change(project, change, has_service=has_service)
        except McmError as err:
            problems += str(err).split("\n")
    if everywhere:
        problems += _stray_folders(project)
    return problems


def _of_change(project: Project, change: str, *, has_service: bool) -> Iterator[str]:
    if not project.folder(change).path.is_dir():
        known = ", ".join(project.change_ids()) or "none"
        yield f"no change {change}: there are {known}"
        return
    file = f"{CHANGES}/{change}/change.yaml"
    if has_service:
        yield from _of_requester(project, project.read_change(change), file)
    else:
        check_change(project.folder(change).read_change(), file)


def _of_requester(project: Project, change: Change, file: str) -> Iterator[str]:
    """Tell of a requester who will not be able to request; without a trust file nobody is."""
    try:
        trust = project.trust()
    except McmError:
        return  # `mcm plan` says so, and what to do
    person = trust.person(change.requester)
    able = ", ".join(each.id for each in trust.persons if "requester" in each.roles) or "nobody"
    if person is None:
        who = f"requester {change.requester} is not"
    elif "requester" not in person.roles:
        who = f"{change.requester} is no requester"
    else:
        yield from _of_approvers(project, trust, change, file)
        return
    yield f"{file}: {who} in {STATE}/trust.yml: {able} may request"


def _of_approvers(project: Project, trust: TrustFile, change: Change, file: str) -> Iterator[str]:
    """Tell of a stage that too few could approve; authors are known once there is a plan."""
    for stage in project.service.stages:
        if stage.name in change.stages:
            found = standing(
                trust,
                stage.name,
                project.clock.now(),
                requester=change.requester,
                touch=stage.touch,
            )
            if len(found.may) < stage.approvals:
                yield f"{file}: {nobody_left(stage.name, stage.approvals, change.requester, found)}"


def _stray_folders(project: Project) -> Iterator[str]:
    folder = project.root / CHANGES
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_dir() and not path.name.startswith(".") and not is_change_id(path.name):
            yield (
                f"{CHANGES}/{path.name}: the folder's name cannot be a change's id:"
                " letters, digits, '-', '_' and single dots make one, such as MCM-2026-0001"
            )
