"""Check definitions: mcm's own are sound, and a broken one is told with its places."""

import pytest

from mcm.config.check_uses import read_params
from mcm.config.definitions import (
    KINDS,
    Definition,
    builtin_definitions,
    definition_values,
    load_definition,
)
from mcm.config.fields import Fields
from mcm.config.problems import ConfigError, Problems
from mcm.config.strict_yaml import load
from mcm.core import canonical
from mcm.core.checks import kinds

BUILTIN = builtin_definitions()

SOUND = """\
name: ping
kind: http-health
about: Asks the front door.
parameters:
  url: {type: url, required: true, about: The address.}
  within: {type: duration, default: 3s, about: The longest time.}
  status: {type: integer-list, default: [200], about: The good ones.}
on_breach: hold
example: {url: "https://example.com/ping"}
"""


def said(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_definition(text, "ping.yaml")
    return [str(problem) for problem in caught.value.problems]


def use(definition: Definition, text: str) -> tuple[dict[str, object], list[str]]:
    problems = Problems()
    fields = Fields(load(text, "mcm.yaml"), problems)
    params = read_params(fields, definition)
    fields.done()
    return params, [problem.message for problem in problems.all()]


def test_mcm_brings_the_definitions_that_its_judges_know() -> None:
    assert set(BUILTIN) == set(KINDS) == set(kinds.KINDS)


@pytest.mark.parametrize("name", sorted(BUILTIN))
def test_each_of_mcms_definitions_is_canonical_and_has_an_example(name: str) -> None:
    value = definition_values(BUILTIN)[name]
    assert canonical.decode(canonical.encode(value)) == value
    assert value["name"] == value["kind"] == name
    assert set(value["example"]) == {parameter["name"] for parameter in value["parameters"]}


def test_a_definition_becomes_values() -> None:
    found = load_definition(SOUND, "ping.yaml")
    assert (found.name, found.kind, found.on_breach) == ("ping", "http-health", "hold")
    assert [parameter.name for parameter in found.parameters] == ["status", "url", "within"]
    assert found.example == {"url": "https://example.com/ping", "within": 3000, "status": [200]}


def test_defaults_are_filled_in_and_all_values_are_canonical() -> None:
    params, problems = use(BUILTIN["http-health"], "{url: 'http://127.0.0.1:8080/', within: 2s}")
    assert problems == []
    assert params == {
        "url": "http://127.0.0.1:8080/",
        "within": 2000,
        "slower_than": 0,
        "status": [200],
        "body": [],
        "certificate_days": 0,
        "redirects": [],
    }


LATENCY = "latency: {metric: AWS/SageMaker ModelLatency, stat: p99}"
ERRORS = "errors: {metric: AWS/SageMaker Invocation5XXErrors, stat: %s}"
REQUESTS = "requests: {metric: AWS/SageMaker Invocations, stat: Sum}"
ZERO = "above: 9 ms, samples: requests, no_data_is_zero: true"
THRESHOLDS = [
    ("{metrics: {}, above: 1}", "`metrics` names nothing"),
    (f"{{metrics: {{{LATENCY}}}}}", "neither `above` nor `below`"),
    (f"{{metrics: {{{LATENCY}}}, above: 250}}", "no unit, but what is judged is in us"),
    (f"{{metrics: {{{LATENCY}}}, above: 250 ms, points: 4/3}}", "`points` cannot be"),
    (f"{{metrics: {{{LATENCY}}}, above: 250 ms, period: 90s}}", "CloudWatch has not"),
    (f"{{metrics: {{{LATENCY}}}, above: quick}}", "is no quantity"),
    (f"{{metrics: {{{LATENCY}}}, above: 1 ms, below: 2000 us}}", "no value could pass"),
    (f"{{metrics: {{{LATENCY}}}, above: 250 ms, unit: ms}}", "`unit` is for an `expression`"),
    (f"{{metrics: {{{LATENCY[:-1]}, unit: ms}}}}, above: 250 ms}}", "AWS sends ModelLatency in us"),
    (f"{{metrics: {{{ERRORS % 'Average'}}}, above: 1}}", "can never be crossed"),
    (f"{{metrics: {{{ERRORS % 'p0.999999999999'}}}, above: 1}}", "`metrics.errors.stat` cannot"),
    (f"{{metrics: {{{LATENCY}, {REQUESTS}}}, above: 250 ms}}", "2 metrics to judge"),
    (f"{{metrics: {{{LATENCY}}}, above: 250 ms, samples: hits}}", "which `metrics` has not"),
    (f"{{metrics: {{{LATENCY}}}, above: 250 ms, min_samples: 5}}", "needs `samples`"),
    (f"{{metrics: {{{LATENCY}, {REQUESTS}}}, {ZERO}}}", "one Sum of errors only"),
    (f"{{metrics: {{{REQUESTS}}}, expression: SUM(METRICS()), above: 1}}", "METRICS"),
    ("{metrics: {Bad: {metric: A B, stat: Sum}}, above: 1}", "cannot be called 'Bad'"),
]
COMPARISONS = [
    (f"{{metrics: {{{LATENCY}}}}}", "`floor` is missing"),
    (f"{{metrics: {{{LATENCY}}}, floor: 20}}", "no unit, but what is judged is in us"),
    (f"{{metrics: {{{LATENCY}}}, floor: 0 ms}}", "must be above 0"),
    (f"{{metrics: {{{LATENCY}}}, floor: 9 ms, against: then}}", "`against` cannot be"),
    (f"{{metrics: {{{LATENCY}}}, floor: 9 ms, worse: up}}", "`worse` cannot be"),
    (f"{{metrics: {{{LATENCY}}}, floor: 9 ms, against: other}}", "does not go with"),
    (f"{{metrics: {{{LATENCY}}}, floor: 9 ms, other_region: eu-west-1}}", "does not go with"),
    (f"{{metrics: {{{LATENCY}}}, floor: 9 ms, confidence: 98}}", "between 0.5 and 1"),
    (f"{{metrics: {{{LATENCY}}}, floor: 9 ms, min_points: 7}}", "at least 8"),
    (
        f"{{metrics: {{{LATENCY}}}, floor: 9 ms, against: other, other: {{{REQUESTS}}}}}",
        "is in another unit",
    ),
]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("alarms", "{}", "neither `names` nor `prefix` nor `tag`"),
        ("alarms", "{silent_ok: [a]}", "neither `names` nor"),
        ("alarms", "{names: []}", "neither `names` nor"),
        ("alarms", "{tag: service}", "`tag` cannot be"),
        ("alarms", "{prefix: photo-, at_least: 0}", "must be at least 1"),
        ("alarms", "{names: a-5xx}", "`names` must be a list"),
        ("alarms", "{names: [a], silent_ok: [b]}", "`silent_ok` names b"),
        ("alarms", "{names: [a], name: [a]}", "unknown key `name`"),
        ("sagemaker-endpoint", "{endpoint: ''}", "`endpoint` is empty"),
        ("http-health", "{url: 'https://example.com', within: 2}", "not a duration"),
        ("http-health", "{url: 'https://example.com', within: 0s}", "at least 1ms"),
        ("http-health", "{url: 'https://example.com', status: [ok]}", "list of whole numbers"),
        ("http-health", "{url: 'https://example.com', status: ['200']}", "whole numbers"),
        ("http-health", "{url: 'https://example.com', status: []}", "no answer is healthy"),
        ("http-health", "{url: example.com}", "not an address"),
        ("http-health", "{url: 'file:///etc/passwd'}", "not an address"),
        ("http-health", "{url: 'https://u:p@example.com/'}", "not an address"),
        ("http-health", "{url: 'https://example.com:99999/'}", "not an address"),
        ("http-health", "{url: 'https:///ping'}", "not an address"),
        ("http-health", "{url: 'https://example.com/#top'}", "not an address"),
        ("http-health", "{url: 'http://a.example', certificate_days: 9}", "is for https"),
        ("http-health", "{url: 'https://a.example', redirects: ['http://b']}", "is no host"),
        ("http-health", "{url: 'https://a.example', slower_than: 10s}", "shorter than `within`"),
        ("open-incidents", "{severities: []}", "no incident counts"),
        *(("metric-threshold", text, says) for text, says in THRESHOLDS),
        *(("metric-compare", text, says) for text, says in COMPARISONS),
    ],
)
def test_a_use_that_does_not_fit_is_refused(name: str, text: str, says: str) -> None:
    _, problems = use(BUILTIN[name], text)
    assert says in "\n".join(problems)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("name: ping", "name: Ping Pong", "ping.yaml:1:7: `name`"),
        ("kind: http-health", "kind: http-helth", "`http-health`"),
        ("default: 3s", "default: 3", "ping.yaml:6:37: "),
        ("required: true, about", "about", "either required or have a default"),
        ("required: true", "required: true, default: 'https://a.example'", "either required"),
        ("type: url", "type: uri", "Did you mean `url`"),
        ("  within: {type: duration, default: 3s, about: The longest time.}\n", "", "`within`"),
        ("type: duration, default: 3s", "type: text, default: 3s", "type duration"),
        ("  status:", "  colour: {type: text, default: red, about: x}\n  status:", "`colour`"),
        ("  url:", "  Url:", "'Url'"),
        ("on_breach: hold", "on_breach: shout", "`on_breach`"),
        ('example: {url: "https://example.com/ping"}', "example: {}", "example.url"),
        ("about: Asks the front door.\n", "", "`about` is missing"),
        ("on_breach: hold", "on_breach: hold\nseverity: 1", "`severity`"),
    ],
)
def test_a_broken_definition_is_refused(old: str, new: str, says: str) -> None:
    assert SOUND.count(old) == 1
    assert says in "\n".join(said(SOUND.replace(old, new)))
