"""The stories of the other kinds of guardrails: each alone has to see what goes wrong."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from mcm.config.definitions import builtin_definitions
from mcm.core.errors import Exit
from mcm.core.judging.plugin import CRITICAL, UNKNOWN, WARNING
from mcm.core.plans.plan import Guardrail, Plan
from mcm.core.query import CommandQuery
from mcm.core.reading import Blindness
from mcm.sandbox.faults import Effect
from mcm.sandbox.sagemaker_example import ExampleWorld
from mcm.sandbox.traffic import Traffic
from tests.kit.world import STAGE, World
from tests.simulation.faults import Trouble
from tests.simulation.faults_more import Outage, Spoiled
from tests.simulation.outside import outside_of
from tests.simulation.setting import Setting, nothing
from tests.simulation.stories_rare import AT_ONCE, ENDPOINT, MINUTES, begin

BACK, DONE, HELD, PERSON = Exit.ROLLED_BACK, Exit.DONE, Exit.HELD, Exit.NEEDS_PERSON
UNSURE = frozenset({Exit.BLIND, Exit.INCONCLUSIVE, HELD})
ERRORS: Mapping[str, Any] = {
    "name": "errors",
    "namespace": "AWS/SageMaker",
    "metric": "Invocation5XXErrors",
    "dimensions": [
        {"name": "EndpointName", "value": ENDPOINT},
        {"name": "VariantName", "value": "live"},
    ],
    "stat": "Sum",
    "unit": "",
}
_UNLIKE: Mapping[str, Mapping[str, Any]] = {"http-health": {"certificate_days": 0}}
"""What is not as in the definition's example: no certificate is looked at here."""
MOST = 30
"""Errors a minute that the threshold allows; a good day has one or two."""


def traffic(world: World) -> Traffic:
    assert isinstance(world.scenario.world, ExampleWorld)
    return world.scenario.world.traffic


def guarded(world: World, kind: str, *exits: Exit, limit: int = 120, **params: Any) -> Setting:
    """Return an approved plan in which one guardrail stands in the place of the alarms."""
    definition = builtin_definitions()[kind]
    used = {**definition.example, **_UNLIKE.get(kind, {}), **params}
    one = Guardrail(kind, kind, used, "hold" if kind == "shadow-traffic" else "roll_back")
    plan = world.plan()
    stage = plan.stages[0]
    rest = tuple(each for each in stage.guardrails if each.kind != "alarms")
    bake = replace(stage.bake, limit=limit * MINUTES)
    stage = replace(stage, guardrails=(one, *rest), bake=bake)
    plan = Plan.from_bytes(replace(plan, stages=(stage,)).to_bytes())
    world.approve(plan)
    world.clock.pass_time(2 * MINUTES)
    return Setting(world, plan, nothing, frozenset(exits))


def _breached(setting: Setting, deed: Callable[[], object]) -> Setting:
    setting.deed, setting.breaks, setting.at_latest = deed, True, "baking"
    return setting


def _set(world: World, **values: object) -> None:
    for name, value in values.items():
        setattr(outside_of(world).truth, name, value)


def _errors(world: World) -> dict[str, Any]:
    """Return the parameters of a bound on errors a minute; silence is well while requests come."""
    example = builtin_definitions()["metric-threshold"].example
    requests = next(each for each in example["metrics"] if each["name"] == "requests")
    bound = {"value": str(MOST), "unit": ""}
    return {"metrics": [ERRORS, requests], "above": bound, "no_data_is_zero": True}


def _threshold(world: World) -> Setting:
    setting = guarded(world, "metric-threshold", BACK, **_errors(world))
    return _breached(setting, world.scenario.raise_errors)


def _threshold_blip(world: World) -> Setting:
    """Errors for five minutes in which nobody can read metrics: the periods tell afterwards."""
    setting = guarded(world, "metric-threshold", BACK, **_errors(world))

    def blip() -> None:
        begin(world, Trouble(AT_ONCE, 12 * MINUTES, Effect.SERVER_ERROR, "GetMetricData", None))
        now = world.clock.now()
        traffic(world).set_error_share(ENDPOINT, "live", 0.5, at=now)
        traffic(world).set_error_share(ENDPOINT, "live", 0, at=now + 5 * MINUTES)

    return _breached(setting, blip)


def _slower(world: World) -> Setting:
    """The model answers half as fast again; no alarm would ring."""
    setting = guarded(world, "metric-compare", BACK)
    deed = partial(traffic(world).set_latency_factor, ENDPOINT, "live", 1.8)
    return replace(_breached(setting, deed), at_latest="at once")


def _shadow_thick(world: World) -> Setting:
    """The shadow gets more than its plan allows: a person is called, nothing goes back."""
    return guarded(world, "shadow-traffic", PERSON, *UNSURE, limit=45, at_least="0", at_most="0.5")


def _incident(world: World) -> Setting:
    setting = guarded(world, "open-incidents", BACK)

    def opened() -> None:
        params = {"Title": "labels are wrong", "Source": "on-call", "Severity": "1"}
        world.port("bob").call("ssm", "CreateOpsItem", {**params, "Description": "-"})

    return _breached(setting, opened)


def _reported(world: World) -> Setting:
    setting = guarded(world, "person", BACK)
    words = {"stage": STAGE, "approver": "bob", "decision": "breach", "reason": "wrong labels"}
    return _breached(setting, lambda: world.say(setting.plan, "report", "bob", **words))


def _unsure(world: World, kind: str, **truth: object) -> Setting:
    """What does not tell is no breach, and ends no bake well."""
    setting = guarded(world, kind, *UNSURE, limit=45)
    setting.deed, setting.at_latest = partial(_set, world, **truth), "baking"
    return setting


def _bad(world: World, kind: str, **truth: object) -> Setting:
    return _breached(guarded(world, kind, BACK), partial(_set, world, **truth))


def _gappy(world: World) -> Setting:
    """Errors, and from then on most periods come without data: those may hide a breach."""
    setting = guarded(world, "metric-threshold", BACK, **_errors(world))

    def both() -> None:
        begin(world, Spoiled(AT_ONCE, 50 * MINUTES, "gappy"))
        world.scenario.raise_errors()

    return _breached(setting, both)


def _hangs(world: World, minutes: int, *exits: Exit) -> Setting:
    """A probe hangs for most of the bake; what it would have said nobody knows."""
    setting = guarded(world, "command", *exits, limit=45)

    def hang() -> None:
        begin(world, Outage(AT_ONCE, minutes * MINUTES, CommandQuery, Blindness.LATE))

    setting.deed, setting.at_latest = hang, "at once"
    return setting


CHECKS: Mapping[str, Callable[[World], Setting]] = {
    "threshold_clean": lambda world: guarded(world, "metric-threshold", DONE, **_errors(world)),
    "threshold_breach": _threshold,
    "threshold_blip": _threshold_blip,
    "threshold_gappy": _gappy,
    "probe_hangs": lambda world: _hangs(world, 55, DONE, *UNSURE),
    "probe_hung": lambda world: _hangs(world, 26, DONE, *UNSURE),
    "compare_clean": lambda world: guarded(world, "metric-compare", DONE),
    "compare_slower": _slower,
    "shadow_clean": lambda world: guarded(world, "shadow-traffic", DONE),
    "shadow_thick": _shadow_thick,
    "incident": _incident,
    "reported": _reported,
    "plugin_critical": lambda world: _bad(world, "command", status=CRITICAL),
    "plugin_warns": lambda world: _unsure(world, "command", status=WARNING),
    "plugin_unknown": lambda world: _unsure(world, "command", status=UNKNOWN),
    "http_down": lambda world: _bad(world, "http-health", http=503),
    "smoke_wrong": lambda world: _bad(world, "smoke", answer='{"label": "cat"}'),
    "smoke_fails": lambda world: _bad(world, "smoke", answer=""),
}


def traffic_points(world: World, metric: str, since: datetime) -> dict[datetime, float]:
    """Return the sums by minute that the engine has of a metric of the live variant."""
    dimensions = [
        {"Name": "EndpointName", "Value": ENDPOINT},
        {"Name": "VariantName", "Value": "live"},
    ]
    stat = {
        "Metric": {"Namespace": "AWS/SageMaker", "MetricName": metric, "Dimensions": dimensions},
        "Period": 60,
        "Stat": "Sum",
    }
    asked = {
        "MetricDataQueries": [{"Id": "all", "MetricStat": stat}],
        "StartTime": since,
        "EndTime": world.clock.now(),
    }
    (found,) = world.port("bob").call("cloudwatch", "GetMetricData", asked)["MetricDataResults"]
    return dict(zip(found["Timestamps"], found["Values"], strict=True))
