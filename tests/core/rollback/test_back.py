"""Going back, step by step, on readings built by hand."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mcm.core.errors import Exit
from mcm.core.history import attempts
from mcm.core.history.instruction import (
    CloseTransition,
    OpenTransition,
    Outcome,
    Result,
    RollBackStage,
    StopExecution,
)
from mcm.core.history.turn import Act, Done, Hold, Turn, Wait
from mcm.core.query import EndpointQuery
from mcm.core.reading import Blindness, Unknown
from mcm.core.rollback import back
from tests.kit.readings import (
    NOW,
    PIPELINE,
    STAGE,
    US,
    Notebook,
    content,
    endpoint,
    execution,
    go_back,
    history,
    minutes,
    pipeline_view,
    readings,
    rollback_run,
    stage,
    unknown,
)

ENDPOINTS = ((US, "photo-check-us"),)
ROLL_BACK = RollBackStage(PIPELINE, STAGE, "old", "new")
OPEN = OpenTransition(PIPELINE, STAGE, "back-1", 0)
STARTED = Outcome(Result.DONE, "started", execution="back-1")
BUSY = Outcome(Result.REFUSED, "busy", "ConflictException")
NOT_SENT = Outcome(Result.NOT_SENT, "in front of ProdUS waits newer")


def instruction(turn: Turn) -> object:
    assert isinstance(turn.next, Act), turn.next
    return turn.next.instruction


def kinds(turn: Turn) -> list[str]:
    return [draft.kind for draft in turn.entries]


# Unknown first


def test_nothing_is_sent_while_the_pipeline_is_unknown() -> None:
    turn = back.decide(go_back(), Notebook().state, readings(unknown(), history()), NOW)

    assert isinstance(turn.next, Wait)


def test_without_credentials_it_is_blind_and_leaves() -> None:
    blind = unknown(Blindness.AUTH, "expired")
    turn = back.decide(go_back(), Notebook().state, readings(blind, blind), NOW)

    assert isinstance(turn.next, Hold)
    assert (turn.next.exit, turn.next.leave) == (Exit.BLIND, True)


def test_nothing_is_sent_while_the_history_is_unknown() -> None:
    turn = back.decide(go_back(), Notebook().state, readings(pipeline_view(), unknown()), NOW)

    assert isinstance(turn.next, Wait)
    # Not for ever without a word: whoever knows the target need not wait for it to be read.
    assert "`mcm rollback --stage prod-us --to ID` goes without it" in turn.next.why


def test_a_stage_that_is_not_there_needs_a_person() -> None:
    view = pipeline_view(stage(name="Elsewhere"))
    turn = back.decide(go_back(), Notebook().state, readings(view, history()), NOW)

    assert isinstance(turn.next, Hold)
    assert turn.next.exit is Exit.NEEDS_PERSON


def test_no_target_needs_a_person_and_names_the_gate() -> None:
    seen = readings(pipeline_view(), history(("new",)))
    turn = back.decide(go_back(), Notebook().state, seen, NOW)

    assert isinstance(turn.next, Hold)
    assert (turn.next.gate, turn.next.exit) == ("rollback-target", Exit.NEEDS_PERSON)
    assert kinds(turn) == ["person_needed"]


# The order


def test_the_way_in_is_closed_first() -> None:
    seen = readings(pipeline_view(stage(status="InProgress", enabled=True)), history())
    turn = back.decide(go_back(), Notebook().state, seen, NOW)

    assert kinds(turn) == ["rollback_started"]
    assert isinstance(instruction(turn), CloseTransition)


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(Result.REFUSED, "AccessDenied", "AccessDeniedException"),
        Outcome(Result.NOT_SENT, "unreachable"),
        BUSY,
    ],
    ids=["denied", "unreachable", "busy"],
)
def test_a_way_in_that_cannot_be_closed_stops_nothing(outcome: Outcome) -> None:
    state = Notebook().rollback_started().tried(CloseTransition(PIPELINE, STAGE, ""), outcome).state
    turn = back.decide(
        go_back(), state, readings(pipeline_view(stage(enabled=True)), history()), NOW
    )

    assert instruction(turn) == ROLL_BACK


def test_what_runs_is_stopped_before_going_back() -> None:
    seen = readings(pipeline_view(stage(status="InProgress")), history(("old", "older")))
    turn = back.decide(go_back(), Notebook().state, seen, NOW)

    sent = instruction(turn)
    assert isinstance(sent, StopExecution)
    assert (sent.execution, sent.abandon) == ("new", False)


def test_a_stop_gets_its_time_then_a_person_is_called_and_it_stays() -> None:
    """Were it to leave, nobody would roll back once the action has ended."""
    seen = readings(pipeline_view(stage(status="Stopping")), history(("old", "older")))
    stop = StopExecution(PIPELINE, STAGE, "new", False, "")
    state = Notebook().rollback_started().tried(stop, Outcome(Result.DONE, "stopping")).state

    early = back.decide(go_back(), state, seen, NOW + minutes(1))
    late = back.decide(go_back(), state, seen, NOW + minutes(3))
    policy = back.decide(go_back(abandon=True), state, seen, NOW + minutes(3))

    assert isinstance(early.next, Wait)
    assert isinstance(late.next, Wait)
    assert kinds(late) == ["person_needed", "rollback_note"]
    assert "--abandon" in late.entries[0].body["reason"]
    assert instruction(policy) == StopExecution(
        PIPELINE, STAGE, "new", True, "mcm rolls back prod-us: on-call asked"
    )


def test_a_stop_of_one_execution_says_nothing_of_another() -> None:
    """The way in could not be closed, and the next one entered behind the stopped one."""
    seen = readings(pipeline_view(stage("newer", "InProgress")), history(("old", "older")))
    stop = StopExecution(PIPELINE, STAGE, "new", False, "")
    state = Notebook().rollback_started().tried(stop, Outcome(Result.DONE, "stopping")).state

    turn = back.decide(go_back(abandon=True), state, seen, NOW + minutes(3))

    sent = instruction(turn)
    assert isinstance(sent, StopExecution)
    assert (sent.execution, sent.abandon) == ("newer", False)


@pytest.mark.parametrize("outcome", [BUSY, Outcome(Result.NOT_SENT, "unreachable")])
def test_a_stop_that_was_turned_away_is_repeated_after_a_pause(outcome: Outcome) -> None:
    seen = readings(pipeline_view(stage(status="InProgress")), history(("old", "older")))
    stop = StopExecution(PIPELINE, STAGE, "new", False, "")
    state = Notebook().rollback_started().tried(stop, outcome).state

    at_once = back.decide(go_back(), state, seen, NOW)
    later = back.decide(go_back(), state, seen, NOW + minutes(1))

    assert isinstance(at_once.next, Wait)
    assert at_once.next.until > NOW
    assert isinstance(instruction(later), StopExecution)


@pytest.mark.parametrize(
    ("shown", "waits"),
    [
        (endpoint("Updating"), True),
        (endpoint("InService"), False),
        (endpoint("Failed"), False),
        ({EndpointQuery(*ENDPOINTS[0]): unknown()}, False),
    ],
    ids=["updating", "in service", "failed", "unknown"],
)
def test_after_an_abandon_the_provider_may_finish_first(shown: dict, waits: bool) -> None:  # type: ignore[type-arg]
    """AWS-RULES 41: it refuses the old content while the abandoned deployment works on."""
    hard = StopExecution(PIPELINE, STAGE, "new", True, "")
    state = Notebook().rollback_started().tried(hard, Outcome(Result.DONE, "abandoning")).state
    seen = readings(pipeline_view(stage(status="Stopped")), history(), more=shown)
    goal = go_back(endpoints=ENDPOINTS)

    soon = back.decide(goal, state, seen, NOW + minutes(1))
    much_later = back.decide(goal, state, seen, NOW + minutes(40))

    assert isinstance(soon.next, Wait) is waits
    assert instruction(much_later) == ROLL_BACK


# RollbackStage


def test_a_busy_pipeline_is_asked_again_after_a_pause() -> None:
    state = Notebook().rollback_started().tried(ROLL_BACK, BUSY).state
    seen = readings(pipeline_view(), history())

    at_once = back.decide(go_back(), state, seen, NOW)
    later = back.decide(go_back(), state, seen, NOW + minutes(1))

    assert isinstance(at_once.next, Wait)
    assert instruction(later) == ROLL_BACK


def test_a_pipeline_that_stays_busy_needs_a_person_in_the_end() -> None:
    book = Notebook().rollback_started()
    for _ in range(attempts.ASKS):
        book.tried(ROLL_BACK, BUSY)

    turn = back.decide(go_back(), book.state, readings(pipeline_view(), history()), NOW)

    assert turn.next == Done(Exit.NEEDS_PERSON, turn.next.reason)  # type: ignore[union-attr]
    assert kinds(turn) == ["person_needed", "rollback_ended"]


def test_time_in_which_nobody_asked_does_not_use_up_the_patience() -> None:
    """A process that was dead for an hour has asked no more often than before."""
    state = Notebook().rollback_started().tried(ROLL_BACK, BUSY).state
    turn = back.decide(go_back(), state, readings(pipeline_view(), history()), NOW + minutes(60))

    assert instruction(turn) == ROLL_BACK


@pytest.mark.parametrize("code", ["AccessDeniedException", "PipelineExecutionOutdatedException"])
def test_what_aws_refuses_for_good_is_not_repeated(code: str) -> None:
    state = Notebook().rollback_started().tried(ROLL_BACK, Outcome(Result.REFUSED, "", code)).state
    turn = back.decide(go_back(), state, readings(pipeline_view(), history()), NOW + minutes(1))

    assert isinstance(turn.next, Done)
    assert turn.next.exit is Exit.NEEDS_PERSON


# Somebody else's rollback


@pytest.mark.parametrize("status", ["InProgress", "Stopping", "", "Pondering"])
def test_a_rollback_under_way_is_adopted(status: str) -> None:
    """Also one in a state that nobody knows: a second one could only do harm."""
    run = rollback_run("back-9", "old", status="InProgress")
    view = pipeline_view(stage("back-9", status, kind="ROLLBACK"))
    turn = back.decide(go_back(), Notebook().state, readings(view, history(rollbacks=[run])), NOW)

    assert kinds(turn) == ["rollback_started"]
    assert turn.entries[0].body["execution"] == "back-9"
    assert isinstance(turn.next, Wait)


def test_a_rollback_that_waits_at_the_transition_is_adopted() -> None:
    """It has not entered: the stage still shows what it takes back."""
    run = rollback_run("back-9", "old", status="InProgress", where="")
    view = pipeline_view(stage(returning=["back-9"]))
    turn = back.decide(go_back(), Notebook().state, readings(view, history(rollbacks=[run])), NOW)

    assert kinds(turn) == ["rollback_started"]
    assert turn.entries[0].body["execution"] == "back-9"


@pytest.mark.parametrize("status", ["InProgress", "Succeeded"])
def test_a_rollback_that_came_in_between_is_adopted(status: str) -> None:
    """Under way or over already: ours would go back a second time."""
    run = rollback_run("back-9", "old", status=status)
    view = pipeline_view(stage("back-9", status, kind="ROLLBACK"))
    state = Notebook().rollback_started().state

    turn = back.decide(go_back(), state, readings(view, history(rollbacks=[run])), NOW)

    assert kinds(turn) == ["rollback_adopted"]


def test_a_rollback_that_runs_already_and_that_the_stage_shows_late_is_adopted() -> None:
    """Its actions list it, the stage lags: once refused, it is followed and never stopped."""
    run = rollback_run("back-9", "old", status="InProgress")
    past = history(rollbacks=[run])
    begun = back.decide(go_back(), Notebook().state, readings(pipeline_view(), past), NOW)
    assert begun.entries[0].body["seen"] == []

    state = Notebook().rollback_started().tried(ROLL_BACK, BUSY).state
    view = pipeline_view(stage("back-9", "InProgress", kind="ROLLBACK"))
    turn = back.decide(go_back(), state, readings(view, past), NOW)

    assert kinds(turn) == ["rollback_adopted"]


def test_a_rollback_that_came_in_between_and_failed_is_not_adopted() -> None:
    run = rollback_run("back-9", "old", status="Failed")
    view = pipeline_view(stage("back-9", "Failed", kind="ROLLBACK"))
    state = Notebook().rollback_started().state

    turn = back.decide(go_back(), state, readings(view, history(rollbacks=[run])), NOW)

    assert instruction(turn) == RollBackStage(PIPELINE, STAGE, "old", "back-9")


def test_a_rollback_without_a_known_target_is_waited_for() -> None:
    view = pipeline_view(stage("back-9", "InProgress", kind="ROLLBACK"))
    turn = back.decide(go_back(), Notebook().state, readings(view, history()), NOW)

    assert isinstance(turn.next, Wait)
    assert turn.entries == ()


def test_a_stage_that_was_rolled_back_says_so() -> None:
    run = rollback_run("back-9", "old")
    view = pipeline_view(stage("back-9", kind="ROLLBACK"))
    turn = back.decide(go_back(), Notebook().state, readings(view, history(rollbacks=[run])), NOW)

    assert isinstance(turn.next, Done)
    assert turn.next.exit is Exit.DONE
    assert turn.next.reason.startswith("already rolled back at")


def test_further_goes_one_more_back() -> None:
    run = rollback_run("back-9", "old")
    seen = readings(pipeline_view(stage("back-9", kind="ROLLBACK")), history(rollbacks=[run]))
    turn = back.decide(go_back(further=True), Notebook().state, seen, NOW)

    assert instruction(turn) == RollBackStage(PIPELINE, STAGE, "older", "back-9")


def test_to_another_place_than_the_rules_is_a_deploy() -> None:
    seen = readings(pipeline_view(), history())
    turn = back.decide(go_back(to="older"), Notebook().state, seen, NOW)

    assert isinstance(turn.next, Done)
    assert turn.next.exit is Exit.REFUSED


def test_a_finished_rollback_that_history_does_not_list_yet_is_waited_for() -> None:
    """The walk wants to adopt it: a turn without time passing would spin."""
    view = pipeline_view(stage("back-9", kind="ROLLBACK"))
    turn = back.decide(
        go_back(adopt_finished=True), Notebook().state, readings(view, history()), NOW
    )

    assert isinstance(turn.next, Wait)
    assert turn.next.until > NOW


# Following


def followed(status: str = "InProgress") -> Notebook:
    return Notebook().rollback_started().tried(ROLL_BACK, STARTED)


@pytest.mark.parametrize("status", ["InProgress", "Stopping", ""])
def test_it_waits_for_a_rollback_under_way(status: str) -> None:
    view = pipeline_view(stage("back-1", status, kind="ROLLBACK"))
    turn = back.decide(go_back(), followed().state, readings(view, history()), NOW)

    assert isinstance(turn.next, Wait)
    assert turn.next.until > NOW
    assert turn.entries == ()


def test_a_rollback_in_words_unknown_is_waited_for_with_a_person() -> None:
    view = pipeline_view(stage("back-1", "Pondering", kind="ROLLBACK"))
    turn = back.decide(go_back(), followed().state, readings(view, history()), NOW)

    assert isinstance(turn.next, Wait)
    assert turn.next.until > NOW
    assert kinds(turn) == ["person_needed", "rollback_note"]
    assert "Pondering" in turn.entries[0].body["reason"]


@pytest.mark.parametrize(("where", "taken"), [(STAGE, True), ("ProdEU", False), ("", False)])
def test_success_counts_only_for_a_rollback_of_this_stage(where: str, taken: bool) -> None:
    """One of another stage to the same execution says nothing of this one."""
    run = rollback_run("back-1", "old", where=where)
    state = Notebook().rollback_started(run="back-1").state
    seen = readings(pipeline_view(), history(rollbacks=[run]), execution("back-1"))

    turn = back.decide(go_back(), state, seen, NOW)

    assert isinstance(turn.next, Done) is taken


@pytest.mark.parametrize("status", ["Failed", "Stopped", "Cancelled", "Superseded"])
def test_a_rollback_that_ended_badly_needs_a_person(status: str) -> None:
    view = pipeline_view(stage("new"))
    seen = readings(view, history(), execution("back-1", status))
    turn = back.decide(go_back(), followed().state, seen, NOW)

    assert isinstance(turn.next, Done)
    assert turn.next.exit is Exit.NEEDS_PERSON


@pytest.mark.parametrize("latest", ["newer", "back-1"])
def test_what_the_stage_shows_after_a_rollback_has_entered_since_or_is_a_late_read(
    latest: str,
) -> None:
    """The list of actions tells which: only the first is a matter for a person."""
    past = replace(history(), latest=latest)
    seen = readings(pipeline_view(stage("newer")), past, execution("back-1"))

    turn = back.decide(go_back(), followed().state, seen, NOW)

    if latest == "back-1":
        assert isinstance(turn.next, Wait)
        assert turn.next.until > NOW
    else:
        assert isinstance(turn.next, Done)
        assert turn.next.exit is Exit.NEEDS_PERSON
        assert "newer has entered ProdUS since" in turn.next.reason


SHUT_OUT = stage("new", returning=["back-1"])


def test_a_rollback_shut_out_is_let_in_after_some_moments() -> None:
    seen = readings(pipeline_view(SHUT_OUT), history(), execution("back-1", "InProgress"))

    early = back.decide(go_back(), followed().state, seen, NOW)
    late = back.decide(go_back(), followed().state, seen, NOW + minutes(1))

    assert isinstance(early.next, Wait)
    assert instruction(late) == OPEN


def test_a_rollback_whose_actions_are_listed_has_entered_whatever_the_state_shows() -> None:
    """A late read of the state must not open the way in beside it."""
    past = replace(history(), latest="back-1")
    seen = readings(pipeline_view(SHUT_OUT), past, execution("back-1", "InProgress"))

    late = back.decide(go_back(), followed().state, seen, NOW + minutes(1))

    assert isinstance(late.next, Wait)


def test_a_rollback_that_cannot_be_let_in_needs_a_person() -> None:
    """It would wait for ever, and mcm with it, in silence."""
    book = followed()
    for _ in range(attempts.ATTEMPTS):
        book.tried(OPEN, Outcome(Result.REFUSED, "", "AccessDeniedException"))
    seen = readings(pipeline_view(SHUT_OUT), history(), execution("back-1", "InProgress"))

    turn = back.decide(go_back(), book.state, seen, NOW + minutes(1))

    assert isinstance(turn.next, Hold)
    assert (turn.next.gate, turn.next.exit) == ("transition", Exit.NEEDS_PERSON)


def test_another_execution_beside_the_shut_out_rollback_needs_a_person() -> None:
    """Opening would let either in, so it is never sent: a promotion nobody approved."""
    seen = readings(
        pipeline_view(stage("new", inbound=["newer"], returning=["back-1"])),
        history(),
        execution("back-1", "InProgress"),
    )

    turn = back.decide(go_back(), followed().state, seen, NOW + minutes(1))

    assert isinstance(turn.next, Hold)
    assert (turn.next.gate, turn.next.exit) == ("transition", Exit.NEEDS_PERSON)
    assert "newer" in turn.next.hint


def test_an_opening_that_was_not_sent_is_repeated_after_a_pause() -> None:
    state = followed().tried(OPEN, NOT_SENT).state
    seen = readings(pipeline_view(SHUT_OUT), history(), execution("back-1", "InProgress"))

    at_once = back.decide(go_back(), state, seen, NOW + timedelta(seconds=1))
    later = back.decide(go_back(), state, seen, NOW + minutes(1))

    assert isinstance(at_once.next, Wait)
    assert instruction(later) == OPEN


@pytest.mark.parametrize("outcome", [None, Outcome(Result.IN_DOUBT, "no reply")])
def test_a_closing_whose_reply_was_lost_is_sent_again(outcome: Outcome | None) -> None:
    """A process that died in between must not leave the way in open."""
    book = Notebook().rollback_started().tried(CloseTransition(PIPELINE, STAGE, ""), outcome)
    book.add("settled", intent=2, happened=False, detail="", execution="")
    turn = back.decide(
        go_back(), book.state, readings(pipeline_view(stage(enabled=True)), history()), NOW
    )

    assert isinstance(instruction(turn), CloseTransition)


def test_the_way_in_is_closed_again_behind_a_rollback_that_was_let_in() -> None:
    state = followed().tried(OPEN, Outcome(Result.DONE, "opened")).state
    view = pipeline_view(stage("back-1", "InProgress", kind="ROLLBACK", enabled=True))
    turn = back.decide(go_back(), state, readings(view, history()), NOW)

    assert isinstance(instruction(turn), CloseTransition)


# Verifying

BACK_IN = stage("back-1", kind="ROLLBACK")


def verified(known: str = "v6", **changes: object) -> Turn:
    goal = go_back(endpoints=ENDPOINTS, known=(("old", (content(known),)),))
    seen = readings(pipeline_view(BACK_IN), history(), more=endpoint(**changes))  # type: ignore[arg-type]
    return back.decide(goal, followed().state, seen, NOW)


def test_the_old_content_served_again_ends_it() -> None:
    turn = verified()

    assert isinstance(turn.next, Done)
    assert turn.next.exit is Exit.DONE
    assert turn.entries[0].body["verified"] == "yes"


def test_other_content_needs_a_person() -> None:
    turn = verified("v5")

    assert isinstance(turn.next, Done)
    assert turn.next.exit is Exit.NEEDS_PERSON
    assert kinds(turn) == ["person_needed", "rollback_ended"]


@pytest.mark.parametrize("status", ["Updating", "RollingBack", "SystemUpdating", "Pondering"])
def test_an_endpoint_under_way_is_waited_for(status: str) -> None:
    assert isinstance(verified(status=status).next, Wait)


@pytest.mark.parametrize("why", [Blindness.LATE, Blindness.THROTTLED, Blindness.FAILED])
def test_an_endpoint_that_cannot_be_read_just_now_is_waited_for(why: Blindness) -> None:
    goal = go_back(endpoints=ENDPOINTS)
    seen = readings(
        pipeline_view(BACK_IN), history(), more={EndpointQuery(*ENDPOINTS[0]): unknown(why)}
    )

    assert isinstance(back.decide(goal, followed().state, seen, NOW).next, Wait)


def test_an_endpoint_that_is_not_there_needs_a_person_at_once() -> None:
    goal = go_back(endpoints=ENDPOINTS)
    answer = Unknown(Blindness.ABSENT, "no such endpoint", NOW)
    seen = readings(pipeline_view(BACK_IN), history(), more={EndpointQuery(*ENDPOINTS[0]): answer})
    turn = back.decide(goal, followed().state, seen, NOW)

    assert isinstance(turn.next, Done)
    assert turn.next.exit is Exit.NEEDS_PERSON


def test_an_endpoint_that_may_not_be_read_leaves_the_content_unverified() -> None:
    """On-call without that permission is told at once, not after half an hour."""
    goal = go_back(endpoints=ENDPOINTS)
    answer = Unknown(Blindness.DENIED, "AccessDenied", NOW)
    seen = readings(pipeline_view(BACK_IN), history(), more={EndpointQuery(*ENDPOINTS[0]): answer})
    turn = back.decide(goal, followed().state, seen, NOW)

    assert isinstance(turn.next, Done)
    assert turn.next.exit is Exit.DONE
    assert turn.entries[0].body["verified"] == "unverified"
    assert "AccessDenied" in turn.next.reason


def test_without_a_snapshot_it_says_what_could_not_be_verified() -> None:
    goal = go_back(endpoints=ENDPOINTS)
    seen = readings(pipeline_view(BACK_IN), history(), more=endpoint())
    turn = back.decide(goal, followed().state, seen, NOW)

    assert turn.entries[0].body["verified"] == "unverified"


@pytest.mark.parametrize(("signed", "code"), [("old", Exit.DONE), ("older", Exit.NEEDS_PERSON)])
def test_an_adopted_rollback_to_another_place_than_planned_needs_a_person(
    signed: str, code: Exit
) -> None:
    """AWS-RULES 9: no second one is fired; somebody must look."""
    state = Notebook().rollback_started("old", run="back-1").state
    seen = readings(pipeline_view(BACK_IN), history(), more=endpoint())
    turn = back.decide(go_back(signed=signed, endpoints=ENDPOINTS), state, seen, NOW)

    assert isinstance(turn.next, Done)
    assert turn.next.exit is code
