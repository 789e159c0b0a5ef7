"""What is different, in lines: packages, their commits, and what cancels out. Pure."""

from collections.abc import Iterable

from mcm.core.commits.commit_range import CommitRange, Links, RangeCommit, subject_of
from mcm.core.plans.plan import Plan
from mcm.record.view import BroughtLine, CommitLine, Difference, PackageLine, RangeLine

MOST_COMMITS = 200
_SHORT = 12


def build_difference(plan: Plan) -> Difference:
    """Return what the plan says of the change's content, as lines of a record."""
    told = {each.name for each in plan.ranges if each.commits or not each.unknown}
    own = [each for each in plan.revisions if each.source not in told]
    shown = own[:MOST_COMMITS]
    return Difference(
        packages=tuple(PackageLine(p.name, p.before, p.after) for p in plan.packages),
        ranges=tuple(build_range_line(each) for each in plan.ranges),
        commits=tuple(CommitLine(r.source, r.id, subject_of(r.summary), r.url) for r in shown),
        left_out=len(own) - len(shown),
    )


def build_range_line(found: CommitRange) -> RangeLine:
    """Return one package's commits as lines."""
    cancelling = [each for each in found.commits if each.cancels]
    return RangeLine(
        name=found.name,
        summary=_summary(found, len(cancelling)),
        notes=found.notes,
        commits=_lines((c for c in found.commits if not c.cancels), found.links),
        cancelling=_lines(cancelling, found.links),
        left_out=found.total - len(found.commits),
        lost=_lines(found.lost, found.links),
        lost_left_out=found.lost_total - len(found.lost),
    )


def _summary(found: CommitRange, cancelling: int) -> str:
    if found.unknown:
        names = "AWS names these heads" if found.commits else "AWS names nothing of it"
        return f"commits unknown, for {found.unknown}; {names}"
    parts = [f"{'at least ' if found.more else ''}{_count(found.total, 'commit')}"]
    if found.merges:
        parts.append(f"{_count(found.merges, 'merge')} not listed")
    if cancelling:
        parts.append(f"{cancelling} cancel each other out")
    if found.lost_total:
        parts.append(f"{_count(found.lost_total, 'commit')} of what runs now missing")
    return ", ".join(parts)


def _lines(commits: Iterable[RangeCommit], links: Links) -> tuple[BroughtLine, ...]:
    return tuple(_line(each, links) for each in commits)


def _line(each: RangeCommit, links: Links) -> BroughtLine:
    number = each.request[1:]
    remark = ""
    if each.cancels:
        remark = f"cancels out with {each.cancels[:_SHORT]}"
    elif each.takes_back:
        remark = f"says that it reverts {each.takes_back}, from before this range"
    return BroughtLine(
        id=each.id[:_SHORT],
        url=links.commit.replace("{id}", each.id) if links.commit else "",
        subject=each.subject.removesuffix(f" ({each.request})"),
        author=each.author,
        request=each.request,
        request_url=links.request.replace("{number}", number) if number else "",
        remark=remark,
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
