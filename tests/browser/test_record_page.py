"""The record as people see it in a browser: on a desk, in a hand, on paper."""

import re

import pytest

from mcm.core.sanitize import clean
from mcm.record.html import render_html
from tests.browser.view import CONTRAST, OVERFLOWING, PICTURES, SHAPE, Browser, Seat
from tests.record.hostile import PAYLOADS, PLAIN, page
from tests.record.story import pages

SEATS = (
    Seat("desktop", 1440, 900),
    Seat("desktop", 1440, 900, scheme="dark"),
    Seat("tablet", 820, 1180),
    Seat("phone", 390, 844),
    Seat("phone", 390, 844, scheme="dark"),
    Seat("small", 320, 568),
    Seat("paper", 680, 980, media="print"),
    Seat("paper", 680, 980, scheme="dark", media="print"),
)
PICTURE = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 250" width="720" height="250">'
    b"<style>rect{fill:#0a56a8}</style><rect width='720' height='250'/></svg>"
)
SHOWN = "![p95 latency of the last days, its line at 400 ms](graphs/latency.svg)"
RECORDS = sorted(pages())
PLACES = ("range subject", "title", "reason", "alarm name", "answer", "commit", "key")
LEAST = 4.5
"""Contrast of text, WCAG AA."""


def with_picture(name: str) -> str:
    text = pages()[name].replace("To roll back prod-us,", f"{SHOWN}\n\nTo roll back prod-us,")
    return render_html(text, lambda path: PICTURE if path == "graphs/latency.svg" else None)


@pytest.mark.parametrize("seat", SEATS, ids=str)
@pytest.mark.parametrize("name", RECORDS)
def test_nothing_overflows_and_everything_can_be_read(
    browser: Browser, name: str, seat: Seat
) -> None:
    browser.open(with_picture(name), seat)

    assert browser.ask(OVERFLOWING) == []
    assert [pair for pair in browser.ask(CONTRAST) if pair[0] < LEAST] == []
    pictures = browser.ask(PICTURES)
    assert len(pictures) == (name != "standard-unplanned.md")
    assert all(done and width and alt.startswith("p95") for done, width, alt in pictures)
    assert browser.console() == []


@pytest.mark.parametrize("name", RECORDS)
def test_it_prints_on_a4_in_few_pages(browser: Browser, name: str) -> None:
    browser.open(with_picture(name), SEATS[0])
    paper = browser.paper()
    (width, height) = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", paper)[0]

    assert abs(float(width) - 595) < 2
    assert abs(float(height) - 842) < 2
    assert 2 <= len(re.findall(rb"/Type /Page\b", paper)) <= 6


def test_a_wide_screen_has_the_sections_beside_the_record_and_paper_has_none(
    browser: Browser,
) -> None:
    side = "return [document.querySelector('nav').getBoundingClientRect().right,"
    side += " document.querySelector('main').getBoundingClientRect().left]"
    browser.open(with_picture("standard.md"), SEATS[0])
    nav, main = browser.ask(side)
    browser.open(with_picture("standard.md"), SEATS[6])

    assert nav <= main
    assert browser.ask("return document.querySelector('nav').offsetHeight") == 0


def test_every_section_can_be_jumped_to(browser: Browser) -> None:
    browser.open(with_picture("standard-rolled-back.md"), SEATS[0])
    lost = browser.ask(
        "return [...document.querySelectorAll('nav a')].map(a => a.getAttribute('href'))"
        ".filter(h => !document.getElementById(h.slice(1)))"
    )

    assert lost == []
    assert browser.ask("return document.querySelectorAll('nav a').length") >= 9


@pytest.mark.parametrize("place", PLACES)
def test_no_payload_is_more_than_text(browser: Browser, place: str) -> None:
    """The same elements and attributes as with a plain word, and the text is all there."""
    seat = SEATS[0]
    browser.open(html_of(place, PLAIN), seat)
    expected = browser.ask(SHAPE)
    for payload in (p for p in PAYLOADS if len(p.splitlines()) == 1):
        browser.open(html_of(place, payload), seat)
        shown = " ".join(browser.ask("return document.body.textContent").split())

        assert browser.ask(SHAPE) == expected, payload
        assert " ".join(clean(payload.strip(), 200).split()) in shown, payload
        assert browser.ask("return document.scripts.length") == 0
        assert browser.console() == []


def html_of(place: str, text: str) -> str:
    return render_html(page(place, text), lambda _: None)


def test_the_page_lets_nothing_run_and_nothing_be_fetched(browser: Browser) -> None:
    """Were a payload to get through, the page's own policy would stop it."""
    evil = "<script>document.title='run'</script><img src='https://evil.example/x.png'></main>"
    browser.open(html_of("title", PLAIN).replace("</main>", evil), SEATS[0])

    assert browser.ask("return document.title") != "run"
    assert sum("Content Security Policy" in said for said in browser.console()) == 2
