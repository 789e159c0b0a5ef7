"""`mcm backtest`: how good thresholds would have been, before the night they are needed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mcm.cli.complete import change_ids, stage_names
from mcm.cli.options import Json, Profile
from mcm.core.errors import Exit, UsageError

if TYPE_CHECKING:
    from decimal import Decimal

    from mcm.cli.compose import Project
    from mcm.core.judging.threshold import Rule
    from mcm.core.plans.plan import StagePlan
    from mcm.core.windows.window import Span


def register(app: typer.Typer) -> None:
    """Add this module's command to `app`."""
    app.command()(backtest)


def backtest(
    change: Annotated[
        str | None,
        typer.Argument(
            metavar="[CHANGE]", autocompletion=change_ids, help="By its plan; else by mcm.yaml."
        ),
    ] = None,
    stage: Annotated[
        str | None,
        typer.Option("--stage", autocompletion=stage_names, help="Its guardrails only."),
    ] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=454, help="How far to look back.")] = 14,
    csv: Annotated[
        Path | None,
        typer.Option(
            "--csv", metavar="FILE", help="History as timestamp,value; no project needed."
        ),
    ] = None,
    above: Annotated[
        str, typer.Option("--above", metavar="N", help="With --csv: more is beyond the bound.")
    ] = "",
    below: Annotated[
        str, typer.Option("--below", metavar="N", help="With --csv: less is beyond the bound.")
    ] = "",
    points: Annotated[
        str, typer.Option("--points", metavar="M/N", help="With --csv: M of N make a breach.")
    ] = "2/3",
    anomalies: Annotated[
        Path | None,
        typer.Option("--anomalies", metavar="FILE", help="Known incidents, as JSON spans."),
    ] = None,
    rate: Annotated[
        float, typer.Option("--rate", help="False alarms a week to suggest a bound for.")
    ] = 1.0,
    json: Json = False,
    profile: Profile = None,
) -> int:
    """Replay guardrails over history: false alarms with dates, time to detect, a better bound."""
    if csv is not None:
        return _of_file(csv, _rule(above, below, points), anomalies, rate, json=json)
    if above or below:
        raise UsageError(
            "--above and --below are for a file: name it with --csv",
            hint="Write --csv latency.csv --above 250.",
        )
    return _of_project(change, stage, days, anomalies, rate, profile, json=json)


def _of_project(
    change: str | None,
    stage: str | None,
    days: int,
    anomalies: Path | None,
    rate: float,
    profile: str | None,
    *,
    json: bool,
) -> int:
    from mcm.app.backtesting import backtest_stage
    from mcm.cli.backtest_text import tried_json, tried_lines
    from mcm.cli.compose import Project
    from mcm.cli.lines import say, show
    from mcm.core.backtests.tried import Terms

    project = Project.here(profile=profile)
    stages = _stages(project, change, stage)
    incidents = _incidents(anomalies, "")
    terms = Terms(project.clock.now(), days, incidents, rate)
    settle = project.service.settle
    say(f"reading {days} days of {', '.join(each.name for each in stages)}")
    found = [
        tried for each in stages for tried in backtest_stage(each, project.observer, settle, terms)
    ]
    if json:
        from mcm.cli.show_json import to_json

        print(to_json(tried_json(found, terms.now, days)))
        return Exit.DONE
    for line in tried_lines(found):
        show(line, 12)
    return Exit.DONE


def _stages(project: "Project", change: str | None, named: str | None) -> "list[StagePlan]":
    """Return the stages of a plan, or of mcm.yaml; raise UsageError for a name of none."""
    from mcm.config.definitions import definition_values
    from mcm.core.naming import find_stage
    from mcm.core.plans.planning import plan_stage

    if change is not None:
        stages = list(project.plan(project.pick_change(change)).stages)
    else:
        service, definitions = project.service, definition_values(project.definitions)
        stages = [plan_stage(service, config, definitions) for config in service.stages]
    if named is None:
        return stages
    name = find_stage(named, [each.name for each in stages])
    return [each for each in stages if each.name == name]


def _of_file(csv: Path, rule: "Rule", anomalies: Path | None, rate: float, *, json: bool) -> int:
    from mcm.app.series_file import read_series
    from mcm.cli.backtest_text import backtest_json, backtest_lines
    from mcm.cli.lines import show
    from mcm.core.judging.backtest import backtest as run

    history = read_series(read_file(csv), csv.name)
    found = run(history, rule, _incidents(anomalies, csv.name), rate)
    if json:
        from mcm.cli.show_json import to_json

        print(to_json({"version": 1, "file": csv.name, **backtest_json(found)}))
        return Exit.DONE
    for line in backtest_lines(found):
        show(line, 12)
    return Exit.DONE


def _incidents(path: Path | None, series: str) -> "tuple[Span, ...]":
    from mcm.app.series_file import read_incidents

    return read_incidents(read_file(path), path.name, series) if path is not None else ()


def read_file(path: Path) -> str:
    """Return the text of a file that somebody named; raise UsageError where there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as err:
        raise UsageError(f"{path} cannot be read: {err}") from err


def _rule(above: str, below: str, points: str) -> "Rule":
    from mcm.core.judging.threshold import Bound, Rule

    high, low = (_number(name, text) for name, text in (("--above", above), ("--below", below)))
    if high is None and low is None:
        raise UsageError("no threshold: write --above N or --below N")
    if high is not None and low is not None and low >= high:
        raise UsageError("--below must be less than --above, or everything is beyond the bound")
    first, _, second = points.partition("/")
    if not (first.isdigit() and second.isdigit() and 1 <= int(first) <= int(second) <= 1000):
        raise UsageError(f"--points cannot be {points[:40]!r}", hint="Write M/N, such as 2/3.")
    return Rule(Bound(high, low), int(first), int(second))


def _number(name: str, text: str) -> "Decimal | None":
    if not text:
        return None
    from decimal import Decimal

    try:
        found = Decimal(text)
    except ArithmeticError:
        found = Decimal("nan")
    if not found.is_finite():
        raise UsageError(f"{name} cannot be {text[:40]!r}", hint=f"Write a number: {name} 90.")
    return found
