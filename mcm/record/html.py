"""A record as one HTML file: from its Markdown, with nothing to fetch and nothing to run.

The Markdown is parsed with raw HTML off, so that the page holds no element that this
module did not make. Styles and pictures are inside, and the page's own policy allows just
these: no script, no address, no other style. The same Markdown and pictures give the same
bytes.
"""

import base64
import hashlib
import html
import re
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from mcm.data import read_data

STYLE = "record.css"
_SLUG = re.compile(r"[^a-z0-9]+")
_PILLS = frozenset(
    {"planned", "under-way", "succeeded", "rolled-back", "failed", "aborted", "errored", "unknown"}
)
_NOTABLE = re.compile(r"\bBREACH\b|GLASS BROKEN|broke the glass|a person is needed")

Reader = Callable[[str], bytes | None]
"""Returns the bytes of a picture by its path in the Markdown; None when there is none."""


def render_html(markdown: str, read_picture: Reader) -> str:
    """Return the page of a record; a picture that cannot be read is left as its words."""
    parser = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table")
    tokens = parser.parse(markdown)
    headings = list(_number_headings(tokens))
    _dress(tokens)
    body = parser.renderer.render(tokens, parser.options, {"read_picture": read_picture})
    style = read_data("templates", STYLE).strip()
    title = next((text for level, _, text in headings if level == 1), "Change record")
    contents = "".join(
        f'<li><a href="#{anchor}">{html.escape(text)}</a></li>'
        for level, anchor, text in headings
        if level == 2
    )
    return _PAGE.format(
        policy=_policy(style), title=html.escape(title), style=style, contents=contents, body=body
    )


_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<nav aria-label="Sections"><ul>{contents}</ul></nav>
<main>
{body}</main>
</body>
</html>
"""


def _policy(style: str) -> str:
    known = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{known}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _number_headings(tokens: Sequence[Token]) -> Iterator[tuple[int, str, str]]:
    """Give each heading a name to link to; yield level, name and text."""
    taken: set[str] = set()
    for token, inline in pairwise(tokens):
        if token.type != "heading_open":
            continue
        text = _text(inline)
        base = _SLUG.sub("-", text.lower()).strip("-") or "section"
        anchor, number = base, 2
        while anchor in taken:
            anchor, number = f"{base}-{number}", number + 1
        taken.add(anchor)
        token.attrSet("id", anchor)
        yield int(token.tag[1]), anchor, text


def _dress(tokens: Sequence[Token]) -> None:
    """Mark what the style shows in a way of its own: banners, tables, cells, the status."""
    heads: list[str] = []
    column, is_first = 0, True
    table: Token | None = None
    row: Token | None = None
    for number, token in enumerate(tokens):
        if token.type == "table_open":
            heads, table = [], token
        elif token.type == "tr_open":
            column, row = 0, token
        elif token.type == "th_open":
            heads.append(_text(tokens[number + 1]))
            token.attrSet("scope", "col")
        elif token.type == "td_open":
            _dress_cell(token, tokens[number + 1], heads[column], row)
            column += 1
        elif token.type == "tbody_open" and table is not None and not any(heads):
            table.attrSet("class", "facts")
        elif token.type == "heading_open" and token.tag == "h2":
            is_first = False
        elif token.type == "paragraph_open" and is_first:
            token.attrSet("class", "banner")
        elif token.type == "hr":
            token.attrSet("class", "end")


def _dress_cell(cell: Token, inline: Token, head: str, row: Token | None) -> None:
    if head:
        cell.attrSet("data-label", head)
    if row is not None and _NOTABLE.search(_text(inline)):
        row.attrSet("class", "notable")
    slug = _SLUG.sub("-", _text(inline).lower()).strip("-")
    strong = next((each for each in inline.children or () if each.type == "strong_open"), None)
    if not head and slug in _PILLS and strong is not None:
        strong.attrSet("class", f"status {slug}")


def _text(inline: Token) -> str:
    return "".join(each.content for each in inline.children or ())


class _Renderer(RendererHTML):
    """HTML of the tokens; tables can be scrolled, pictures are inside the page."""

    def table_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: MutableMapping[str, Any]
    ) -> str:
        del env
        opened = self.renderToken(tokens, idx, options, {})
        return f'<div class="table" tabindex="0" role="group">{opened}'

    def table_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: MutableMapping[str, Any]
    ) -> str:
        del env
        return self.renderToken(tokens, idx, options, {}).rstrip() + "</div>\n"

    def image(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: MutableMapping[str, Any]
    ) -> str:
        del options
        token = tokens[idx]
        words = html.escape("".join(each.content for each in token.children or ()))
        data = env["read_picture"](str(token.attrs["src"]))
        if data is None:
            return f'<span class="missing">Picture not found: {words}</span>'
        inside = base64.b64encode(data).decode()
        picture = f'<img src="data:image/svg+xml;base64,{inside}" alt="{words}">'
        return f'{picture}<span class="caption">{words}</span>'
