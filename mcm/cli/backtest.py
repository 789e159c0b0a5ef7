"""`mcm backtest`: how good thresholds would have been, before the night they are needed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mcm.cli.complete import change_ids, stage_names
from mcm.cli.options import Json, Profile
from mcm.core.errors import Exit, UsageError

if TYPE_CHECKING:
    from decimal import Decimal

    from mcm.core.judging.threshold import Rule


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
    graph: Annotated[
        Path | None,
        typer.Option("--graph", metavar="FILE.svg", help="Draw it; several get names beside it."),
    ] = None,
    record: Annotated[
        bool, typer.Option("--record", help="Draw it into the record of CHANGE.")
    ] = False,
    json: Json = False,
    profile: Profile = None,
) -> int:
    """Replay guardrails over history: false alarms with dates, time to detect, a better bound."""
    _check_asked(csv, change, graph, is_bounded=bool(above or below), record=record)
    if not rate >= 0:  # so that NaN, which is like no number, is none either
        raise UsageError(f"--rate cannot be {rate}", hint="Write false alarms a week: --rate 0.5.")
    if csv is not None:
        rule = _rule(above, below, points)
        return _of_file(csv, rule, anomalies, rate, graph, json=json)
    from mcm.cli.backtest_project import Request, of_project

    request = Request(change, stage, days, anomalies, rate, graph, record=record)
    return of_project(request, profile, json=json)


def _check_asked(
    csv: Path | None, change: str | None, graph: Path | None, *, is_bounded: bool, record: bool
) -> None:
    """Raise UsageError for options that do not go together."""
    if graph is not None and graph.suffix != ".svg":
        raise UsageError(f"--graph draws SVG: write {graph.with_suffix('.svg').name}")
    if record and (csv is not None or change is None):
        raise UsageError("--record is for a change: write `mcm backtest CHANGE --record`")
    if csv is None and is_bounded:
        raise UsageError(
            "--above and --below are for a file: name it with --csv",
            hint="Write --csv latency.csv --above 250.",
        )
    if graph is not None or record:
        from mcm.cli.graphs import check_library

        check_library()


def _of_file(
    csv: Path,
    rule: "Rule",
    anomalies: Path | None,
    rate: float,
    graph: Path | None,
    *,
    json: bool,
) -> int:
    from mcm.app.series_file import read_series
    from mcm.cli.backtest_files import read_file, read_spans
    from mcm.cli.backtest_text import backtest_json, backtest_lines
    from mcm.cli.lines import show
    from mcm.core.judging.backtest import backtest as run

    history = read_series(read_file(csv), csv.name)
    found = run(history, rule, read_spans(anomalies, csv.name), rate)
    if graph is not None:
        from mcm.cli.graphs import write_graph
        from mcm.core.backtests.picture import backtest_graph

        write_graph(graph, backtest_graph(found, "", csv.stem, csv.stem))
    if json:
        from mcm.cli.show_json import to_json

        print(to_json({"version": 1, "file": csv.name, **backtest_json(found)}))
        return Exit.DONE
    for line in backtest_lines(found):
        show(line, 12)
    return Exit.DONE


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
    from math import isfinite

    try:
        found = Decimal(text)
    except ArithmeticError:
        found = Decimal("nan")
    if not isfinite(found):
        raise UsageError(f"{name} cannot be {text[:40]!r}", hint=f"Write a number: {name} 90.")
    return found
