"""SARIF 2.1.0: what the standard asks of a log, and what hosts need to show it."""

import json
from urllib.parse import unquote

from jsonschema import Draft7Validator

from mcm.app.lint import RULES, Finding
from mcm.app.sarif import to_sarif

TEXT = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string", "minLength": 1}},
}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
RULE = {
    "type": "object",
    "required": ["id"],  # 3.49.3
    "properties": {
        "id": {"type": "string", "pattern": r"^\S+$"},
        "shortDescription": TEXT,
        "fullDescription": TEXT,
        "help": TEXT,
        "defaultConfiguration": {"type": "object", "properties": {"level": LEVEL}},
    },
}
REGION = {
    "type": "object",
    "required": ["startLine"],  # 3.30: a text region begins at a line
    "properties": {
        "startLine": {"type": "integer", "minimum": 1},
        "startColumn": {"type": "integer", "minimum": 1},
    },
    "additionalProperties": False,
}
ARTIFACT = {
    "type": "object",
    "properties": {
        # 3.4.3: a relative reference of RFC 3986, never a drive or a backslash.
        "uri": {"type": "string", "pattern": r"^[A-Za-z0-9._~!$&'()*+,;=:@%/-]+$"},
        "uriBaseId": {"type": "string"},
    },
    "additionalProperties": False,
}
RESULT = {
    "type": "object",
    "required": ["message"],  # 3.27
    "properties": {
        "ruleId": {"type": "string"},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": LEVEL,
        "message": TEXT,
        "locations": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["physicalLocation"],
                "properties": {
                    "physicalLocation": {
                        "type": "object",
                        "required": ["artifactLocation"],  # 3.29.2
                        "properties": {"artifactLocation": ARTIFACT, "region": REGION},
                        "additionalProperties": False,
                    }
                },
            },
        },
    },
    "additionalProperties": False,
}
LOG = {
    "type": "object",
    "required": ["version", "runs"],  # 3.13
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool"],  # 3.14
                "properties": {
                    "tool": {
                        "type": "object",
                        "required": ["driver"],  # 3.18
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name"],  # 3.19
                                "properties": {"rules": {"type": "array", "items": RULE}},
                            }
                        },
                    },
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "results": {"type": "array", "items": RESULT},
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}

FOUND = (
    Finding("config", "mcm.yaml", 3, 7, "unknown key `colour`", "Did you mean `cover`?"),
    Finding(
        "unanswered", "changes/CM 1/ä\n\x1b.yaml", 1, 1, "\x1b[2J \u202e", "", "  a: b\n  c: d"
    ),
    Finding("change-id", "changes/bad id", 1, 1, "no id"),
)


def test_a_log_has_the_structure_of_the_standard() -> None:
    for found in ((), FOUND):
        log = json.loads(json.dumps(to_sarif(found, "1.2.3")))
        assert [e.message for e in Draft7Validator(LOG).iter_errors(log)] == []


def test_each_result_names_its_rule_place_and_what_to_write() -> None:
    (run,) = to_sarif(FOUND, "1.2.3")["runs"]
    rules = run["tool"]["driver"]["rules"]
    for each, result in zip(FOUND, run["results"], strict=True):
        place = result["locations"][0]["physicalLocation"]
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == each.rule
        assert unquote(place["artifactLocation"]["uri"]) == each.file
        assert place["region"] == {"startLine": each.line, "startColumn": each.column}
        assert each.write in result["message"]["text"]


def test_every_rule_has_help() -> None:
    (run,) = to_sarif((), "1.2.3")["runs"]
    told = run["tool"]["driver"]["rules"]

    assert [each["id"] for each in told] == [rule.id for rule in RULES]
    assert all(len(each["help"]["text"]) > 40 for each in told)
