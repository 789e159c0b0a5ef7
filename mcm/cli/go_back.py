"""Taking one stage back: look, ask for one key, go, and say what became of it.

The command line is `mcm.cli.back`'s business and where the pipeline is `mcm.cli.ground`'s.
Here everything is known that must be known; what else is unknown blocks nothing.
"""

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mcm.cli.look_back import GoneError, Look, prepare
from mcm.core.errors import Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from datetime import datetime

    from mcm.app.observing import Observer
    from mcm.app.oncall import Facts, Scene
    from mcm.app.ports import Listener, Source
    from mcm.app.runner import Ending, Runner
    from mcm.app.writer import Writer
    from mcm.cli.ground import Ground
    from mcm.core.history.goal import GoBack
    from mcm.core.history.journal import Journal


GO = "r"


@dataclass(frozen=True)
class Options:
    """What the person asked for beside the stage."""

    further: bool = False
    to: str = ""
    abandon: bool = False
    no_input: bool = False
    rung: str = ""
    """A rung of the ladder to climb at once, without asking the pipeline to roll back."""


def go_back(
    ground: "Ground", options: Options, another: "Callable[[], Ground] | None" = None
) -> int:
    """Take the stage of `ground` back; return the exit code.

    `another` finds another ground, when this one was only remembered and is not the one.
    """
    from mcm.cli.find import remember
    from mcm.cli.lines import say
    from mcm.cli.live import LineView

    given = {"further": options.further, "to": options.to}
    abandon = options.abandon or ground.goal.abandon
    ground = replace(ground, goal=replace(ground.goal, abandon=abandon, **given))  # type: ignore[arg-type]
    runner = make_runner(ground, LineView())
    journal = make_journal(ground)
    try:
        look = prepare(ground, runner.observer, journal, for_people=not options.no_input)
    except GoneError as err:
        if not ground.guessed or another is None:
            raise
        say(f"{err}: it is looked for elsewhere")
        return go_back(another(), options)
    if options.rung:
        from mcm.cli.ladder import Ladder, climb_one

        return climb_one(Ladder(ground, look, runner, journal), options.rung)
    facts = None
    if look.asks and not options.no_input:
        asked = _ask(ground, look, journal, runner.observer)
        if asked is None:
            return go_back(another() if another is not None else ground, options)
        look, facts = asked
    else:
        say(_where_to(ground, look))
    began = runner.clock.now()
    ending, writer = _run(ground, runner, journal, look, facts, no_input=options.no_input)
    if ending.exit is Exit.NEEDS_PERSON:
        from mcm.cli.ladder import Ladder, go_down, is_needed

        if is_needed(ending, writer.state, look.goal.stage):
            steps = Ladder(ground, look, runner, journal)
            return go_down(steps, no_input=options.no_input)
    _tell(ending, look.goal)
    if ending.exit is Exit.REFUSED:
        _note_refused(ground, journal, look, ending, runner.clock.now())
    from mcm.cli.ticket import is_of_now, print_ticket

    last = is_of_now(writer.state, look.goal.stage, began)
    if last is not None:
        print_ticket(ground, look, last, facts, runner)
    remember(replace(ground, goal=look.goal), look.readings)
    if look.asks and ground.project is not None:
        say(_where_told(look.journal, keeps_all=writer.keeps_all))
    return ending.exit


def _note_refused(
    ground: "Ground", journal: "Journal", look: Look, ending: "Ending", now: "datetime"
) -> None:
    """Journal that somebody asked for another target, which would have been a deploy."""
    from contextlib import suppress

    from mcm.app.refusals import note_ending
    from mcm.cli.saying import said_by
    from mcm.core.errors import McmError

    by = ""
    if ground.project is not None:
        with suppress(McmError, OSError):
            by = said_by(ground.project, None)
    note_ending(journal, look.journal, look.goal.stage, by, ending.gate, ending.reason, now)


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


def _run(
    ground: "Ground",
    runner: "Runner",
    journal: "Journal",
    look: Look,
    facts: "Facts | None",
    *,
    no_input: bool,
) -> "tuple[Ending, Writer]":
    """Turn the loop to its end; return that, and what was written."""
    from mcm.app.writer import Writer
    from mcm.cli.telling import shown

    goal = look.goal
    asks = not no_input and sys.stdin.isatty()
    expected = facts.expected.middle if facts and facts.expected else None
    view = shown(goal, sandbox=ground.connect.in_sandbox, keys=asks, expected=expected)
    with view, told_of(ground, goal, look.journal, view) as told:
        kept = ground.project is not None
        writer = Writer(journal, look.journal, told.lost, from_nothing=True, kept=kept)
        runner = replace(runner, listener=told)
        # A look that found something to begin is enough to begin on.
        first = look.readings if look.begins else None
        if asks:
            from mcm.cli import keys
            from mcm.cli.while_going import run_asking

            with keys.listening():
                return run_asking(runner, goal, writer, first=first), writer
        return runner.run(goal, writer, first=first), writer


def told_of(
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


def _ask(
    ground: "Ground", look: Look, journal: "Journal", observer: "Observer"
) -> "tuple[Look, Facts] | None":
    """Ask for the key until what would be done is what was shown; None for another pipeline.

    Returns the last look, which is fresh, and what was shown of it.
    """
    from mcm.cli.lines import say

    while True:
        key, facts = _confirm(ground, look, journal)
        if key != GO:
            return None
        again = prepare(ground, observer, journal, for_people=True)
        shown, now = (look.source, look.target), (again.source, again.target)
        if look.unsure or not again.begins or shown == now:
            return again, facts
        say("meanwhile the stage has changed, so that r would do something else: look again")
        look = again


def _confirm(ground: "Ground", look: Look, journal: "Journal") -> "tuple[str, Facts]":
    """Show the screen and ask for one key; whatever is not offered leaves without a trace."""
    stage = look.goal.stage
    if not sys.stdin.isatty():
        raise UsageError(
            f"{stage} is not rolled back: nobody at a terminal can be asked",
            hint=f"Run `mcm rollback --stage {stage} --no-input` to go at once.",
        )
    from mcm.app.observing import Observer
    from mcm.aws.gather import beside
    from mcm.aws.observe import AwsSource
    from mcm.cli.ask_back import ask
    from mcm.cli.find import remember
    from mcm.cli.oncall_screen import Where
    from mcm.clock import SystemClock
    from mcm.probe.git import GitSource

    clock = SystemClock()
    scene = _scene(ground, look, journal)
    address = ground.connect.address(look.goal.pipeline.place)
    found = "as last time" if ground.guessed else ""
    where = Where(address, found, sandbox=ground.connect.in_sandbox)
    remember(replace(ground, goal=look.goal), look.readings)
    # The clone first: it is quick or it is not asked, and AWS may take all of the time.
    folder = ground.project.root if ground.project is not None else Path.cwd()
    sources: list[Source] = [
        GitSource(folder, clock.now),
        AwsSource(ground.connect, clock.now, beside),
    ]
    observer = Observer(sources, clock)
    return ask(scene, look.readings, observer, where, look.unsure)


def _scene(ground: "Ground", look: Look, journal: "Journal") -> "Scene":
    from mcm.app.oncall import Scene
    from mcm.app.rolling_back import promoted_by
    from mcm.cli.ground import alarms_of
    from mcm.clock import SystemClock

    stage = look.goal.stage
    plan = ground.plans.get(look.journal)
    if plan is not None and plan.execution != look.source:
        plan = None
    operator = promoted_by(journal, look.journal) if plan is not None else ""
    return Scene(
        replace(look.goal, stage=stage),
        look.source,
        look.target,
        SystemClock().now(),
        plan,
        operator,
        alarms_of(ground),
        look.vetoed,
    )


def _where_to(ground: "Ground", look: Look) -> str:
    goal = look.goal
    where = f"{goal.pipeline_stage} of {goal.pipeline.name} in {goal.pipeline.place.region}"
    guess = " (as last time; --pipeline NAME names another)" if ground.guessed else ""
    return f"{goal.stage}: {where}, by {ground.connect.address(goal.pipeline.place)}{guess}"


def _tell(ending: "Ending", goal: "GoBack") -> None:
    from mcm.cli.lines import say
    from mcm.core.sanitize import clean

    gate = f"held at the gate {ending.gate}: " if ending.gate else ""
    # At a terminal the last frame of the view has just said how it was done.
    if gate or ending.exit is not Exit.DONE or not sys.stderr.isatty():
        say(clean(f"{goal.stage}: {gate}{ending.reason}", 600))
    if ending.hint:
        say(ending.hint)


def _where_told(change: str, *, keeps_all: bool) -> str:
    """Say where one can read what was done: not in a journal that did not take it all."""
    from mcm.core import commands

    if keeps_all:
        return f"Next: `{commands.about('log', change)}` shows what was done."
    return "Next: keep the lines above, the only copy of what the journal could not take."
