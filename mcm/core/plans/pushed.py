"""What AWS alone can tell of a range: the heads that the pipeline was started with.

CodePipeline knows the newest commit of each execution's sources and nothing in between.
"""

from collections.abc import Sequence

from mcm.core.commits.commit_range import CommitRange, heads_range
from mcm.core.pipeline import ROLLBACK, ExecutionView
from mcm.core.plans.plan import Package
from mcm.core.revision import Revision


def with_heads(
    ranges: Sequence[CommitRange],
    packages: Sequence[Package],
    pinned: Sequence[Revision],
    execution: str,
    executions: Sequence[ExecutionView],
) -> tuple[CommitRange, ...]:
    """Return `ranges`, those that git could not tell with the heads that AWS names.

    `pinned` are the revisions of the pinned `execution`; `executions` is all of the
    pipeline's that AWS lists, newest first, empty when nobody could read them.
    """
    by_name = {package.name: package for package in packages}
    return tuple(
        heads_range(
            each.name,
            [(r.id, r.summary) for r in _heads(by_name[each.name], pinned, execution, executions)],
            links=each.links,
            unknown=each.unknown,
        )
        if each.unknown and not each.commits and each.name in by_name
        else each
        for each in ranges
    )


def _heads(
    package: Package,
    pinned: Sequence[Revision],
    execution: str,
    executions: Sequence[ExecutionView],
) -> tuple[Revision, ...]:
    """Return the heads after `before` up to the pinned one, newest first, each once.

    Where the list does not reach back to `before`, the pinned one alone: the heads in
    between could be of long ago.
    """
    own = tuple(each for each in pinned if each.source == package.name)
    found: dict[str, Revision] = {}
    begun = False
    for each in executions:
        begun = begun or each.id == execution
        if not begun or each.type == ROLLBACK:
            continue
        for revision in each.revisions:
            if revision.source == package.name:
                if revision.id == package.before:
                    return tuple(found.values())
                found.setdefault(revision.id, revision)
    return own
