"""Texts of a reply: what decisions rest on must be one, what people read may be anything."""

import pytest

from mcm.aws.reading import text, words

WRONG = [7, 1.5, True, [], ["a"], {}, b"a"]


def test_a_text_is_itself_and_nothing_is_empty() -> None:
    assert (text("InService"), text(None), words("why"), words(None)) == (
        "InService",
        "",
        "why",
        "",
    )


@pytest.mark.parametrize("value", WRONG, ids=repr)
def test_anything_else_is_nonsense_and_makes_the_reading_unknown(value: object) -> None:
    with pytest.raises(TypeError, match="where a text is due"):
        text(value)


@pytest.mark.parametrize("value", WRONG, ids=repr)
def test_what_is_only_for_people_stands_in_nobodys_way(value: object) -> None:
    assert words(value) == ""
