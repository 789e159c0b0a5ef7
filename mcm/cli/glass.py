"""Commands for the emergency that cannot wait for a second person: break-glass, review."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from mcm.cli.at_terminal import require_terminal
from mcm.cli.complete import stage_names
from mcm.cli.options import Change, Key, Offline, Profile
from mcm.cli.people import tool
from mcm.cli.refusals import journaled
from mcm.core.errors import Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mcm.cli.compose import Project
    from mcm.core.history.journal import Entry
    from mcm.core.plans.plan import Plan, StagePlan
    from mcm.core.trust.statement import Opening

Stage = Annotated[
    str, typer.Option("--stage", autocompletion=stage_names, help="The one stage it is for.")
]


def register(app: typer.Typer) -> None:
    """Add this module's commands to `app`."""
    app.command("break-glass")(journaled(break_glass))
    app.command()(journaled(review))


def break_glass(
    stage: Stage,
    reason: Annotated[
        str, typer.Option("--reason", help="What is broken, and why it cannot wait.")
    ],
    ticket: Annotated[str, typer.Option("--ticket", help="Where the emergency is written down.")],
    change: Change = None,
    exception: Annotated[
        list[str] | None,
        typer.Option(
            "--exception",
            metavar="GATE:REASON",
            help="Open window, check or freeze:NAME as well, and say why; may be repeated.",
        ),
    ] = None,
    key: Key = None,
    profile: Profile = None,
    offline: Offline = False,
) -> int:
    """Go forward alone, for one stage and half an hour; another person reviews it in a day.

    Needs the role breakglass. Going back needs no glass: `mcm rollback` asks nobody.
    """
    from mcm.app import break_glass as app
    from mcm.app.planning import check_current
    from mcm.cli.answer import answer_gate
    from mcm.cli.compose import Project
    from mcm.cli.desk import open_desk
    from mcm.cli.lines import say
    from mcm.cli.pinned import check_trust, glasses_of
    from mcm.cli.saying import one_line
    from mcm.cli.wired import fetch_and_load, send
    from mcm.core import commands

    require_terminal("broken glass", "mcm break-glass")
    project = Project.here(profile=profile)
    # Whoever goes forward alone drives the change from here, also where they were a guest.
    name, plan, wire = fetch_and_load(project, change, offline=offline, guest=False)
    words = (one_line(reason), one_line(ticket), tuple(map(read_exception, exception or ())))
    app.check_words(*words)
    check_trust(project)
    check_current(project.files(name), plan, project.journal)
    planned = _stage(plan, stage)
    desk = open_desk(project, name, key, profile)
    desk.check_role(planned, "breakglass")
    now = project.clock.now()
    app.check_allowed(plan, planned, glasses_of(project), project.journal, desk.person, now)
    _show_and_ask(plan, planned, words)
    now = project.clock.now()
    broken = app.break_glass(plan, planned, desk, project.journal, words, now, tool())
    print(broken.file)
    said = broken.statement.statement
    say(f"{desk.person} broke the glass of {name} for {planned.name}, until {_time(said.expires)}")
    _tell(project, plan, planned, broken.entries)
    send(wire, name)
    caller = profile or (desk.person if project.service.sandbox else None)
    code = answer_gate(project, plan, planned, broken.statement.digest, caller)
    say(f"Next: `{commands.deploy(name, planned.name)}`; then, within a day, somebody else runs")
    say(f"`{commands.review(name, planned.name)}`, or no deploy of the service goes on.")
    return code


def review(
    stage: Annotated[
        str, typer.Option("--stage", autocompletion=stage_names, help="The stage it was for.")
    ],
    change: Change = None,
    reason: Annotated[str, typer.Option("--reason", help="What you found, in one line.")] = "",
    key: Key = None,
    profile: Profile = None,
    offline: Offline = False,
) -> int:
    """Say, signed, that you have looked at a broken glass; for an approver who did not break it."""
    from mcm.app import break_glass as app
    from mcm.cli.compose import Project
    from mcm.cli.desk import open_desk
    from mcm.cli.lines import say
    from mcm.cli.pinned import check_trust, glasses_of
    from mcm.cli.saying import one_line
    from mcm.cli.wired import fetch_and_load, send

    require_terminal("review", "mcm review")
    project = Project.here(profile=profile)
    name, plan, wire = fetch_and_load(project, change, offline=offline)
    check_trust(project)
    planned = _stage(plan, stage)
    found = app.to_review(glasses_of(project), name, planned.name)
    desk = open_desk(project, name, key, profile)
    app.check_reviewer(found, desk, project.journal, project.clock.now())
    desk.check_role(planned, "approver")
    for line in _glass_lines(found.by, found.reason, found.ticket):
        print(line)
    print(f"  at         {found.at:%Y-%m-%d %H:%M:%S}Z, for {planned.name}")
    print(f"  see also   mcm log {name}")
    _ask(name, "review it")
    now = project.clock.now()
    why = one_line(reason) if reason else ""
    print(app.review(plan, found, desk, why, project.journal, now, tool()))
    say(f"{desk.person} reviewed what {found.by} did alone; nothing waits for it any more")
    return Exit.DONE if send(wire, name) else Exit.BLIND


def read_exception(text: str) -> "Opening":
    """Read `window:REASON`, `check:REASON` or `freeze:NAME:REASON`; else UsageError."""
    from mcm.cli.saying import one_line
    from mcm.core.trust.statement import Opening

    gate, colon, reason = text.partition(":")
    if gate == "freeze":
        name, colon, reason = reason.partition(":")
        gate = f"freeze:{name}"
    if not colon or not reason.strip():
        raise UsageError(
            f"--exception {text[:60]!r} names no gate with a reason",
            hint='Write it as --exception "window:why it cannot wait", or freeze:NAME:why.',
        )
    return Opening(gate.strip(), one_line(reason))


def _stage(plan: "Plan", named: str) -> "StagePlan":
    from mcm.core.naming import find_stage

    name = find_stage(named, [each.name for each in plan.stages])
    return next(each for each in plan.stages if each.name == name)


def _show_and_ask(
    plan: "Plan", stage: "StagePlan", words: "tuple[str, str, tuple[Opening, ...]]"
) -> None:
    from mcm.cli.lines import show
    from mcm.cli.plan_text import plan_lines
    from mcm.core.commands import rollback
    from mcm.core.sanitize import clean

    reason, ticket, opens = words
    for line in _glass_lines("you", reason, ticket):
        show(line)
    for each in opens:
        show(f"  opens      {each.gate}: {clean(each.reason, 300)}")
    print()
    for line in plan_lines(plan):
        show(line)
    print()
    print(f"You sign, alone, for {stage.name} and half an hour. Everybody is told.")
    print(f"It is taken back by `{rollback(stage.name)}`, which needs nobody.")
    _ask(plan.change, "break the glass")


def _glass_lines(who: str, reason: str, ticket: str) -> "Iterable[str]":
    from mcm.core.sanitize import clean

    yield f"BREAKING THE GLASS: nobody approved it; {who} alone"
    yield f"  reason     {clean(reason, 500)}"
    yield f"  ticket     {clean(ticket, 200)}"


def _ask(change: str, what: str) -> None:
    from mcm.cli.lines import DeclinedError

    print(f"Type {change} to {what}, anything else to leave: ", end="", flush=True)
    if sys.stdin.readline().strip() != change:
        raise DeclinedError(f"nothing done: {change} was not typed")


def _tell(project: "Project", plan: "Plan", stage: "StagePlan", entries: "Sequence[Entry]") -> None:
    """Tell every channel now, before anything is sent to AWS."""
    from mcm.app.notifying import Notifying
    from mcm.cli.telling import notifying
    from mcm.core.history.goal import GoForward

    with notifying(project) as send:
        if send is not None:
            goal = GoForward(plan, (stage.name,))
            sandbox = project.service.sandbox
            Notifying(goal, plan.change, send, sandbox=sandbox).wrote(entries)


def _time(moment: object) -> str:
    return f"{moment:%H:%M:%S}Z"
