"""`mcm backtest`: how good thresholds would have been, before the night they are needed."""

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mcm.cli.options import Json
from mcm.core.errors import Exit, UsageError

if TYPE_CHECKING:
    from mcm.core.threshold import Rule
    from mcm.core.window import Span


def register(app: typer.Typer) -> None:
    """Add this module's command to `app`."""
    app.command()(backtest)


def backtest(
    csv: Annotated[
        Path | None,
        typer.Option(
            "--csv", metavar="FILE", help="History as timestamp,value; no project needed."
        ),
    ] = None,
    above: Annotated[
        str, typer.Option("--above", metavar="N", help="More than this is beyond the bound.")
    ] = "",
    below: Annotated[
        str, typer.Option("--below", metavar="N", help="Less than this is beyond the bound.")
    ] = "",
    points: Annotated[
        str, typer.Option("--points", metavar="M/N", help="How many of N periods make a breach.")
    ] = "2/3",
    anomalies: Annotated[
        Path | None,
        typer.Option("--anomalies", metavar="FILE", help="Known incidents, as JSON spans."),
    ] = None,
    rate: Annotated[
        float, typer.Option("--rate", help="False alarms a week to suggest a bound for.")
    ] = 1.0,
    json: Json = False,
) -> int:
    """Replay thresholds over history: false alarms with dates, time to detect, a better bound."""
    if csv is None:
        raise UsageError(
            "name the history: --csv FILE", hint="Write --csv latency.csv --above 250."
        )
    return _of_file(csv, _rule(above, below, points), anomalies, rate, json=json)


def _of_file(csv: Path, rule: "Rule", anomalies: Path | None, rate: float, *, json: bool) -> int:
    from mcm.app.series_file import read_series
    from mcm.cli.backtest_text import backtest_json, backtest_lines
    from mcm.cli.lines import show
    from mcm.core.backtest import backtest as run

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
    from mcm.core.threshold import Bound, Rule

    high, low = (_number(name, text) for name, text in (("--above", above), ("--below", below)))
    if high is None and low is None:
        raise UsageError("no threshold: write --above N or --below N")
    if high is not None and low is not None and low >= high:
        raise UsageError("--below must be less than --above, or everything is beyond the bound")
    first, _, second = points.partition("/")
    if not (first.isdigit() and second.isdigit() and 1 <= int(first) <= int(second) <= 1000):
        raise UsageError(f"--points cannot be {points[:40]!r}", hint="Write M/N, such as 2/3.")
    return Rule(Bound(high, low), int(first), int(second))


def _number(name: str, text: str) -> Decimal | None:
    if not text:
        return None
    try:
        found = Decimal(text)
    except ArithmeticError:
        found = Decimal("nan")
    if not found.is_finite():
        raise UsageError(f"{name} cannot be {text[:40]!r}", hint=f"Write a number: {name} 90.")
    return found
