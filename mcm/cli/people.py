"""Commands for two people: request, approve, reject."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from mcm.cli.at_terminal import require_terminal
from mcm.cli.complete import stage_names
from mcm.cli.options import Change, Key, Offline, Profile
from mcm.cli.refusals import journaled
from mcm.core.errors import Exit

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from mcm.cli.compose import Project
    from mcm.cli.desk import KeyDesk
    from mcm.core.plans.plan import Plan, StagePlan

Paste = Annotated[
    bool, typer.Option("--paste", help="Print what was signed as text for a chat, too.")
]


def register(app: typer.Typer) -> None:
    """Add this module's commands to `app`."""
    app.command()(journaled(request))
    app.command()(journaled(approve))
    app.command()(journaled(reject))


def tool() -> str:
    """Return what statements name as the program that made them."""
    from mcm import __version__

    return f"mcm {__version__}"


def request(
    change: Change = None,
    key: Key = None,
    profile: Profile = None,
    offline: Offline = False,
    paste: Paste = False,
    expires: Annotated[
        str | None,
        typer.Option(
            "--expires", metavar="TIME", help="Ask until then: a time, or 48h; 7 d at most."
        ),
    ] = None,
) -> int:
    """Ask for the plan to be approved, signed with the requester's key."""
    from mcm.app.people import request as ask
    from mcm.app.planning import check_current
    from mcm.cli.approvers import OwnPeople, approver_lines
    from mcm.cli.compose import OPERATOR, Project
    from mcm.cli.console import console_lines
    from mcm.cli.desk import open_desk
    from mcm.cli.filing import print_blocks
    from mcm.cli.lines import say
    from mcm.cli.pinned import check_trust
    from mcm.cli.wired import send, wire_of

    project = Project.here(profile=profile)
    name = project.pick_change(change)
    plan = project.plan(name)
    wire = wire_of(project, name, offline=offline)
    check_trust(project)
    check_current(project.files(name), plan, project.journal)
    desk = open_desk(project, name, key, profile or OPERATOR)
    now = project.clock.now()
    said = ask(plan, desk, project.journal, now, tool(), _life(plan, expires, now))
    print(said.file)
    say(f"{desk.person} requests {name} edition {plan.edition}, plan {plan.digest[:12]}")
    for line in approver_lines(plan, OwnPeople(project).approvers(plan, plan.authors)):
        say(line)
    sent = send(wire, name)
    if paste:
        print_blocks(project, name, {said.digest})
    say(f"Next: a second person runs `mcm approve {name}`")
    for line in console_lines(plan):
        say(line)
    return Exit.DONE if sent else Exit.BLIND


def _life(plan: "Plan", expires: str | None, now: "datetime") -> "timedelta":
    """Return how long a request is to be valid, times by the first stage's clock."""
    from mcm.app.people import REQUEST_LIFE
    from mcm.cli.schedule import read_end
    from mcm.core.errors import UsageError
    from mcm.core.windows.hours import zone_of

    if expires is None:
        return REQUEST_LIFE
    zone = zone_of(plan.stages[0].window, plan.calendars)
    life = read_end(expires, zone, now) - now
    if not life.total_seconds() > 0 or life > REQUEST_LIFE:
        raise UsageError(f"--expires must be in the future, and within {REQUEST_LIFE.days} days")
    return life


def approve(
    change: Change = None,
    stage: Annotated[
        list[str] | None,
        typer.Option(
            "--stage", autocompletion=stage_names, help="Only this stage; may be repeated."
        ),
    ] = None,
    profile: Profile = None,
    key: Key = None,
    offline: Offline = False,
    paste: Paste = False,
) -> int:
    """Read what will happen, sign it stage by stage, and answer the pipeline's approval."""
    from mcm.app.people import (
        current_request,
        own_approval,
        refuse_author,
        refuse_rejected,
        refuse_self,
    )
    from mcm.app.planning import check_current
    from mcm.cli.answer import check_credentials
    from mcm.cli.compose import Project
    from mcm.cli.desk import open_desk
    from mcm.cli.filing import print_blocks
    from mcm.cli.pinned import check_trust
    from mcm.cli.wired import fetch_and_load, send
    from mcm.core.naming import find_stage

    require_terminal("approval", "mcm approve")
    project = Project.here(profile=profile)
    name, plan, wire = fetch_and_load(project, change, offline=offline)
    check_trust(project)
    check_current(project.files(name), plan, project.journal)
    known = [each.name for each in plan.stages]
    wanted = [find_stage(each, known) for each in stage] if stage else known
    stages = [each for each in plan.stages if each.name in wanted]
    desk = open_desk(project, name, key, profile)
    asked = current_request(plan, desk.inbox())
    now = project.clock.now()
    refuse_self(plan, stages[0].name, desk, asked, project.journal, now)
    for each in stages:
        refuse_author(plan, each, desk, project.journal, now)
        refuse_rejected(plan, each, desk, project.journal, now)
        desk.check_approver(each)
    approved = {s.name: own_approval(plan, s, desk, project.journal, now) for s in stages}
    fresh = [each for each in stages if approved[each.name] is None]
    if fresh:
        check_credentials(project, plan, fresh, desk.person, _caller(project, desk, profile))
        _show_and_ask(project, plan, fresh)
    code = Exit.DONE
    for each in stages:
        code = max(code, _approve_stage(project, plan, each, desk, profile))
    if paste:
        mine = [own_approval(plan, s, desk, project.journal, project.clock.now()) for s in stages]
        print_blocks(project, name, {each.digest for each in mine if each is not None})
    return code if send(wire, name) else max(code, Exit.BLIND)


def reject(
    reason: Annotated[str, typer.Option("--reason", help="Why not, in one line.")],
    change: Change = None,
    key: Key = None,
    profile: Profile = None,
    offline: Offline = False,
) -> int:
    """Say no: the request ends, and nothing is promoted on it."""
    from mcm.app.people import reject as say_no
    from mcm.cli.compose import Project
    from mcm.cli.desk import open_desk
    from mcm.cli.lines import say
    from mcm.cli.wired import fetch_and_load, send

    project = Project.here(profile=profile)
    name, plan, wire = fetch_and_load(project, change, offline=offline)
    desk = open_desk(project, name, key, profile)
    said = say_no(plan, desk, reason, project.journal, project.clock.now(), tool())
    print(said.file)
    say(f"{desk.person} rejected {name} edition {plan.edition}")
    sent = send(wire, name)
    say("Next: mend the change, then `mcm plan` and a new `mcm request`.")
    return Exit.DONE if sent else Exit.BLIND


def _show_and_ask(project: "Project", plan: "Plan", stages: "list[StagePlan]") -> None:
    """Show what will be signed; go on only when the change's id has been typed."""
    from mcm.app.people import valid_until
    from mcm.cli.lines import DeclinedError, show
    from mcm.cli.plan_text import plan_lines
    from mcm.core.commands import rollback

    for line in plan_lines(plan):
        show(line)
    _show_authors(project, plan)
    now = project.clock.now()
    print("You sign, with your own key and for this plan only:")
    for stage in stages:
        until = valid_until(stage, plan, now)
        show(f"  {stage.name}: valid until {_when(stage, until, now)}; void on any change of plan")
        print(f"  {stage.name}: taken back by `{rollback(stage.name)}`")
    print(f"Type {plan.change} to approve, anything else to leave: ", end="", flush=True)
    typed = sys.stdin.readline().strip()
    if typed != plan.change:
        raise DeclinedError(f"not approved: {plan.change} was not typed")


def _show_authors(project: "Project", plan: "Plan") -> None:
    """Show who wrote it by the plan, and what this person's own clone says otherwise."""
    from mcm.cli.approvers import OwnPeople, approver_lines
    from mcm.cli.lines import show
    from mcm.core.sanitize import clean

    people = OwnPeople(project)
    for line in approver_lines(plan, people.approvers(plan, plan.authors)):
        show(line)
    more = sorted(set(people.wrote(plan.packages).authors) - set(plan.authors))
    if more:
        names = ", ".join(clean(name, 80) for name in more[:8])
        show(f"  warning: by your own clone these wrote part of it, too: {names}")


def _approve_stage(
    project: "Project", plan: "Plan", stage: "StagePlan", desk: "KeyDesk", profile: str | None
) -> Exit:
    from mcm.app.people import approve as sign_one
    from mcm.app.people import current_request, own_approval
    from mcm.cli.answer import answer_gate
    from mcm.cli.lines import say

    now = project.clock.now()
    mine = own_approval(plan, stage, desk, project.journal, now)
    if mine is None:
        asked = current_request(plan, desk.inbox())
        said = sign_one(plan, stage, desk, asked, project.journal, now, tool())
        print(said.file)
        say(f"{desk.person} approved {plan.change} for {stage.name}: {said.counts}")
        digest = said.digest
    else:
        say(f"{desk.person} has approved {plan.change} for {stage.name} already")
        digest = mine.digest
    return answer_gate(project, plan, stage, digest, _caller(project, desk, profile))


def _caller(project: "Project", desk: "KeyDesk", profile: str | None) -> str | None:
    """Return the profile to answer with: the one named, in the sandbox the signer's own."""
    return profile or (desk.person if project.service.sandbox else None)


def _when(stage: "StagePlan", until: "datetime", now: "datetime") -> str:
    """Spell an instant in the zone of the stage's window."""
    from mcm.core.windows.hours import zone_of
    from mcm.core.windows.zone import spell_local

    return spell_local(until, zone_of(stage.window), now)
