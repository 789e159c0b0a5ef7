"""When a guardrail that could not be asked begins the bake again (ADR 0020)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mcm.core.history.journal import Draft
from mcm.core.plans.plan import Guardrail
from mcm.core.verdict import UNASKED, Kind, Verdict
from mcm.core.walking import notes, unread
from tests.kit.readings import NOW, Notebook, minutes
from tests.kit.world import STAGE, stage_plan

POLL = timedelta(seconds=30)
PROBE = Guardrail("probe", "command", {}, "hold")
PLANNED = replace(stage_plan("old"), guardrails=(PROBE,))
ERROR = Verdict("probe", Kind.ERROR, "no such program")
LATE = Verdict("probe", Kind.INCONCLUSIVE, "hangs", code=UNASKED)
WARNS = Verdict("probe", Kind.INCONCLUSIVE, "WARNING")
PASS = Verdict("probe", Kind.PASS, "OK")


def baking(*said: tuple[float, Verdict]) -> Notebook:
    """Return a journal in which a bake began now, and what was said so many minutes after."""
    book = Notebook().take([Draft("bake_started", {"stage": STAGE}, NOW)])
    for after, verdict in said:
        known = book.state.stage(STAGE)
        book.take(notes.verdicts(PLANNED, known, (verdict,), NOW + minutes(after)))
    return book


def gaps(book: Notebook, verdict: Verdict, after: float) -> tuple[Draft, ...]:
    known = book.state.stage(STAGE)
    return unread.judge_gaps(PLANNED, known, (verdict,), NOW + minutes(after), POLL)


@pytest.mark.parametrize("unasked", [ERROR, LATE], ids=["error", "late"])
@pytest.mark.parametrize("then", [PASS, WARNS], ids=["passes", "warns"])
def test_what_could_not_be_asked_for_too_long_begins_it_again(
    unasked: Verdict, then: Verdict
) -> None:
    book = baking((1, unasked))

    assert gaps(book, then, 6) == ()
    (found,) = gaps(book, then, 6.1)
    assert (found.kind, found.body["check"]) == ("unwatched", "probe")


def test_a_probe_that_hangs_after_an_error_is_one_gap() -> None:
    book = baking((1, ERROR), (4, LATE))

    assert len(gaps(book, PASS, 8)) == 1


def test_a_warning_was_an_answer() -> None:
    assert gaps(baking((1, WARNS)), PASS, 25) == ()
    assert gaps(baking((1, WARNS), (22, LATE)), PASS, 25) == ()
    assert len(gaps(baking((1, WARNS), (2, LATE)), PASS, 25)) == 1


def test_while_it_lasts_nothing_begins_again() -> None:
    assert gaps(baking((1, ERROR)), LATE, 25) == ()
    assert gaps(baking((1, LATE)), ERROR, 25) == ()
