"""Metrics as a guardrail names them: `{errors: {metric: AWS/SageMaker …, stat: Sum}}`."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from mcm.config.fields import Fields
from mcm.config.strict_yaml import ScalarNode
from mcm.core.judging.expression import NAME
from mcm.core.units import KNOWN

METRIC = re.compile(r"(\S+) (\S+)", re.ASCII)
STAT = re.compile(
    r"Sum|Average|Minimum|Maximum|SampleCount|IQM|(?:p|tm|wm|tc|ts)(?:\d{1,2}(?:\.\d{1,10})?|100)",
    re.ASCII,
)
_UNIT = re.compile(r"[A-Za-z%][A-Za-z%/]*", re.ASCII)


def read_dimensions(fields: Fields) -> list[tuple[str, str]]:
    """Return the pairs of `dimensions`, sorted; none when it is not written."""
    pairs = []
    for key, node in fields.named("dimensions") if fields.has("dimensions") else ():
        if isinstance(node, ScalarNode) and node.text:
            pairs.append((key.text, node.text))
        else:
            fields.problems.add(node, f"`{fields.where}.dimensions.{key.text}` must be text")
    return sorted(pairs)


def read_metrics(fields: Fields, key: str) -> list[dict[str, Any]]:
    """Return the metrics under `key`, sorted by the names that they are given."""
    found = []
    for name, inner in fields.named_mappings(key):
        if not NAME.fullmatch(name.text):
            fields.problems.add(
                name,
                f"a metric cannot be called {name.text[:40]!r}",
                "Write a lower-case letter, then letters, digits and _, such as errors.",
            )
        found.append({"name": name.text, **_read_metric(inner)})
    return sorted(found, key=lambda item: str(item["name"]))


def _read_metric(fields: Fields) -> dict[str, Any]:
    text = fields.text("metric", form=METRIC, like="AWS/SageMaker Invocations")
    namespace, _, name = text.partition(" ")
    unit = fields.text("unit", form=_UNIT, like="ms") if fields.has("unit") else ""
    known = KNOWN.get((namespace, name), "")
    if unit and known and unit != known:
        why = f"is {unit}, but AWS sends {name} in {known}"
        fields.refuse("unit", why, f"Write unit: {known}", "threshold-unit")
    return {
        "namespace": namespace,
        "metric": name,
        "dimensions": [{"name": n, "value": v} for n, v in read_dimensions(fields)],
        "stat": fields.text("stat", form=STAT, like="Sum, Average or p99"),
        "unit": unit or known,
    }


def write_metrics(items: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Spell metrics as they are written in YAML."""
    return {item["name"]: _write_metric(item) for item in items}


def _write_metric(item: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"metric": f"{item['namespace']} {item['metric']}"}
    if item["dimensions"]:
        found["dimensions"] = {each["name"]: each["value"] for each in item["dimensions"]}
    found["stat"] = item["stat"]
    if item["unit"]:
        found["unit"] = item["unit"]
    return found
