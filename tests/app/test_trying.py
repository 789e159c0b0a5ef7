"""Trying a check now: every example that mcm brings, on the engine's AWS."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mcm.app.observing import Observer
from mcm.app.trying import Trial, exit_of, nowhere, try_checks
from mcm.aws.observe import AwsSource
from mcm.config.definitions import builtin_definitions
from mcm.core.errors import Exit
from mcm.core.plan import Guardrail
from mcm.core.reading import Known
from mcm.core.verdict import Kind
from tests.kit.world import US, World, stage_plan

BUILTIN = builtin_definitions()


def example(name: str, **changes: object) -> Guardrail:
    definition = BUILTIN[name]
    params = {**definition.example, **changes}
    return Guardrail(name, definition.kind, params, definition.on_breach)


def tried(
    world: World, *guardrails: Guardrail, since: timedelta | None = None
) -> tuple[Trial, ...]:
    observer = Observer([AwsSource(world.connect, world.clock.now)], world.clock)
    stage = replace(stage_plan("old"), expect=())
    return try_checks(
        stage, guardrails, observer, world.clock, settle=timedelta(minutes=3), since=since
    )


@pytest.mark.parametrize(
    "name", ["alarms", "metric-compare", "metric-threshold", "sagemaker-endpoint"]
)
def test_the_example_of_each_check_passes_on_the_example_service(name: str) -> None:
    (trial,) = tried(World(), example(name))

    assert trial.verdict.kind is Kind.PASS, trial.verdict.reason
    assert trial.readings
    assert all(isinstance(reading, Known) for _, reading in trial.readings)


def test_a_breach_is_seen_with_its_evidence() -> None:
    slow = example("metric-threshold", above={"value": "50", "unit": "ms"})

    (trial,) = tried(World(), slow)

    assert trial.verdict.kind is Kind.BREACH
    assert len(trial.verdict.evidence) == 3
    assert exit_of([trial]) is Exit.ROLLED_BACK


def test_it_can_be_judged_as_after_a_promotion() -> None:
    (trial,) = tried(World(), example("metric-threshold"), since=timedelta(minutes=9))
    (early,) = tried(World(), example("metric-threshold"), since=timedelta(minutes=1))

    assert len(trial.verdict.evidence) == 3
    assert trial.verdict.kind is Kind.PASS
    assert early.verdict.kind is Kind.INCONCLUSIVE


def test_what_nothing_can_read_is_an_error_and_no_pass() -> None:
    world = World()
    trials = tried(world, example("http-health"), example("alarms"))

    assert [trial.verdict.kind for trial in trials] == [Kind.ERROR, Kind.PASS]
    assert exit_of(trials) is Exit.BLIND


def test_outside_of_a_stage_nothing_is_expected() -> None:
    assert nowhere(US).expect == ()
    assert nowhere(US).place == US


def test_an_incident_that_somebody_opens_is_seen() -> None:
    world = World()
    world.port("carol").call(
        "ssm",
        "CreateOpsItem",
        {"Title": "photos are lost", "Description": "-", "Source": "x", "Severity": "1"},
    )

    (trial,) = tried(world, example("open-incidents"))

    assert trial.verdict.kind is Kind.BREACH
    assert "photos are lost" in trial.verdict.reason


def test_a_composite_alarm_by_prefix_is_watched_with_its_children() -> None:
    world = World()
    world.port("carol").call(
        "cloudwatch",
        "PutCompositeAlarm",
        {"AlarmName": "photo-all", "AlarmRule": "ALARM(photo-check-5xx)"},
    )

    (trial,) = tried(world, example("alarms", names=[], silent_ok=[], prefix="photo-", at_least=3))

    assert trial.verdict.kind is Kind.PASS
    assert "photo-all: OK" in trial.verdict.evidence
