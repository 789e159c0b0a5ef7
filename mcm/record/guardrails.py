"""Guardrails in words: when each is crossed, with its numbers, and what happens then."""

from collections.abc import Callable, Mapping
from typing import Any

from mcm.core.canonical import parse_duration
from mcm.core.duration import spell
from mcm.core.place import Metric
from mcm.core.plans.plan import Guardrail
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
    sets = [f"those called {params['prefix']}…"] if params.get("prefix") else []
    sets += [f"those tagged {params['tag']}"] if params.get("tag") else []
    names = ", ".join((*params["names"], *sets))
    one = len(params["names"]) == 1 and not sets
    text = f"alarm {names} enters ALARM" if one else f"one of the alarms {names} enters ALARM"
    silent = ", ".join(params.get("silent_ok", ()))
    return f"{text} after the promotion" + (f" (may be without data: {silent})" if silent else "")


def _endpoint(params: Mapping[str, Any]) -> str:
    live = f"endpoint {params['endpoint']} leaves service, or a live variant differs from before"
    shadow = f"a shadow variant of {params['endpoint']} is not the expected one"
    parts = {"live": live, "shadow": shadow}
    return parts.get(params.get("part", ""), f"{live}, or {shadow}")


def _http(params: Mapping[str, Any]) -> str:
    accepted = ", ".join(str(status) for status in params["status"])
    within = spell(parse_duration(params["within"]))
    said = f"{params['url']} answers within {within} with a status other than {accepted}"
    slower, days = params.get("slower_than"), params.get("certificate_days")
    parts = " and ".join(repr(part) for part in params.get("body", ()))
    said += f", or after more than {spell(parse_duration(slower))}" if slower else ""
    said += f", or without {parts}" if parts else ""
    return said + (f", or its certificate ends within {days} days" if days else "")


def _threshold(params: Mapping[str, Any]) -> str:
    given = [word for word in ("above", "below") if params[word] is not None]
    bounds = [f"{word} {_quantity(params[word])}" for word in given]
    points, period = params["points"], spell(parse_duration(params["period"]))
    times = f"{points['breach']} of {points['of']} periods of {period}"
    return f"{_title(params)} is {' or '.join(bounds)} in {times}"


def _compare(params: Mapping[str, Any]) -> str:
    words = {"before": "before", "last-week": "a week ago", "other": _other_series(params)}
    against = words[params["against"]]
    floor = _quantity(params["floor"])
    share = float(params["effect"]) * 100
    worse = params["worse"].replace("either", "higher or lower")
    moved = f"by {share:g} % and {floor} or more"
    return f"{_title(params)} is clearly {worse} than {against}: {moved}"


def _other_series(params: Mapping[str, Any]) -> str:
    told = _title(params, "other") if params["other"] else "the same"
    return f"{told} in {params['other_region']}" if params["other_region"] else told


def _title(params: Mapping[str, Any], metrics: str = "metrics") -> str:
    """Say which series it is, so that nobody approves a bound on something else."""
    from mcm.core.checks.series import Series, series_of

    def told(metric: Metric) -> str:
        where = ", ".join(pair[1] for pair in metric.dimensions)
        return f"{Series(metric, '').title}{f' of {where}' if where else ''}"

    found = series_of(params, metrics).metric
    if isinstance(found, Metric):
        return told(found)
    return f"{found.text} ({'; '.join(f'{name}: {told(each)}' for name, each in found.metrics)})"


def _command(params: Mapping[str, Any]) -> str:
    return f"the program {' '.join(params['run'])} ends with status 2 (critical)"


def _smoke(params: Mapping[str, Any]) -> str:
    parts = ", ".join(params["answer"])
    return f"endpoint {params['endpoint']} does not answer {params['sample']} with {parts}"


def _incidents(params: Mapping[str, Any]) -> str:
    return f"an incident of severity {', '.join(params['severities'])} is opened"


def _shadow(params: Mapping[str, Any]) -> str:
    share = f"{params['at_least']} to {params['at_most']}"
    records = ", or its records do not arrive whole" if params["records"] else ""
    return f"{params['shadow']} gets another share of the requests than {share}{records}"


def _person(_params: Mapping[str, Any]) -> str:
    return "somebody reports a breach, signed"


def _quantity(value: Mapping[str, Any]) -> str:
    from mcm.core.checks.series import quantity_of

    return str(quantity_of(value))


def _other(params: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {params[name]}" for name in sorted(params)) or "no parameters"


_KINDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "alarms": _alarms,
    "sagemaker-endpoint": _endpoint,
    "http-health": _http,
    "metric-threshold": _threshold,
    "metric-compare": _compare,
    "command": _command,
    "smoke": _smoke,
    "open-incidents": _incidents,
    "shadow-traffic": _shadow,
    "person": _person,
}
