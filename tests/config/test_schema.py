"""The schemas for editors: they take what the loaders take, and refuse what has another shape."""

import copy
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from mcm.config.change_file import check_change
from mcm.config.definitions import builtin_definitions
from mcm.config.problems import ConfigError
from mcm.config.schema import change_schema, service_schema
from mcm.config.schema_words import CHANGE, SERVICE
from mcm.config.service_file import load_service
from mcm.config.strict_yaml import ListNode, MapNode, Node, load
from mcm.sandbox.example import example_files
from tests.config.test_service_file import SMALL, WHOLE

DEFINITIONS = builtin_definitions()
SCHEMAS = {"service": service_schema(DEFINITIONS), "change": change_schema(DEFINITIONS)}
SHAPE = re.compile(r"unknown key|is missing|must be .*, not |has no value|must have one of")

MORE = """\
version: 1
realm: aws
service: parcel-photo-check
proxy: http://proxy.example.com:3128
ca_bundle: certificates/company.pem
answers: {tier_one: no, automation: "yes, but for the approval"}
pipeline: {name: ParcelPhotoCheck, region: us-east-1, account: "111111111111", profile: deploys}
defaults: {settle: 3m, stop_wait: 2m, abandon: false, breakglass: never}
windows:
  quiet: {cron: "0 2 * * tue-thu", duration: 3h, timezone: America/Los_Angeles}
  once: {from: 2026-11-25T00:00, to: 2026-11-25T02:00, timezone: America/Los_Angeles}
calendars:
  holidays: {holidays: DE-BY, timezone: Europe/Berlin}
  events: {ics: calendars/open.ics, timezone: Europe/Berlin}
  aws: {change_calendar: "arn:aws:ssm:us-east-1:111111111111:document/quiet"}
stages:
  - name: prod-us
    pipeline_stage: ProdUS
    region: us-east-1
    account: "111111111111"
    production: true
    approvals: 2
    forbid_authors: true
    touch: false
    breakglass: allowed
    rollback: {veto: 60s}
    stop_wait: 1m
    abandon: true
    gate: {approve: ApproveUS/Approve}
    window:
      allow: [quiet, once, events]
      deny: [holidays, aws]
      reserve: 15m
      low_traffic: {per_minute: 100, over: 10m}
    traffic: {metric: AWS/SageMaker Invocations, stat: SampleCount, period: 5m}
    bake: {for: 60m, min_samples: 500, limit: 2h}
    guardrails:
      - {use: http-health, on_breach: hold, with: {url: "https://a.example.com/", status: [200]}}
"""

RECORD = """\
id: CM-0001
title: Add a shadow variant
template: standard
requester: alice
ticket: PHOTO-417
execution: 01234567-89ab-cdef-0123-456789abcdef
packages: [{name: App, before: abc1234}, {name: Infra, after: 0f0f0f0}]
stages: [prod-us]
expect: {prod-us: {photo-check-us: {shadow: {variant: candidate, model: v7}}}}
depends_on: [CM-0000]
assumptions:
  - {says: it answers, use: http-health, stages: [prod-us], with: {url: "https://a.example.com"}}
answers: {purpose: To see it., tier_one: no}
exceptions: [{gate: "freeze:peak", reason: agreed, until: 2026-11-25T08:00Z}]
"""


def typed(node: Node) -> Any:
    """Return what a YAML 1.2 reader, such as an editor's, makes of the text."""
    if isinstance(node, MapNode):
        return {key.text: typed(value) for key, value in node.entries}
    if isinstance(node, ListNode):
        return [typed(item) for item in node.items]
    if not node.is_quoted and node.text in ("true", "false"):
        return node.text == "true"
    if not node.is_quoted and re.fullmatch(r"-?\d+", node.text):
        return int(node.text)
    return node.text


def fits(schema: str, value: Any) -> bool:
    return bool(Draft7Validator(SCHEMAS[schema]).is_valid(value))


def loader(schema: str) -> Callable[[str], object]:
    if schema == "change":
        return lambda text: check_change(text, "change.yaml")
    return lambda text: load_service(text, "mcm.yaml", DEFINITIONS)


def examples() -> Iterator[tuple[str, str]]:
    """Yield every sound file that this project has, with the schema that is for it."""
    for text in (SMALL, WHOLE, MORE):
        yield "service", text
    yield "change", RECORD
    for name, text in example_files(datetime(2026, 3, 11, 9, tzinfo=UTC)).items():
        if name.endswith(".yaml"):
            yield "service" if Path(name).name == "mcm.yaml" else "change", text


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schema_is_one(name: str) -> None:
    Draft7Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize(("name", "text"), examples())
def test_every_example_loads_and_fits(name: str, text: str) -> None:
    loader(name)(text)
    errors = [e.message for e in Draft7Validator(SCHEMAS[name]).iter_errors(typed(load(text, "f")))]

    assert errors == []


def mutated(value: Any) -> Iterator[Any]:
    """Yield copies of a document, each with one thing in another shape."""
    for path in _paths(value, ()):
        *before, last = path
        for change in ("drop", "list", "map", "text", "empty", "unknown", "number"):
            changed = copy.deepcopy(value)
            inside = changed
            for step in before:
                inside = inside[step]
            replacement = {"list": ["x"], "map": {"x": "y"}, "text": "x", "empty": "", "number": 7}
            if change == "drop":
                del inside[last]
            elif change == "unknown":
                if not isinstance(inside, dict):
                    continue
                inside[f"{last}_x"] = inside.pop(last)
            else:
                inside[last] = replacement[change]
            yield changed


def _paths(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in pairs:
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from _paths(inner, (*path, key))


@pytest.mark.parametrize(
    ("name", "text"), [("service", WHOLE), ("service", MORE), ("change", RECORD)]
)
def test_a_file_of_another_shape_is_refused_by_both(name: str, text: str) -> None:
    """Every key dropped, renamed and given another kind of value: what the loader takes, the
    schema takes, and what it refuses for its shape, the schema refuses."""
    read = loader(name)
    wrong: list[str] = []
    judged = 0
    for value in mutated(typed(load(text, "f"))):
        spelled = yaml.safe_dump(value, allow_unicode=True, sort_keys=False)
        try:
            read(spelled)
            reason = ""
        except ConfigError as err:
            reason = next((p.message for p in err.problems if SHAPE.search(p.message)), "other")
        if reason != "other":
            judged += 1
        if reason not in ("", "other") and fits(name, value):
            wrong.append(f"{reason}, but it fits")
        if not reason and not fits(name, value):
            wrong.append(f"it loads, but does not fit:\n{spelled}")

    assert judged > 60
    assert wrong == []


def paths(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, bool]]:
    """Yield the path of each key, and whether it says what it is for."""
    for each in schema.get("anyOf", ()):
        yield from paths(each, path)
    for key, inner in schema.get("properties", {}).items():
        yield f"{path}.{key}", "description" in inner
        yield from paths(inner, f"{path}.{key}")
    for part in ("items", "additionalProperties"):
        if isinstance(schema.get(part), dict):
            yield from paths(schema[part], path)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_key_says_what_it_is_for(name: str) -> None:
    """A new key of a reader is in the schema by itself; its words go into schema_words.py."""
    silent = {path for path, told in paths(SCHEMAS[name]) if not told}

    # What lies within a parameter is told where the parameter is.
    within = (".stages.guardrails.with.", ".assumptions.with.")
    assert {path for path in silent if not path.startswith(within)} == set()


@pytest.mark.parametrize(("name", "words"), [("service", SERVICE), ("change", CHANGE)])
def test_no_words_are_left_of_a_key_that_is_gone(name: str, words: dict[str, str]) -> None:
    shown: set[str] = set()

    def gather(schema: Any) -> None:
        if isinstance(schema, dict):
            shown.add(str(schema.get("description", "")))
            for inner in schema.values():
                gather(inner)
        elif isinstance(schema, list):
            for inner in schema:
                gather(inner)

    gather(SCHEMAS[name])
    assert set(words.values()) - shown == set()


def test_a_check_takes_its_own_parameters_only() -> None:
    value = typed(load(WHOLE, "f"))
    value["stages"][0]["guardrails"] = [{"use": "alarms", "with": {"url": "https://a.example.com"}}]

    assert not fits("service", value)
