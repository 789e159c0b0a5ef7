"""Text as Markdown source that people can read and that still is only text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mcm.core.sanitize import clean
from mcm.record import escape

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
MARKS = st.text(alphabet="ab19 .,:;!?'\"()[]{}<>*_-+=#|~`\\/&%@$^\n", max_size=24)


@settings(max_examples=400, deadline=None)
@given(MARKS)
def test_any_text_is_one_paragraph_of_just_this_text(given_text: str) -> None:
    """Wherever a mark is left as it is, it means nothing, at the start of a line too."""
    text = clean(given_text, 100)
    tokens = PARSER.parse(escape.text(given_text))
    if not text:
        assert tokens == []
        return

    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    children = tokens[1].children or []
    assert {child.type for child in children} <= {"text"}
    assert "".join(child.content for child in children) == text


@settings(max_examples=200, deadline=None)
@given(MARKS)
def test_any_text_is_one_cell_of_a_table(text: str) -> None:
    tokens = PARSER.parse(f"| A | B |\n| --- | --- |\n| {escape.text(text)} | end |\n")
    cells = [tokens[i + 1].children or [] for i, t in enumerate(tokens) if t.type == "td_open"]

    assert len(cells) == 2
    assert {child.type for cell in cells for child in cell} <= {"text"}


@pytest.mark.parametrize(
    "text",
    [
        "photo-check-us serves its old content.",
        "It's at 02:30, for 1.5 hours; is that all?",
        "Two of Los_Angeles and/or (only here) as v7.",
        "promoted CM-0001 - closed behind it",
    ],
)
def test_ordinary_prose_is_left_as_it_was_written(text: str) -> None:
    assert escape.text(text) == text


@pytest.mark.parametrize(
    "text", ["1. one", "1) one", "- one", "+ one", "> q", "# h", "a*b*", "_a_"]
)
def test_what_could_be_markup_is_not(text: str) -> None:
    assert "&#" in escape.text(text)


def test_an_id_is_a_code_span_unless_it_could_end_one() -> None:
    assert escape.code("0a1b-2c") == "`0a1b-2c`"
    for odd in ("a`b", "a b", "a|b", "", "-a", "a\n"):
        assert "`" not in escape.code(odd)


def test_a_command_is_a_code_span_unless_it_could_end_one() -> None:
    assert escape.command("aws x --reason 'a b | c'") == "`aws x --reason 'a b | c'`"
    for odd in ("a`b", " a", "a ", "a\nb", "ü", ""):
        assert "`" not in escape.command(odd)
