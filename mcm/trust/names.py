"""Names that people might take for one another."""

import unicodedata

from mcm.core.errors import RefusedError

# One writing may use all of these at once, so they count as one script.
_EAST_ASIAN = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC"})
_LIMIT = 64


def check_display_name(name: str) -> str:
    """Return `name` if nobody can mistake it for another by its characters.

    Raises RefusedError(E_CONFUSABLE) for letters of more than one script, characters that
    do not print, outer spaces, and more than 64 characters. Whole names in a script that
    looks like another pass: the standard library has no table of look-alikes.
    """
    if not 0 < len(name) <= _LIMIT or not name.isprintable() or name != name.strip():
        raise _confusable(name, "not one line of 1 to 64 printing characters")
    if unicodedata.normalize("NFKC", name) != name:
        raise _confusable(name, "it holds compatibility characters, such as fullwidth letters")
    scripts = {_script(char) for char in name if char.isalpha()}
    if len(scripts) > 1:
        raise _confusable(name, f"it mixes scripts: {', '.join(sorted(scripts))}")
    return name


def _script(letter: str) -> str:
    first = unicodedata.name(letter, "UNKNOWN").split()[0].split("-")[0]
    return "EAST ASIAN" if first in _EAST_ASIAN else first


def _confusable(name: str, reason: str) -> RefusedError:
    return RefusedError("E_CONFUSABLE", f"name refused: {name!r}: {reason}")
