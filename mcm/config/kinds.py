"""What each kind's judge reads: its parameters with their types, and what rules they keep.

A definition in `checks/` must have just these parameters. The rules refuse a use that
could never fire, or not mean what it says, while somebody is there to mend it
(AWS-RULES 25, 26).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from mcm.config.fields import Fields
from mcm.core import canonical, duration
from mcm.core.judging import expression
from mcm.core.judging.criterion import AGAINST, OTHER, Worse
from mcm.core.units import RATES, Quantity, convert, fits

Params = Mapping[str, Any]
Rule = Callable[[Fields, Params], None]

HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", re.ASCII)
TAG = re.compile(r"[\w .:/+@-]{1,128}=[\w .:/=+@-]{0,256}")
BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9!_.*'()/-]*)?", re.ASCII)
OPTIONAL = frozenset(
    {"prefix", "tag", "at_least", "slower_than", "body", "certificate_days", "redirects"}
)
"""Parameters that came later: a definition may leave them out, and then they ask nothing."""
SHADOW_ONLY = frozenset({"shadow-traffic"})
"""Kinds that look at nothing but a shadow (AWS-RULES 31)."""
LEAST_POINTS = 8
"""Below so many points the test's approximation is none."""
_SERIES = {
    "metrics": "metrics",
    "expression": "optional-text",
    "unit": "optional-text",
    "period": "duration",
}

KINDS: Mapping[str, Mapping[str, str]] = {
    "alarms": {
        "names": "text-list",
        "prefix": "optional-text",
        "tag": "optional-text",
        "at_least": "integer",
        "silent_ok": "text-list",
    },
    "sagemaker-endpoint": {"endpoint": "text"},
    "http-health": {
        "url": "url",
        "within": "duration",
        "slower_than": "optional-duration",
        "status": "integer-list",
        "body": "text-list",
        "certificate_days": "integer",
        "redirects": "text-list",
    },
    "command": {
        "run": "text-list",
        "within": "duration",
        "every": "duration",
        "environment": "text-list",
    },
    "open-incidents": {"severities": "text-list", "source": "optional-text"},
    "person": {},
    "smoke": {
        "endpoint": "text",
        "sample": "file",
        "sha256": "sha256",
        "content_type": "text",
        "answer": "text-list",
        "variant": "optional-text",
        "within": "duration",
        "every": "duration",
    },
    "shadow-traffic": {
        "endpoint": "text",
        "live": "text",
        "shadow": "text",
        "at_least": "decimal",
        "at_most": "decimal",
        "min_samples": "integer",
        "period": "duration",
        "over": "duration",
        "records": "optional-text",
        "record_within": "duration",
        "fields": "text-list",
    },
    "metric-threshold": {
        **_SERIES,
        "above": "quantity",
        "below": "quantity",
        "points": "points",
        "samples": "optional-text",
        "min_samples": "integer",
        "no_data_is_zero": "boolean",
    },
    "metric-compare": {
        **_SERIES,
        "against": "text",
        "other": "metrics",
        "other_region": "optional-text",
        "baseline_for": "duration",
        "worse": "text",
        "confidence": "decimal",
        "effect": "decimal",
        "floor": "quantity",
        "min_points": "integer",
    },
}
"""The parameters that each kind's judge (`mcm.core.checks`) reads, with their types."""


def _alarms(fields: Fields, params: Params) -> None:
    sets = [params[key] for key in ("prefix", "tag") if params.get(key)]
    if not params["names"] and not sets:
        fields.problems.add(
            fields.node,
            f"`{fields.where}` has neither `names` nor `prefix` nor `tag`, so nothing is watched",
            "Write `names: [photo-check-5xx]`.",
        )
    if params.get("tag") and not TAG.fullmatch(params["tag"]):
        fields.refuse("tag", f"cannot be {params['tag'][:60]!r}", "Write KEY=VALUE.")
    if sets and params.get("at_least", 1) < 1:
        fields.refuse("at_least", "must be at least 1: no alarm at all watches nothing")
    others = [name for name in params["silent_ok"] if name not in params["names"]]
    if others and not sets:
        fields.refuse(
            "silent_ok",
            f"names {', '.join(others)}, which is not among the alarms of `names`",
            "Add it to `names` or leave it out here.",
        )


def _http_health(fields: Fields, params: Params) -> None:
    if params.get("certificate_days") and not params["url"].startswith("https://"):
        fields.refuse("certificate_days", "is for https: the address has no certificate")
    _some(fields, params, "status", "so no answer is healthy", "[200]")
    for host in params.get("redirects", ()):
        if not HOST.fullmatch(host):
            fields.refuse("redirects", f"has {host[:60]!r}, which is no host", "Write names only.")
    slow = params.get("slower_than")
    if slow and slow >= params["within"]:
        fields.refuse("slower_than", "must be shorter than `within`, which ends the exchange")


def _open_incidents(fields: Fields, params: Params) -> None:
    _some(fields, params, "severities", "so no incident counts", "['1', '2']")


def _some(fields: Fields, params: Params, key: str, so: str, hint: str) -> None:
    """A list that would be no opinion, or no way to pass, when it is empty."""
    if not params[key]:
        fields.refuse(key, f"is an empty list, {so}", f"Write `{key}: {hint}`.")


def _metric_threshold(fields: Fields, params: Params) -> None:
    judged = _series(fields, params, "metrics")
    _samples(fields, params)
    if params["above"] is None and params["below"] is None:
        fields.problems.add(
            fields.node,
            f"`{fields.where}` has neither `above` nor `below`, so nothing could break it",
            "Write `above: 250 ms`, `below: 10` or both.",
            "guardrail-threshold",
        )
    for key in ("above", "below"):
        _bound(fields, key, params, judged)
    _some_value_passes(fields, params)


def _some_value_passes(fields: Fields, params: Params) -> None:
    above, below = params["above"], params["below"]
    if above is None or below is None or not fits(above["unit"], below["unit"]):
        return
    if convert(_quantity(above), below["unit"]) < _quantity(below).value:
        fields.refuse("above", "is less than `below`, so no value could pass", "Swap the two.")


def _metric_compare(fields: Fields, params: Params) -> None:
    judged = _series(fields, params, "metrics")
    _choice(fields, params, "against", AGAINST)
    _choice(fields, params, "worse", tuple(Worse))
    _bound(fields, "floor", params, judged)
    if params["floor"] is None or float(params["floor"]["value"]) <= 0:
        fields.refuse("floor", "must be above 0: without one any error is worse than none")
    if not 0.5 < float(params["confidence"]) < 1:
        fields.refuse("confidence", "must lie between 0.5 and 1", "Write it like 0.98.")
    if float(params["effect"]) < 0:
        fields.refuse("effect", "must not be negative")
    if params["min_points"] < LEAST_POINTS:
        fields.refuse("min_points", f"must be at least {LEAST_POINTS}: fewer tell nothing")
    _other_series(fields, params)


def _other_series(fields: Fields, params: Params) -> None:
    """What is compared with must be there, and by the same names for an expression."""
    other = {item["name"] for item in params["other"]}
    elsewhere = bool(other or params["other_region"])
    if (params["against"] == OTHER) != elsewhere:
        fields.refuse(
            "against",
            f"is {params['against']}, which does not go with `other` and `other_region`",
            "Write `against: other` and one of them, or neither.",
        )
    if not other:
        return
    own = {item["name"] for item in params["metrics"]}
    if params["expression"] and other != own:
        fields.refuse("other", f"must have the names of `metrics`: {', '.join(sorted(own))}")
    elif not params["expression"] and len(other) != 1:
        fields.refuse("other", "must have one metric, as `metrics`")
    units = {item["unit"] for item in (*params["metrics"], *params["other"])}
    if not params["expression"] and len(units) != 1:
        fields.refuse("other", f"is in another unit: {', '.join(sorted(units))}")


def _shadow_traffic(fields: Fields, params: Params) -> None:
    _period(fields, params)
    if params["live"] == params["shadow"]:
        fields.refuse("shadow", f"is {params['live'][:40]!r}, as `live`")
    least, most = float(params["at_least"]), float(params["at_most"])
    if not 0 < least <= most:
        fields.refuse("at_least", "must be above 0 and at most `at_most`")
    if params["min_samples"] < 1:
        fields.refuse("min_samples", "must be at least 1: nothing has no share")
    if params["records"] and not BUCKET.fullmatch(params["records"]):
        fields.refuse(
            "records", f"cannot be {params['records'][:60]!r}", "Write s3://BUCKET/PREFIX."
        )


def _choice(fields: Fields, params: Params, key: str, choices: Sequence[str]) -> None:
    if params[key] not in choices:
        fields.refuse(key, f"cannot be {params[key][:40]!r}", f"Write one of {', '.join(choices)}.")


def _series(fields: Fields, params: Params, key: str) -> list[Params]:
    """Check one series; return the metrics that are judged, one without an expression."""
    named = {item["name"]: item for item in params[key]}
    judged = [item for name, item in named.items() if name != params.get("samples", "")]
    _period(fields, params)
    text = params["expression"]
    if text:
        if why := expression.problem(text, named.keys()):
            fields.refuse("expression", why)
        return judged
    if len(judged) != 1 and named:
        fields.refuse(
            key,
            f"has {len(judged)} metrics to judge and no `expression` that says how",
            "Write one metric, or `expression: 100 * errors / requests`.",
        )
    elif params["unit"]:
        fields.refuse("unit", "is for an `expression`", "Write the unit at the metric itself.")
    return judged


def _period(fields: Fields, params: Params) -> None:
    seconds, rest = divmod(params["period"], 1000)
    if rest or not (seconds in (1, 5, 10, 20, 30) or (seconds >= 60 and seconds % 60 == 0)):
        span = duration.spell(canonical.parse_duration(params["period"]))
        fields.refuse("period", f"is {span}, which CloudWatch has not", "Write whole minutes.")


def _samples(fields: Fields, params: Params) -> None:
    name, names = params["samples"], {item["name"] for item in params["metrics"]}
    if name and name not in names:
        known = ", ".join(sorted(names))
        fields.refuse("samples", f"is {name[:40]!r}, which `metrics` has not", f"It has: {known}.")
    for key in ("min_samples", "no_data_is_zero"):
        if params[key] and not name:
            fields.refuse(key, "needs `samples`, the metric that counts requests")
    sums = [item["stat"] in ("Sum", "SampleCount") for item in params["metrics"]]
    if params["no_data_is_zero"] and (params["expression"] or not all(sums)):
        fields.refuse("no_data_is_zero", "is for one Sum of errors only: no data is unknown")


def _quantity(bound: Params) -> Quantity:
    return Quantity(Decimal(bound["value"]), bound["unit"])


def _bound(fields: Fields, key: str, params: Params, judged: list[Params]) -> None:
    bound = params[key]
    if bound is None:
        return
    single = judged[0] if len(judged) == 1 and not params["expression"] else None
    unit = params["unit"] if single is None else single["unit"]
    if not fits(bound["unit"], unit):
        has = f"in {unit}" if unit else "without a unit"
        said = bound["unit"] or "no unit"
        hint = "Write the unit of both, such as `above: 250 ms` on `unit: us`."
        fields.refuse(key, f"has {said}, but what is judged is {has}", hint)
    if single is not None and key == "above" and _is_share(single) and float(bound["value"]) >= 1:
        fields.refuse(
            key,
            f"can never be crossed: {single['stat']} of {single['metric']} is at most 1",
            "Write a share such as 0.01, or take `stat: Sum`.",
            "threshold-cannot-fire",
        )


def _is_share(metric: Params) -> bool:
    """Say whether a metric sends 0 or 1 a request and is not summed up."""
    named = (metric["namespace"], metric["metric"]) in RATES
    return named and metric["stat"] in ("Average", "Maximum", "Minimum")


RULES: Mapping[str, Rule] = {
    "alarms": _alarms,
    "metric-threshold": _metric_threshold,
    "http-health": _http_health,
    "open-incidents": _open_incidents,
    "metric-compare": _metric_compare,
    "shadow-traffic": _shadow_traffic,
}
"""What a use must keep besides its types."""
