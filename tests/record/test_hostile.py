"""Text of others is text: it adds nothing to the page but itself."""

from typing import Any

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from mcm.core.sanitize import clean
from tests.record.hostile import PAYLOADS, PLACES, PLAIN, page

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def shape(tokens: list[Token]) -> list[Any]:
    """Return the page without its text: tags, their order and where links lead."""
    found: list[Any] = []
    for token in tokens:
        if token.type == "inline":
            found += shape(token.children or [])
        elif token.type not in ("text", "code_inline"):
            # An id that is none falls back from a code span to text: both are only text.
            found.append((token.type, token.tag, token.attrs))
    return found


def shown(tokens: list[Token]) -> str:
    """Return the text of the page as a reader sees it."""
    parts = [
        shown(token.children or []) if token.type == "inline" else token.content
        for token in tokens
        if token.type in ("inline", "text", "code_inline")
    ]
    return "\n".join(parts) if any(t.type == "inline" for t in tokens) else "".join(parts)


@pytest.mark.parametrize("place", PLACES)
def test_no_payload_changes_the_shape_of_the_page(place: str) -> None:
    """The page has the headings, rows, links and code spans that it has with a plain word."""
    expected = shape(PARSER.parse(page(place, PLAIN)))
    # The lines of an answer are its paragraphs: see below.
    paragraphs = place in ("answer", "closing")
    payloads = [p for p in PAYLOADS if not paragraphs or len(p.splitlines()) == 1]
    for payload in payloads:
        assert shape(PARSER.parse(page(place, payload))) == expected, payload


@pytest.mark.parametrize("place", ["commit", "range subject", "title", "reason", "alarm name"])
def test_every_payload_is_shown_as_it_is(place: str) -> None:
    """Nothing is dropped: what the reader sees is the text, with hidden characters named."""
    for payload in PAYLOADS:
        cut = place in ("commit", "range subject")
        line = payload.strip().splitlines()[0] if cut else payload
        wanted = " ".join(clean(line, 500).split(" ")).strip()

        assert wanted in shown(PARSER.parse(page(place, payload))), payload


def test_lines_of_an_answer_are_paragraphs_and_still_text() -> None:
    tokens = PARSER.parse(page("answer", "# one\n\n- two\n| three |"))
    texts = [t.children[0].content for t in tokens if t.type == "inline" and t.children]

    assert {"# one", "- two", "| three |"} <= set(texts)


def test_only_plain_https_addresses_become_links() -> None:
    assert "](https://git.example.com/a/b)" in page("commit link", "https://git.example.com/a/b")
    for url in ("http://x.example/a", "https://x.example/a?b=c", "https://a@x.example/", "//x/"):
        assert f"]({url}" not in page("commit link", url)


def test_hidden_characters_never_reach_the_page() -> None:
    for place in PLACES:
        for payload in PAYLOADS:
            text = page(place, payload)

            assert not {"\x1b", "\x07", "\u202e", "\u200b", "\ufeff", "\r", "\t"} & set(text)
