"""Trying a check now: every example that mcm brings, on the engine's AWS."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from mcm.app.beside import Beside
from mcm.app.observing import Observer
from mcm.app.trying import Trial, exit_of, nowhere, try_checks
from mcm.aws.invoke import invoke
from mcm.aws.observe import AwsSource
from mcm.config.definitions import builtin_definitions
from mcm.core.errors import Exit
from mcm.core.http import HttpView
from mcm.core.plans.plan import Guardrail
from mcm.core.query import CommandQuery, HttpQuery, InvocationQuery, Query
from mcm.core.reading import Known, Reading
from mcm.core.verdict import Kind
from mcm.probe.command import run_command
from tests.kit.world import ROOT, US, World, stage_plan

BUILTIN = builtin_definitions()


def example(name: str, **changes: object) -> Guardrail:
    definition = BUILTIN[name]
    params = {**definition.example, **changes}
    return Guardrail(name, definition.kind, params, definition.on_breach)


class Page:
    """A health page that is well."""

    def __init__(self, world: World) -> None:
        self._now = world.clock.now

    def answers(self, query: Query) -> bool:
        return isinstance(query, HttpQuery)

    def read(self, queries: Iterable[Query], within: timedelta) -> dict[Query, Reading]:
        ends = self._now() + timedelta(days=90)
        view = HttpView(200, timedelta(seconds=0.1), "ok", ends)
        return {query: Known(view, self._now()) for query in queries}


def slow(world: World) -> Beside:
    """The slow checks as the product puts them together; every sample is `{}`."""
    now = world.clock.now

    def run(query: CommandQuery) -> Reading:
        return run_command(query, now, {"PATH": "/usr/bin:/bin"}, ROOT)

    def send(query: InvocationQuery) -> Reading:
        return invoke(world.connect(query.place), query, lambda _: b"{}", now)

    return Beside({CommandQuery: run, InvocationQuery: send}, now)


def tried(
    world: World, *guardrails: Guardrail, since: timedelta | None = None
) -> tuple[Trial, ...]:
    aws = AwsSource(world.connect, world.clock.now)
    observer = Observer([aws, Page(world), slow(world), world.people], world.clock)
    stage = replace(stage_plan("old"), expect=())
    return try_checks(
        stage, guardrails, observer, world.clock, settle=timedelta(minutes=3), since=since
    )


@pytest.mark.parametrize("name", sorted(set(BUILTIN) - {"person"}))
def test_the_example_of_each_check_passes_on_the_example_service(name: str) -> None:
    (trial,) = tried(World(), example(name))

    assert trial.verdict.kind is Kind.PASS, trial.verdict.reason
    assert trial.readings
    assert all(isinstance(reading, Known) for _, reading in trial.readings)


def test_nobody_can_report_outside_of_a_walk() -> None:
    """A report is about one promotion of one plan; here there is none."""
    (trial,) = tried(World(), example("person"))

    assert trial.verdict.kind is Kind.ERROR


def test_a_breach_is_seen_with_its_evidence() -> None:
    late = example("metric-threshold", above={"value": "50", "unit": "ms"})

    (trial,) = tried(World(), late)

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
    gone = example("alarms", names=["no-such"], silent_ok=[])
    trials = tried(World(), gone, example("sagemaker-endpoint"))

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


def test_a_shadow_that_was_deployed_gets_its_share() -> None:
    world = World()
    assert world.deploy(world.ready(), patience=timedelta(hours=3)).exit is Exit.DONE
    there = tried(world, example("shadow-traffic"), since=timedelta(minutes=20))
    none = tried(world, example("shadow-traffic", shadow="no-such"), since=timedelta(minutes=20))

    assert there[0].verdict.kind is Kind.PASS, there[0].verdict.reason
    assert "a share of 1.00" in there[0].verdict.reason
    assert none[0].verdict.kind is Kind.BREACH
