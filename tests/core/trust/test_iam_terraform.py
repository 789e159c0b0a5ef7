"""Terraform's form of a policy says what the JSON says."""

import json
import re
from typing import Any

import pytest

from mcm.core.trust.iam_policy import ROLES, documents
from mcm.core.trust.iam_terraform import resource_name, terraform
from tests.kit.files import example_service


def test_each_document_is_a_data_source_with_all_its_statements() -> None:
    service = example_service()
    document = documents(service, "on-call", "aws", service.stages)["111111111111"]
    text = terraform({"mcm_parcel-photo-check_on-call": document})
    head, *rest = text.splitlines()
    assert head == 'data "aws_iam_policy_document" "mcm_parcel_photo_check_on_call" {'
    assert rest[-1] == "}"
    assert re.findall(r'sid +\= "(\w+)"', text) == [s["Sid"] for s in document["Statement"]]
    for statement in document["Statement"]:
        for word in (*statement["Action"], *statement["Resource"]):
            assert f'"{word}"' in text
    assert text.count("{") == text.count("}")
    assert 'variable = "aws:RequestedRegion"' in text


_TOKEN = re.compile(r'\s*(?:("(?:[^"\\\\]|\\\\.)*")|([a-z_]+)|([{}=\[\],]))', re.ASCII)


class Hcl:
    """The little of HCL that a policy document takes, read strictly: anything else fails."""

    def __init__(self, text: str) -> None:
        self.tokens: list[str] = []
        place = 0
        while text[place:].strip():
            found = _TOKEN.match(text, place)
            assert found, text[place : place + 60]
            self.tokens.append(found[0].strip())
            place = found.end()

    def take(self, *wanted: str) -> str:
        token = self.tokens.pop(0)
        assert not wanted or token in wanted, (token, wanted)
        return token

    def value(self) -> Any:
        """Read a quoted text, in which no template may begin, or a list of such."""
        token = self.take()
        if token != "[":
            assert token.startswith('"'), token
            text = json.loads(token)
            assert not re.search(r"(?<!\$)\$\{|(?<!%)%\{", text), text
            return text.replace("$${", "${").replace("%%{", "%{")
        found = []
        while self.tokens[0] != "]":
            found.append(self.value())
            if self.tokens[0] != "]":
                self.take(",")
        self.take("]")
        return found

    def body(self) -> list[tuple[str, Any]]:
        """Read `{ … }`: attributes and blocks in their order, no attribute twice."""
        self.take("{")
        found: list[tuple[str, Any]] = []
        while self.tokens[0] != "}":
            name = self.take()
            assert re.fullmatch("[a-z_]+", name), name
            if self.tokens[0] == "=":
                self.take("=")
                assert name not in dict(found), name
                found.append((name, self.value()))
            else:
                found.append((name, self.body()))
        self.take("}")
        return found

    def documents(self) -> dict[str, dict[str, Any]]:
        """Return every data source as the JSON document that it stands for."""
        found = {}
        while self.tokens:
            self.take("data")
            self.take('"aws_iam_policy_document"')
            name = json.loads(self.take())
            version, *blocks = self.body()
            assert version[0] == "version"
            assert {kind for kind, _ in blocks} == {"statement"}
            statements = [_statement(each) for _, each in blocks]
            found[name] = {"Version": version[1], "Statement": statements}
        return found


def _statement(body: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = {"sid": "Sid", "effect": "Effect", "actions": "Action", "resources": "Resource"}
    made: dict[str, Any] = {keys[name]: value for name, value in body if name != "condition"}
    for block in (dict(value) for name, value in body if name == "condition"):
        assert set(block) == {"test", "variable", "values"}
        tests = made.setdefault("Condition", {}).setdefault(block["test"], {})
        tests[block["variable"]] = block["values"]
    return made


@pytest.mark.parametrize("role", ROLES)
def test_read_back_it_is_the_json_document(role: str) -> None:
    service = example_service()
    found = documents(service, role, "aws", service.stages)
    named = {f"mcm_{role}_{account}": document for account, document in found.items()}

    read = Hcl(terraform(named)).documents()

    assert read == {resource_name(name): document for name, document in named.items()}


@pytest.mark.parametrize(
    "text", ['data "a" {', "data = 1", 'data "aws_iam_policy_document" "a" {}']
)
def test_the_reader_takes_nothing_else(text: str) -> None:
    with pytest.raises((AssertionError, IndexError, ValueError)):
        Hcl(text).documents()


def test_text_cannot_begin_a_template() -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "A", "Effect": "Allow", "Action": ["a:B"], "Resource": ["${x}%{y}"]},
        ],
    }
    assert '"$${x}%%{y}"' in terraform({"a": document})
    assert Hcl(terraform({"a": document})).documents() == {"a": document}


def test_a_name_keeps_only_what_terraform_takes() -> None:
    assert resource_name("mcm_a.b-c@1") == "mcm_a_b_c_1"
