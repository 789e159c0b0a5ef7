"""Placeholders become what a use gives, as YAML would have it, and lie where they stood."""

import pytest

from mcm.config.filling import fill, placeholders
from mcm.config.strict_yaml import MapNode, ScalarNode, load, to_plain

TEXT = """\
names: "{names}"
above: "{limit}"
tag: "service={service}-{stage}"
nested: {EndpointName: "{service}"}
"""


def test_a_placeholder_alone_is_the_value_and_in_text_it_is_written_out() -> None:
    given = {"names": ["a", "b"], "limit": 250, "service": "photos", "stage": "us"}
    assert to_plain(fill(load(TEXT, "f"), given)) == {
        "names": ["a", "b"],
        "above": "250",
        "tag": "service=photos-us",
        "nested": {"EndpointName": "photos"},
    }


def test_a_number_put_in_is_no_text_and_an_empty_text_is_not_left_out() -> None:
    found = fill(load('a: "{n}"\nb: "{t}"\n', "f"), {"n": 3, "t": ""})
    assert isinstance(found, MapNode)
    assert [(v.text, v.is_quoted) for _, v in found.entries if isinstance(v, ScalarNode)] == [
        ("3", False),
        ("", True),
    ]


@pytest.mark.parametrize(
    ("value", "text"), [(True, "true"), (0.0000001, "0.0000001"), (["a", "b"], "a, b"), ("x", "x")]
)
def test_values_inside_text_are_spelled_as_in_yaml(value: object, text: str) -> None:
    found = fill(load('a: "<{v}>"\n', "f"), {"v": value})
    assert to_plain(found) == {"a": f"<{text}>"}


def test_what_is_put_in_is_not_looked_through_again() -> None:
    assert to_plain(fill(load('a: "<{v}>"\n', "f"), {"v": "{v}"})) == {"a": "<{v}>"}


def test_what_stands_where_is_known() -> None:
    found = [(node.line, name) for node, name in placeholders(load(TEXT, "f"))]
    assert found == [(1, "names"), (2, "limit"), (3, "service"), (3, "stage"), (4, "service")]
