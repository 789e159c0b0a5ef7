"""A look at the example that nobody described, and at everything that may go wrong in it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from mcm.app.doctor import Diagnosis, Weight, diagnose
from mcm.app.observing import Observer
from mcm.app.seen import SeenStage, Survey
from mcm.app.surveying import survey
from mcm.aws.looking import Denials, Looking
from mcm.aws.observe import AwsSource
from mcm.aws.port import AwsError, ErrorKind, Params
from mcm.core.endpoint import EndpointView
from mcm.core.errors import BlindError, UsageError
from mcm.core.judging.alarm_faults import FaultKind
from mcm.core.plans.service import Service
from mcm.core.query import PipelineId, Place
from mcm.sandbox.identity import user_key
from mcm.sandbox.pipeline_model import parse_structure
from tests.kit.files import example_service
from tests.kit.world import PIPELINE, World

NAMELESS = PipelineId(Place("", "us-east-1"), PIPELINE.name)


class Look:
    """One look at a world, and what it means."""

    def __init__(self, world: World, service: Service | None = None) -> None:
        self.denials = Denials()
        self.told: list[str] = []
        aws = AwsSource(
            lambda place: Looking(world.connect(place), place, self.denials), world.clock.now
        )
        observer = Observer([aws], world.clock)
        pipeline = service.pipeline if service else NAMELESS
        self.survey: Survey = survey(
            observer, pipeline, world.clock.now(), self.told.append, service
        )

    @property
    def meaning(self) -> Diagnosis:
        denied = {(each.service, each.operation, each.place) for each in self.denials.found}
        return diagnose(self.survey, denied, "aws")

    def stage(self, name: str = "prod-us") -> SeenStage:
        return next(each for each in self.survey.stages if each.name == name)

    def advice(self, weight: Weight) -> list[str]:
        return [f"{a.stage}: {a.text}" for a in self.meaning.advice if a.weight is weight]


@pytest.fixture
def world() -> World:
    return World()


def fail(kind: ErrorKind, *operations: str) -> Callable[[str, str, Params], None]:
    def before(service: str, operation: str, params: Params) -> None:
        if operation in operations:
            raise AwsError(kind, "No", "not now", service=service, operation=operation)

    return before


def test_the_example_is_found_as_its_mcm_yaml_describes_it(world: World) -> None:
    look = Look(world)
    service = example_service()

    assert [each.name for each in look.survey.production] == [s.name for s in service.stages]
    for seen, config in zip(look.survey.production, service.stages, strict=True):
        assert seen.site.place == config.place
        assert seen.site.before == config.gate.approve
        names = [use.params.get("names") for use in config.guardrails if use.use == "alarms"]
        assert [one.definition.name for one in seen.alarms] == sorted(names[0])
        assert [e.name for e in seen.endpoints if isinstance(e, EndpointView)] == [
            config.guardrails[1].params["endpoint"]
        ]
        assert config.traffic is not None
        assert seen.traffic is not None
        assert seen.traffic.dimensions == config.traffic.dimensions
        assert seen.unread == ()


def test_readiness_counts_what_came_in_and_what_could_not_go_back(world: World) -> None:
    ready = Look(world).stage().readiness

    assert (ready.deployments, ready.impossible) == (2, 1)
    assert ready.target == world.executions()[1]


def test_nothing_at_all_is_written(world: World) -> None:
    Look(world, example_service())
    Look(world)

    assert world.engine.log.writes == []


def test_an_edit_takes_every_target_away_and_the_advice_says_so(world: World) -> None:
    console = world.port("console")
    found = console.call("codepipeline", "GetPipeline", {"name": PIPELINE.name})["pipeline"]
    console.call("codepipeline", "UpdatePipeline", {"pipeline": found})

    look = Look(world)

    assert look.survey.edits.count == 1
    assert look.stage().readiness.target == ""
    lost = look.advice(Weight.NO_WAY_BACK)
    assert any(text.startswith(": its version changed once in 30 days") for text in lost)
    assert any("prod-us: no rollback now: no earlier execution succeeded" in text for text in lost)


def test_an_alarm_on_a_variant_that_is_not_there_cannot_fire(world: World) -> None:
    world.port("console").call(
        "cloudwatch",
        "PutMetricAlarm",
        {
            "AlarmName": "typo",
            "Namespace": "AWS/SageMaker",
            "MetricName": "Invocation5XXErrors",
            "Dimensions": [
                {"Name": "EndpointName", "Value": "photo-check-us"},
                {"Name": "VariantName", "Value": "AllTraffic"},
            ],
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 1.0,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
        },
    )

    alarms = {each.definition.name: each.faults for each in Look(world).stage().alarms}

    assert alarms["typo"][0].kind is FaultKind.CANNOT_FIRE
    assert "VariantName=AllTraffic had no data in 15 days" in alarms["typo"][0].text
    assert FaultKind.CANNOT_FIRE not in [fault.kind for fault in alarms["photo-check-5xx"]]


def test_an_alarm_that_is_muted_or_suppressed_is_told(world: World) -> None:
    port = world.port("console")
    start = f"at({world.clock.now():%Y-%m-%dT%H:%M})"
    rule = {"Schedule": {"Expression": start, "Duration": "PT4H"}}
    targets = {"AlarmNames": ["photo-check-5xx"]}
    port.call(
        "cloudwatch", "PutAlarmMuteRule", {"Name": "night", "Rule": rule, "MuteTargets": targets}
    )

    alarms = {each.definition.name: each.faults for each in Look(world).stage().alarms}

    told = [fault.text for fault in alarms["photo-check-5xx"]]
    assert "the mute rule night is active" in told
    assert not [f for f in alarms["photo-check-latency"] if "mute rule" in f.text]


def test_mute_rules_that_may_not_be_read_are_named(world: World) -> None:
    world.before = fail(ErrorKind.DENIED, "ListAlarmMuteRules")

    assert any(
        "the mute rules of alarms of us-east-1" in line for line in Look(world).stage().unread
    )


def test_what_aws_denies_is_named_with_the_policy_to_add(world: World) -> None:
    world.before = fail(ErrorKind.DENIED, "DescribeAlarms", "ListEndpoints", "ListActionExecutions")

    look = Look(world)

    assert look.stage().readiness.deployments is None
    assert any("the alarms of us-east-1" in line for line in look.stage().unread)
    assert not [text for text in look.advice(Weight.UNSEEN) if "nothing watches" in text]
    statements = look.meaning.policies["111111111111"]["Statement"]
    assert {action for each in statements for action in each["Action"]} == {
        "cloudwatch:DescribeAlarms",
        "sagemaker:ListEndpoints",
        "codepipeline:ListActionExecutions",
    }


def test_what_is_throttled_is_unknown_and_no_policy_is_asked_for(world: World) -> None:
    world.before = fail(ErrorKind.THROTTLED, "GetPipelineState", "GetMetricData")

    look = Look(world)

    assert look.stage().readiness.why_not.startswith("not known: ")
    assert look.stage().site.is_open is None
    assert {f.kind for a in look.stage().alarms for f in a.faults} >= {FaultKind.NOT_JUDGED}
    assert look.meaning.policies == {}


def test_without_credentials_or_pipeline_there_is_nothing_to_tell(world: World) -> None:
    world.engine.identities.expire(user_key("alice"))
    with pytest.raises(BlindError):
        Look(world)
    world.engine.identities.renew(user_key("alice"))
    world.before = fail(ErrorKind.NOT_FOUND, "GetPipeline")
    with pytest.raises(UsageError):
        Look(world)
    world.before = fail(ErrorKind.DENIED, "GetPipeline")
    with pytest.raises(BlindError):
        Look(world)


@pytest.mark.parametrize(
    ("kind", "step"),
    [
        (ErrorKind.AUTH, "Log in again"),
        (ErrorKind.DENIED, "codepipeline:GetPipeline allowed"),
        (ErrorKind.THROTTLED, "Run it again in a minute"),
        (ErrorKind.UNREACHABLE, "Look at the way to AWS"),
    ],
)
def test_the_next_step_is_the_one_that_helps(world: World, kind: ErrorKind, step: str) -> None:
    """Who is told to log in again while AWS is only busy loses minutes."""
    world.before = fail(kind, "GetPipeline")

    with pytest.raises(BlindError) as err:
        Look(world)

    assert step in (err.value.hint or "")


def test_credentials_of_another_account_see_nothing_there(world: World) -> None:
    """An alarm of the same name in the wrong account would be taken for the right one."""
    service = example_service()
    away = replace(service.stages[2], place=Place("444444444444", "us-east-1"))

    look = Look(world, replace(service, stages=(*service.stages[:2], away)))

    assert look.stage().alarms == ()
    (why,) = look.stage().unread
    assert why.startswith("account 444444444444 in us-east-1: these credentials are of 1111111")
    assert look.stage("prod-eu").alarms


def test_an_alarm_that_mcm_yaml_names_and_nobody_made_is_told(world: World) -> None:
    world.port("console").call(
        "cloudwatch", "DeleteAlarms", {"AlarmNames": ["photo-check-latency"]}
    )

    look = Look(world, example_service())

    assert look.stage().missing == ("photo-check-latency",)
    assert any("photo-check-latency, which mcm.yaml names" in t for t in look.advice(Weight.UNSEEN))


def test_an_open_way_in_is_told(world: World) -> None:
    world.console("EnableStageTransition", stageName="ProdEU", transitionType="Inbound")

    assert any(
        text.startswith("prod-eu: once approved") for text in Look(world).advice(Weight.WALKS_IN)
    )


def test_a_parallel_pipeline_rolls_nothing_back(world: World) -> None:
    pipeline = world.scenario.pipeline
    parallel = {**pipeline.structure.declaration, "executionMode": "PARALLEL"}
    old = pipeline.structure
    pipeline.structures[-1] = parse_structure(parallel, old.version, old.updated)

    assert any("it is PARALLEL" in text for text in Look(world).advice(Weight.NO_WAY_BACK))


def test_it_says_how_far_it_is(world: World) -> None:
    assert Look(world).told == [
        "reading ParcelPhotoCheck in us-east-1",
        "reading what ran in the last 30 days",
        "reading alarms and endpoints in eu-west-1, ap-northeast-1, us-east-1",
    ]


def test_requests_are_known_by_the_hour(world: World) -> None:
    world.clock.pass_time(timedelta(hours=3))

    assert len(Look(world).stage().requests) >= 2
