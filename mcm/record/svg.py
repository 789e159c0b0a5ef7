"""From a matplotlib figure to a small SVG that reads in light and dark, the same each time.

Text stays text: a reader can search it, a screen reader can read it, and the file is
small. matplotlib lays it out by its own font, so that every machine does so alike; what
shows it uses the reader's, which is no wider. Colours are told apart by their value: in a
dark surrounding a style sheet in the file puts another one in the place of each. The
background is part of the picture, for whoever embeds it may ignore the reader's choice.
"""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING, Any

from mcm.core.sanitize import clean

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PAPER, INK, MUTED, GRID = "#ffffff", "#1f2328", "#59636e", "#d8dee4"
CURVE, BAD, OPEN, EMPTY = "#0a69da", "#cf222f", "#1a7f38", "#f3f5f7"
DARK = {
    PAPER: "#0d1117",
    INK: "#e6edf3",
    MUTED: "#9198a1",
    GRID: "#30363d",
    CURVE: "#58a6ff",
    BAD: "#ff7b72",
    OPEN: "#3fb950",
    EMPTY: "#161b22",
}
_FONTS = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"
_NUMBER = re.compile(r"(?<![\w#.])-?\d+\.\d{2,}")
_TAG = re.compile(r"<[^>]+>")
_UNTURNED = re.compile(r' transform="rotate\(-?0 [^)]*\)"')
_ID = re.compile(r' id="([^"]*)"')
_USED = re.compile(r'(?:href="#|url\(#)([^")]+)')
_LONGEST = 1500
"""Characters of a description: an alarm's name may be long, a picture's text must not."""


@contextmanager
def drawing(salt: str) -> Iterator[None]:
    """Let matplotlib draw by these settings; `salt` keeps names apart on one page.

    It warns of letters that its own font lacks. They are the reader's font's business.
    """
    import matplotlib as mpl

    with warnings.catch_warnings(), mpl.rc_context(_settings(salt)):
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        yield


def _settings(salt: str) -> Any:
    return {
        "svg.fonttype": "none",
        "svg.hashsalt": salt,
        "font.family": ["DejaVu Sans"],
        "font.size": 9,
        "text.color": INK,
        "text.parse_math": False,
        "text.usetex": False,
        "axes.edgecolor": GRID,
        "axes.linewidth": 1.0,
        "xtick.color": GRID,
        "ytick.color": GRID,
        "xtick.labelcolor": MUTED,
        "ytick.labelcolor": MUTED,
        "figure.facecolor": PAPER,
        "axes.facecolor": PAPER,
        "path.simplify": True,
    }


def to_svg(figure: "Figure", about: str) -> bytes:
    """Return the figure as one `<svg>` element with `about` as its description."""
    page = io.BytesIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(page, format="svg", metadata=nothing)
    text = page.getvalue().decode()
    start = text.index("<svg")
    end = text.index(">", start) + 1
    described = f"<title>{escape(clean(about, _LONGEST))}</title>\n{_style()}"
    head = text[start : end - 1] + ' role="img" class="mcm-graph">'
    body = re.sub(r"\s*<defs>\s*<style.*?</style>\s*</defs>", "", text[end:], flags=re.DOTALL)
    body = body.replace("font-family: 'DejaVu Sans'; ", "")
    return f"{head}\n{described}{_tidy(body)}".encode()


def _style() -> str:
    """Return the sheet that turns each colour into its dark one; paper stays white in print."""
    rules = "\n".join(
        f'.mcm-graph [style*="{what}: {light}"] {{ {what}: {dark} !important }}'
        for light, dark in DARK.items()
        for what in ("fill", "stroke")
    )
    calm = (
        f".mcm-graph {{ max-width: 100%; height: auto; font-family: {_FONTS} }}\n"
        ".mcm-graph * { stroke-linejoin: round }"
    )
    return (
        f"<style>{calm}\n@media screen and (prefers-color-scheme: dark) {{\n{rules}\n}}</style>\n"
    )


def _tidy(text: str) -> str:
    """Round coordinates to what an eye can see and drop names that nothing refers to.

    Only tags are touched: what is written between them is somebody's text.
    """
    used = set(_USED.findall(text))

    def tidy_tag(found: re.Match[str]) -> str:
        tag = _ID.sub(lambda it: it.group() if it.group(1) in used else "", found.group())
        return _NUMBER.sub(_rounded, _UNTURNED.sub("", tag))

    text = _TAG.sub(tidy_tag, text)
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not _is_comment(line)) + "\n"


def _rounded(found: re.Match[str]) -> str:
    return f"{float(found.group()):.2f}".rstrip("0").rstrip(".")


def _is_comment(line: str) -> bool:
    return line.startswith("<!--") and line.endswith("-->")
