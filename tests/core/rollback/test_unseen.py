"""What AWS does not let mcm see: waited for, or named with what goes on without it."""

from mcm.core.errors import Exit
from mcm.core.history.turn import Hold, Wait
from mcm.core.reading import Blindness
from mcm.core.rollback import back
from tests.kit.readings import NOW, Notebook, go_back, minutes, pipeline_view, readings, unknown


def test_a_past_that_stays_unknown_lets_a_script_go_and_a_person_wait_on() -> None:
    state = Notebook().add("sight", lost=True, reason="throttled").state
    unread = readings(pipeline_view(), unknown())
    turn = back.decide(go_back(), state, unread, NOW + minutes(5))

    assert isinstance(turn.next, Hold)
    assert (turn.next.exit, turn.next.leave) == (Exit.NEEDS_PERSON, False)
    assert "--to ID" in turn.next.hint


def test_after_a_breach_a_past_that_stays_unknown_is_waited_for() -> None:
    notebook = Notebook().add("breach", check="alarms", reason="5xx", action="roll_back")
    state = notebook.add("sight", lost=True, reason="throttled").state
    turn = back.decide(go_back(), state, readings(pipeline_view(), unknown()), NOW + minutes(60))

    assert isinstance(turn.next, Wait)


def test_whoever_may_look_is_told_of_the_pipeline_that_no_file_names() -> None:
    line = "mcm rollback --stage ProdUS --pipeline P --region us-east-1"
    denied = readings(unknown(Blindness.DENIED))
    turn = back.decide(go_back(in_full=line), Notebook().state, denied, NOW)

    assert isinstance(turn.next, Hold)
    assert turn.next.hint == f"Somebody who may read it runs `{line}`."
