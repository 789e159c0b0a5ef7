"""Terraform's form of a policy says what the JSON says."""

import re

from mcm.core.iam_policy import documents
from mcm.core.iam_terraform import resource_name, terraform
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


def test_text_cannot_begin_a_template() -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "A", "Effect": "Allow", "Action": ["a:B"], "Resource": ["${x}%{y}"]},
        ],
    }
    assert '"$${x}%%{y}"' in terraform({"a": document})


def test_a_name_keeps_only_what_terraform_takes() -> None:
    assert resource_name("mcm_a.b-c@1") == "mcm_a_b_c_1"
