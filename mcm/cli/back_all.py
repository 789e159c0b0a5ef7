"""Taking every promoted stage of a change back: one question, then all regions at once."""

import sys
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mcm.core.errors import Exit, McmError, UsageError, most_severe

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mcm.app.back_all import Picked, Standing
    from mcm.app.fleet import Trouble, Walk
    from mcm.app.runner import Ending, Runner
    from mcm.cli.compose import Project
    from mcm.cli.go_back import Options
    from mcm.cli.ground import Ground
    from mcm.cli.look_back import Look
    from mcm.core.history.journal import Entry, Journal
    from mcm.core.history.state import State
    from mcm.core.query import Place


@dataclass(frozen=True)
class _Way:
    """One stage's way back."""

    ground: "Ground"
    look: "Look"
    picked: "Picked"


def go_back_all(change: str | None, options: "Options", profile: str | None) -> int:
    """Take all stages that hold the change's execution back; return the worst code."""
    from mcm.app.back_all import pick
    from mcm.cli.go_back import make_journal, make_runner
    from mcm.cli.live import LineView

    if options.further or options.to:
        raise UsageError("--all goes to each stage's own target: leave --further and --to out")
    project, name = _project(change, profile)
    grounds, state, executions = _stages(project, name, profile)
    first = grounds[0]
    runner, journal = make_runner(first, LineView()), make_journal(first)
    looks = {each.goal.stage: _look(each, runner, journal, name) for each in grounds}
    by_stage = {each.goal.stage: each for each in grounds}
    found = [_standing(by_stage[stage], look, state) for stage, look in looks.items()]
    picked = pick(executions, found)
    ways = [
        _Way(by_stage[each.standing.stage], looks[each.standing.stage], each)
        for each in picked
        if each.goes_back
    ]
    _show(name, picked, ways)
    if ways and not options.no_input:
        _confirm(name, len(ways))
    began = runner.clock.now()
    ends = _run(ways, options, runner, journal)
    for way, one, ending in ends:
        _tell(way, one, ending)
    _print_tickets(ends, began, runner)
    unknown = [Exit.BLIND for each in picked if not each.is_known]
    return most_severe([*(ending.exit for _, _, ending in ends), *unknown])


def _tell(way: _Way, one: "Walk", ending: "Ending") -> None:
    from mcm.cli.ladder import is_needed
    from mcm.cli.lines import say

    goal = way.look.goal
    if is_needed(ending, one.writer.state, goal.stage):
        say(f"{goal.stage}: the pipeline cannot roll back: {_clean(ending.reason)}")
        say(f"Next: `{goal.command}` at a terminal leads down the ladder, one key a rung.")
        return
    say(f"{goal.stage}: {_clean(ending.reason)}")
    if ending.hint:
        say(ending.hint)


def _print_tickets(
    ends: "list[tuple[_Way, Walk, Ending]]", began: "datetime", runner: "Runner"
) -> None:
    """Print the summary of each stage that came to an end now, as for one stage."""
    from mcm.cli.ticket import is_of_now, print_ticket

    for way, one, _ in ends:
        last = is_of_now(one.writer.state, way.look.goal.stage, began)
        if last is not None:
            print_ticket(way.ground, way.look, last, None, runner)


def _project(change: str | None, profile: str | None) -> "tuple[Project, str]":
    from mcm.cli.compose import Project, find_root
    from mcm.core.naming import check_change_id

    project = Project(find_root(Path.cwd()), profile=profile, going_back=True)
    # A change named is taken at its word: its change.yaml may be what is broken.
    return project, check_change_id(change) if change else project.pick_change(None)


def _stages(
    project: "Project", change: str, profile: str | None
) -> "tuple[list[Ground], State, frozenset[str]]":
    """Return the grounds of the change's stages in their order, its state and executions."""
    from mcm.app.back_all import executions_of
    from mcm.cli.ground import stand_on_files, stand_on_more, warn
    from mcm.core.history.fold import fold
    from mcm.core.history.state import State

    entries: tuple[Entry, ...] = ()
    state = State()
    try:
        entries = project.journal.entries(change)
        state = fold(entries)
    except Exception as err:  # noqa: BLE001 - a journal that is broken blocks no rollback
        warn(f"the journal of {change} cannot be used: {err}")
    executions = executions_of(entries)
    try:
        plan = project.plan(change)
        names = [each.name for each in plan.stages]
        executions |= {plan.execution}
    except (McmError, OSError, ValueError, TypeError) as err:
        warn(f"the plan of {change} cannot be read: {err}")
        warn("only the stages that its journal names are looked at; others need --stage")
        names = sorted(state.stages)
    if not names or not executions:
        raise UsageError(
            f"neither plan nor journal of {change} can be read: which stages hold it is unknown",
            hint="Take each back by its name: `mcm rollback --stage STAGE`.",
        )
    first = stand_on_files(project.root, names[0], profile)
    return [first, *(stand_on_more(first, name) for name in names[1:])], state, executions


def _look(ground: "Ground", runner: "Runner", journal: "Journal", change: str) -> "Look":
    """Look once; a look that fails leaves the rest to the loop, which looks each turn."""
    from mcm.cli.ground import warn
    from mcm.cli.look_back import Look, prepare
    from mcm.clock import SystemClock
    from mcm.core.reading import Readings

    try:
        return prepare(ground, runner.observer, journal)
    except Exception as err:  # noqa: BLE001 - one stage's trouble must not stop another
        warn(f"{ground.goal.stage} cannot be looked at: {err}")
        return Look(ground.goal, change, "", "", "", str(err), Readings({}, SystemClock().now()))


def _standing(ground: "Ground", look: "Look", state: "State") -> "Standing":
    from mcm.app.back_all import standing

    return standing(look.goal.stage, _place(ground), look.source, state)


def _place(ground: "Ground") -> "Place":
    """Where the stage deploys to; the pipeline's own place when no file says."""
    stage = ground.goal.stage
    try:
        if ground.project is not None:
            return next(s.place for s in ground.project.service.stages if s.name == stage)
    except (McmError, StopIteration):
        pass
    planned = (plan.stage(stage) for plan in ground.plans.values())
    return next((each.place for each in planned if each), ground.goal.pipeline.place)


def _show(change: str, picked: "list[Picked]", ways: "list[_Way]") -> None:
    from mcm.cli.lines import say
    from mcm.core.sentences.sentence import shorten

    targets = {way.look.goal.stage: way.look.target for way in ways}
    say(f"{change}: {len(ways)} of {len(picked)} stages go back, the newest promotion first:")
    for each in picked:
        stage = each.standing.stage
        target = targets.get(stage)
        to = f" -> {shorten(target)}" if target else ""
        word = "back" if each.goes_back else "stays"
        say(f"  {stage}  {word}{to}: {_clean(each.why)}")
    if not ways:
        say("nothing goes back")


def _confirm(change: str, count: int) -> None:
    from mcm.cli import keys
    from mcm.cli.go_back import GO
    from mcm.cli.lines import DeclinedError, say

    if not sys.stdin.isatty():
        raise UsageError(
            f"{change} is not taken back: nobody at a terminal can be asked",
            hint=f"Run `mcm rollback {change} --all --no-input` to go at once.",
        )
    with keys.listening():
        say(f"Press r to take back all {count}, any other key to leave. ", end="")
        try:
            key = keys.pressed()
        except EOFError as err:
            raise DeclinedError(f"{change} is not taken back: {err}") from err
    say(key)
    if key != GO:
        raise DeclinedError(f"{change} is not taken back: {key!r} was pressed, not {GO}")


def _run(
    ways: "list[_Way]", options: "Options", runner: "Runner", journal: "Journal"
) -> "list[tuple[_Way, Walk, Ending]]":
    """Turn all ways back in one loop: a region's one after the other, regions at once."""
    from mcm.app.back_all import in_chains
    from mcm.app.fleet import Trouble

    with ExitStack() as told:
        walks = {_walk(way, options, journal, told): way for way in ways}
        placed = [(walk, way.picked.standing.place) for walk, way in walks.items()]
        first, then = in_chains(placed)
        if options.no_input or not sys.stdin.isatty():
            ended = runner.fleet.run(first, then=then)
        else:
            ended = _run_asking(runner, first, then)
    return [
        (way, walk, end.ending() if isinstance(end, Trouble) else end)
        for walk, way in walks.items()
        for end in (ended[walk],)
    ]


def _run_asking(
    runner: "Runner", first: "list[Walk]", then: "Mapping[Walk, Walk]"
) -> "dict[Walk, Ending | Trouble]":
    from mcm.cli import keys
    from mcm.cli.lines import say
    from mcm.cli.while_going import run_all_asking
    from mcm.core.history.goal import GoBack

    def offered(one: "Walk") -> None:
        assert isinstance(one.goal, GoBack)  # `_walk` made it
        say(f"{one.goal.stage}: press a to abandon what does not stop")

    with keys.listening():
        return run_all_asking(runner.fleet, first, keys.pressed, offered, then)


def _walk(way: _Way, options: "Options", journal: "Journal", told: ExitStack) -> "Walk":
    from mcm.app.fleet import Walk
    from mcm.app.writer import Writer
    from mcm.cli.go_back import told_of
    from mcm.cli.live import LineView

    goal, look = way.look.goal, way.look
    goal = replace(goal, abandon=options.abandon or goal.abandon)
    view = LineView(prefix=f"{goal.stage}  ")
    listener = told.enter_context(told_of(way.ground, goal, look.journal, view))
    kept = way.ground.project is not None
    writer = Writer(journal, look.journal, listener.lost, from_nothing=True, kept=kept)
    return Walk(goal, writer, listener, seen=look.readings if look.begins else None)


def _clean(text: str) -> str:
    from mcm.core.sanitize import clean

    return clean(text, 600)
