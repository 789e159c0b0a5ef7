"""The first mcm.yaml: lint takes it, it says what the example says, and names stay names."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mcm.app.first_file import Pace, Wishes, first_file, service_name
from mcm.app.observing import Observer
from mcm.app.seen import SeenAlarm, SeenStage, Survey
from mcm.app.surveying import survey
from mcm.aws.observe import AwsSource
from mcm.config.definitions import builtin_definitions
from mcm.config.problems import ConfigError
from mcm.config.service_file import load_service
from mcm.core.alarm import AlarmDefinition
from mcm.core.judging.alarm_faults import Fault, FaultKind
from mcm.core.plans.plan import Approval, Gate
from mcm.core.plans.questions import MARK
from mcm.core.plans.service import Service, StageConfig
from mcm.core.query import Metric, PipelineId, Place
from mcm.core.windows.window import Window
from tests.kit.files import example_service
from tests.kit.world import PIPELINE, World

AWS = Wishes(Pace(sandbox=False, bake=timedelta(minutes=30)))
SANDBOX = Wishes(
    Pace(True, timedelta(seconds=15), "500ms", "0s", "1s", datetime(2026, 3, 18, 8, 7, tzinfo=UTC))
)


@pytest.fixture(scope="module")
def seen() -> Survey:
    """What a look at the example finds."""
    world = World()
    observer = Observer([AwsSource(world.connect, world.clock.now)], world.clock)
    pipeline = PipelineId(Place("", "us-east-1"), PIPELINE.name)
    return survey(observer, pipeline, world.clock.now(), lambda _: None)


def load(text: str) -> Service:
    return load_service(text, "mcm.yaml", builtin_definitions())


def only(seen: Survey, **fields: object) -> Survey:
    """Leave one stage, changed."""
    us = replace(seen.production[-1], **fields)  # type: ignore[arg-type]
    return replace(seen, stages=(us,))


def window(stage: StageConfig) -> Window:
    assert stage.window is not None
    (found,) = stage.window.windows
    assert isinstance(found, Window)
    return found


def us(seen: Survey) -> SeenStage:
    return seen.production[-1]


def test_the_example_s_file_says_what_the_example_says(seen: Survey) -> None:
    made, example = load(first_file(seen, SANDBOX)), example_service()

    assert (made.name, made.pipeline, made.sandbox) == (example.name, example.pipeline, True)
    assert (made.poll, made.settle) == (example.poll, example.settle)
    for mine, theirs in zip(made.stages, example.stages, strict=True):
        for name in ("name", "pipeline_stage", "place", "gate", "traffic", "guardrails", "bake"):
            assert getattr(mine, name) == getattr(theirs, name), name


def test_a_file_for_aws_is_taken_as_it_is_and_each_region_has_its_own_night(seen: Survey) -> None:
    made = load(first_file(seen, AWS))

    assert not made.sandbox
    zones = {stage.place.region: window(stage).timezone for stage in made.stages}
    assert zones == {
        "eu-west-1": "Europe/Dublin",
        "ap-northeast-1": "Asia/Tokyo",
        "us-east-1": "America/New_York",
    }


def test_a_bake_asks_for_no_more_requests_than_the_window_can_bring(seen: Survey) -> None:
    hours = tuple((seen.at - timedelta(hours=240 - h), 60.0) for h in range(240))

    text = first_file(only(seen, requests=hours), AWS)

    assert "about 60 requests an hour" in text
    assert load(text).stages[0].bake.min_samples == 15
    busy = tuple((at, 6000.0) for at, _ in hours)
    assert load(first_file(only(seen, requests=busy), AWS)).stages[0].bake.min_samples == 100


def test_the_hour_that_was_asked_for_is_taken(seen: Survey) -> None:
    stage = load(first_file(seen, replace(AWS, hour=5))).stages[0]

    assert window(stage).cron == "0 5 * * tue-thu"


def test_without_traffic_it_is_a_todo_and_still_lint_clean(seen: Survey) -> None:
    for fields in ({"traffic": None}, {"requests": ()}):
        text = first_file(only(seen, **fields), AWS)

        assert MARK in text
        assert "no traffic looks like success" in text
        assert load(text).stages[0].bake.min_samples == 0


def test_where_nothing_watches_lint_says_so_and_the_file_says_what_to_write(seen: Survey) -> None:
    text = first_file(only(seen, alarms=(), endpoints=(), unread=("the alarms: denied",)), AWS)

    assert f"{MARK}: nothing that watches this stage was found (the alarms: denied)." in text
    with pytest.raises(ConfigError) as err:
        load(text)
    (problem,) = str(err.value).split("\n")
    assert "names no check" in problem


def alarm(name: str, kind: FaultKind, metric: str = "Invocation5XXErrors") -> SeenAlarm:
    found = AlarmDefinition(name, "MetricAlarm", {"MetricName": metric})
    return SeenAlarm(found, (Fault(kind, "because"),))


def test_an_alarm_that_cannot_fire_is_left_out_and_named(seen: Survey) -> None:
    alarms = (alarm("dead", FaultKind.CANNOT_FIRE), alarm("fine", FaultKind.DOES_NOT_PAGE))

    text = first_file(only(seen, alarms=alarms), AWS)

    assert "# Left out: dead cannot fire" in text
    assert load(text).stages[0].guardrails[0].params["names"] == ["fine"]


def test_a_silent_alarm_on_errors_may_be_silent_and_another_may_not(seen: Survey) -> None:
    alarms = (
        alarm("errors", FaultKind.SILENT),
        alarm("latency", FaultKind.SILENT, "ModelLatency"),
    )

    made = load(first_file(only(seen, alarms=alarms), AWS)).stages[0].guardrails[0]

    assert made.params["silent_ok"] == ["errors"]


@pytest.mark.parametrize(
    ("fields", "gate", "todo"),
    [
        ({}, Gate(Approval("ApproveUS", "Approve"), "ProdUS"), ""),
        ({"is_open": True}, Gate(Approval("ApproveUS", "Approve"), ""), "`open: ProdUS`"),
        ({"is_open": True, "before": None}, Gate(None, "ProdUS"), "whatever comes walks in"),
        ({"is_open": None}, Gate(Approval("ApproveUS", "Approve"), "ProdUS"), "could not be read"),
        (
            {"before": None, "inside": ("Own",)},
            Gate(Approval("ProdUS", "Own"), "ProdUS"),
            "a rollback would wait",
        ),
    ],
)
def test_the_gate_is_what_the_pipeline_has(
    seen: Survey, fields: dict[str, object], gate: Gate, todo: str
) -> None:
    site = replace(us(seen).site, **fields)  # type: ignore[arg-type]

    text = first_file(only(seen, site=site), AWS)

    assert load(text).stages[0].gate == gate
    assert (todo in text) if todo else f"{MARK}: the way in" not in text


def test_another_account_says_how_to_read_there(seen: Survey) -> None:
    site = replace(us(seen).site, place=Place("444444444444", "us-east-1"))

    text = first_file(only(seen, site=site, unread=("account 444444444444: not ours",)), AWS)

    assert "role_arn: arn:aws:iam::444444444444:role/NAME" in text
    assert load(text).stages[0].place.account == "444444444444"


@pytest.mark.parametrize(
    "name",
    [
        'a": {x: y}',
        "yes",
        "1e3",
        "# no comment",
        "- item",
        "*alias",
        "&anchor",
        "!!tag",
        "{{jinja}}",
        "back\\slash",
        "ünïcode 𝄞",
        "a: b",
        "'single'",
        "@at",
        "trailing:",
    ],
)
def test_whatever_aws_calls_a_thing_is_read_back_as_that(seen: Survey, name: str) -> None:
    metric = Metric("AWS/SageMaker", "Invocations", ((name, name),), "Sum", timedelta(minutes=1))
    changed = only(
        seen,
        alarms=(alarm(name, FaultKind.DOES_NOT_PAGE),),
        endpoints=(name,),
        traffic=metric,
        requests=((seen.at, 1.0),),
    )

    made = load(first_file(changed, AWS)).stages[0]

    assert made.guardrails[0].params["names"] == [name]
    assert made.guardrails[1].params["endpoint"] == name
    assert made.traffic is not None
    assert made.traffic.dimensions == ((name, name),)


def test_foreign_text_in_a_comment_stays_in_it(seen: Survey) -> None:
    dead = alarm("x\nstages: []", FaultKind.CANNOT_FIRE)
    evil = replace(dead, faults=(Fault(FaultKind.CANNOT_FIRE, "a\n\u2028b\x1b"),))
    fine = alarm("fine", FaultKind.DOES_NOT_PAGE)

    made = load(first_file(only(seen, alarms=(evil, fine)), AWS))

    assert len(made.stages) == 1


def test_names_of_services() -> None:
    assert service_name("ParcelPhotoCheck") == "parcel-photo-check"
    assert service_name("my_API-v2") == "my-api-v-2"
    assert service_name("...") == "service"
