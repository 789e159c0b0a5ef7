"""The commands that go forward: deploy, and retry after the pipeline said no."""

import sys
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from mcm.cli.complete import stage_names
from mcm.cli.options import Change, Offline, Profile
from mcm.cli.refusals import journaled
from mcm.cli.schedule import At, Expires, keep
from mcm.core.errors import BlindError, Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcm.app.runner import Ending
    from mcm.cli.compose import Project
    from mcm.cli.wired import Wire
    from mcm.core.history.goal import GoForward
    from mcm.core.plans.plan import Plan, StagePlan


def register(app: typer.Typer) -> None:
    """Add this module's command to `app`."""
    app.command()(journaled(deploy))
    app.command()(journaled(retry))


def deploy(
    change: Change = None,
    stage: Annotated[
        str | None,
        typer.Option("--stage", autocompletion=stage_names, help="The stage to promote."),
    ] = None,
    no_input: Annotated[
        bool, typer.Option("--no-input", help="Leave with 3 at the first closed gate.")
    ] = False,
    wait: Annotated[
        str | None, typer.Option("--wait", metavar="[=2h]", help="Wait at closed gates so long.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done; write nothing.")
    ] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Begin, and leave the rest to `mcm tick`.")
    ] = False,
    at: At = None,
    expires: Expires = None,
    profile: Profile = None,
    offline: Offline = False,
) -> int:
    """Promote one stage: gates, promotion, bake; rolls back on a breach."""
    from mcm.cli.driving import leased
    from mcm.cli.wired import receive, wire_of

    if detach and wait:
        raise UsageError("--detach waits for nothing: leave --wait out")
    patience = read_patience(wait, no_input=no_input)
    project, goal = _set_out(change, stage, profile)
    wire = wire_of(project, goal.plan.change, offline=offline) if not dry_run else None
    who = _see_ourselves(project, goal)
    if dry_run:
        if _is_untouched(project, goal.plan.change, goal.stages[0]):
            _weigh_cost(project, goal)
        return _dry_run(project, goal)
    by = operator_name(project, who)
    with leased(project, goal, by, "mcm deploy") as barred:
        receive(wire)
        _tell_take_over(project, goal.plan.change)
        if _is_untouched(project, goal.plan.change, goal.stages[0]):
            _tell_proof(project, goal.plan, goal.stages[0])
            _weigh_cost(project, goal)
        keep(project, goal.plan, pick_stage(goal.plan, goal.stages[0]), by, at, expires)
        if detach:
            from mcm.cli.tick import hand_over

            _tell_way_back(goal, goal.stages[0])
            return hand_over(project, goal, by, profile)
        return _drive(project, goal, who, patience, barred, wire)


def _tell_take_over(project: "Project", change: str) -> None:
    """Say so where another clone keeps the change: from here on there are two journals of it."""
    from mcm.cli.lines import say

    if project.stored.is_copy(change):
        say(f"warning: another clone planned {change}, and this one takes it over from here:")
        say("what that clone did since it last sent is not known, and it must not go on with it")


def retry(
    reason: Annotated[str, typer.Option("--reason", help="Why it may go well now, in one line.")],
    change: Change = None,
    stage: Annotated[
        str | None,
        typer.Option("--stage", autocompletion=stage_names, help="The stage that failed."),
    ] = None,
    no_input: Annotated[
        bool, typer.Option("--no-input", help="Leave with 3 at the first closed gate.")
    ] = False,
    wait: Annotated[
        str | None, typer.Option("--wait", metavar="[=2h]", help="Wait at closed gates so long.")
    ] = None,
    profile: Profile = None,
) -> int:
    """Run the failed actions of the same execution again, behind all gates as for deploy."""
    from mcm.app.halting import ask_retry
    from mcm.cli.driving import leased
    from mcm.cli.saying import one_line

    patience = read_patience(wait, no_input=no_input)
    project, goal = _set_out(change, stage, profile)
    who = _see_ourselves(project, goal)
    planned = goal.plan.stage(goal.stages[0])
    assert planned is not None  # `_set_out` picked it from this plan
    by, why = operator_name(project, who), one_line(reason)
    with leased(project, goal, by, "mcm retry") as barred:
        ask_retry(project.journal, goal.plan, planned, by, why, project.clock.now())
        return _drive(project, goal, who, patience, barred)


def _set_out(
    change: str | None, stage: str | None, profile: str | None
) -> "tuple[Project, GoForward]":
    """Return the project, and the goal of one stage of a plan that is as the files are."""
    from mcm.app.planning import check_current
    from mcm.cli.compose import Project
    from mcm.cli.pinned import check_trust
    from mcm.core.history.goal import GoForward

    project = Project.here(profile=profile)
    name = project.pick_change(change)
    plan = project.plan(name)
    check_trust(project)
    check_current(project.files(name), plan, project.journal)
    return project, GoForward(plan, (pick_stage(plan, stage).name,))


def _drive(
    project: "Project",
    goal: "GoForward",
    who: str,
    patience: timedelta,
    barred: str,
    wire: "Wire | None" = None,
) -> Exit:
    """Turn the loop until it ends or holds, and say how; return the exit code.

    `barred` says why nothing may be promoted: then it only watches what is out there.
    """
    from mcm.app.refusals import note_ending
    from mcm.app.runner import start_walk
    from mcm.app.writer import Writer
    from mcm.cli.telling import Everyone, shown, telling

    name, stage = goal.plan.change, goal.stages[0]
    _tell_way_back(goal, stage)
    view = shown(goal, sandbox=project.service.sandbox)
    left = _leaving(project, name, stage)
    with left, view, telling(project, goal, name, view) as listener:
        writer = Writer(project.journal, name, listener.lost)
        if barred:
            writer.bar(barred)
        everyone = Everyone([listener, wire.lookout()]) if wire is not None else listener
        by = operator_name(project, who)
        runner = project.runner(everyone)  # or a refusal, before a walk is said to begin
        start_walk(writer, goal, by, project.clock)
        ending = runner.run(goal, writer, patience=patience)
    if ending.exit is Exit.REFUSED:
        now = project.clock.now()
        note_ending(project.journal, name, stage, by, ending.gate, ending.reason, now)
    tell_ending(ending, name, stage)
    if ending.exit in (Exit.BLIND, Exit.NEEDS_PERSON):
        _tell_way_back(goal, stage)
    return ending.exit


@contextmanager
def _leaving(project: "Project", change: str, stage: str) -> "Iterator[None]":
    """Say, when a person interrupts a walk, what is left undone until it goes on."""
    from mcm.cli.lines import say
    from mcm.core import commands

    try:
        yield
    except KeyboardInterrupt:
        again = commands.deploy(change, stage)
        if _is_untouched(project, change, stage):
            say(f"nothing is promoted into {stage} yet; `{again}` goes on from here.")
        else:
            say(f"nobody watches {stage} until `{again}` goes on;")
            say(f"`{commands.rollback(stage)}` takes it back.")
        raise


def _is_untouched(project: "Project", change: str, stage: str) -> bool:
    """Say whether the journal shows that no promotion was even prepared; unknown is no."""
    from mcm.core.history.fold import fold

    try:
        known = fold(project.journal.entries(change)).stage(stage)
    except Exception:  # noqa: BLE001 - the command is ending; it only chooses its last words
        return False
    return known.entered_at is None and not known.baseline_execution


def read_patience(wait: str | None, *, no_input: bool) -> timedelta:
    """Return how long to wait at closed gates: at a terminal forever, else not at all."""
    from mcm.app.runner import FOREVER
    from mcm.core.duration import parse

    if wait == "forever":
        return FOREVER
    if wait is not None:
        try:
            return parse(wait)
        except ValueError as err:
            raise UsageError(f"--wait cannot be used: {err}") from err
    if no_input or not sys.stdin.isatty():
        return timedelta(0)
    return FOREVER


def pick_stage(plan: "Plan", named: str | None) -> "StagePlan":
    """Return the stage that was named; without a name the plan's only one."""
    from mcm.core.naming import find_stage

    known = [each.name for each in plan.stages]
    if named is None and len(known) > 1:
        raise UsageError(
            f"{plan.change} has {len(known)} stages: {', '.join(known)}",
            hint="Name one with --stage; each is promoted by a command of its own.",
        )
    name = find_stage(named, known) if named else known[0]
    return next(each for each in plan.stages if each.name == name)


def operator_name(project: "Project", arn: str) -> str:
    """Return the person behind our credentials, or their ARN when the trust file knows none."""
    from mcm.core.errors import McmError
    from mcm.trust.identity import person_of

    try:
        return person_of(project.trust(), arn).id
    except McmError:
        return arn


def _see_ourselves(project: "Project", goal: "GoForward") -> str:
    """Return our ARN; without credentials, give the way back to whoever has some."""
    from mcm.app.deploying import who_are_we

    try:
        return who_are_we(goal.plan, project.observer)
    except BlindError:
        _tell_way_back(goal, goal.stages[0])
        raise


_NEXT = {
    Exit.ROLLED_BACK: "the old content is back; `{log}` tells how. Mend the change and plan again.",
    Exit.FAILED: "`{log}` tells how. `mcm retry` runs what failed again; else release anew.",
    Exit.ABORTED: "`{log}` tells who ended it and why.",
    Exit.NEEDS_PERSON: "a person must look now; `{log}` tells what mcm saw.",
}


def tell_ending(ending: "Ending", change: str, stage: str) -> None:
    """Say why the walk stopped and what to do next."""
    from mcm.cli.lines import say
    from mcm.core import commands
    from mcm.core.sanitize import clean

    gate = f"held at the gate {ending.gate}: " if ending.gate else ""
    say(clean(f"{gate}{ending.reason}", 600))
    if ending.hint:
        say(ending.hint)
    elif ending.gate:
        say(commands.way_on([(ending.gate, ending.reason)], change, stage).sentence())
    elif ending.exit is Exit.NEEDS_PERSON and "was rolled back" in ending.reason:
        say(commands.way_on_from_content(stage).sentence())
    elif ending.exit in _NEXT:
        say(f"Next: {_NEXT[ending.exit].format(log=commands.about('log', change))}")


def _dry_run(project: "Project", goal: "GoForward") -> int:
    from mcm.app.deploying import rehearse
    from mcm.app.runner import Ending
    from mcm.cli.live import LineView
    from mcm.core.history.turn import Hold
    from mcm.core.sanitize import clean

    found = rehearse(project.runner(LineView()), goal, project.journal)
    if found is None:
        print("would wait: work is under way")
    elif isinstance(found, Hold):
        print(clean(f"would hold at the gate {found.gate}: {found.reason}", 600))
        return found.exit
    elif isinstance(found, Ending):
        print(clean(f"nothing to do: {found.reason}", 600))
        return found.exit
    else:
        print(f"would send {found.op} to {found.pipeline.name}/{found.stage}")
    return Exit.DONE


def _tell_proof(project: "Project", plan: "Plan", stage: str) -> None:
    """Say how a rollback would go, step by step, before there is anything to roll back."""
    from mcm.app.planning import prove_ways_back
    from mcm.cli.lines import say
    from mcm.cli.plan_text import proof_lines

    for proof in prove_ways_back(plan, project.observer, stage):
        for line in proof_lines(proof):
            say(line)


def _weigh_cost(project: "Project", goal: "GoForward") -> None:
    """Say what the watch will ask for that AWS bills; raise UsageError past the budget."""
    from mcm.cli.lines import say
    from mcm.config.limits import POLL_MOST
    from mcm.core.walking.cost import estimate, over_budget

    planned = goal.plan.stage(goal.stages[0])
    assert planned is not None  # `_set_out` picked it from this plan
    cost = estimate(goal.plan, planned, project.clock.now())
    if told := cost.sentence():
        say(told)
    budget = project.service.budget
    if over := over_budget(cost, planned.name, goal.plan.poll, POLL_MOST, budget):
        raise UsageError(over[0], hint=over[1])


def _tell_way_back(goal: "GoForward", stage: str) -> None:
    from mcm.app.explain import rollback_lines
    from mcm.cli.lines import say, say_command

    mine, *plain = rollback_lines(goal, stage)
    say(f"to take it back: {mine}")
    say("or without mcm:")
    for line in plain:
        say_command(line, 2)
