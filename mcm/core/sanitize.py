"""Foreign text made safe to show and to send: commit messages, reasons, summaries.

Whatever AWS, git or a person wrote may hide terminal escapes, bidirectional overrides or
markup. `clean` is for terminals, `markdown` for records, the others for the fields of AWS.
None of them raises; each returns text of bounded length.
"""

import re
import string
import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_ELLIPSIS = "…"

# Limits and the pattern are those of CodePipeline's API (DisabledReason,
# StopPipelineExecutionReason, ApprovalSummary).
_TRANSITION_LIMIT = 300
_STOP_LIMIT = 200
SUMMARY_LIMIT = 512
_NOT_IN_PATTERN = re.compile(r"[^a-zA-Z0-9!@ ().*?-]")
_PLAIN = str.maketrans(
    dict.fromkeys("[{", "(") | dict.fromkeys("]}", ")") | dict.fromkeys("_:;,/\\#|+=~", "-")
)

_ENTITIES = {ord(char): f"&#{ord(char)};" for char in string.punctuation}


def clean(text: str, limit: int) -> str:
    r"""Return `text` on one line with nothing invisible in it, at most `limit` long.

    Characters of the categories Cc Cf Cs Co Cn Zl Zp become `\u{..}` (tab and newline are
    among them). What is cut ends in an ellipsis, and no escape is cut in two. A character
    beyond the basic plane counts as two, the cautious reading of AWS's limits.
    """
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text  # most is plain, and a long record has thousands of such lines
    kept: list[str] = []
    used = 0
    fits = 0
    for char in text:
        piece = f"\\u{{{ord(char):x}}}" if _is_hidden(char) else char
        used += _length(piece)
        if used > limit:
            return "".join(kept[:fits]) + _ELLIPSIS if limit > 0 else ""
        kept.append(piece)
        if used <= limit - len(_ELLIPSIS):
            fits = len(kept)
    return "".join(kept)


def markdown(text: str, limit: int = 10_000) -> str:
    """Return `text` as one line of Markdown source that renders as just these characters.

    Cleaned, then all ASCII punctuation becomes numeric entities, which neither CommonMark,
    GFM nor HTML reads as markup; spaces at the ends too, so that nothing is indented.
    `limit` bounds what is shown, not the source. Sites that search the *rendered* page for
    mentions or addresses, as GitHub does, still find them.
    """
    shown = clean(text, limit)
    inner = shown.strip(" ")
    if not inner:
        return "&#32;" * len(shown)
    start = shown.index(inner)
    end = len(shown) - start - len(inner)
    return "&#32;" * start + inner.translate(_ENTITIES) + "&#32;" * end


def transition_reason(text: str, end: str = "") -> str:
    """Return `text` as a DisabledReason: `[a-zA-Z0-9!@ ().*?-]+`, 1 to 300 characters.

    Accents are dropped, other brackets become round ones, separators `-`, the rest `?`.
    `end` is kept whole behind it; it is of the pattern already.
    """
    spaced = " ".join(text.split())
    # Only letters are taken apart: a compatibility form may hide a slash or a newline.
    folded = "".join(_base(char) for char in spaced).translate(_PLAIN)
    plain = _NOT_IN_PATTERN.sub("?", folded).strip()
    limit = _TRANSITION_LIMIT - len(end)
    if len(plain) > limit:
        plain = plain[: limit - 3] + "..."
    return (plain or "no reason given") + end


def stop_reason(text: str, end: str = "") -> str:
    """Return `text` as the reason of StopPipelineExecution: cleaned, at most 200 characters.

    `end` is kept whole behind it.
    """
    return clean(text, _STOP_LIMIT - len(end)) + end


def approval_summary(text: str, end: str = "") -> str:
    """Return `text` as the summary of PutApprovalResult: cleaned, at most 512 characters.

    `end` is kept whole behind it.
    """
    return clean(text, SUMMARY_LIMIT - len(end)) + end


def _is_hidden(char: str) -> bool:
    return unicodedata.category(char) in _HIDDEN


def _length(piece: str) -> int:
    return sum(2 if ord(char) > 0xFFFF else 1 for char in piece)


def _base(char: str) -> str:
    base = unicodedata.normalize("NFD", char)[0]
    return base if base.isascii() and base.isalpha() else char
