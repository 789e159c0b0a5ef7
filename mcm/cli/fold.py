"""A long command on several lines that a shell reads as one."""

import re
import shlex
from collections.abc import Sequence

from mcm.core.sanitize import clean

_WORD = re.compile(r"""(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\])+""")
_CONTINUED = " \\"
_BESIDE = 2 + len(_CONTINUED)
"""What stands on a line of a folded command beside its words."""


def fold(command: str, width: int) -> list[str] | None:
    """Return `command` on lines that a shell reads as one.

    The words are those that were written, quotes and all. None when one does not fit, and
    for what a shell would not take as it stands.
    """
    try:
        shlex.split(command)
    except ValueError:
        return None
    words = _WORD.findall(command)
    if any(clean(word, 1000) != word or len(word) > width - _BESIDE for word in words):
        return None
    if any(word.startswith("#") for word in words):  # a comment goes on over no line's end
        return None
    # An option is easier to read with its value behind it, but not at the cost of a row.
    return min(_filled(_pairs(words, width), width), _filled(words, width), key=len)


def _filled(words: Sequence[str], width: int) -> list[str]:
    lines = [""]
    for word in words:
        grown = f"{lines[-1]} {word}" if lines[-1] else word
        if len(grown) + len(_CONTINUED) <= width:
            lines[-1] = grown
        else:
            lines.append(f"  {word}")
    return [*(line + _CONTINUED for line in lines[:-1]), lines[-1]]


def _pairs(words: Sequence[str], width: int) -> list[str]:
    """Return the words, each option together with its value where both fit a line."""
    found: list[str] = []
    for word in words:
        last = found[-1] if found else ""
        fits = len(last) + 1 + len(word) <= width - _BESIDE
        if last.startswith("--") and " " not in last and fits:
            found[-1] += f" {word}"
        else:
            found.append(word)
    return found
