"""The example: where it starts, what can be released, and its named faults."""

from datetime import timedelta
from typing import Any

import pytest

from mcm.aws.port import AwsError, ErrorKind, Params, Reply
from mcm.sandbox.engine import Engine
from mcm.sandbox.faults import NAMED_FAULTS
from mcm.sandbox.identity import user_key
from mcm.sandbox.pipeline_model import Timings
from mcm.sandbox.sagemaker_example import build_world
from mcm.sandbox.scenario import SLOW, Example, build_example
from mcm.sandbox.scenario_catalogue import CONFIGURATIONS, RELEASES
from mcm.sandbox.scenario_world import World
from tests.sandbox.pipeline_fakes import Clock, transition
from tests.sandbox.plain_endpoints import PlainEndpoints

NAME = {"pipelineName": "ParcelPhotoCheck"}


class Town:
    """The example on a hand-moved clock."""

    def __init__(
        self, *, clock: Clock | None = None, world: World | None = None, **options: Any
    ) -> None:
        self.clock = clock or Clock()
        self.plain = PlainEndpoints({})
        self.engine: Engine = build_example(
            self.clock, world=world or self.plain, is_strict=True, **options
        )
        assert isinstance(self.engine.scenario, Example)
        self.example = self.engine.scenario

    def call(self, operation: str, params: Params | None = None, by: str = "alice") -> Reply:
        port = self.engine.port(user_key(by), "us-east-1")
        return port.call("codepipeline", operation, {**NAME, **(params or {})})

    def stages(self) -> dict[str, Reply]:
        port = self.engine.port(user_key("alice"), "us-east-1")
        reply = port.call("codepipeline", "GetPipelineState", {"name": "ParcelPhotoCheck"})
        return {stage["stageName"]: stage for stage in reply["stageStates"]}

    def holder(self, stage: str) -> str:
        return str(self.stages()[stage]["latestExecution"]["pipelineExecutionId"])

    def endpoint(self) -> Reply:
        port = self.engine.port(user_key("alice"), "us-east-1")
        return port.call("sagemaker", "DescribeEndpoint", {"EndpointName": "photo-check-us"})

    def alarm(self) -> str:
        port = self.engine.port(user_key("alice"), "us-east-1")
        asked = {"AlarmNames": ["photo-check-5xx"]}
        return str(
            port.call("cloudwatch", "DescribeAlarms", asked)["MetricAlarms"][0]["StateValue"]
        )

    def approve_us(self) -> None:
        run = self.stages()["ApproveUS"]["actionStates"][0]["latestExecution"]
        asked = {
            "stageName": "ApproveUS",
            "actionName": "Approve",
            "token": run["token"],
            "result": {"status": "Approved", "summary": "go"},
        }
        self.call("PutApprovalResult", asked, by="bob")


def test_the_change_under_way_has_passed_fe_and_waits_for_its_us_approval() -> None:
    town = Town()
    stages = town.stages()
    newest = town.call("ListPipelineExecutions")["pipelineExecutionSummaries"][0]
    assert newest["status"] == "InProgress"
    for stage in ("Source", "Build", "Beta", "ApproveEU", "ProdEU", "ApproveFE", "ProdFE"):
        latest = stages[stage]["latestExecution"]
        assert latest["pipelineExecutionId"] == newest["pipelineExecutionId"]
        assert latest["status"] == "Succeeded"
    assert stages["ApproveUS"]["latestExecution"]["status"] == "InProgress"
    assert stages["ApproveUS"]["actionStates"][0]["latestExecution"]["token"]
    assert town.holder("ProdUS") != newest["pipelineExecutionId"]


def test_the_doors_to_production_are_closed() -> None:
    stages = Town().stages()
    closed = [n for n, s in stages.items() if not s["inboundTransitionState"]["enabled"]]
    assert closed == ["ProdEU", "ProdFE", "ProdUS"]


def test_prod_us_holds_one_success_and_has_an_older_one_to_go_back_to() -> None:
    town = Town()
    asked = {"filter": {"succeededInStage": {"stageName": "ProdUS"}}}
    shown = town.call("ListPipelineExecutions", asked)["pipelineExecutionSummaries"]
    assert len(shown) == 2
    assert shown[0]["pipelineExecutionId"] == town.holder("ProdUS")
    assert all(one["executionType"] == "STANDARD" for one in shown)


def test_each_execution_brings_a_commit_of_both_packages() -> None:
    town = Town()
    newest = town.call("ListPipelineExecutions")["pipelineExecutionSummaries"][0]
    found = {one["actionName"]: one for one in newest["sourceRevisions"]}
    assert set(found) == {"ParcelPhotoCheck", "ParcelPhotoCheckInfra"}
    assert all(len(one["revisionId"]) == 40 for one in found.values())
    assert all(one["revisionSummary"] and one["revisionUrl"] for one in found.values())


def test_promoting_the_change_adds_the_candidate_in_us_only() -> None:
    town = Town()
    pinned = town.holder("ApproveUS")
    town.approve_us()
    town.clock.tick(60)
    assert town.stages()["ProdUS"]["inboundExecution"]["pipelineExecutionId"] == pinned
    town.call("EnableStageTransition", transition("ProdUS"))
    town.clock.tick(60)
    assert town.holder("ProdUS") == pinned
    assert town.plain.moves == [("photo-check-us", "photo-check-us-v6-shadow-v7")]


def test_a_second_change_comes_to_the_us_approval_by_itself() -> None:
    town = Town()
    town.approve_us()
    town.call("EnableStageTransition", transition("ProdUS"))
    town.clock.tick(60)
    started = town.example.release("v8")
    town.clock.tick(120)
    stages = town.stages()
    assert stages["ApproveUS"]["latestExecution"]["pipelineExecutionId"] == started
    assert stages["ApproveUS"]["actionStates"][0]["latestExecution"]["token"]
    approval = stages["ApproveFE"]["actionStates"][0]["latestExecution"]
    assert approval["lastUpdatedBy"].endswith(":user/console")
    for stage in ("ProdEU", "ProdFE"):
        assert stages[stage]["latestExecution"]["pipelineExecutionId"] == started
        assert not stages[stage]["inboundTransitionState"]["enabled"]


def test_a_start_by_call_picks_up_the_next_release() -> None:
    town = Town()
    port = town.engine.port(user_key("alice"), "us-east-1")
    reply = port.call("codepipeline", "StartPipelineExecution", {"name": "ParcelPhotoCheck"})
    shown = town.call("GetPipelineExecution", reply)["pipelineExecution"]
    expected = next(release for release in RELEASES if release.name == "v8")
    assert [one["revisionId"] for one in shown["artifactRevisions"]] == [
        one.revision_id for one in expected.revisions
    ]


def test_a_release_without_a_name_is_the_next_one_and_an_unknown_one_is_refused() -> None:
    town = Town()
    started = town.example.release()
    shown = town.call("GetPipelineExecution", {"pipelineExecutionId": started})
    assert shown["pipelineExecution"]["artifactRevisions"][1]["revisionSummary"] == (
        "Shadow v8 in US"
    )
    with pytest.raises(KeyError):
        town.example.release("v99")


def test_people_walk_an_execution_through_the_stages_they_are_told() -> None:
    town = Town()
    town.example.walk_through(["ApproveUS", "ProdUS"])
    pinned = town.holder("ApproveUS")
    town.clock.tick(60)
    stages = town.stages()
    assert stages["ProdUS"]["latestExecution"]["pipelineExecutionId"] == pinned
    assert stages["ProdUS"]["latestExecution"]["status"] == "Succeeded"
    assert not stages["ProdUS"]["inboundTransitionState"]["enabled"]


@pytest.mark.parametrize("stage", ["ApproveEU", "ProdEU"])
def test_people_leave_a_rollback_alone(stage: str) -> None:
    town = Town(rollback_passes_disabled_transition=False)
    asked = {"filter": {"succeededInStage": {"stageName": stage}}}
    target = town.call("ListPipelineExecutions", asked)["pipelineExecutionSummaries"][1]
    rollback = {"stageName": stage, "targetPipelineExecutionId": target["pipelineExecutionId"]}
    started = town.call("RollbackStage", rollback, by="carol")
    town.clock.tick(600)
    shown = town.call("GetPipelineExecution", started)["pipelineExecution"]
    assert shown["status"] == "InProgress"


def test_people_open_a_door_once_for_an_execution() -> None:
    town = Town()
    started = town.example.release("v8")
    while town.holder("ApproveEU") != started:
        town.clock.tick(0.5)
    while not town.stages()["ProdEU"]["inboundTransitionState"]["enabled"]:
        town.clock.tick(0.5)
    town.call("DisableStageTransition", transition("ProdEU") | {"reason": "not now"})
    town.clock.tick(600)
    state = town.stages()["ProdEU"]
    assert state["inboundExecution"]["pipelineExecutionId"] == started
    assert state["inboundTransitionState"]["disabledReason"] == "not now"


def test_the_example_works_with_actions_of_minutes() -> None:
    town = Town(timings=SLOW)
    town.approve_us()
    started = town.example.release("v8")
    town.clock.tick(3600)
    assert town.stages()["ApproveUS"]["latestExecution"]["pipelineExecutionId"] == started


def test_actions_that_outlast_the_history_are_refused_when_the_example_is_built() -> None:
    with pytest.raises(ValueError, match="too long"):
        Town(timings=Timings(build=timedelta(hours=4)))


def test_every_release_deploys_configurations_that_are_known() -> None:
    used = {name for release in RELEASES for name in release.configurations.values()}
    assert used <= set(CONFIGURATIONS)


def test_all_that_is_not_the_us_endpoint_stays_when_a_shadow_is_added() -> None:
    base, *changes = [release.configurations for release in RELEASES[1:]]
    for change in changes:
        different = {name for name in change if change[name] != base[name]}
        assert different == {"photo-check-us"}


def test_the_named_faults_are_these() -> None:
    assert set(NAMED_FAULTS) == {
        "5xx",
        "silent-rollback",
        "deploy-fails",
        "records-stop",
        "records-broken",
        "throttle",
        "lost-rollback-reply",
        "expired-credentials",
        "deny-disable-transition",
    }
    assert all(named.description for named in NAMED_FAULTS.values())


def test_an_unknown_fault_is_refused() -> None:
    with pytest.raises(KeyError):
        Town().engine.fault("gremlins")


def test_5xx_lets_the_live_variant_in_us_fail() -> None:
    town = Town()
    town.engine.fault("5xx")
    assert town.plain.failing == {("photo-check-us", "live")}


def test_silent_rollback_reports_success_while_the_endpoint_goes_back() -> None:
    town = Town()
    town.engine.fault("silent-rollback")
    town.example.walk_through(["ApproveUS", "ProdUS"])
    town.clock.tick(60)
    assert town.stages()["ProdUS"]["latestExecution"]["status"] == "Succeeded"
    assert "photo-check-us" not in town.plain.serving


def test_throttle_lasts_a_minute() -> None:
    town = Town()
    town.engine.fault("throttle")
    with pytest.raises(AwsError) as caught:
        town.stages()
    assert caught.value.kind is ErrorKind.THROTTLED
    town.clock.tick(60)
    assert town.stages()


def test_lost_rollback_reply_hides_one_rollback_that_happens() -> None:
    town = Town()
    asked = {"filter": {"succeededInStage": {"stageName": "ProdUS"}}}
    target = town.call("ListPipelineExecutions", asked)["pipelineExecutionSummaries"][1]
    town.engine.fault("lost-rollback-reply")
    rollback = {
        "stageName": "ProdUS",
        "targetPipelineExecutionId": target["pipelineExecutionId"],
    }
    with pytest.raises(AwsError) as caught:
        town.call("RollbackStage", rollback)
    assert caught.value.may_have_happened
    newest = town.call("ListPipelineExecutions")["pipelineExecutionSummaries"][0]
    assert newest["executionType"] == "ROLLBACK"
    assert len(town.engine.log.accepted("RollbackStage")) == 1


def test_expired_credentials_strike_the_operator_and_leave_on_call_able_to_act() -> None:
    town = Town()
    town.engine.fault("expired-credentials")
    with pytest.raises(AwsError) as caught:
        town.stages()
    assert caught.value.kind is ErrorKind.AUTH
    assert town.call("ListPipelineExecutions", by="carol")


def test_deny_disable_transition_denies_that_and_nothing_else() -> None:
    town = Town()
    town.engine.fault("deny-disable-transition")
    with pytest.raises(AwsError) as caught:
        town.call("DisableStageTransition", transition("ProdUS") | {"reason": "closed"})
    assert caught.value.kind is ErrorKind.DENIED
    town.call("EnableStageTransition", transition("ProdUS"))


def test_the_same_seed_gives_the_same_world() -> None:
    first, second = Town(), Town()
    assert first.stages() == second.stages()
    assert first.holder("ProdUS") != Town(seed="other").holder("ProdUS")


def test_a_promotion_that_fails_is_seen_by_the_alarm_and_can_be_rolled_back() -> None:
    """The whole scenario on real endpoints, traffic and alarms."""
    clock = Clock()
    world = build_world(clock(), point_period=1, alarm_period=10)
    town = Town(clock=clock, world=world)
    before = town.endpoint()
    target = town.holder("ProdUS")
    town.approve_us()
    town.call("EnableStageTransition", transition("ProdUS"))
    town.clock.tick(60)
    shadow = town.endpoint()
    assert shadow["EndpointConfigName"] == "photo-check-us-v6-shadow-v7"
    assert [one["VariantName"] for one in shadow["ShadowProductionVariants"]] == ["candidate"]
    assert town.alarm() == "OK"
    town.engine.fault("5xx")
    town.clock.tick(60)
    assert town.alarm() == "ALARM"
    rollback = {"stageName": "ProdUS", "targetPipelineExecutionId": target}
    town.call("RollbackStage", rollback, by="carol")
    town.clock.tick(120)
    after = town.endpoint()
    assert after["EndpointConfigName"] == before["EndpointConfigName"]
    assert "ShadowProductionVariants" not in after
    assert town.alarm() == "OK"


def test_a_silent_rollback_leaves_the_old_configuration_behind_a_success() -> None:
    clock = Clock()
    town = Town(clock=clock, world=build_world(clock()))
    before = town.endpoint()["EndpointConfigName"]
    town.engine.fault("silent-rollback")
    town.example.walk_through(["ApproveUS", "ProdUS"])
    town.clock.tick(120)
    assert town.stages()["ProdUS"]["latestExecution"]["status"] == "Succeeded"
    assert town.endpoint()["EndpointStatus"] == "InService"
    assert town.endpoint()["EndpointConfigName"] == before
