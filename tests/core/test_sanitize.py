"""Foreign text: nothing invisible, nothing that marks up, nothing that AWS refuses."""

import html
import re
import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mcm.core.sanitize import approval_summary, clean, markdown, stop_reason, transition_reason

HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
PATTERN = re.compile(r"[a-zA-Z0-9!@ \(\)\.\*\?\-]+")
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=700)
RENDERER = MarkdownIt("gfm-like", {"linkify": False})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain, with: signs #1", "plain, with: signs #1"),
        ("\x1b[31mred\x1b[0m", "\\u{1b}[31mred\\u{1b}[0m"),
        ("\x9b31m", "\\u{9b}31m"),
        ("a\nb\tc\rd\0", "a\\u{a}b\\u{9}c\\u{d}d\\u{0}"),
        ("user\u202egnp.exe", "user\\u{202e}gnp.exe"),
        ("zero\u200bwidth\ufeff", "zero\\u{200b}width\\u{feff}"),
        ("line\u2028para\u2029", "line\\u{2028}para\\u{2029}"),
        ("lone\ud800", "lone\\u{d800}"),
        ("own\ue000none\u0378", "own\\u{e000}none\\u{378}"),
        ("tag\U000e0041", "tag\\u{e0041}"),
        ("Grüße, 写真 ✓", "Grüße, 写真 ✓"),
        ("[bold]x[/bold]", "[bold]x[/bold]"),
    ],
)
def test_what_cannot_be_seen_is_spelled_out(text: str, expected: str) -> None:
    assert clean(text, 100) == expected


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abcde…"),
        ("ab\x1bcd", 7, "ab…"),
        ("ab\x1b", 8, "ab\\u{1b}"),
        ("\x1b\x1b", 3, "…"),
        ("😀😀😀", 5, "😀😀…"),
        ("abc", 1, "…"),
        ("abc", 0, ""),
        ("", 0, ""),
    ],
)
def test_a_cut_ends_in_an_ellipsis_and_splits_no_escape(
    text: str, limit: int, expected: str
) -> None:
    assert clean(text, limit) == expected


@given(ANY_TEXT, st.integers(min_value=0, max_value=600))
def test_clean_text_is_visible_and_fits(text: str, limit: int) -> None:
    cleaned = clean(text, limit)

    assert [char for char in cleaned if unicodedata.category(char) in HIDDEN] == []
    assert len(cleaned.encode("utf-16-le")) // 2 <= limit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MCM-2026-0001: back, see prod_us/#12", "MCM-2026-0001- back- see prod-us--12"),
        ("café [5xx] > 1%", "cafe (5xx) ? 1?"),
        ("写真 done", "?? done"),
        ("two\nlines", "two lines"),
        ("\x1b[2J", "?(2J"),
        ("¼ ℀ ／", "? ? ?"),
        ("  ", "no reason given"),
        ("", "no reason given"),
    ],
)  # fmt: skip
def test_a_transition_reason_keeps_what_the_pattern_allows(text: str, expected: str) -> None:
    assert transition_reason(text) == expected


@given(ANY_TEXT)
def test_rule_17_a_transition_reason_is_always_accepted(text: str) -> None:
    reason = transition_reason(text)

    assert PATTERN.fullmatch(reason)
    assert len(reason) <= 300


def test_the_other_fields_are_cut_to_their_limits() -> None:
    assert stop_reason("é" * 201) == "é" * 199 + "…"
    assert stop_reason("é" * 200) == "é" * 200
    assert approval_summary(":" * 513) == ":" * 511 + "…"
    assert approval_summary("a\nb") == "a\\u{a}b"


@pytest.mark.parametrize(
    "text",
    [
        "# head", "* item", "- item", "1. item", "> quote", "    code", "`code`", "**b** _i_ ~~s~~",
        "[a](javascript:alert(1))", "![a](http://x/y)", "<script>alert(1)</script>", "<!-- x",
        "http://x.example", "www.x.example", "<http://x.example>", "a@b.example", "a | b", "---",
        "===", "&lt;", "&#60;", "[^1]", "[ ] task", "~~~", "```", "a\\", "a  ", "$x$", ":tada:",
        "{{ 7 * 7 }}", "line\n# head", "\t code", "<b", "[a]: http://x",
    ],
)  # fmt: skip
def test_no_markup_survives(text: str) -> None:
    """The page shows the cleaned text in one paragraph and nothing else."""
    source = markdown(text)

    assert set(source) & set(string.punctuation) <= set("&#;")
    assert "&" not in re.sub(r"&#\d+;", "", source)
    expected = html.escape(clean(text, 1000), quote=True).replace("&#x27;", "'")
    assert RENDERER.render(source) == f"<p>{expected}</p>\n"


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=80))
def test_any_ascii_line_renders_as_itself(text: str) -> None:
    expected = html.escape(text, quote=True).replace("&#x27;", "'")

    assert RENDERER.render(markdown(text)) == f"<p>{expected}</p>\n"


def test_markdown_is_cut_by_what_is_shown() -> None:
    assert markdown("!" * 10, limit=3) == "&#33;&#33;…"


def test_a_line_of_spaces_is_no_blank_line() -> None:
    assert markdown("  ") == "&#32;&#32;"
    assert markdown("") == ""
