"""Values as YAML that the strict reader reads back as they were. Pure."""

import json
import re
import textwrap
import unicodedata
from collections.abc import Iterator

from mcm.core.sanitize import clean

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_/.-]*", re.ASCII)
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_HALVES = re.compile(r"\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})")
_WIDTH = 88


def scalar(value: str) -> str:
    """Spell `value` as one YAML scalar, plain where that is safe."""
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    quoted = json.dumps(value, ensure_ascii=True)
    # JSON spells what is beyond the basic plane as two halves, which YAML does not join.
    return _HALVES.sub(
        lambda m: f"\\U{0x10000 + ((int(m[1], 16) - 0xD800) << 10) + int(m[2], 16) - 0xDC00:08X}",
        quoted,
    )


def prose(key: str, text: str, indent: str = "  ") -> Iterator[str]:
    """Yield the lines of `key: text` as a block that people can go on writing in.

    Each line of `text` is cleaned, and single spaces part its words; empty lines are left out.
    There is no line at all when nothing is left.
    """
    lines = [" ".join(clean(each, 20_000).split()) for each in text.splitlines()]
    lines = [unicodedata.normalize("NFC", each) for each in lines if each]
    if len(lines) > 1:
        yield f"{indent}{key}: |-"
        yield from (f"{indent}  {each}" for each in lines)
        return
    for only in lines:
        yield f"{indent}{key}: >-"
        wrapped = textwrap.wrap(only, _WIDTH, break_long_words=False, break_on_hyphens=False)
        yield from (f"{indent}  {each}" for each in wrapped)


def comment(text: str, indent: str = "") -> str:
    """Return one line of comment; what is too long is cut."""
    return f"{indent}# {clean(' '.join(text.split()), 300)}".rstrip()
