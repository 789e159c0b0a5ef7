"""The same policies as Terraform: a data source `aws_iam_policy_document` for each."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any


def terraform(documents: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the data sources of these documents, each named after its key."""
    return "\n".join(_data_source(name, found) for name, found in documents.items())


def resource_name(text: str) -> str:
    """Return `text` as Terraform may name a resource: ASCII letters, digits and `_`."""
    return re.sub(r"[^A-Za-z0-9_]", "_", text, flags=re.ASCII)


def _data_source(name: str, document: Mapping[str, Any]) -> str:
    blocks = "\n\n".join("\n".join(_statement(each)) for each in document["Statement"])
    head = f'data "aws_iam_policy_document" "{resource_name(name)}" {{'
    return f"{head}\n  version = {_text(document['Version'])}\n\n{blocks}\n}}\n"


def _statement(statement: Mapping[str, Any]) -> Iterator[str]:
    yield "  statement {"
    yield f"    sid       = {_text(statement['Sid'])}"
    yield f"    effect    = {_text(statement['Effect'])}"
    yield f"    actions   = {_texts(statement['Action'])}"
    yield f"    resources = {_texts(statement['Resource'])}"
    for test, pairs in statement.get("Condition", {}).items():
        for variable, values in pairs.items():
            yield "    condition {"
            yield f"      test     = {_text(test)}"
            yield f"      variable = {_text(variable)}"
            yield f"      values   = {_texts(values)}"
            yield "    }"
    yield "  }"


def _texts(values: list[str]) -> str:
    if len(values) == 1:
        return f"[{_text(values[0])}]"
    lines = "".join(f"      {_text(value)},\n" for value in values)
    return f"[\n{lines}    ]"


def _text(value: str) -> str:
    """Quote for HCL, in which `${` and `%{` begin a template."""
    return json.dumps(value).replace("${", "$${").replace("%{", "%%{")
