"""The command that rehearses: drill. It reads AWS once and writes to a journal only."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from mcm.cli.complete import stage_names
from mcm.cli.options import Change, Json, Profile
from mcm.core.errors import Exit

if TYPE_CHECKING:
    from mcm.app.drill import Report, Row
    from mcm.core.plans.plan import Plan, StagePlan

_FORM = "{mark} {scenario:<36}{end:<14}{back:>8}{writes:>7}  {content}"


def register(app: typer.Typer) -> None:
    """Add this module's command to `app`."""
    app.command()(drill)


def drill(
    change: Change = None,
    stage: Annotated[
        str | None,
        typer.Option("--stage", autocompletion=stage_names, help="Only this stage."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Another seed, other chances.")] = 1,
    profile: Profile = None,
    json: Json = False,
) -> int:
    """Rehearse deploy, breach and rollback on a twin; sends nothing to AWS."""
    from mcm.app.drill import drill as play
    from mcm.app.drill import record_drill
    from mcm.app.planning import check_current
    from mcm.app.twin_reading import see_stages
    from mcm.cli.compose import Project
    from mcm.cli.lines import say
    from mcm.core import commands

    project = Project.here(profile=profile)
    name = project.pick_change(change)
    plan = project.plan(name)
    check_current(project.files(name), plan, project.journal)
    now = project.clock.now()
    seen = see_stages(plan, _stages(plan, stage), project.observer, now)
    reports = [play(each, now, seed=seed) for each in seen]
    for report in reports:
        record_drill(project.journal, report)
    if json:
        from mcm.cli.show_json import drill_json, to_json

        print(to_json(drill_json(reports)))
    else:
        _show(reports)
    say(f"kept in the journal; `{commands.about('render', name)}` puts it into the record")
    if not all(report.is_right for report in reports):
        plan_it = commands.about("plan", name)
        say(f"Next: mend what went wrong in mcm.yaml or in the pipeline, then `{plan_it}`.")
    return max((report.exit for report in reports), key=_severity)


def _stages(plan: "Plan", named: str | None) -> "tuple[StagePlan, ...]":
    from mcm.core.naming import find_stage

    if named is None:
        return plan.stages
    name = find_stage(named, [each.name for each in plan.stages])
    return tuple(each for each in plan.stages if each.name == name)


def _severity(code: Exit) -> int:
    """Rank a report's exit code among those that a report can have."""
    return (Exit.DONE, Exit.HELD, Exit.NEEDS_PERSON).index(code)


def _show(reports: "list[Report]") -> None:
    from mcm.cli.lines import show

    for report in reports:
        for line in report_lines(report):
            show(line)


def report_lines(report: "Report") -> Iterator[str]:
    """Yield what a drill showed, for a screen of 80 columns."""
    yield (
        f"{report.change} edition {report.edition}, {report.stage}: on a twin, seed {report.seed};"
        " nothing was sent to AWS"
    )
    head = _FORM.format(
        mark=" ", scenario="scenario", end="end", back="back in", writes="writes", content="content"
    )
    yield head
    before = ""
    for row in report.rows:
        yield from _row_lines(row, before)
        before = row.detail
    wrong = sum(1 for row in report.rows if not row.is_right)
    count = len(report.rows)
    yield (
        f"{wrong} of {count} do not end as they must" if wrong else f"all {count} end as they must"
    )
    yield "back in: from the breach to the old content, in the twin's time. Assumed:"
    for each in report.assumed:
        yield f"  - {each}"


def _row_lines(row: "Row", before: str) -> Iterator[str]:
    """Yield a scenario, and why it is not right unless the one before says the same."""
    from mcm.core.duration import spell

    back = "-" if row.back is None else spell(timedelta(seconds=round(row.back.total_seconds())))
    yield _FORM.format(
        mark=" " if row.is_right else "!",
        scenario=row.scenario,
        end=row.end,
        back=back,
        writes=row.writes,
        content=row.content,
    )
    if not row.is_right and row.detail != before:
        yield f"    {row.detail}"
