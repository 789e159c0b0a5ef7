"""Each rule about the guardrails has a test that says its number."""

import re

import pytest

from tests.house.tree import python_files

NAMED = re.compile(r"^def test_rule_(\d+)_", re.MULTILINE)
OF_GUARDRAILS = (*range(17, 33), 37, 38)


@pytest.fixture(scope="module")
def tested() -> set[int]:
    texts = (path.read_text(encoding="utf-8") for path in python_files("tests"))
    return {int(number) for text in texts for number in NAMED.findall(text)}


@pytest.mark.parametrize("rule", OF_GUARDRAILS)
def test_the_rule_has_a_named_test(rule: int, tested: set[int]) -> None:
    assert rule in tested
