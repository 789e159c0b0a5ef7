"""The rules of `mcm lint` about mcm.yaml: what loads, and still would not do what is meant."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from mcm.app.lint import Finding, at
from mcm.config.places import Places
from mcm.core import canonical
from mcm.core.duration import spell
from mcm.core.plans.service import CheckUse, Service, StageConfig
from mcm.core.plans.stage_hours import hours_of_config

_COUNTS = frozenset({"Sum", "SampleCount"})
_MINUTE = timedelta(minutes=1)


def lint_service(service: Service, places: Places, now: datetime) -> Iterator[Finding]:
    """Yield what is wrong with the stages; `places` is the file that `service` was read from."""
    for number, stage in enumerate(service.stages):
        yield from _of_hours(service, stage, number, places, now)
        yield from _of_bake(stage, number, places)
        yield from _of_guardrails(stage, number, places)


def _of_hours(
    service: Service, stage: StageConfig, number: int, places: Places, now: datetime
) -> Iterator[Finding]:
    if stage.window is None:
        if stage.production:
            known = next((window.name for window in service.windows), "")
            yield at(
                places.of("stages", number),
                "stage-window",
                f"{stage.name} is production and has no window, so it is never open",
                "" if known else "Describe one under `windows:`, and name it here.",
                f"    window: {known or 'NAME'}",
            )
        return
    hours = hours_of_config(stage, service.freezes, ())
    if stage.window.allow or not (hours.windows or stage.production):
        # What opens it is in a calendar, which is read when the change is planned; or nothing
        # has to, since a stage that is not production is open where nothing denies.
        return
    place = places.of("stages", number, "window")
    if next(hours.openings(now), None) is None:
        yield at(place, "stage-window", f"the window of {stage.name} never opens again")
    elif next(hours.starts(now), None) is None:
        reserve = stage.window.reserve
        yield at(
            place,
            "bake-window",
            f"no opening of {stage.name} holds {spell(stage.bake.lasts)} of bake and"
            f" {spell(reserve)} for a way back",
            f"It takes a `duration` of {spell(stage.bake.lasts + reserve)} or more.",
        )


def _of_bake(stage: StageConfig, number: int, places: Places) -> Iterator[Finding]:
    low = stage.window.low_traffic if stage.window else None
    if low is None or not stage.bake.min_samples:
        return
    most = low.per_minute * (stage.bake.limit / _MINUTE)
    if most < stage.bake.min_samples:
        yield at(
            places.of("stages", number, "bake"),
            "bake-samples",
            f"{stage.name} is promoted only below {low.per_minute} requests a minute, which is"
            f" {most:,.0f} in {spell(stage.bake.limit)}; {stage.bake.min_samples} are waited for",
            write=f"    bake: {{for: {spell(stage.bake.lasts)}, min_samples: {int(most * 0.8)}}}",
        )


def _of_guardrails(stage: StageConfig, number: int, places: Places) -> Iterator[Finding]:
    where = ("stages", number, "guardrails")
    if stage.production and stage.guardrails and not _rolls_back(stage.guardrails):
        yield at(
            places.of(*where),
            "nothing-rolls-back",
            f"no guardrail of {stage.name} rolls back by itself: each breach waits for a person",
            write="        on_breach: roll_back",
        )
    for item, use in enumerate(stage.guardrails):
        if "points" in use.params and "metrics" in use.params:
            spot = (*where, item, "with")
            yield from _of_threshold(stage, use.params, places, spot)


def _rolls_back(uses: tuple[CheckUse, ...]) -> bool:
    return any(use.on_breach == "roll_back" for use in uses)


def _of_threshold(
    stage: StageConfig, params: Mapping[str, Any], places: Places, where: tuple[str | int, ...]
) -> Iterator[Finding]:
    takes = params["points"]["breach"] * canonical.parse_duration(params["period"])
    if takes > stage.bake.limit:
        yield at(
            places.of(*where, "points"),
            "threshold-cannot-fire",
            f"it takes {spell(takes)} of bad periods, and {stage.name} is watched for"
            f" {spell(stage.bake.limit)} at most",
            write="          points: 2/3",
        )
    judged = [item for item in params["metrics"] if item["name"] != params.get("samples")]
    below = params.get("below")
    counts = len(judged) == 1 and judged[0]["stat"] in _COUNTS and not params.get("expression")
    if counts and below is not None and float(below["value"]) <= 0 and params["above"] is None:
        yield at(
            places.of(*where, "below"),
            "threshold-cannot-fire",
            f"{judged[0]['stat']} of {judged[0]['metric']} is never below {below['value']}",
        )
