"""Findings as SARIF 2.1.0, which code hosts and editors show beside the lines they are about.

OASIS standard, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0". Columns
count characters; addresses are relative to the project's directory.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from mcm.app.lint import BY_ID, RULES, Finding, Rule

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT = "%SRCROOT%"


def to_sarif(found: Sequence[Finding], version: str) -> dict[str, Any]:
    """Return the log of one run; `version` is mcm's."""
    driver = {"name": "mcm lint", "semanticVersion": version, "rules": [_rule(r) for r in RULES]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(each) for each in found],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.about},
        "fullDescription": {"text": rule.about},
        "help": {"text": rule.why},
        "defaultConfiguration": {"level": rule.level.value},
    }


def _result(each: Finding) -> dict[str, Any]:
    said = [f"{each.message}.", *([each.hint] if each.hint else [])]
    if each.write:
        said.append(f"Write:\n{each.write}")
    region = {"startLine": each.line, "startColumn": each.column}
    place = {"uri": quote(each.file), "uriBaseId": ROOT}
    return {
        "ruleId": each.rule,
        "ruleIndex": RULES.index(BY_ID[each.rule]),
        "level": each.level.value,
        "message": {"text": " ".join(said)},
        "locations": [{"physicalLocation": {"artifactLocation": place, "region": region}}],
    }
