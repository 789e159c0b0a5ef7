"""Watching what others deploy: every judgement of a walk, and never an act."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from mcm.core.alarm import AlarmView
from mcm.core.checks.kinds import HEALTH
from mcm.core.errors import Exit
from mcm.core.history.fold import fold
from mcm.core.history.goal import Observe
from mcm.core.history.journal import Draft, chain_all
from mcm.core.history.state import State
from mcm.core.history.turn import Act, Done, Hold, Turn, Wait
from mcm.core.pipeline import PipelineView, StageHistory
from mcm.core.plans.plan import Bake, Gate, Guardrail, Plan
from mcm.core.query import AlarmQuery, LongHistoryQuery, Query
from mcm.core.reading import Blindness, Known, Reading, Readings, Unknown
from mcm.core.walking import observe
from tests.kit.readings import (
    NOW,
    PIPELINE,
    US,
    endpoint,
    execution,
    history,
    minutes,
    pipeline_view,
    readings,
    stage,
    unknown,
)
from tests.kit.world import stage_plan
from tests.planned import make_plan

POLL = timedelta(seconds=30)


def goal(on_breach: str = "roll_back", gate: Gate | None = None) -> Observe:
    planned = replace(
        stage_plan(""),
        gate=gate or Gate(None, ""),
        window=None,
        traffic=None,
        bake=Bake(minutes(30), 0, minutes(90)),
        guardrails=(
            Guardrail("alarms", "alarms", {"names": ["5xx"], "silent_ok": []}, on_breach),
            Guardrail("endpoint", HEALTH, {"endpoint": "photo-check-us"}, on_breach),
        ),
        endpoints=(),
        expect=(),
        predecessor="",
    )
    plan: Plan = replace(make_plan(), pipeline=PIPELINE, execution="", stages=(planned,), poll=POLL)
    return Observe(plan)


class Book:
    """What was noted so far."""

    def __init__(self) -> None:
        self.drafts: list[Draft] = []

    @property
    def state(self) -> State:
        return fold(chain_all(None, self.drafts))

    def kinds(self) -> list[str]:
        return [draft.kind for draft in self.drafts]

    def body(self, kind: str) -> dict[str, object]:
        return dict(next(draft.body for draft in self.drafts if draft.kind == kind))


def alarm(state: str = "OK") -> Reading:
    at = NOW + minutes(5)
    return Known(AlarmView("5xx", state, "", at if state == "ALARM" else None, "", True, ()), NOW)


def seen(
    view: PipelineView | Unknown,
    state: State,
    *,
    past: StageHistory | Unknown | None = None,
    said: Reading | None = None,
    status: str = "InService",
    more: dict[Query, Reading] | None = None,
) -> Readings:
    since = state.stage("prod-us").entered_at
    long = past if isinstance(past, Unknown) else Known(past or history(), NOW)
    answers: dict[Query, Reading] = {
        AlarmQuery(US, "5xx", since): said or alarm(),
        LongHistoryQuery(PIPELINE, "ProdUS"): long,
        **endpoint(status),
    }
    return readings(view, past or history(), execution("next"), more={**answers, **(more or {})})


def turn(book: Book, view: PipelineView | Unknown, at: float = 0, **fields: object) -> Turn:
    """Turn once and note what is to be noted; the goal never acts."""
    aim = fields.pop("goal", None) or goal()
    assert isinstance(aim, Observe)
    answers = seen(view, book.state, **fields)  # type: ignore[arg-type]
    asked = observe.queries(aim, book.state)
    kept = {query: reading for query, reading in answers.items().items() if query in asked}
    found = observe.decide(aim, book.state, Readings(kept, NOW), NOW + minutes(at))
    assert not isinstance(found.next, Act)
    book.drafts += found.entries
    return found


def entered(status: str = "Succeeded") -> Book:
    """A watch over `next`, which has just come in."""
    book = Book()
    turn(book, pipeline_view(stage("new")), past=history(("old",)))
    turn(book, pipeline_view(stage("next", status)))
    assert book.state.stage("prod-us").observed == "next"
    return book


def test_what_was_there_before_is_not_watched_and_the_next_one_is() -> None:
    book = Book()
    first = turn(book, pipeline_view(stage("new")))
    again = turn(book, pipeline_view(stage("new")), at=1)

    assert isinstance(first.next, Wait)
    assert isinstance(again.next, Wait)
    assert again.entries == ()
    assert "what enters ProdUS next" in again.next.why
    turn(book, pipeline_view(stage("next", "InProgress")), at=2)
    assert book.kinds() == ["stage_started", "baseline", "observed", "entered"]
    assert book.state.stage("prod-us").entered_by == "others"


@pytest.mark.parametrize(
    ("status", "hours", "is_watched"),
    [("InProgress", 9.0, True), ("Succeeded", 0.2, True), ("Succeeded", 2.0, False)],
)
def test_one_that_runs_or_came_a_moment_ago_is_watched_at_once(
    status: str, hours: float, is_watched: bool
) -> None:
    book = Book()
    turn(book, pipeline_view(stage("new", status)), past=history((("new", hours), ("old", 99.0))))

    assert bool(book.state.stage("prod-us").observed) is is_watched


def test_a_rollback_of_others_is_nothing_to_watch_by_itself() -> None:
    book = Book()
    turn(book, pipeline_view(stage("back", "InProgress", kind="ROLLBACK")))

    assert book.state.stage("prod-us").observed == ""


def test_a_pipeline_that_cannot_be_seen_is_waited_for_and_no_credentials_are_told() -> None:
    book = Book()
    late = turn(book, unknown(Blindness.THROTTLED, "throttled"))
    blind = turn(book, unknown(Blindness.AUTH, "expired"))

    assert isinstance(late.next, Wait)
    assert "throttled" in late.next.why
    assert isinstance(blind.next, Hold)
    assert (blind.next.exit, blind.next.leave) == (Exit.BLIND, True)
    assert book.drafts == []


def test_a_clean_bake_ends_as_mcm_would_have_ended_it() -> None:
    book = entered()
    turn(book, pipeline_view(stage("next")))
    assert book.kinds()[-1] == "bake_started"
    turn(book, pipeline_view(stage("next")), at=31)
    last = turn(book, pipeline_view(stage("next")), at=32)

    assert book.body("stage_ended")["outcome"] == "succeeded"
    assert "would" not in book.kinds()
    assert isinstance(last.next, Done)
    assert last.next.exit is Exit.DONE


def test_a_breach_says_once_what_mcm_would_have_done() -> None:
    book = entered()
    first = turn(book, pipeline_view(stage("next", enabled=True)), at=6, said=alarm("ALARM"))
    again = turn(book, pipeline_view(stage("next", enabled=True)), at=7, said=alarm("ALARM"))

    assert isinstance(first.next, Wait)
    assert first.next.until == NOW + minutes(6) + POLL
    assert "breach" not in [entry.kind for entry in again.entries]
    assert book.kinds().count("would") == 1
    would = book.body("would")
    assert (would["act"], would["target"], would["why_not"]) == ("roll_back", "new", "")
    assert would["steps"] == [
        "close the way into ProdUS",
        "stop next if it still runs; after 2m ask a person",
        "RollbackStage ProdUS to new",
    ]


def test_a_breach_that_only_holds_says_so() -> None:
    book = entered()
    turn(book, pipeline_view(stage("next")), at=6, said=alarm("ALARM"), goal=goal("hold"))

    assert book.body("would")["act"] == "hold"


def test_where_no_way_back_is_left_it_says_why() -> None:
    book = entered()
    view = pipeline_view(stage("next"), mode="PARALLEL")
    turn(book, view, at=6, said=alarm("ALARM"))

    assert "PARALLEL" in str(book.body("would")["why_not"])
    book = entered()
    turn(book, pipeline_view(stage("next")), at=6, said=alarm("ALARM"), past=unknown())
    assert book.body("would")["why_not"] == "where to cannot be told: no reply"


def test_what_others_did_about_it_ends_the_watch() -> None:
    book = entered()
    turn(book, pipeline_view(stage("next")), at=6, said=alarm("ALARM"))
    turn(book, pipeline_view(stage("back", "InProgress", kind="ROLLBACK")), at=30)

    end = book.body("stage_ended")
    assert end["outcome"] == "rolled_back"
    assert end["reason"] == "others rolled it back (back), 24m after the breach"


def test_the_next_execution_ends_it_too() -> None:
    book = entered()
    turn(book, pipeline_view(stage("another")), at=9)

    assert book.body("stage_ended")["reason"] == "another entered before the watch was over"


def test_a_breach_that_nobody_answers_ends_with_the_longest_bake() -> None:
    book = entered()
    turn(book, pipeline_view(stage("next")), at=6, said=alarm("ALARM"))
    turn(book, pipeline_view(stage("next")), at=95, said=alarm("ALARM"))
    assert "stage_ended" not in book.kinds()
    turn(book, pipeline_view(stage("next")), at=97, said=alarm("ALARM"))

    assert book.body("stage_ended")["reason"] == "breached, and left in the stage for 1h30m"


def test_a_bake_that_stays_inconclusive_is_held_by_mcm_and_ended_here() -> None:
    book = entered()
    turn(book, pipeline_view(stage("next")), said=alarm("INSUFFICIENT_DATA"))
    turn(book, pipeline_view(stage("next")), at=91, said=alarm("INSUFFICIENT_DATA"))

    assert book.body("would")["act"] == "hold"
    assert book.body("stage_ended")["outcome"] == "errored"


def test_a_deployment_that_the_pipeline_failed_has_failed() -> None:
    book = entered("InProgress")
    turn(book, pipeline_view(stage("next", "Failed")), at=5)

    assert book.body("stage_ended")["outcome"] == "failed"


def test_an_endpoint_is_judged_by_its_health_alone() -> None:
    book = entered()
    turn(book, pipeline_view(stage("next")), at=6, status="Failed")

    assert "photo-check-us is Failed" in str(book.body("breach")["reason"])


def test_no_turn_is_an_act_whatever_is_seen() -> None:
    """Every combination of what a stage can show, where a walk would close the way in."""
    books = (Book, entered, lambda: entered("InProgress"))
    stages = [
        stage(name, status, kind=kind, enabled=enabled)
        for name in ("new", "next", "another")
        for status in ("InProgress", "Succeeded", "Failed")
        for kind in ("STANDARD", "ROLLBACK")
        for enabled in (True, False)
    ]
    noted = set()
    for make, each, said in product(books, stages, ("OK", "ALARM")):
        book = make()
        for at in (1, 100):
            aim = goal(gate=Gate(None, "ProdUS"))
            turn(book, pipeline_view(each), at=at, said=alarm(said), goal=aim)  # it asserts
        noted |= set(book.kinds())
    assert not noted & {"intent", "outcome", "rollback_started"}
    assert {"breach", "would", "stage_ended"} <= noted


def test_an_act_is_told_and_not_sent() -> None:
    """The walk's own judges do act where the way in is to be closed; here that is words."""
    from mcm.core.history.instruction import CloseTransition

    act = Act(CloseTransition(PIPELINE, "ProdUS", "x"), "prod-us", "close_behind", "close it")

    told = observe.told(Turn((), act), NOW)

    assert told.next == Wait(NOW, "close it")
