"""Which step of a runbook is next, by the journal alone."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from mcm.core.history.journal import Draft, Entry, chain_all
from mcm.core.runbooks import runbook
from mcm.core.runbooks.runbook import (
    AskAbout,
    Begin,
    Changed,
    Finish,
    Rendered,
    Step,
    Take,
    fold_run,
    next_move,
    place,
)

NOW = datetime(2026, 3, 18, 3, 0, tzinfo=UTC)
STEPS = (
    Step(1, "Look", runbook.NOTE, "look around"),
    Step(2, "Act", runbook.COMMAND, "does it", "mcm status"),
    Step(3, "See", runbook.CHECK, "sees it", "true", "all is well"),
    Step(4, "Over?", runbook.PROMPT, "asks", "Is it over?"),
)
BOOK = Rendered("mend-it", "Mend it", "it is broken", STEPS)


def entries(*said: tuple[str, Mapping[str, Any]], book: Rendered = BOOK) -> tuple[Entry, ...]:
    begun = {"digest": book.digest, "facts": {}, "by": "alice"}
    all_of_it = ((runbook.STARTED, begun), *said)
    return chain_all(None, [Draft(k, {"runbook": book.name, **b}, NOW) for k, b in all_of_it])


def move(*said: tuple[str, Mapping[str, Any]]) -> runbook.Move:
    return next_move(fold_run(entries(*said), BOOK.name), BOOK)


READ = (runbook.STEP, {"step": 1, "how": "read"})
INTENT = (runbook.INTENT, {"step": 2, "command": "mcm status"})


def outcome(status: int | None, why: str = "") -> tuple[str, Mapping[str, Any]]:
    return (runbook.OUTCOME, {"step": 2, "intent": 3, "status": status, "why": why})


def test_a_runbook_that_nobody_follows_is_begun() -> None:
    assert next_move(fold_run((), BOOK.name), BOOK) == Begin()
    assert next_move(fold_run(entries(), "another"), BOOK) == Begin()


def test_it_goes_on_at_the_first_step_that_is_not_done() -> None:
    assert move() == Take(STEPS[0])
    assert move(READ) == Take(STEPS[1])
    assert move(READ, INTENT, outcome(0)) == Take(STEPS[2])


def test_a_command_that_was_begun_and_has_no_outcome_is_asked_about() -> None:
    """Never taken again by itself, whatever else was written since."""
    assert move(READ, INTENT) == AskAbout(STEPS[1], 3)
    assert move(INTENT, READ) == AskAbout(STEPS[1], 2)


def test_the_answer_settles_it() -> None:
    happened = (runbook.STEP, {"step": 2, "how": "happened"})
    did_not = (runbook.STEP, {"step": 2, "how": "did not happen"})
    assert move(READ, INTENT, happened) == Take(STEPS[2])
    assert move(READ, INTENT, did_not) == Take(STEPS[1], "did not happen")


def test_a_command_that_failed_is_offered_again_with_what_it_said() -> None:
    assert move(READ, INTENT, outcome(2, "exit status 2")) == Take(
        STEPS[1], "not done: exit status 2"
    )
    assert move(READ, INTENT, outcome(None, "it took too long")) == Take(
        STEPS[1], "not done: it took too long"
    )


def test_an_answer_of_no_leaves_the_question_open() -> None:
    rest = [
        READ,
        (runbook.STEP, {"step": 2, "how": "skipped"}),
        (runbook.OUTCOME, {"step": 3, "status": 0}),
    ]
    assert move(*rest, (runbook.STEP, {"step": 4, "how": "no"})) == Take(STEPS[3], "no")
    assert move(*rest, (runbook.STEP, {"step": 4, "how": "yes"})) == Finish()


def test_another_text_or_other_facts_are_not_mixed_with_what_was_done() -> None:
    other = replace(BOOK, steps=(replace(STEPS[0], text="look elsewhere"), *STEPS[1:]))
    run = fold_run(entries(READ), BOOK.name)
    assert run is not None
    assert next_move(run, other) == Changed(run)
    assert place(run, BOOK.steps) == "1 of 4 steps are done"


def test_what_has_ended_is_begun_anew() -> None:
    assert move(READ, (runbook.ENDED, {"outcome": "done"})) == Begin()
