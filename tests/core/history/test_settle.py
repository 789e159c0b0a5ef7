"""Instructions in doubt, settled by readings built by hand."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mcm.core import codec
from mcm.core.endpoint import Content, EndpointView
from mcm.core.history.instruction import (
    AnswerApproval,
    CloseTransition,
    Instruction,
    OpenTransition,
    RollBackStage,
    SourceRevision,
    StartExecution,
    StopExecution,
    UpdateEndpoint,
)
from mcm.core.history.journal import Draft
from mcm.core.history.settle import AGREEING_READS, next_look, queries, settle
from mcm.core.history.state import Attempt
from mcm.core.pipeline import ActionRun, ExecutionView, PipelineView, StageHistory
from mcm.core.query import ActionsQuery, EndpointQuery, ExecutionsQuery
from mcm.core.reading import Known, Readings
from mcm.core.revision import Revision
from tests.kit.readings import (
    NOW,
    PIPELINE,
    STAGE,
    Notebook,
    execution,
    history,
    minutes,
    pipeline_view,
    readings,
    rollback_run,
    stage,
    unknown,
)

LAG = minutes(1)
ROLL_BACK = RollBackStage(PIPELINE, STAGE, "old", "new")
OPEN = OpenTransition(PIPELINE, STAGE, "new", 4)
CLOSE = CloseTransition(PIPELINE, STAGE, "closed")
STOP = StopExecution(PIPELINE, STAGE, "new", False, "")
ANSWER = AnswerApproval(PIPELINE, "ApproveUS", "Approve", "new", 4, "signed")
SOURCES = (SourceRevision("App", "COMMIT_ID", "abc"),)
START = StartExecution(PIPELINE, STAGE, "old", SOURCES, "mcm-1", 4, "new", ("old",))
UPDATE = UpdateEndpoint(
    PIPELINE, STAGE, PIPELINE.place, "photo-check-us", "config-a", "config-b", True
)
WRITES = [ROLL_BACK, OPEN, CLOSE, STOP, ANSWER, START, UPDATE]


def attempt(instruction: Instruction, *reads: float) -> Attempt:
    """An attempt in doubt, with reads without a trace so many seconds ago."""
    denials = tuple(NOW - timedelta(seconds=ago) for ago in reads)
    spelled = codec.to_value(instruction)
    return Attempt(7, "prod-us", "roll_back", spelled, NOW - minutes(5), denials=denials)


def settled(instruction: Instruction, seen: Readings, *reads: float) -> bool | None:
    """Return whether it happened as far as one more look tells; None while in doubt."""
    rollback = Notebook().rollback_started(seen=["earlier"]).state.stage("prod-us").rollback
    drafts = settle(attempt(instruction, *reads), rollback, seen, NOW, LAG)
    return next((draft.body["happened"] for draft in drafts if draft.kind == "settled"), None)


def looked_at(*rollbacks: object, view: PipelineView | None = None) -> Readings:
    past: StageHistory = history(rollbacks=rollbacks)  # type: ignore[arg-type]
    return readings(view or pipeline_view(), past)


@pytest.mark.parametrize("instruction", WRITES, ids=lambda one: one.op)
def test_what_cannot_be_read_settles_nothing(instruction: Instruction) -> None:
    """Not even a read without a trace is noted."""
    seen = readings(unknown(), unknown())

    assert settle(attempt(instruction, 90, 45), None, seen, NOW, LAG) == ()


@pytest.mark.parametrize("instruction", WRITES, ids=lambda one: one.op)
def test_nothing_read_at_all_settles_nothing(instruction: Instruction) -> None:
    assert settle(attempt(instruction, 90, 45), None, Readings({}, NOW), NOW, LAG) == ()


def test_a_new_rollback_to_our_target_settles_it_at_once() -> None:
    drafts = settle(
        attempt(ROLL_BACK),
        Notebook().rollback_started().state.stage("prod-us").rollback,
        looked_at(rollback_run("back-1", "old", status="InProgress")),
        NOW,
        LAG,
    )

    assert [(d.kind, d.body["happened"], d.body["execution"]) for d in drafts] == [
        ("settled", True, "back-1")
    ]


@pytest.mark.parametrize(
    "run",
    [
        rollback_run("back-1", "other"),
        rollback_run("earlier", "old"),
        rollback_run("back-1", "old", where="ProdFE"),
    ],
    ids=["other target", "there before", "other stage"],
)
def test_another_rollback_is_no_trace_of_ours(run: object) -> None:
    assert settled(ROLL_BACK, looked_at(run), 60, 30) is False


def test_a_rollback_that_our_execution_came_after_is_no_trace_of_ours() -> None:
    """Nobody could read what was there before; the stage's last entry tells the old one."""
    before = rollback_run("back-1", "old", hours_ago=0.2)
    past = replace(history(rollbacks=[before]), latest="new")

    assert settled(ROLL_BACK, readings(pipeline_view(), past), 60, 30) is False


def test_a_rollback_whose_stage_is_not_shown_yet_settles_nothing() -> None:
    """It may be ours, or that of another stage to the same execution."""
    run = rollback_run("back-1", "old", where="", status="InProgress")

    assert settled(ROLL_BACK, looked_at(run), 60, 30) is None


@pytest.mark.parametrize(("place", "happened"), [(STAGE, True), ("ProdFE", False)])
def test_a_rollback_that_waits_is_that_of_the_stage_it_waits_at(place: str, happened: bool) -> None:
    run = rollback_run("back-1", "old", where="", status="InProgress")
    here = stage(returning=["back-1"] if place == STAGE else [])
    there = stage(name="ProdFE", returning=["back-1"] if place == "ProdFE" else [])

    assert settled(ROLL_BACK, looked_at(run, view=pipeline_view(there, here)), 60, 30) is happened


@pytest.mark.parametrize(
    ("reads", "happened"),
    [((), None), ((30,), None), ((20, 10), None), ((60, 30), False), ((90,), None)],
    ids=["first", "second", "third too soon", "third over the lag", "two over the lag"],
)
def test_absence_needs_three_reads_over_the_lag(
    reads: tuple[float, ...], happened: bool | None
) -> None:
    """AWS-RULES 5."""
    assert settled(ROLL_BACK, looked_at(), *reads) is happened


def test_a_read_without_a_trace_is_noted() -> None:
    drafts = settle(attempt(ROLL_BACK), None, looked_at(), NOW, LAG)

    assert drafts == (Draft("doubt_read", {"intent": 7}, NOW),)


@pytest.mark.parametrize(
    ("shown", "happened"),
    [
        (stage("new"), True),
        (stage("old", enabled=True), True),
        (stage("old", inbound=["new"]), False),
    ],
    ids=["entered", "open", "closed and waiting"],
)
def test_an_opening_is_told_by_who_entered_or_by_the_open_way(
    shown: object, happened: bool
) -> None:
    assert settled(OPEN, readings(pipeline_view(shown)), 60, 30) is happened  # type: ignore[arg-type]


@pytest.mark.parametrize("enabled", [True, False])
def test_a_closing_is_settled_by_one_look(enabled: bool) -> None:
    """It may be sent again without harm, so nothing waits for three."""
    assert settled(CLOSE, readings(pipeline_view(stage(enabled=enabled)))) is not enabled


@pytest.mark.parametrize(
    ("status", "happened"),
    [("Stopping", True), ("Stopped", True), ("InProgress", False), ("Pondering", False)],
)
def test_a_stop_is_settled_by_one_look(status: str, happened: bool) -> None:
    seen = readings(pipeline_view(), None, execution("new", status))

    assert settled(STOP, seen) is happened


def answered(*runs: ActionRun) -> Readings:
    known = Known(runs, NOW)
    return readings(pipeline_view(), more={ActionsQuery(PIPELINE, "new"): known})


@pytest.mark.parametrize(
    ("status", "happened"),
    [("Succeeded", True), ("InProgress", False), ("Failed", False), ("Pondering", False)],
)
def test_an_answer_is_told_by_the_action_of_our_execution(status: str, happened: bool) -> None:
    run = ActionRun("ApproveUS", "Approve", status, "", "", NOW)

    assert settled(ANSWER, answered(run), 60, 30) is happened


def test_an_answer_to_another_action_is_none_to_ours() -> None:
    run = ActionRun("ApproveEU", "Approve", "Succeeded", "", "", NOW)

    assert settled(ANSWER, answered(run), 60, 30) is False


def test_three_looks_fit_into_the_lag() -> None:
    assert next_look(NOW, minutes(3), minutes(5)) == NOW + minutes(1.5)
    assert next_look(NOW, minutes(3), timedelta(seconds=30)) == NOW + timedelta(seconds=30)
    assert next_look(NOW, timedelta(0), minutes(5)) > NOW
    assert AGREEING_READS == 3


@pytest.mark.parametrize("instruction", WRITES, ids=lambda one: one.op)
def test_what_is_needed_to_settle_is_asked_for(instruction: Instruction) -> None:
    assert queries(instruction)


def started(name: str, **fields: object) -> ExecutionView:
    of_ours = (Revision("App", "abc", "", ""),)
    return replace(execution(name), **{"revisions": of_ours, **fields})  # type: ignore[arg-type]


def after_start(*runs: ExecutionView) -> Readings:
    return Readings({ExecutionsQuery(PIPELINE): Known(runs, NOW)}, NOW)


def test_a_new_execution_of_these_revisions_is_the_one_that_was_started() -> None:
    drafts = settle(attempt(START), None, after_start(started("run-9"), started("old")), NOW, LAG)
    assert [(d.kind, d.body["execution"]) for d in drafts] == [("settled", "run-9")]


@pytest.mark.parametrize(
    "run",
    [
        started("old"),
        started("run-9", type="ROLLBACK"),
        started("run-9", started=NOW - timedelta(hours=3)),
        started("run-9", revisions=(Revision("App", "other", "", ""),)),
        started("run-9", revisions=()),
    ],
    ids=["there before", "a rollback", "of another day", "other revisions", "none shown"],
)
def test_another_execution_is_no_trace_of_ours_to_start(run: ExecutionView) -> None:
    assert settled(START, after_start(run), 60, 30) is False


@pytest.mark.parametrize(
    ("config", "status", "happened"),
    [
        ("config-a", "Updating", True),
        ("config-a", "InService", True),
        ("config-b", "InService", False),
        ("config-b", "Updating", None),
        ("config-b", "SomethingNew", None),
        ("config-c", "InService", None),
    ],
)
def test_what_an_endpoint_shows_of_an_update(
    config: str, status: str, happened: bool | None
) -> None:
    """While it changes nobody can tell by whom; a third configuration is somebody else's."""
    name = "photo-check-us"
    view = EndpointView(name, status, config, False, True, Content(name, (), (), ""))
    seen = Readings({EndpointQuery(PIPELINE.place, name): Known(view, NOW)}, NOW)
    assert settled(UPDATE, seen, 60, 30) is happened
