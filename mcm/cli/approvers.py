"""Who may approve, said before anybody is asked: from this clone and its trust file."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from mcm.core.errors import McmError
from mcm.core.trust.authorship import Approvers

if TYPE_CHECKING:
    from mcm.cli.compose import Project
    from mcm.core.commits.commit_range import CommitRange
    from mcm.core.plans.plan import Package, Plan
    from mcm.core.revision import Revision
    from mcm.core.trust.authorship import Written

_SHOWN = 8
"""Authors named in one line; the rest is counted."""


class OwnPeople:
    """Answers `mcm.app.planning.People` from the project's repository and trust file."""

    def __init__(self, project: "Project") -> None:
        self._project = project
        self.problem = ""
        """Why the trust file could not be read, once it was tried."""

    def wrote(self, packages: "tuple[Package, ...]") -> "Written":
        """Return who wrote these ranges, as far as this clone knows them."""
        from mcm.trust.authors import who_wrote

        return who_wrote(self._project.root, packages)

    def ranges(
        self, packages: "tuple[Package, ...]", revisions: "tuple[Revision, ...]"
    ) -> "tuple[CommitRange, ...]":
        """Return the commits of these ranges, as far as this clone has them."""
        from mcm.trust.ranges import read_ranges

        return read_ranges(self._project.root, packages, revisions)

    def approvers(self, plan: "Plan", authors: tuple[str, ...]) -> Mapping[str, Approvers]:
        """Return by stage who may approve; nothing when the trust file cannot be read."""
        from mcm.trust.review import standing

        try:
            trust = self._project.trust()
        except McmError as err:
            self.problem = str(err)
            return {}
        now = self._project.clock.now()
        return {
            stage.name: standing(
                trust, stage.name, now, requester=plan.requester, authors=authors, touch=stage.touch
            )
            for stage in plan.stages
        }


def approver_lines(plan: "Plan", known: Mapping[str, Approvers]) -> Iterator[str]:
    """Yield who wrote it and, for each stage, who may approve it and who may not."""
    from mcm.core.sanitize import clean

    if plan.authors:
        names = ", ".join(clean(name, 80) for name in plan.authors[:_SHOWN])
        rest = len(plan.authors) - _SHOWN
        yield f"  written by: {names}{f' and {rest} more' if rest > 0 else ''}"
    if plan.authors_unknown:
        why = clean(plan.authors_unknown, 300)
        yield f"  written by: unknown, so nobody is excluded for it: {why}"
    for stage in plan.stages:
        found = known.get(stage.name)
        if found is None:
            yield f"  {stage.name} may approve: unknown, for the trust file cannot be read"
        else:
            yield f"  {stage_approvers(stage.name, found, forbids=stage.forbid_authors)}"


def stage_approvers(stage: str, found: Approvers, *, forbids: bool) -> str:
    """Say in one line who may approve a stage, and who may not for they wrote part of it."""
    may = found.may if forbids else tuple(sorted((*found.may, *found.authors)))
    out = f"; excluded as authors: {', '.join(found.authors)}" if forbids and found.authors else ""
    return f"{stage} may approve: {', '.join(may) or 'nobody'}{out}"
