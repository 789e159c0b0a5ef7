"""One HTML file: the record's own elements, what it needs inside, and nothing to run."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from mcm.record.html import render_html
from tests.record.hostile import PAYLOADS, PLACES, PLAIN, page
from tests.record.story import pages

SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
SHOWN = "# T\n\n![p95, its line at 400 ms](graphs/a.svg)\n"
MADE_BY_HAND = frozenset({"class", "id", "href", "scope", "data-label", "tabindex", "role"})


class Elements(HTMLParser):
    """The elements of a page with their attributes, in order, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.text = ""
        self.feed(text[text.index("<main>") :])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(each for each in attrs if each[0] not in ("id", "class"))))

    def handle_data(self, data: str) -> None:
        self.text += data


def html(text: str, picture: bytes | None = None) -> str:
    return render_html(text, lambda _: picture)


@pytest.mark.parametrize("name", sorted(pages()))
def test_the_same_record_gives_the_same_bytes(name: str) -> None:
    text = pages()[name]

    assert html(text) == html(text)


@pytest.mark.parametrize("name", sorted(pages()))
def test_nothing_is_lost_between_the_two_forms(name: str) -> None:
    """Each line of a table and each word of the prose is in both."""
    text = pages()[name]
    seen = Elements(html(text))
    rows = len(re.findall(r"(?m)^\|", text)) - len(re.findall(r"(?m)^\| ---", text))

    assert [tag for tag, _ in seen.found].count("tr") == rows
    assert [tag for tag, _ in seen.found].count("h3") == len(re.findall(r"(?m)^### ", text))
    assert "Test sets hold too few night photos." in seen.text


def test_the_policy_allows_the_pages_own_style_and_nothing_else() -> None:
    text = html(SHOWN, SVG)
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style is not None
    known = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()

    assert f"default-src 'none'; style-src 'sha256-{known}'; img-src data:;" in text
    assert "<script" not in text
    assert " src=" in text
    assert re.findall(r' src="(?!data:)', text) == []


def test_a_picture_is_inside_as_one_that_cannot_run() -> None:
    """As an image an SVG runs no script, whatever somebody wrote into the file."""
    text = html(SHOWN, SVG)

    assert f"data:image/svg+xml;base64,{base64.b64encode(SVG).decode()}" in text
    assert 'alt="p95, its line at 400 ms"' in text


def test_a_picture_that_is_not_there_is_said() -> None:
    assert "Picture not found: p95, its line at 400 ms" in html(SHOWN)


def test_headings_of_one_text_have_places_of_their_own() -> None:
    text = html("# A\n\n## B\n\n## B\n\n## !\n")

    assert re.findall(r'<h\d id="([^"]+)"', text) == ["a", "b", "b-2", "section"]
    assert '<a href="#b-2">B</a>' in text


def test_raw_html_is_text_even_in_a_record_that_somebody_edited() -> None:
    text = html("# <b>T</b>\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1))\n")

    assert "<script" not in text
    assert "<title>&lt;b&gt;T&lt;/b&gt;</title>" in text
    assert 'href="javascript' not in text


@pytest.mark.parametrize("place", PLACES)
def test_no_payload_adds_an_element_or_an_attribute(place: str) -> None:
    """An id that is none is text instead of code, which is no difference here."""
    expected = shape(html(page(place, PLAIN)))
    payloads = [
        p for p in PAYLOADS if place not in ("answer", "closing") or len(p.splitlines()) == 1
    ]
    for payload in payloads:
        assert shape(html(page(place, payload))) == expected, payload


def shape(text: str) -> list[object]:
    found = [each for each in Elements(text).found if each[0] != "code"]

    assert {name for _, attrs in found for name, _ in attrs} <= MADE_BY_HAND
    return [(tag, [each for each in attrs if each[0] != "href"]) for tag, attrs in found]
