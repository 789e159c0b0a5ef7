"""One of a few, by its number: for somebody at a terminal who was asleep a moment ago."""

from collections.abc import Sequence

MOST = 9


def choose(question: str, lines: Sequence[str]) -> int:
    """Ask for one of `lines` by one key; return its index.

    At most nine are offered; the rest is counted. Any other key leaves: DeclinedError.
    """
    from mcm.cli import keys
    from mcm.cli.lines import DeclinedError, say
    from mcm.core.sanitize import clean

    shown = lines[:MOST]
    with keys.listening():
        say(clean(question, 300))
        for number, line in enumerate(shown, 1):
            say(f"  {number}  {clean(line, 200)}")
        if len(lines) > len(shown):
            say(f"     and {len(lines) - len(shown)} more, which must be named")
        say("Press its number, any other key to leave. ", end="")
        try:
            key = keys.pressed()
        except EOFError as err:
            raise DeclinedError(f"nothing was chosen: {err}") from err
    say(clean(key, 10))
    if key.isascii() and key.isdigit() and 1 <= int(key) <= len(shown):
        return int(key) - 1
    raise DeclinedError(f"nothing was chosen: {key!r} is none of the numbers")
