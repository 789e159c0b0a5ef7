"""Commands that write a change: lint, plan, render."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from mcm.cli.options import Change, Graphs, Json, Profile
from mcm.cli.refusals import journaled
from mcm.core.errors import Exit, UsageError

if TYPE_CHECKING:
    from mcm.app.planning import Planned
    from mcm.cli.compose import Project
    from mcm.core.plans.plan import Plan


def register(app: typer.Typer) -> None:
    """Add this module's commands to `app`."""
    app.command()(lint)
    app.command()(journaled(plan))
    app.command()(render)


def lint(
    change: Change = None,
    aws: Annotated[
        bool, typer.Option("--aws", help="Look at alarms and traffic in AWS, too; reads only.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    sarif: Annotated[
        bool, typer.Option("--sarif", help="Print them as SARIF 2.1.0, for code hosts.")
    ] = False,
    profile: Profile = None,
) -> int:
    """Read mcm.yaml and change.yaml; list everything that is wrong, and what to write.

    Each finding names its rule; docs/lint-rules.md says what each is for.
    """
    from mcm import __version__
    from mcm.app.lint import Level, count
    from mcm.app.sarif import to_sarif
    from mcm.cli.compose import Project
    from mcm.cli.lines import say, show
    from mcm.cli.lint import find_problems, lint_json, lint_lines
    from mcm.cli.show_json import to_json

    if json and sarif:
        raise UsageError("--json and --sarif are two forms of one list", hint="Take one of them.")
    project = Project.here(profile=profile)
    names = (change,) if change else project.change_ids()
    found = find_problems(project, names, everywhere=change is None, aws=aws)
    if json or sarif:
        print(to_json(to_sarif(found, __version__) if sarif else lint_json(found)))
    for line in () if json or sarif else lint_lines(found):
        show(line)
    errors, warnings = (count(found, level) for level in (Level.ERROR, Level.WARNING))
    of = f"in mcm.yaml and {len(names)} change{'s' * (len(names) != 1)}"
    counts = f"{errors} error{'s' * (errors != 1)} and {warnings} warning{'s' * (warnings != 1)}"
    say(f"{counts} {of}" if found else f"no problems {of}")
    return Exit.USAGE if errors else Exit.DONE


def plan(change: Change = None, profile: Profile = None, json: Json = False) -> int:
    """Look at AWS and freeze what will happen into plan.json."""
    import sys

    from mcm.app.planning import plan_change
    from mcm.cli.approvers import OwnPeople, approver_lines
    from mcm.cli.compose import Project
    from mcm.cli.lines import say, show
    from mcm.cli.plan_text import plan_lines
    from mcm.core.plans.forecast import spell_walk, walk_calendar
    from mcm.core.plans.stage_hours import hours_of_plan
    from mcm.core.sanitize import clean
    from mcm.core.walking.cost import estimate

    project = Project.here(profile=profile)
    now = project.clock.now()
    name = project.pick_change(change)
    people = OwnPeople(project)
    planned = plan_change(
        project.files(name), project.observer, project.folder(name), project.journal, people
    )
    known = people.approvers(planned.plan, planned.plan.authors)
    if people.problem:
        say(f"warning: {clean(people.problem, 400)}")
    if json:
        sys.stdout.write(planned.plan.to_bytes().decode() + "\n")
    else:
        for line in plan_lines(planned.plan, planned.proofs):
            show(line)
        legs = walk_calendar([hours_of_plan(planned.plan, s) for s in planned.plan.stages], now)
        show(f"calendar: {clean(spell_walk(legs, now), 600)}")
        for each in planned.plan.stages:
            if told := estimate(planned.plan, each, now).sentence():
                show(f"{each.name}: {told}")
        if (budget := project.service.budget) is not None:
            show(f"budget: {budget:f} USD for the watch of a stage")
        print()
        for line in approver_lines(planned.plan, known):
            show(line)
    _tell(project, planned)
    _tell_budget(project, planned.plan)
    return Exit.DONE


def _tell_budget(project: "Project", plan: "Plan") -> None:
    """Warn of each stage whose start the budget will refuse."""
    from mcm.cli.lines import say
    from mcm.config.limits import POLL_MOST
    from mcm.core.walking.cost import estimate, over_budget

    for each in plan.stages:
        cost = estimate(plan, each, project.clock.now())
        over = over_budget(cost, each.name, plan.poll, POLL_MOST, project.service.budget)
        if over:
            say(f"warning: {over[0]}: its deploy will be refused")
            say(over[1])


def _tell(project: "Project", planned: "Planned") -> None:
    from mcm.cli.lines import say

    plan = planned.plan
    for line in planned.warnings:
        say(f"warning: {line}")
    if planned.differences:
        say(f"edition {plan.edition} takes the place of the one before; approvals of that are void")
        for line in planned.differences:
            say(f"  {line}")
    if planned.is_new:
        say(f"Next: {plan.requester} runs `mcm request {plan.change}`.")
    else:
        say(f"edition {plan.edition} stands: nothing has changed")
        if following := _next_command(project, plan.change):
            say(f"Next: `{following}`.")


def _next_command(project: "Project", change: str) -> str:
    """Return what leads on from where the change stands; empty when nothing does."""
    from mcm.app.status import read_status
    from mcm.cli.show import next_command

    stands = read_status(change, project.folder(change).read_plan(), project.journal)
    found = (next_command(change, stage) for stage in stands.stages)
    return next((command for command in found if command), "")


class Format(StrEnum):
    """What a record can be written as."""

    md = "md"
    html = "html"


def render(
    change: Change = None,
    form: Annotated[
        Format | None,
        typer.Option("--format", help="Markdown (record.md, the default) or one HTML file."),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Write nothing; 2 when it, or without CHANGE any record, is stale."
        ),
    ] = False,
    graphs: Graphs = False,
    profile: Profile = None,
) -> int:
    """Write the record, record.md or record.html, from the plan and the journal."""
    from mcm.cli.compose import Project
    from mcm.cli.folder import replace_file
    from mcm.cli.record import Page, check_records, current_record

    project = Project.here(profile=profile)
    if check and not graphs:
        check_records(project, change, form)
        return Exit.DONE
    name = project.pick_change(change)
    if graphs:
        from mcm.cli.graphs import draw_graphs

        draw_graphs(project, name)
    if check:
        check_records(project, name, form)
        return Exit.DONE
    page = Page(project, name, current_record(project, name))
    path, data = page.html() if form is Format.html else page.markdown()
    replace_file(path, data)
    print(path.relative_to(project.root))
    return Exit.DONE
