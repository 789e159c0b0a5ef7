"""Guardrails in words: when each is crossed, with its numbers, and what happens then."""

from collections.abc import Callable, Mapping
from typing import Any

from mcm.core.canonical import parse_duration
from mcm.core.duration import spell
from mcm.core.plan import Guardrail
from mcm.record.view import GuardrailLine


def describe(guardrail: Guardrail) -> GuardrailLine:
    """Return the line of one guardrail; a kind without words of its own names its parameters."""
    teller = _KINDS.get(guardrail.kind, _other)
    try:
        condition = teller(guardrail.params)
    except (KeyError, TypeError, ValueError):
        condition = _other(guardrail.params)
    rolls = guardrail.on_breach == "roll_back"
    then = "the stage is rolled back" if rolls else "the walk holds for a person"
    return GuardrailLine(guardrail.name, condition, then)


def _alarms(params: Mapping[str, Any]) -> str:
    names = ", ".join(params["names"])
    one = len(params["names"]) == 1
    text = f"alarm {names} enters ALARM" if one else f"one of the alarms {names} enters ALARM"
    silent = ", ".join(params.get("silent_ok", ()))
    return f"{text} after the promotion" + (f" (may be without data: {silent})" if silent else "")


def _endpoint(params: Mapping[str, Any]) -> str:
    return (
        f"endpoint {params['endpoint']} leaves service, a live variant differs from before, "
        "or a shadow variant is not the expected one"
    )


def _http(params: Mapping[str, Any]) -> str:
    accepted = ", ".join(str(status) for status in params["status"])
    within = spell(parse_duration(params["within"]))
    return f"{params['url']} answers within {within} with a status other than {accepted}"


def _other(params: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {params[name]}" for name in sorted(params)) or "no parameters"


_KINDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "alarms": _alarms,
    "sagemaker-endpoint": _endpoint,
    "http-health": _http,
}
