"""Authors in the plan: unknown is said, excluded is signed, and somebody must be left."""

from dataclasses import replace

import pytest

from mcm.core.gates.every_gate import promotion_of
from mcm.core.history.goal import GoForward
from mcm.core.plans.plan import Plan
from mcm.core.plans.service import Service
from mcm.core.trust.authorship import (
    Approvers,
    Written,
    author_problems,
    author_warnings,
    excluded,
    with_authors,
)
from tests.planned import make_plan, make_service

BOB = "Bob <bob@example.com>"
THREE = Approvers(("carol", "dave", "erin"), ("bob",))
TWO = Approvers(("carol", "dave"), ("bob",))


def service(*, forbid: bool | None = None, production: bool = True) -> Service:
    """Return the example's service, whose stages say so much of authors."""
    found = make_service()
    stages = (replace(s, forbid_authors=forbid, production=production) for s in found.stages)
    return replace(found, stages=tuple(stages))


def planned(
    written: Written, known: Approvers | None, *, forbid: bool | None = None
) -> tuple[Plan, list[str], list[str]]:
    """Return the plan, what stands in its way, and what is warned of."""
    by_stage = {} if known is None else {"prod-us": known}
    plan = with_authors(make_plan(), service(forbid=forbid), written, by_stage)
    problems = list(author_problems(plan, service(forbid=forbid), by_stage))
    return plan, problems, list(author_warnings(plan, by_stage))


def test_unknown_authors_stop_a_stage_that_forbids_them() -> None:
    """Unknown means no, where it was asked for; by default it is said in the plan."""
    unknown = Written((), "Shop: git has no commit abc here")
    plan, problems, _ = planned(unknown, THREE, forbid=True)
    assert "who wrote it is unknown: Shop: git has no commit abc here" in problems[0]

    plan, problems, _ = planned(unknown, THREE)
    assert (problems, plan.authors_unknown) == ([], unknown.unknown)


def test_threat_10_with_an_unreadable_trust_file_authors_are_excluded() -> None:
    plan, _, _ = planned(Written((BOB,)), None)

    assert excluded(plan, plan.stages[0]) == {BOB}


@pytest.mark.parametrize(
    ("known", "forbid", "left_out"),
    [
        (THREE, None, True),
        (TWO, None, False),
        (TWO, True, True),
        (THREE, False, False),
    ],
)
def test_threat_10_authors_are_excluded_by_default_when_three_others_remain(
    known: Approvers, forbid: bool | None, left_out: bool
) -> None:
    """Else they are named in a warning; what mcm.yaml says wins both ways."""
    plan, problems, warnings = planned(Written((BOB,)), known, forbid=forbid)

    assert plan.stages[0].forbid_authors is left_out
    assert problems == []
    assert ["bob wrote part of this" in line for line in warnings] == ([] if left_out else [True])


def test_a_stage_that_is_no_production_excludes_nobody_by_itself() -> None:
    plan = make_plan()
    plan = replace(plan, stages=(replace(plan.stages[0], production=False),))
    found = with_authors(plan, service(production=False), Written((BOB,)), {"prod-us": THREE})

    assert not found.stages[0].forbid_authors


@pytest.mark.parametrize("known", [Approvers((), ()), Approvers((), ("bob",))])
def test_nobody_left_is_a_problem_with_its_remedy(known: Approvers) -> None:
    _, problems, _ = planned(Written((BOB,)), known, forbid=True)

    assert "takes 1 besides alice to approve: nobody may" in problems[0]
    assert ("excluded as authors: bob" in problems[0]) == bool(known.authors)
    assert "Add an approver" in problems[0]


def test_an_author_counts_where_nothing_excludes_them() -> None:
    assert planned(Written((BOB,)), Approvers((), ("bob",)))[1] == []


def test_threat_10_the_guard_is_told_whom_the_plan_excludes() -> None:
    """From the signed plan alone, so that every clone counts the same."""
    plan, _, _ = planned(Written((BOB,)), THREE)
    again = Plan.from_bytes(plan.to_bytes())
    stage = again.stages[0]

    assert promotion_of(GoForward(again, ("prod-us",)), stage).excluded == {BOB}
    open_to_all = replace(stage, forbid_authors=False)
    assert promotion_of(GoForward(again, ("prod-us",)), open_to_all).excluded == frozenset()
