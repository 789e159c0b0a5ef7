"""Before a rollback at a terminal: the screen, and the one key.

The screen stands as soon as the rollback's own readings are there, and the key works from
then on. Alarms and whose credentials these are come beside it, by a deadline of their own,
and are put in when they do.
"""

import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from threading import Thread
from typing import TYPE_CHECKING

from mcm.app.oncall import Facts, Scene, build_facts, commit_queries, with_commits
from mcm.app.oncall_alarms import Alarms, alarm_queries, headline, read_alarms
from mcm.cli import keys
from mcm.cli.lines import DeclinedError, for_reader, say
from mcm.cli.oncall_screen import HEIGHT, WIDTH, Where, screen, too_long
from mcm.core.sanitize import clean

if TYPE_CHECKING:
    from mcm.app.observing import Observer
    from mcm.core.reading import Readings

WITHIN = timedelta(seconds=8)
"""How long the alarms have; the key waits for none of it."""
_TICK = 0.1
_NARROW = 40
"""Columns below which lines are broken by the terminal rather than by us."""
GO, ANOTHER = "r", "o"
ENTER = "\r\n"
"""No answer: it neither rolls back nor leaves."""
_PROMPT = "Press r to roll back, any other key to leave. "
_PROMPT_GUESSED = "Press r to roll back, o for another pipeline, any other key to leave. "


def ask(
    scene: Scene, past: "Readings", beside: "Observer", where: Where, unsure: str = ""
) -> tuple[str, Facts]:
    """Show the screen and return the key, `GO` or `ANOTHER`, with what was shown.

    `past` are the rollback's own readings, `beside` answers the rest; `unsure` says what
    must be read before anything can begin. Raises DeclinedError for any other key: nothing
    was done then.
    """
    facts = build_facts(scene, past)
    asking = _Asking(facts, past, beside)
    area = _Area(where, unsure)
    prompt = _PROMPT_GUESSED if where.found else _PROMPT
    with keys.listening():
        for line in too_long(facts):
            say(f"by hand: {clean(line, 1000)}")
        try:
            area.show(facts, None, prompt)
            asking.start()
            key = _wait(asking, lambda found: area.show(found.facts, found.alarms, prompt))
        except KeyboardInterrupt:
            say(f"\n{scene.goal.stage} is not rolled back: nothing was begun")
            raise
    say(clean(key, 10))
    if key in (GO, "R"):
        return GO, asking.facts
    if key in (ANOTHER, "O") and where.found:
        return ANOTHER, asking.facts
    raise DeclinedError(f"{scene.goal.stage} is not rolled back: {key!r} was pressed, not r")


class _Asking:
    """The readings that come beside the screen."""

    def __init__(self, facts: Facts, past: "Readings", observer: "Observer") -> None:
        self.facts = facts
        self.alarms: Alarms | None = None
        self._past = past
        self._observer = observer
        self._thread = Thread(target=self._read, daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def is_back(self) -> bool:
        return self.alarms is not None

    def _read(self) -> None:
        from mcm.core.pipeline import Identity
        from mcm.core.query import IdentityQuery

        place = self.facts.scene.goal.pipeline.place
        try:
            queries = alarm_queries(self.facts, self._past) | {*commit_queries(self.facts)}
            found = self._observer.observe(queries, WITHIN)
            caller = found.known(IdentityQuery(place), Identity)
            self.facts = with_commits(replace(self.facts, caller=caller), found)
            self.alarms = read_alarms(self.facts, self._past, found)
        except Exception as err:  # noqa: BLE001 - a rollback does not wait for a picture
            why = (f"nothing was read ({type(err).__name__})",)
            self.alarms = Alarms((), "the alarms", named=False, unread=why)


def _wait(asking: _Asking, show: Callable[[_Asking], None]) -> str:
    """Return the key; call `show` once when the rest is there."""
    waits = True
    while True:
        try:
            key = keys.pressed(_TICK if waits else None)
        except EOFError as err:
            raise DeclinedError(f"nothing is rolled back: {err}") from err
        # Whoever chose a stage by its number before may have sent Enter after it, half awake.
        if key and key not in ENTER:
            return key
        if waits and asking.is_back:
            waits = False
            show(asking)


class _Area:
    """The rows of the screen, drawn again in their place."""

    def __init__(self, where: Where, unsure: str) -> None:
        self._where = where
        self._unsure = unsure
        self._rows = 0

    def show(self, facts: Facts, alarms: Alarms | None, prompt: str) -> None:
        import shutil

        size = shutil.get_terminal_size((WIDTH, HEIGHT))
        width = max(_NARROW, min(size.columns, WIDTH))
        head = headline(facts, alarms)
        if self._unsure:
            head = f"{self._unsure}; r goes as soon as it can. {head}"
        lines = screen(facts, head, self._where, width=width)
        redraws = sys.stderr.isatty() and size.lines >= HEIGHT
        if self._rows and not redraws:
            lines = ["", for_reader(clean(head, 400))]
        back = f"\x1b[{self._rows}F\x1b[J" if self._rows and redraws else ""
        # A narrow terminal breaks the prompt, and the cursor is a row lower then.
        self._rows = len(lines) + (len(prompt) - 1) // max(size.columns, 1)
        with suppress(OSError, ValueError):  # nobody sees it; the key may come all the same
            sys.stderr.write(back + "\n".join(lines) + "\n" + prompt)
            sys.stderr.flush()
