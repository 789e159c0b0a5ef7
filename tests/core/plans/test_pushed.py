"""Heads that AWS saw between the revision that runs and the pinned one."""

from dataclasses import replace

from mcm.core.commits.commit_range import Links, build_range, heads_range
from mcm.core.pipeline import ROLLBACK, ExecutionView
from mcm.core.plans.plan import Package
from mcm.core.plans.pushed import with_heads
from mcm.core.revision import Revision
from tests.planned import make_execution

PACKAGE = Package("App", "r2", "r5")
BLANK = heads_range("App", (), links=Links(), unknown="no clone")


def run(number: int) -> ExecutionView:
    own = (Revision("App", f"r{number}", f"Change {number}", ""), Revision("Infra", "i", "", ""))
    return make_execution(f"e{number}", revisions=own)


def heads(*numbers: int) -> list[str]:
    listed = [run(n) for n in numbers]
    pinned = run(5).revisions
    (found,) = with_heads([BLANK], [PACKAGE], pinned, "e5", listed)
    assert found.unknown == "no clone"
    return [commit.id for commit in found.commits]


def test_all_heads_after_the_one_that_runs_up_to_the_pinned_one() -> None:
    assert heads(7, 6, 5, 4, 4, 3, 2, 1) == ["r5", "r4", "r3"]


def test_where_the_list_does_not_reach_back_the_pinned_one_alone() -> None:
    assert heads(5, 4, 3) == ["r5"]
    assert heads() == ["r5"]


def test_rollbacks_push_nothing() -> None:
    back = replace(run(3), type=ROLLBACK)
    listed = [run(5), back, run(2)]
    pinned = run(5).revisions
    (found,) = with_heads([BLANK], [PACKAGE], pinned, "e5", listed)

    assert [commit.id for commit in found.commits] == ["r5"]


def test_what_git_told_stays() -> None:
    known = build_range("App", ())
    assert with_heads([known], [PACKAGE], (), "e5", ()) == (known,)
