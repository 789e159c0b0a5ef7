"""The drill of the example: what it plays, what it finds out, and what it leaves alone."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from mcm.app.drill import SCENARIOS, Report, drill, record_drill
from mcm.app.drill_people import new_realm, say_yes
from mcm.app.drill_stand import Breach, Scenario, how_it_breaches, opening
from mcm.app.twin_reading import see_stage, see_stages
from mcm.config.definitions import builtin_definitions
from mcm.core.alarm import AlarmDefinition
from mcm.core.errors import BlindError, Exit, UsageError
from mcm.core.history.drill_note import read_drill
from mcm.core.plans.plan import Approval, Gate, Guardrail, Plan, StagePlan
from mcm.core.points import Points
from mcm.core.query import Place
from mcm.core.windows.window import Freeze
from mcm.sandbox.faults import Effect, Fault
from mcm.sandbox.twin_seen import Seen
from mcm.store.memory import MemoryJournal
from tests.kit.world import STAGE, World

HTTP = {"url": "https://photo-check.example.com/ping", "within": 2000, "status": [200]}


def look(world: World, plan: Plan | None = None) -> Seen:
    plan = plan or world.plan()
    stage = plan.stage(STAGE)
    assert stage is not None
    return see_stage(plan, stage, world.runner().observer, world.clock.now())


def play(
    world: World,
    seen: Seen | None = None,
    scenarios: Sequence[Scenario] = SCENARIOS[:2],
    **changes: Any,
) -> Report:
    """Drill the example with some fields of the stage replaced; no faults unless asked for."""
    seen = seen or look(world)
    stage = replace(seen.stage, **changes)
    plan = replace(seen.plan, stages=(stage,))
    seen = replace(seen, plan=plan, stage=stage)
    return drill(seen, world.clock.now(), scenarios=scenarios)


def ends(report: Report) -> Mapping[str, str]:
    return {row.scenario: row.end for row in report.rows}


def guard(name: str, kind: str, on_breach: str = "roll_back", **params: Any) -> Guardrail:
    return Guardrail(name, kind, params, on_breach)


def test_what_a_twin_cannot_show_is_left_out_and_said() -> None:
    endpoint = guard("endpoint", "sagemaker-endpoint", endpoint="photo-check-us")
    compare = guard("compare", "metric-compare", **example("metric-compare"))

    report = play(World(), guardrails=(endpoint, compare))

    assert set(ends(report).values()) == {"succeeded", "rolled back"}
    assert (
        "compare is left out: a twin cannot show it, it has no baseline of an earlier time"
        in report.assumed
    )


def example(kind: str) -> Mapping[str, Any]:
    return builtin_definitions()[kind].example


@pytest.mark.parametrize("kind", ["command", "smoke", "open-incidents", "http-health", "person"])
def test_each_of_the_newer_kinds_notices_and_the_stage_goes_back(kind: str) -> None:
    """Alone, with no alarm to help: the clean walk passes it, the bad change does not."""
    report = play(World(), guardrails=(guard("it", kind, **example(kind)),))

    assert ends(report) == {"clean walk": "succeeded", "breach": "rolled back"}
    assert report.is_right


def test_nothing_is_run_or_fetched_for_a_probe_and_that_is_said() -> None:
    report = play(World(), guardrails=(guard("queue", "command", **example("command")),))

    assert "queue is not asked: well, but for a bad change's new content" in report.assumed


@pytest.mark.parametrize(
    ("bounds", "stat"),
    [
        ({"above": {"value": "250", "unit": "ms"}}, "p99"),
        ({"above": None, "below": {"value": "10", "unit": "ms"}}, "Average"),
    ],
    ids=["above", "below"],
)
def test_a_bound_on_a_metric_notices(bounds: Mapping[str, Any], stat: str) -> None:
    params = {**example("metric-threshold"), **bounds}
    metrics = [{**m, "stat": stat} if m["name"] == "latency" else m for m in params["metrics"]]
    it = guard("latency", "metric-threshold", **{**params, "metrics": metrics})

    report = play(World(), guardrails=(it,))

    assert ends(report) == {"clean walk": "succeeded", "breach": "rolled back"}
    assert "latency is beyond its bound for the new content" in report.assumed


def test_metric_math_is_left_out() -> None:
    params = {**example("metric-threshold"), "expression": "latency / 2", "unit": "us"}
    report = play(World(), guardrails=(guard("half", "metric-threshold", **params),))

    assert "half is left out: a twin cannot show it, metric math is not modelled" in report.assumed
    assert f"the breach shows in {Breach.BY_HAND}" in report.assumed


# Unknown first


@pytest.mark.parametrize(
    ("operation", "says"),
    [
        ("GetPipelineState", "the pipeline cannot be read"),
        ("GetPipeline", "cannot be read"),
        ("ListPipelineExecutions", "the past of ProdUS cannot be read"),
        ("GetPipelineExecution", "execution"),
        ("DescribeEndpoint", "photo-check-us cannot be read"),
        ("DescribeAlarms", "alarm photo-check-"),
    ],
)
def test_without_a_reading_there_is_no_twin(operation: str, says: str) -> None:
    world = World()
    plan = world.plan()
    world.engine.faults.add(Fault(Effect.DENIED, operation=operation))

    with pytest.raises(BlindError, match=says) as caught:
        look(world, plan)
    assert caught.value.exit_code is Exit.BLIND


def test_unread_traffic_is_assumed_and_said() -> None:
    world = World()
    plan = world.plan()
    world.engine.faults.add(Fault(Effect.DENIED, operation="GetMetricData"))

    report = play(world, look(world, plan))

    assert report.is_right
    assert any("Invocations could not be read" in each for each in report.assumed)


# What it plays


def test_every_scenario_of_the_example_ends_as_it_must() -> None:
    report = play(World(), scenarios=SCENARIOS)

    assert [row.scenario for row in report.rows] == [each.name for each in SCENARIOS]
    assert ends(report) == {
        each.name: "rolled back" if each.breaches else "succeeded" for each in SCENARIOS
    }
    assert all(row.is_right for row in report.rows), report.rows
    assert {row.content for row in report.rows[1:]} == {"verified"}
    assert report.exit is Exit.DONE


def test_the_way_back_takes_the_assumed_deployment_and_what_the_fault_adds() -> None:
    back = {row.scenario: row.back for row in play(World(), scenarios=SCENARIOS).rows}
    plain = back["breach"]

    assert plain is not None
    assert timedelta(minutes=5) <= plain < timedelta(minutes=6)
    storm = back["throttled for 90 s from the breach"]
    assert storm is not None
    assert storm >= plain + timedelta(seconds=60)


def test_a_drill_sends_nothing_to_aws_and_uses_up_no_word() -> None:
    world = World()
    seen = look(world)
    before = len(world.engine.log.writes)

    play(world, seen)

    assert len(world.engine.log.writes) == before
    assert world.journal.changes() == ()


def test_the_same_seed_gives_the_same_report() -> None:
    assert play(World()) == play(World())


def test_what_is_said_in_a_drill_counts_in_no_other_realm() -> None:
    world = World()
    plan = replace(world.plan(), realm=new_realm())

    said = say_yes(plan, plan.stages[0], world.clock.now())

    assert {each.statement.realm for each in said} == {plan.realm}
    assert plan.realm.startswith("sandbox:drill-")
    assert new_realm() != new_realm()
    # In the realm of the sandbox the same words are no word at all.
    world.people.statements += said
    real = world.plan()
    world.request(real)
    assert world.deploy(real).exit is not Exit.DONE


@pytest.mark.parametrize(
    ("gate", "count"),
    [
        (Gate(None, "ProdUS"), 1),
        (Gate(Approval("ApproveUS", "Approve"), ""), 1),
        (Gate(Approval("ApproveUS", "Approve"), "ProdUS"), 3),
    ],
)
def test_every_shape_of_gate_and_any_quorum_can_be_drilled(gate: Gate, count: int) -> None:
    world = World()
    if not gate.open:
        inbound = {"stageName": "ProdUS", "transitionType": "Inbound"}
        world.console("EnableStageTransition", **inbound)

    report = play(world, gate=gate, approvals=count)

    assert report.is_right, report.rows


def test_a_closed_way_in_that_nobody_opens_is_found_out() -> None:
    """An approval alone lets nothing in while the transition behind it is disabled."""
    report = play(World(), gate=Gate(Approval("ApproveUS", "Approve"), ""))

    assert report.rows[0].end == "held"
    assert "the way into ProdUS was closed" in report.rows[0].detail


def test_two_accounts_are_two_accounts_in_the_twin() -> None:
    assert play(World(), place=Place("444444444444", "us-east-1")).is_right


# How it breaches


def test_a_stage_with_only_its_content_guarded_breaches_by_content() -> None:
    endpoint = guard("sagemaker-endpoint", "sagemaker-endpoint", endpoint="photo-check-us")

    report = play(World(), guardrails=(endpoint,))

    assert report.is_right, report.rows
    assert "the breach shows in the content of an endpoint" in report.assumed


def test_a_stage_with_an_http_check_breaches_by_its_answer() -> None:
    report = play(World(), guardrails=(guard("http-health", "http-health", **HTTP),))

    assert report.is_right, report.rows


def test_a_stage_that_nothing_rolls_back_is_taken_back_by_hand() -> None:
    alarms = guard("alarms", "alarms", "hold", names=["photo-check-5xx"], silent_ok=[])

    report = play(World(), guardrails=(alarms,), scenarios=SCENARIOS)

    assert report.is_right, report.rows
    assert "credentials expire in the bake" not in ends(report)


def test_a_stage_without_endpoints_goes_back_unverified() -> None:
    alarms = guard("alarms", "alarms", names=["photo-check-5xx"], silent_ok=[])

    report = play(World(), guardrails=(alarms,), endpoints=(), expect=())

    assert report.is_right, report.rows
    assert {row.content for row in report.rows[1:]} == {"not verified"}


# What it finds out


def test_a_stage_without_a_target_is_never_promoted_and_so_never_rolled_back() -> None:
    report = play(World(), rollback_target="")

    assert set(ends(report).values()) == {"held"}
    assert report.exit is Exit.NEEDS_PERSON
    assert "rollback-target" in report.rows[0].detail


def test_alarms_that_are_slower_than_the_bake_are_found_out() -> None:
    world = World()
    seen = look(world)
    slow = {"Period": 3600, "EvaluationPeriods": 3, "DatapointsToAlarm": 3}
    alarms = {
        name: AlarmDefinition(name, each.kind, {**each.spelled, **slow})
        for name, each in seen.alarms.items()
    }

    report = play(world, replace(seen, alarms=alarms))

    breach = report.rows[1]
    assert not breach.is_right
    assert breach.detail == "no guardrail was crossed before the bake was over"
    assert report.exit is Exit.NEEDS_PERSON


def test_too_few_requests_for_the_bake_are_found_out() -> None:
    world = World()
    seen = replace(look(world), traffic=Points(()))

    report = play(world, seen)

    assert report.rows[0].end == "held"
    assert "0 of 100 requests seen" in report.rows[0].detail
    assert report.exit is Exit.HELD


def test_a_kind_of_alarm_that_is_not_emulated_gets_a_stand_in_and_that_is_said() -> None:
    world = World()
    seen = look(world)
    alarms = {n: AlarmDefinition(n, "CompositeAlarm", {"AlarmName": n}) for n in seen.alarms}

    report = play(world, replace(seen, alarms=alarms))

    assert report.is_right, report.rows
    assert any("its own rule is not emulated" in each for each in report.assumed)


# When it plays


def test_it_plays_when_the_window_opens_next() -> None:
    world = World()
    seen = look(world)
    world.clock.pass_time(timedelta(hours=8))

    report = play(world, seen)

    assert report.is_right, report.rows
    assert report.assumed[0] == "it is 2026-03-19 09:00Z, when the window is open"


def test_a_stage_that_never_opens_is_drilled_all_the_same() -> None:
    world = World()
    start = datetime(2026, 1, 1)  # noqa: DTZ001 - local time, in the zone beside it
    for_ever = Freeze("peak", start, datetime(2029, 1, 1), "UTC", "")  # noqa: DTZ001 - as above
    seen = look(world, replace(world.plan(), freezes=(for_ever,)))

    report = play(world, seen, window=None)

    assert report.is_right, report.rows
    assert report.assumed[0].startswith("window and freezes are open")


def test_what_is_in_the_stage_already_cannot_be_rehearsed() -> None:
    world = World()
    plan = world.ready()
    world.deploy(plan)

    with pytest.raises(UsageError, match="nothing is left to rehearse"):
        look(world, plan)


def test_of_several_stages_those_still_to_come_are_seen() -> None:
    world = World()
    plan = world.plan()
    us = plan.stages[0]
    done = replace(us, name="prod-fe", pipeline_stage="ProdFE", gate=Gate(None, "ProdFE"))
    observer, now = world.runner().observer, world.clock.now()

    assert [seen.stage.name for seen in see_stages(plan, (done, us), observer, now)] == ["prod-us"]
    with pytest.raises(UsageError, match="prod-fe has the pinned execution already"):
        see_stages(plan, (done,), observer, now)


def test_a_pipeline_of_another_version_is_not_the_planned_one() -> None:
    world = World()
    plan = replace(world.plan(), pipeline_version=3)

    with pytest.raises(UsageError, match="the plan is void"):
        look(world, plan)


def test_a_gate_that_the_pipeline_has_not_is_said_so() -> None:
    world = World()
    plan = world.plan()
    stage = replace(plan.stages[0], gate=Gate(None, "ProdMoon"))

    with pytest.raises(UsageError, match="has no stage ProdMoon"):
        look(world, replace(plan, stages=(stage,)))


def test_a_newer_execution_in_the_stage_before_is_put_aside_and_that_is_said() -> None:
    """In the real walk the gate `predecessor` is closed for it."""
    world = World()
    newer = world.scenario.release()
    world.clock.pass_time(timedelta(minutes=10))
    plan = world.plan()

    report = play(world, look(world, plan))

    assert report.is_right, report.rows
    assert f"ProdFE holds the pinned execution, not {newer}" in report.assumed


def test_the_report_is_kept_in_the_journal() -> None:
    journal = MemoryJournal()
    report = play(World())

    record_drill(journal, report)

    (entry,) = journal.entries(report.change)
    note = read_drill(entry.body)
    assert (entry.kind, entry.body["on"], note.wrong) == ("drill", "twin", ())
    assert note.plan == report.plan
    assert note.count == len(report.rows)
    assert "nobody else touches the pipeline" in note.assumed


@pytest.mark.parametrize(
    ("kind", "on_breach", "way"),
    [
        ("alarms", "roll_back", Breach.SIGNAL),
        ("alarms", "hold", Breach.BY_HAND),
        ("http-health", "roll_back", Breach.SIGNAL),
        ("sagemaker-endpoint", "roll_back", Breach.CONTENT),
        ("something-new", "roll_back", Breach.BY_HAND),
    ],
)
def test_the_breach_is_one_that_rolls_back(kind: str, on_breach: str, way: Breach) -> None:
    stage: StagePlan = look(World()).stage

    assert how_it_breaches(replace(stage, guardrails=(guard("one", kind, on_breach),))) is way


def test_an_open_window_is_played_in_at_once() -> None:
    world = World()
    plan = world.plan()

    assert opening(plan, plan.stages[0], world.clock.now()) == (world.clock.now(), "")


def test_a_walk_that_comes_to_no_end_is_stopped_and_says_what_it_waited_for() -> None:
    """Here for an approval in the stage that nobody has been told to answer."""
    world = World()
    seen = look(world)
    approve = {
        "name": "Look",
        "actionTypeId": {
            "category": "Approval",
            "owner": "AWS",
            "provider": "Manual",
            "version": "1",
        },
        "runOrder": 9,
    }
    stages = [
        {**s, "actions": [*s["actions"], approve]} if s["name"] == "ProdUS" else s
        for s in seen.declaration["stages"]
    ]
    declaration = {**seen.declaration, "stages": stages}

    report = play(world, replace(seen, declaration=declaration))

    assert report.rows[0].end == "needs person"
    assert report.rows[0].detail.startswith("no end by ")
    assert report.rows[0].detail.endswith("ProdUS is InProgress")
