"""The command that goes back: rollback. It works alone, and nothing but AWS can stop it."""

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from mcm.cli.complete import stage_names
from mcm.cli.write import Profile
from mcm.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from datetime import datetime

    from mcm.app.observing import Observer
    from mcm.app.ports import Listener
    from mcm.app.runner import Ending, Runner
    from mcm.cli.ground import Ground
    from mcm.core.goal import GoBack
    from mcm.core.inbox import Inbox
    from mcm.core.journal import Journal
    from mcm.core.reading import Readings
    from mcm.core.turn import Turn


class Look(NamedTuple):
    """What was seen before anything is done."""

    goal: "GoBack"
    """With all that plans and journals add to it."""
    journal: str
    """The change into whose journal the rollback is written."""
    begins: str
    """What would begin, in words; empty when it only adopts, goes on, waits or reports."""
    readings: "Readings"


def register(app: typer.Typer) -> None:
    """Add this module's command to `app`."""
    app.command()(rollback)


def rollback(
    stage: Annotated[
        str,
        typer.Option("--stage", autocompletion=stage_names, help="The stage to take back."),
    ],
    further: Annotated[
        bool, typer.Option("--further", help="Go one more back after a rollback.")
    ] = False,
    to: Annotated[
        str, typer.Option("--to", metavar="ID", help="The target, when it must be this one.")
    ] = "",
    abandon: Annotated[
        bool, typer.Option("--abandon", help="Abandon running actions that do not stop.")
    ] = False,
    no_input: Annotated[bool, typer.Option("--no-input", help="Go at once, ask nothing.")] = False,
    pipeline: Annotated[
        str | None, typer.Option("--pipeline", help="Pipeline name, where there is no mcm.yaml.")
    ] = None,
    region: Annotated[str | None, typer.Option("--region", help="The pipeline's region.")] = None,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="With --pipeline: the one that runs here.")
    ] = False,
    profile: Profile = None,
) -> int:
    """Take one stage back to its last good execution; needs no record and no approval."""
    from mcm.app.runner import FOREVER
    from mcm.app.writer import Writer
    from mcm.cli.lines import say
    from mcm.cli.live import LineView
    from mcm.cli.telling import shown

    ground = _ground(stage, pipeline, region, profile, sandbox=sandbox)
    options = {"further": further, "to": to, "abandon": abandon or ground.goal.abandon}
    ground = replace(ground, goal=replace(ground.goal, **options))  # type: ignore[arg-type]
    waits = not no_input and sys.stdin.isatty()
    runner = _runner(ground, LineView())
    journal = _journal(ground)
    look = _prepare(ground, runner.observer, journal)
    goal = look.goal
    if look.begins and not no_input:
        _confirm(goal, look.begins)
    view = shown(goal, sandbox=ground.connect.in_sandbox)
    with view, _told(ground, goal, look.journal, view) as told:
        writer = Writer(journal, look.journal, told.lost, from_nothing=True)
        runner = replace(runner, listener=told)
        patience = FOREVER if waits else timedelta(0)
        # A look that found something to begin is enough to begin on; a person who was
        # asked may have let it grow old, so then the runner looks for itself.
        first = look.readings if look.begins and no_input else None
        ending = runner.run(goal, writer, patience=patience, first=first)
    _tell(ending, goal)
    if look.begins and ground.project is not None:
        say(_where_told(journal, look.journal, writer.state.last))
    return ending.exit


def _ground(
    stage: str, pipeline: str | None, region: str | None, profile: str | None, *, sandbox: bool
) -> "Ground":
    from mcm.cli.ground import stand_on_files, stand_on_names

    if pipeline and region:
        return stand_on_names(pipeline, region, stage, profile, sandbox=sandbox)
    if pipeline or region:
        raise UsageError("--pipeline and --region go together: one of them is missing")
    return stand_on_files(Path.cwd(), stage, profile)


def _runner(ground: "Ground", listener: "Listener") -> "Runner":
    from mcm.app.observing import Observer
    from mcm.app.runner import Runner
    from mcm.aws.gather import ThreadedGather
    from mcm.aws.observe import AwsSource
    from mcm.aws.perform import Performer
    from mcm.clock import SystemClock

    clock = SystemClock()
    observer = Observer([AwsSource(ground.connect, clock.now, ThreadedGather())], clock)
    return Runner(observer, Performer(ground.connect), clock, listener)


def _journal(ground: "Ground") -> "Journal":
    from mcm.app.rolling_back import AnyJournal

    if ground.project is None:
        from mcm.store.memory import MemoryJournal

        return AnyJournal(MemoryJournal())
    return AnyJournal(ground.project.journal)


def _prepare(ground: "Ground", observer: "Observer", journal: "Journal") -> Look:
    """Look once at AWS, the plans and the journals; nothing is written."""
    from mcm.app.observing import deadline
    from mcm.app.rolling_back import effective_now, look_back
    from mcm.cli.ground import warn
    from mcm.core import walk
    from mcm.core.fold import fold
    from mcm.core.naming import find_stage
    from mcm.core.pipeline import PipelineView
    from mcm.core.query import PipelineQuery
    from mcm.core.state import State

    goal = ground.goal
    now = _now()
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
    import termios
    import tty

    from mcm.cli.lines import DeclinedError, say

    if not sys.stdin.isatty():
        raise UsageError(
            f"{goal.stage} is not rolled back: nobody at a terminal can be asked",
            hint=f"Run `mcm rollback --stage {goal.stage} --no-input` to go at once.",
        )
    before = termios.tcgetattr(sys.stdin)
    try:
        # First the mode: it throws away what was typed before the question was there.
        tty.setcbreak(sys.stdin)
        say(f"{goal.stage}: {begins}.")
        say("Press r to go, any other key to leave. ", end="")
        key = sys.stdin.read(1)
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
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


def _now() -> "datetime":
    from mcm.clock import SystemClock

    return SystemClock().now()
