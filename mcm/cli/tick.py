"""One turn and out: tick, and handing a walk over to whatever calls it."""

import json as json_module
import shlex
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcm.cli.options import Change, Json, Profile
from mcm.core.errors import Exit, McmError, UsageError, most_severe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mcm.app.notifying import Notifying
    from mcm.app.ports import Listener
    from mcm.app.ticking import Ticked, Ticker
    from mcm.cli.compose import Project
    from mcm.core.history.goal import GoForward
    from mcm.core.plans.plan import Plan
    from mcm.notify.message import Message


def register(app: typer.Typer) -> None:
    """Add this module's command to `app`."""
    app.command()(tick)


def tick(
    change: Change = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every change whose walk was begun and has not ended.")
    ] = False,
    json: Json = False,
    profile: Profile = None,
) -> int:
    """Turn walks that were begun until each would wait, and leave: for cron or a CI job.

    Leaves with the most severe code of all walks; 0 while work is under way.
    """
    from mcm.cli.compose import Project
    from mcm.cli.lines import say, show
    from mcm.cli.stand_in import stand_in
    from mcm.core import commands

    if every and change:
        raise UsageError("--all and a change's name do not go together: leave one of them out")
    project = Project.here(profile=profile)
    names = project.change_ids() if every else (project.pick_change(change),)
    broken = stand_in(project, lambda: _out_there(project, names))
    done = _tick(project, names, profile, broken)
    for each in done:
        if json:
            print(json_module.dumps(to_json(each), ensure_ascii=True))
        else:
            show(_to_text(each))
            _tell_way_on(each)
    _look_for_approvals(project, done)
    if not done:
        begin = commands.about("deploy", names[0] if len(names) == 1 else "CHANGE")
        say(f"no walk is begun and open; `{begin} --detach` begins one")
    codes = [each.exit for each in done]
    return most_severe([*codes, broken.exit_code] if broken else codes)


def _look_for_approvals(project: "Project", done: "Iterable[Ticked]") -> None:
    """Fetch, for the next tick, what others said of changes that wait to be approved.

    After the turns: nothing that goes back may wait for a remote.
    """
    from mcm.cli.wired import receive, wire_of
    from mcm.core.history.fold import fold
    from mcm.core.history.turn import Hold

    for each in done:
        if isinstance(each.step, Hold) and each.stage:
            stage = fold(project.journal.entries(each.change)).stage(each.stage)
            if "approval" in stage.gates:
                receive(wire_of(project, each.change))


def hand_over(project: "Project", goal: "GoForward", who: str, profile: str | None) -> Exit:
    """Begin the walk of `goal` and say how it goes on without this process."""
    from mcm.app.runner import start_walk
    from mcm.app.writer import Writer
    from mcm.cli.lines import say
    from mcm.cli.live import LineView
    from mcm.core import commands
    from mcm.core.duration import spell
    from mcm.core.walking.unwatched import longest_gap

    change, stage = goal.plan.change, goal.stages[0]
    view = LineView()
    start_walk(Writer(project.journal, change, view.lost), goal, who, project.clock)
    as_whom = f" --profile {shlex.quote(profile)}" if profile else ""
    say(f"the walk of {stage} is begun, and nothing drives it yet:")
    say(f"`{commands.about('tick', change)}{as_whom}` turns it once. In a crontab, each minute:")
    print(f"* * * * * cd {shlex.quote(str(project.root))} && mcm tick --all{as_whom}")
    gap = spell(longest_gap(goal.plan.poll))
    say(f"A bake that no tick has looked at for {gap} begins again.")
    say(f"Next: `{commands.about('watch', change)}` shows it.")
    return Exit.DONE


def _out_there(project: "Project", names: "tuple[str, ...]") -> "list[Plan]":
    """Return the plans of which a stage may be promoted and has not ended."""
    from mcm.app.driving import is_out_there
    from mcm.app.ticking import open_stages
    from mcm.core.history.fold import fold

    found = []
    for name in names:
        # A journal or plan that cannot be read is told with its change, in its turn.
        with suppress(McmError):
            state = fold(project.journal.entries(name))
            if any(is_out_there(state, stage) for stage in open_stages(state)):
                found.append(project.plan(name))
    return found


def _tick(
    project: "Project", names: "tuple[str, ...]", profile: str | None, broken: McmError | None
) -> "list[Ticked]":
    from mcm.app.told import note_told, told_before
    from mcm.cli.live import LineView
    from mcm.cli.telling import Everyone, notifying

    messengers: list[tuple[GoForward, Notifying]] = []

    with notifying(project) as send:

        def listen(goal: "GoForward") -> "Listener":
            view = LineView(prefix=f"{goal.plan.change}  ", waits=False)
            if send is None:
                return view
            messenger = _messenger(project, goal, send, told_before)
            messengers.append((goal, messenger))
            return Everyone([view, messenger])

        done = _ticker(project, profile, listen, broken).tick(names)
        for goal, messenger in messengers:
            keys = messenger.told_now
            note_told(project.journal, goal.plan.change, goal.stages[0], keys, project.clock.now())
    return done


def _messenger(
    project: "Project",
    goal: "GoForward",
    send: "Callable[[Message], None]",
    told_before: "Callable[..., Any]",
) -> "Notifying":
    from mcm.app.notifying import Notifying

    told = told_before(project.journal.entries(goal.plan.change), goal.stages[0])
    sandbox = project.service.sandbox
    return Notifying(goal, goal.plan.change, send, sandbox=sandbox, told=told)


def _ticker(
    project: "Project",
    profile: str | None,
    listen: "Callable[[GoForward], Listener]",
    broken: McmError | None,
) -> "Ticker":
    from mcm.app.planning import check_current
    from mcm.app.ticking import Ticker
    from mcm.cli.driving import this_process
    from mcm.cli.live import LineView
    from mcm.cli.saying import said_by

    def check(plan: "Plan") -> None:
        if broken is not None:
            raise broken
        check_current(project.files(plan.change), plan, project.journal)

    who = said_by(project, profile).partition("@")[0]
    return Ticker(
        project.runner(LineView()).fleet,
        project.leases,
        project.journal,
        this_process(project, who, "mcm tick"),
        project.plan,
        check,
        listen,
    )


def _state(each: "Ticked") -> tuple[str, str, str, str]:
    """Return state, gate, reason and hint."""
    from mcm.app.fleet import Ending, Trouble
    from mcm.core.history.turn import Hold, Wait

    step = each.step
    if isinstance(step, Trouble):
        end = step.ending()
        return "trouble", "", end.reason, end.hint
    if isinstance(step, Wait):
        return "under_way", "", step.why, ""
    if isinstance(step, Hold):
        return "held", step.gate, step.reason, step.hint
    if isinstance(step, Ending):
        return "ended", "", step.reason, step.hint
    return "driven", "", f"driven {step.text()}", ""


def _to_text(each: "Ticked") -> str:
    from mcm.core.sanitize import clean
    from mcm.core.sentences.sentence import shorten

    state, gate, reason, hint = _state(each)
    what = {
        "under_way": f"under way: {reason}",
        "held": f"held at the gate {gate}: {reason}",
        "ended": f"ended: {reason}",
        "driven": reason,
        "trouble": f"error: {reason}",
    }[state]
    where = f"{each.change} {each.stage}".rstrip()
    more = f" {hint}" if hint else ""
    return clean(f"{where}  {shorten(what)}{more}", 600)


def _tell_way_on(each: "Ticked") -> None:
    from mcm.cli.lines import say
    from mcm.core import commands
    from mcm.core.history.turn import Hold

    step = each.step
    if isinstance(step, Hold) and not step.hint:
        say(commands.way_on([(step.gate, step.reason)], each.change, each.stage).sentence())


def to_json(each: "Ticked") -> dict[str, Any]:
    """Return one walk's line of `mcm tick --json`."""
    from mcm.core import canonical
    from mcm.core.history.turn import Hold, Wait

    state, gate, reason, hint = _state(each)
    until = each.step.until if isinstance(each.step, Wait | Hold) else None
    return {
        "version": 1,
        "change": each.change,
        "stage": each.stage,
        "state": state,
        "gate": gate,
        "reason": reason,
        "hint": hint,
        "until": None if until is None else canonical.instant(until),
        "exit": int(each.exit),
    }
