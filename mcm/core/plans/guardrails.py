"""From the checks that a stage uses to the guardrails of its plan."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from mcm.core import codec
from mcm.core.endpoint import Expected
from mcm.core.plans.plan import Guardrail
from mcm.core.plans.service import CheckUse

Definitions = Mapping[str, Mapping[str, Any]]
"""Check definitions by name, as canonical values with at least `name` and `kind`."""
_ENDPOINT = "sagemaker-endpoint"


def stage_guardrails(
    uses: Iterable[CheckUse], definitions: Definitions, shadows: Collection[Expected]
) -> tuple[Guardrail, ...]:
    """Return the guardrails of a stage: as named, and an endpoint's live and shadow part apart.

    Each part has a verdict and limits of its own. Nobody receives a shadow's replies, so a
    breach of that part holds, unless the use itself says otherwise (AWS-RULES 31).
    """
    given = tuple(uses)
    guardrails: list[Guardrail] = []
    for use, named in zip(given, name_guardrails(given, definitions, shadows), strict=True):
        if named.kind != _ENDPOINT:
            guardrails.append(named)
            continue
        guardrails.append(replace(named, params={**named.params, "part": "live"}))
        name, params = f"{named.name} shadow", {**named.params, "part": "shadow"}
        on_breach = named.on_breach if use.is_said else "hold"
        guardrails.append(replace(named, name=name, params=params, on_breach=on_breach))
    return tuple(guardrails)


def name_guardrails(
    uses: Iterable[CheckUse], definitions: Definitions, shadows: Collection[Expected] = ()
) -> tuple[Guardrail, ...]:
    """Name each check of a stage: as its definition, with a number from the second on.

    Parameters become canonical values, so that a plan equals what is read back from it. A
    breach of metrics of `shadows` alone holds, unless the use says otherwise.
    """
    guardrails: list[Guardrail] = []
    taken: set[str] = set()
    for use in uses:
        name, number = use.use, 2
        while name in taken:
            name, number = f"{use.use}-{number}", number + 1
        taken.add(name)
        params = codec.to_value(use.params)
        guardrails.append(
            Guardrail(
                name,
                definitions[use.use]["kind"],
                params,
                "hold" if not use.is_said and _is_of(shadows, params) else use.on_breach,
                use.failure_limit,
                use.consecutive_error_limit,
                use.inconclusive_limit,
            )
        )
    return tuple(guardrails)


def _is_of(shadows: Collection[Expected], params: Mapping[str, Any]) -> bool:
    """Say whether all metrics that are judged are those of shadow variants."""
    metrics = params.get("metrics", ())
    named = [{each["name"]: each["value"] for each in item["dimensions"]} for item in metrics]
    return bool(named) and all(any(_fits(each, one) for one in shadows) for each in named)


def _fits(dimensions: Mapping[str, str], shadow: Expected) -> bool:
    """Say whether a metric is of a shadow: a variant's name is one of its endpoint only."""
    endpoint = dimensions.get("EndpointName", shadow.endpoint)
    return (endpoint, dimensions.get("VariantName")) == (shadow.endpoint, shadow.variant)
