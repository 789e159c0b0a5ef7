"""Entries into production against the records: what is matched, and everything that is not."""

from datetime import datetime, timedelta

import pytest

from mcm.core.errors import Exit
from mcm.core.past import Passage, Past
from mcm.core.pipeline import ExecutionView
from mcm.core.trust.audit import Audited, Claim, Finding, Span, Way, audit, exit_of
from tests.kit.readings import NOW

SPAN = Span(NOW - timedelta(days=7), NOW)
STAGES = {"ProdUS": "prod-us", "ProdEU": "prod-eu"}
BOB = "arn:aws:iam::111111111111:user/bob"


def came(
    execution: str = "e1",
    stage: str = "ProdUS",
    days: float = 1,
    *,
    deploys: bool = True,
    answers: tuple[tuple[str, str], ...] = (),
) -> Passage:
    at = NOW - timedelta(days=days)
    return Passage(execution, stage, at, at, "Succeeded", deploys, (), 4, answers)


def run(execution: str, kind: str = "STANDARD", by: str = "WebhookV2") -> ExecutionView:
    return ExecutionView(execution, "Succeeded", kind, 0, NOW, (), "", by)


def claim(way: Way = Way.PROMOTION, **fields: object) -> Claim:
    values: dict[str, object] = {
        "change": "CM-1",
        "stage": "ProdUS",
        "execution": "e1",
        "at": NOW - timedelta(days=1, minutes=1),
        "by": "alice",
        "approvers": ("bob",),
        **fields,
    }
    return Claim(way=way, **values)  # type: ignore[arg-type]


def judged(
    *passages: Passage,
    claims: tuple[Claim, ...] = (),
    broken: frozenset[str] = frozenset(),
    cut: str = "",
    runs: tuple[ExecutionView, ...] = (),
) -> tuple[Audited, ...]:
    past = Past(passages or (came(),), runs or (run("e1"),), cut)
    return audit(past, claims, STAGES, SPAN, broken)


def findings(*passages: Passage, **fields: object) -> list[tuple[Finding, ...]]:
    return [each.findings for each in judged(*passages, **fields)]  # type: ignore[arg-type]


def test_an_entry_with_its_promotion_is_matched() -> None:
    (found,) = judged(claims=(claim(),))

    assert found.findings == ()
    assert (found.change, found.by, found.approvers) == ("CM-1", "alice", ("bob",))


def test_an_entry_that_no_journal_knows_has_no_record() -> None:
    (found,) = judged(claims=(claim(execution="e2", at=NOW - timedelta(days=9)),))

    assert found.findings == (Finding.NO_RECORD,)
    assert found.change == ""


def test_the_same_execution_in_another_stage_is_another_entry() -> None:
    both = (came(), came(stage="ProdEU", days=2))

    assert findings(*both, claims=(claim(),)) == [(Finding.NO_RECORD,), ()]


def test_who_let_it_in_is_who_answered_else_who_began_it() -> None:
    ask = came(stage="ApproveUS", days=1.1, deploys=False, answers=(("Approve", BOB),))

    assert judged(came(), ask)[0].by == BOB
    assert judged()[0].by == "WebhookV2"


def test_what_others_let_in_is_told_although_a_record_follows_it() -> None:
    seen = claim(Way.OTHERS)

    assert findings(claims=(seen,)) == [(Finding.BY_CONSOLE,)]
    assert findings(claims=(seen, claim())) == [()]


def test_a_rollback_is_matched_by_the_journal_that_began_it() -> None:
    back = (run("e1", "ROLLBACK", BOB),)

    (found,) = judged(runs=back, claims=(claim(Way.ROLLBACK),))
    assert (found.is_rollback, found.findings) == (True, ())
    assert findings(runs=back) == [(Finding.NO_RECORD,)]


def test_a_redeployment_goes_through_every_stage() -> None:
    again = claim(Way.REDEPLOYMENT, stage="")

    assert findings(came(), came(stage="ProdEU"), claims=(again,)) == [(), ()]


def test_several_things_may_be_wrong_with_one_entry() -> None:
    bad = claim(own=("bob",), glass="carol")

    assert findings(claims=(bad,), broken=frozenset({"CM-1"})) == [
        (Finding.DOES_NOT_HOLD, Finding.APPROVER_IS_AUTHOR, Finding.UNREVIEWED)
    ]
    assert findings(claims=(claim(glass="carol", reviewed=True),)) == [()]


def test_a_promotion_that_aws_does_not_show_is_told() -> None:
    ghost = claim(execution="ghost")

    found = judged(claims=(claim(), ghost))

    assert [each.findings for each in found] == [(Finding.NOT_IN_AWS,), ()]
    assert findings(claims=(claim(), ghost), cut="left after 10000 items") == [()]
    old = claim(execution="ghost", at=SPAN.start - timedelta(seconds=1))
    assert findings(claims=(claim(), old)) == [()]


@pytest.mark.parametrize(
    ("at", "is_in"),
    [(SPAN.start, True), (SPAN.start - timedelta(seconds=1), False), (SPAN.end, False)],
)
def test_the_span_takes_its_start_and_leaves_its_end(at: datetime, is_in: bool) -> None:
    passage = Passage("e1", "ProdUS", at, at, "Succeeded", True, (), 4)

    assert bool(judged(passage)) is is_in


def test_stages_that_are_no_production_and_waits_for_an_answer_are_no_entries() -> None:
    assert judged(came(stage="Beta"), came(deploys=False)) == ()


def test_exit_codes() -> None:
    fine, none = judged(claims=(claim(),)), judged()
    late = judged(claims=(claim(glass="carol"),))

    assert exit_of(fine, complete=True) is Exit.DONE
    assert exit_of(none, complete=True) is Exit.REFUSED
    assert exit_of(late, complete=True) is Exit.HELD
    assert exit_of((*late, *none), complete=True) is Exit.REFUSED
    assert exit_of(fine, complete=False) is Exit.INCONCLUSIVE
    assert exit_of((), complete=True) is Exit.DONE
