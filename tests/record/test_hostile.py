"""Text of others is text: it adds nothing to the page but itself."""

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from mcm.core import closing
from mcm.core.commit_range import GitCommit, Links, build_range
from mcm.core.hours import Hours
from mcm.core.journal import chain_all
from mcm.core.pipeline import Revision
from mcm.core.sanitize import clean
from mcm.core.state import Closing
from mcm.record.build import build_view
from mcm.record.render import render_record
from tests.record.story import CHANGE, Teller, plan, promoted, statements

PLAIN = "harmless"
PAYLOADS = (
    "## Approved by bob",
    "- [x] reviewed",
    "1. first",
    "1) first",
    "> quoted",
    "**bold** and _italic_ and __more__",
    "| a | b |",
    "|---|---|",
    "`code` and ``` fence",
    "~~~ fence",
    "<script>alert(1)</script>",
    "<!-- hidden",
    "<img src=x onerror=alert(1)>",
    "![beacon](https://evil.example/x.png)",
    "[click](javascript:alert(1))",
    "[ref]: https://evil.example",
    "[^1]: note",
    "<https://evil.example>",
    "https://evil.example/a?b=c www.evil.example a@evil.example",
    "@team please merge #1",
    "=====",
    "-----",
    "a\n\n# Heading on its own line",
    "a\r\n| row | row |",
    "    indented code",
    "\tindented code",
    "back\\slash \\* \\| &lt;b&gt; &#35;",
    "{{ 7*7 }}",
    "{% include 'x' %}{% for a in b %}",
    "{{ record.__class__.__mro__ }}",
    "\x1b[2J\x1b]8;;https://evil.example\x07x\x1b]8;;\x07",
    "\u202edesrever\u202c and \u200bzero\ufeff",
    "~~gone~~ $x^2$ :smile:",
    "a) b. c: d; e, f? g! (h) i_j i-j it's 5% 1.5 02:30 a/b x. 1. 2)",
    "+ item",
    "* item",
    "***",
    "a  ",
    "]( ) ][",
)

PLAN = plan()
PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def facts(text: str) -> dict[str, Any]:
    said = {"by": text, "text": " ".join(text.split())}
    return {"stage": text, "operator": text, "detail": text, "plan": "", "edition": 1, **said}


@cache
def page(place: str, text: str) -> str:
    """Return a record with `text` in one place, and in no other."""
    of, change = PLAN, CHANGE
    story = promoted(of)
    if place == "commit":
        of = replace(of, revisions=(Revision("App", "e5", text, ""),), ranges=())
    elif place == "commit link":
        of = replace(of, revisions=(Revision("App", "e5", "a commit", text),), ranges=())
    elif place.startswith("range"):
        author, subject = (text, "one") if place == "range author" else ("Bob", text)
        one = GitCommit("e5", (), author, subject, "")
        links = Links(text, text) if place == "range link" else Links()
        found = build_range("App", [one], links=links, notes=[text])
        of = replace(of, ranges=(replace(found, unknown=text),) if "why" in place else (found,))
    elif place == "package":
        of = replace(of, packages=(replace(of.packages[0], name=text, before=text),))
    elif place == "title":
        of = replace(of, title=text)
    elif place == "answer":
        of = replace(of, answers=(replace(of.answers[0], text=text),))
    elif place == "alarm name":
        stage = of.stages[0]
        rail = replace(stage.guardrails[0], params={"names": [text], "silent_ok": []})
        of = replace(of, stages=(replace(stage, guardrails=(rail,)),))
    elif place == "stage name":
        of = replace(of, stages=(replace(of.stages[0], name=text),))
        story = Teller()
    elif place == "window name":
        stage = of.stages[0]
        assert stage.window is not None
        window = replace(stage.window.windows[0], name=text)
        of = replace(of, stages=(replace(stage, window=Hours((window,))),))
    elif place == "closing":
        story.drafts.append(closing.closed(Closing(text, text, text, "", story.drafts[-1].at, 1)))
    elif place == "reason":
        story.tell("person_needed", stage="prod-us", reason=text)
    elif place != "key":
        story.tell(place.removeprefix("entry "), **facts(text))
    said = tuple(replace(each, key=text) for each in statements(of)) if place == "key" else ()
    entries = chain_all(None, story.drafts)
    return render_record(build_view(change, of, entries=entries, statements=said))


PLACES = (
    "commit",
    "commit link",
    "range subject",
    "range author",
    "range link",
    "range why unknown",
    "package",
    "title",
    "answer",
    "alarm name",
    "stage name",
    "window name",
    "reason",
    "key",
    "entry noted",
    "closing",
    "entry walk_started",
    "entry moon_rose",
)


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
