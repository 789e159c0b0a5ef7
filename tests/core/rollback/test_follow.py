"""Letting a ROLLBACK in that is shut out, again and again; `test_back` has the rest of the way."""

from mcm.core.history import attempts
from mcm.core.history.instruction import OpenTransition, Outcome, Result, RollBackStage
from mcm.core.history.turn import Act, Hold
from mcm.core.rollback import back
from tests.kit.readings import (
    NOW,
    PIPELINE,
    STAGE,
    Notebook,
    execution,
    go_back,
    history,
    minutes,
    pipeline_view,
    readings,
    stage,
)

ROLL_BACK = RollBackStage(PIPELINE, STAGE, "old", "new")
OPEN = OpenTransition(PIPELINE, STAGE, "back-1", 0)
STARTED = Outcome(Result.DONE, "started", execution="back-1")
SHUT_OUT = stage("new", returning=["back-1"])


def followed() -> Notebook:
    return Notebook().rollback_started().tried(ROLL_BACK, STARTED)


def test_a_rollback_that_could_not_be_let_in_is_let_in_once_aws_does_it_again() -> None:
    """What kept it out may have passed: nobody should have to know that a person is needed."""
    book = followed()
    for _ in range(attempts.ATTEMPTS):
        book.tried(OPEN, Outcome(Result.REFUSED, "", "InternalFailure"))
    seen = readings(pipeline_view(SHUT_OUT), history(), execution("back-1", "InProgress"))
    later = back.decide(go_back(), book.state, seen, NOW + minutes(5))
    for _ in range(attempts.ASKS):
        book.tried(OPEN, Outcome(Result.REFUSED, "", "InternalFailure"))
    never = back.decide(go_back(), book.state, seen, NOW + minutes(60))

    assert isinstance(later.next, Act)
    assert later.next.instruction == OPEN
    assert isinstance(never.next, Hold)
