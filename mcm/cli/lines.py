"""Talk: what a command says to the person, on stderr; stdout is data."""

import sys
from contextlib import suppress

from mcm.core.errors import Exit, McmError

_GLUE = "\0"
"""Stands for a space at which no line may be broken; foreign text was cleaned of it."""


class DeclinedError(McmError):
    """A person was asked and did not say yes; nothing was done."""

    exit_code = Exit.ABORTED


def show(line: str, indent: int | None = None) -> None:
    """Print one line of data; at a terminal broken between words, `indent` columns deep.

    Without `indent`, a little deeper than the line itself. Piped away it stays one line:
    whoever reads it then is a program.
    """
    print(broken(line, indent) if sys.stdout.isatty() else line)


def say(text: str, end: str = "\n") -> None:
    """Print to stderr at once, broken between words where a person reads along.

    That nobody can read it stops no command.
    """
    if sys.stderr is None:  # it came closed; `print` would take stdout then
        return
    with suppress(OSError, ValueError):
        if end == "\n":  # a question is short, and ends in a space
            text = for_reader(text)
        print(text, end=end, file=sys.stderr, flush=True)


def for_reader(text: str) -> str:
    """Return `text` for stderr: broken between words where a person reads along."""
    return "\n".join(broken(line) for line in text.split("\n")) if _reads_along() else text


def say_command(line: str, deep: int) -> None:
    """Print a command to stderr, `deep` columns in, so that it can be copied as it stands."""
    for part in fitted(line, deep) if _reads_along() else [line]:
        say(part if part.startswith(" ") else f"{'':{deep}}{part}")


def fitted(line: str, deep: int) -> list[str]:
    """Break a line for a terminal: a command so that a shell reads it as one, all else by words."""
    import shutil

    from mcm.cli.fold import fold

    command = line.strip()
    width = max(shutil.get_terminal_size().columns, 40)
    folded = fold(command, width - deep) if command.startswith(("aws ", "mcm ")) else None
    return [broken(line, deep)] if folded is None else [f"{'':{deep}}{part}" for part in folded]


def _reads_along() -> bool:
    """Say whether somebody at a terminal reads stderr, perhaps through a pipe as of `tee`."""
    if sys.stderr.isatty():
        return True
    import os
    import stat

    try:
        return sys.stdin.isatty() and stat.S_ISFIFO(os.fstat(sys.stderr.fileno()).st_mode)
    except (OSError, ValueError, AttributeError):
        return False


def broken(line: str, indent: int | None = None) -> str:
    """Break a long line between words, a command at its end so that it can be copied.

    That one begins a line of its own; it stays whole where it cannot be folded, and so does
    one that nothing is said before.
    """
    import shutil

    width = max(shutil.get_terminal_size().columns, 40)
    if len(line) <= width:
        return line
    lead = len(line) - len(line.lstrip())
    deep = lead + 4 if indent is None else indent
    talk, command = _parted(line)
    if not command:
        return _filled(talk, width, deep)
    if not talk.strip():
        return line
    from mcm.cli.fold import fold

    parts = fold(command, width - deep) or [command]
    return "\n".join((_filled(talk, width, deep), *(f"{'':{deep}}{part}" for part in parts)))


def _parted(line: str) -> tuple[str, str]:
    """Return what is said in a line, and the command that it ends in, or none.

    A word of prose that follows `mcm` is no command of it; what goes on behind a comma is prose.
    """
    import re

    from mcm.cli.chapters import CHAPTERS

    verbs = "|".join(verb for chapter in CHAPTERS.values() for verb in chapter)
    found = re.search(
        rf"(?:^|:)\s+((?:mcm (?:{verbs})|aws [a-z0-9-]+ [a-z-]+) [^`]*)\Z", f" {line}"
    )
    if found is None or re.search(r"[,;.](?:\s|\Z)", found[1]):
        return line, ""
    return line[: found.start(1) - 1].rstrip(), found[1].rstrip()


def _filled(talk: str, width: int, deep: int) -> str:
    import re
    import textwrap

    whole = re.sub("`[^`]*`", lambda found: found[0].replace(" ", _GLUE), talk)
    filled = textwrap.fill(
        whole,
        width,
        subsequent_indent=" " * deep,
        break_on_hyphens=False,
        break_long_words=False,
    )
    return filled.replace(_GLUE, " ")
