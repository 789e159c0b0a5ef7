"""Who is told what a walk does: a live area at a terminal, plain lines everywhere else.

Both are listeners (`mcm.app.ports`) and change nothing. A terminal that went away must
not stop a walk, least of all one that goes back: what cannot be shown is passed over.
"""

import io
import re
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self, TextIO, cast

from mcm.app.ports import Clock
from mcm.cli.lines import for_reader
from mcm.cli.waiting import waiting_for
from mcm.core.history.fold import apply
from mcm.core.history.goal import Goal
from mcm.core.history.journal import Entry, to_line
from mcm.core.history.state import State
from mcm.core.history.turn import Hold, Turn, Wait
from mcm.core.sanitize import clean
from mcm.core.sentences.sentence import sentence, shorten

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_NUMBER = re.compile(r"(?:[0-9]+(?:ms|[smhd])?)+", re.ASCII)
_PER_SECOND = 4


class LiveView:
    """Sentences scroll above; below stands what the walk is doing, redrawn 4 times a second.

    A context manager: the area is there inside `with` and its last frame stays behind.
    Nothing else may write to the terminal meanwhile but through stderr.
    """

    def __init__(self, goal: Goal, console: "Console", clock: Clock, *, sandbox: bool) -> None:
        from rich.live import Live

        # Rich draws from a thread of its own, where an error would reach nobody who minds.
        console.file = cast(TextIO, _Forgiving(console.file))
        self._goal = goal
        self._console = console
        self._clock = clock
        self._sandbox = sandbox
        self._ascii = not (console.encoding or "").lower().startswith("utf")
        self._state = State()
        self._turn: Turn | None = None
        self.keys = False
        """Whether somebody listens to the keys that a turn offers."""
        self.expected: timedelta | None = None
        """How long a rollback is likely to take, from those of before."""
        # stdout is data, perhaps on its way to a file: it is never caught.
        self._live = Live(
            console=console,
            get_renderable=self._frame,
            refresh_per_second=_PER_SECOND,
            redirect_stdout=False,
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._live.stop()

    def wrote(self, entries: Sequence[Entry]) -> None:
        """Tell each new entry above the area."""
        for entry in entries:
            if entry.seq > self._state.last:
                self._state = apply(self._state, entry)
        for entry in _worth_telling(entries):
            self._print(_entry_line(entry))
        self._live.refresh()

    def turned(self, turn: Turn, state: State, now: datetime) -> None:
        """Show what was decided; the area itself says what is waited for."""
        del now  # the area goes by the clock, also between turns
        self._turn, self._state = turn, state
        self._live.refresh()

    def lost(self, entries: Sequence[Entry], why: str) -> None:
        """Put what the journal could not take above the area: the only copy there is."""
        for line in _lost_lines(entries, why):
            self._print(line)

    def _print(self, line: str) -> None:
        from rich.text import Text

        self._console.print(Text(line, overflow="fold"), highlight=False)

    def _frame(self) -> "RenderableType":
        from rich.text import Text

        from mcm.cli.live_frame import view

        if self._turn is None:
            return Text("looking at AWS for the first time")
        try:
            return view(
                self._goal,
                self._state,
                self._turn,
                self._clock.now(),
                self._sandbox,
                ascii_only=self._ascii,
                keys=self.keys,
                expected=self.expected,
            )
        except Exception as err:  # noqa: BLE001 - a walk must not end because of a picture of it
            return Text(f"this view cannot be drawn ({type(err).__name__}); the walk goes on")


class _Forgiving:
    """A stream whose writes never fail: a terminal that is gone has nobody to be told."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


class LineView:
    """The same sentences as plain lines, for logs, pipes and CI.

    Waiting is told when its reason changes, not each turn; numbers counting in it are no
    news. `stream` is stderr when None; `prefix` stands after the time. Without `waits`
    only entries are told.
    """

    def __init__(
        self, stream: TextIO | None = None, *, prefix: str = "", waits: bool = True
    ) -> None:
        self._stream = stream
        self._prefix = prefix
        self._tells_waits = waits
        self._waiting = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """There is nothing to close."""

    def wrote(self, entries: Sequence[Entry]) -> None:
        """Tell each new entry."""
        for entry in _worth_telling(entries):
            self._tell(_entry_line(entry, self._prefix))

    def turned(self, turn: Turn, state: State, now: datetime) -> None:
        """Tell what is waited for, once."""
        del state
        step = turn.next
        # What is done, the journal's own entries say; why mcm leaves, the command does.
        waits = (isinstance(step, Hold) and not step.leave) or (
            isinstance(step, Wait) and step.until > now
        )
        waits = waits and self._tells_waits
        why = waiting_for(turn, now) if waits else ""
        shape = _NUMBER.sub("#", why)
        if why and shape != self._waiting:
            self._tell(f"{now:%H:%M:%SZ}  {self._prefix}{clean(shorten(why), 400)}")
        self._waiting = shape or self._waiting

    def lost(self, entries: Sequence[Entry], why: str) -> None:
        """Put out what the journal could not take: the only copy there is."""
        for line in _lost_lines(entries, why):
            self._print(line)  # whole: somebody may have to copy it

    def _tell(self, line: str) -> None:
        self._print(line if self._stream is not None else for_reader(line))

    def _print(self, line: str) -> None:
        with suppress(OSError, ValueError):
            print(line, file=self._stream or sys.stderr, flush=True)


def export_svg(
    goal: Goal,
    state: State,
    turn: Turn,
    now: datetime,
    *,
    sandbox: bool,
    entries: Sequence[Entry] = (),
    title: str = "mcm deploy",
) -> str:
    """Return the live view as an SVG of 80 columns that loads nothing from elsewhere.

    `entries` are told above the area. The same arguments give the same bytes.
    """
    from rich.console import Console
    from rich.text import Text

    from mcm.cli.live_frame import view

    console = Console(
        record=True, width=80, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    for entry in entries:
        console.print(Text(_entry_line(entry), overflow="fold"), highlight=False)
    console.print(Text())
    console.print(view(goal, state, turn, now, sandbox))
    svg = console.export_svg(title=title, unique_id="mcm")
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


def _worth_telling(entries: Sequence[Entry]) -> Iterable[Entry]:
    """Leave out a call for a person where the end of a rollback gives the same reason."""
    ends = any(entry.kind == "rollback_ended" for entry in entries)
    return (entry for entry in entries if not (ends and entry.kind == "person_needed"))


def _entry_line(entry: Entry, prefix: str = "") -> str:
    said = sentence(entry)
    named = said.startswith(f"{prefix.strip()}: ")
    return f"{entry.at:%H:%M:%SZ}  {'' if named else prefix}{said}"


def _lost_lines(entries: Sequence[Entry], why: str) -> list[str]:
    head = f"warning: not in the journal: {clean(why, 300)}; these lines are the only copy:"
    return [head, *(to_line(entry).decode().rstrip("\n") for entry in entries)]
