"""Taking one stage back: look, ask for one key, go, and say what became of it.

The command line is `mcm.cli.back`'s business and where the pipeline is `mcm.cli.ground`'s.
Here everything is known that must be known; what else is unknown blocks nothing.
"""

import sys
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from mcm.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from mcm.app.observing import Observer
    from mcm.app.ports import Listener
    from mcm.app.runner import Ending, Runner
    from mcm.cli.ground import Ground
    from mcm.core.goal import GoBack
    from mcm.core.inbox import Inbox
    from mcm.core.journal import Journal
    from mcm.core.reading import Readings
    from mcm.core.turn import Turn


@dataclass(frozen=True)
class Options:
    """What the person asked for beside the stage."""

    further: bool = False
    to: str = ""
    abandon: bool = False
    no_input: bool = False


@dataclass(frozen=True)
class Look:
    """What was seen before anything is done."""

    goal: "GoBack"
    """With all that plans and journals add to it."""
    journal: str
    """The change into whose journal the rollback is written."""
    begins: str
    """What would begin, in words; empty when it only adopts, goes on, waits or reports."""
    readings: "Readings"


def go_back(ground: "Ground", options: Options) -> int:
    """Take the stage of `ground` back; return the exit code."""
    from mcm.cli.lines import say
    from mcm.cli.live import LineView

    given = {"further": options.further, "to": options.to}
    abandon = options.abandon or ground.goal.abandon
    ground = replace(ground, goal=replace(ground.goal, abandon=abandon, **given))  # type: ignore[arg-type]
    runner = make_runner(ground, LineView())
    journal = make_journal(ground)
    look = prepare(ground, runner.observer, journal)
    if look.begins and not options.no_input:
        _confirm(look.goal, look.begins)
    ending, last = _run(ground, runner, journal, look, no_input=options.no_input)
    _tell(ending, look.goal)
    if look.begins and ground.project is not None:
        say(_where_told(journal, look.journal, last))
    return ending.exit


def make_runner(ground: "Ground", listener: "Listener") -> "Runner":
    """Return what turns the loop for `ground`."""
    from mcm.app.observing import Observer
    from mcm.app.runner import Runner
    from mcm.aws.gather import ThreadedGather
    from mcm.aws.observe import AwsSource
    from mcm.aws.perform import Performer
    from mcm.clock import SystemClock

    clock = SystemClock()
    observer = Observer([AwsSource(ground.connect, clock.now, ThreadedGather())], clock)
    return Runner(observer, Performer(ground.connect), clock, listener)


def make_journal(ground: "Ground") -> "Journal":
    """Return the journal to write in: the project's, or one in memory where there is none."""
    from mcm.app.rolling_back import AnyJournal

    if ground.project is None:
        from mcm.store.memory import MemoryJournal

        return AnyJournal(MemoryJournal())
    return AnyJournal(ground.project.journal)


def prepare(ground: "Ground", observer: "Observer", journal: "Journal") -> Look:
    """Look once at AWS, the plans and the journals; nothing is written."""
    from mcm.app.observing import deadline
    from mcm.app.rolling_back import effective_now, look_back
    from mcm.cli.ground import warn
    from mcm.clock import SystemClock
    from mcm.core import walk
    from mcm.core.fold import fold
    from mcm.core.naming import find_stage
    from mcm.core.pipeline import PipelineView
    from mcm.core.query import PipelineQuery
    from mcm.core.state import State

    goal = ground.goal
    now = SystemClock().now()
    readings = observer.observe(walk.queries(goal, State()), deadline(goal.poll))
    if ground.project is None:
        view = readings.known(PipelineQuery(goal.pipeline), PipelineView)
        if view is not None and view.stage(goal.pipeline_stage) is None:
            name = find_stage(goal.stage, [each.name for each in view.stages])
            goal = replace(goal, pipeline_stage=name, stage=name)
            readings = observer.observe(walk.queries(goal, State()), deadline(goal.poll))
    effective = effective_now(goal.pipeline, goal.pipeline_stage, readings)
    past = look_back(goal.stage, effective, ground.plans, journal, _inbox(ground), warn)
    goal = replace(goal, signed=past.signed, known=past.known)
    try:
        state = fold(journal.entries(past.journal))
    except Exception:  # noqa: BLE001 - `look_back` has said so; the writer goes on without it
        state = State()
    under_way = state.stage(goal.stage).rollback
    begins = "" if under_way else _what_begins(walk.decide(goal, state, readings, now))
    return Look(goal, past.journal, begins, readings)


def _run(
    ground: "Ground", runner: "Runner", journal: "Journal", look: Look, *, no_input: bool
) -> "tuple[Ending, int]":
    """Turn the loop to its end; return that, and the number of the last entry written."""
    from mcm.app.runner import FOREVER
    from mcm.app.writer import Writer
    from mcm.cli.telling import shown

    goal = look.goal
    waits = not no_input and sys.stdin.isatty()
    view = shown(goal, sandbox=ground.connect.in_sandbox)
    with view, _told(ground, goal, look.journal, view) as told:
        writer = Writer(journal, look.journal, told.lost, from_nothing=True)
        runner = replace(runner, listener=told)
        patience = FOREVER if waits else timedelta(0)
        # A look that found something to begin is enough to begin on; a person who was
        # asked may have let it grow old, so then the runner looks for itself.
        first = look.readings if look.begins and no_input else None
        return runner.run(goal, writer, patience=patience, first=first), writer.state.last


def _told(
    ground: "Ground", goal: "GoBack", change: str, view: "Listener"
) -> "AbstractContextManager[Listener]":
    """Tell the service's channels, too, when its files can be read."""
    from contextlib import nullcontext

    from mcm.core.errors import McmError

    try:
        if ground.project is None or not ground.project.service.notify:
            return nullcontext(view)
    except McmError:
        return nullcontext(view)
    from mcm.cli.telling import telling

    return telling(ground.project, goal, change, view)


def _what_begins(turn: "Turn") -> str:
    """Say what this first turn would set off; empty when it only adopts, waits or reports."""
    for entry in turn.entries:
        if entry.kind == "rollback_started" and not entry.body["execution"]:
            return f"roll back from {entry.body['source']} to {entry.body['target']}"
    return ""


def _inbox(ground: "Ground") -> "Callable[[str], Inbox]":
    def read(change: str) -> "Inbox":
        assert ground.project is not None  # only a project has plans
        return ground.project.inbox(change)

    return read


def _confirm(goal: "GoBack", begins: str) -> None:
    """Ask for one key at a terminal; anything but `r` leaves without a trace."""
    from mcm.cli import keys
    from mcm.cli.lines import DeclinedError, say

    if not sys.stdin.isatty():
        raise UsageError(
            f"{goal.stage} is not rolled back: nobody at a terminal can be asked",
            hint=f"Run `mcm rollback --stage {goal.stage} --no-input` to go at once.",
        )
    with keys.listening():
        say(f"{goal.stage}: {begins}.")
        say("Press r to go, any other key to leave. ", end="")
        try:
            key = keys.pressed()
        except EOFError as err:
            raise DeclinedError(f"{goal.stage} is not rolled back: {err}") from err
    say(key)
    if key not in ("r", "R"):
        raise DeclinedError(f"{goal.stage} is not rolled back: {key!r} was pressed, not r")


def _tell(ending: "Ending", goal: "GoBack") -> None:
    from mcm.cli.lines import say
    from mcm.core.sanitize import clean

    gate = f"held at the gate {ending.gate}: " if ending.gate else ""
    say(clean(f"{goal.stage}: {gate}{ending.reason}", 600))
    if ending.hint:
        say(ending.hint)


def _where_told(journal: "Journal", change: str, last: int) -> str:
    """Say where one can read what was done: not in a journal that did not take it all."""
    from mcm.core import commands

    try:
        stored = journal.entries(change)
    except Exception:  # noqa: BLE001 - one that cannot be read tells nobody anything
        stored = ()
    if stored and stored[-1].seq == last:
        return f"Next: `{commands.about('log', change)}` shows what was done."
    return "Next: keep the lines above, the only copy of what the journal could not take."
