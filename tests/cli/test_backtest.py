"""`mcm backtest --csv`: a threshold over a file, without a project, in words and as JSON."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mcm.cli.backtest_text import tried_json, tried_lines
from mcm.cli.main import run
from mcm.core.backtests.alarms import RE_EVALUATED
from mcm.core.backtests.tried import Tried
from mcm.core.plans.plan import Guardrail
from tests.app.test_backtesting import Past, alarms, threshold
from tests.app.test_backtesting import replayed as tried_of
from tests.cli.test_show_json import documented, objects

START = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def series(tmp_path: Path) -> Path:
    """Write two weeks of hours around 50, with two nights of 95 and one hour of 92."""
    high = {30: 95, 31: 95, 200: 92, 250: 97, 251: 97, 252: 91}
    rows = [
        f"{START + timedelta(hours=n):%Y-%m-%d %H:%M:%S},{high.get(n, 45 + n % 10)}"
        for n in range(14 * 24)
        if n != 100
    ]
    path = tmp_path / "cpu.csv"
    path.write_text("timestamp,value\n" + "\n".join(rows) + "\n")
    return path


@pytest.fixture
def incidents(tmp_path: Path) -> Path:
    path = tmp_path / "incidents.json"
    path.write_text('{"cpu.csv": [["2026-03-12T09:00Z", "2026-03-12T15:00Z"]]}')
    return path


def test_what_a_threshold_was_worth(
    series: Path, incidents: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["backtest", "--csv", str(series), "--above", "90", "--anomalies", str(incidents)]

    assert run(words) == 0
    assert capsys.readouterr().out.splitlines() == [
        (
            "series      Mon 02 Mar 00:00 UTC, 14.0 days of 1h: min 45, median 50, p99 95, max 97;"
            " 1 of 336 periods without data"
        ),
        "rule        above 90, 2 of 3 periods",
        "alarms      2: 1 false, 0.5 a week",
        "incidents   1 known, 1 noticed, precision 50%, median delay 3h",
        "  noticed   Thu 12 Mar 09:00 UTC, after 3h",
        "  false     Tue 03 Mar 08:00 UTC, for 1h, at worst 95",
        "suggestion  above 54: 0.5 false alarms a week here; 1 of 1 incidents noticed",
    ]


def test_a_threshold_that_never_fires_says_why(
    series: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["backtest", "--csv", str(series), "--above", "99"]) == 0
    assert "never fires no period was ever beyond the bound: the highest is 97" in (
        capsys.readouterr().out
    )


def test_json_is_what_the_page_says(
    series: Path, incidents: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = f"backtest --csv {series} --above 90 --anomalies {incidents} --json"

    assert run(words.split()) == 0
    document = json.loads(capsys.readouterr().out)
    parts = {"alarms": "alarm_span", "false_alarms": "alarm_span"}
    printed = dict(objects("backtest", document, parts))
    assert {name: documented()[name] for name in printed} == printed
    assert document["delay_ms"] == 3 * 3_600_000
    assert document["suggestion"]["above"] == 54


def test_a_graph_marks_alarms_and_incidents_and_is_the_same_each_time(
    series: Path, incidents: Path, tmp_path: Path
) -> None:
    path = tmp_path / "cpu.svg"
    words = f"backtest --csv {series} --above 90 --anomalies {incidents} --graph {path}".split()
    assert run(words) == 0
    drawn = path.read_text()
    assert run(words) == 0

    assert path.read_text() == drawn
    assert "1 false alarm, 1 right alarm, 1 incident noticed." in drawn
    assert "▼ false alarm · ● right alarm · ▬ incident noticed" in drawn
    assert "beyond: &gt; 90" in drawn


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--above 5", "are for a file"),
        ("--csv FILE --above 5 --graph it.png", "write it.svg"),
        ("--csv FILE --above 5 --record", "--record is for a change"),
        ("--csv FILE", "no threshold"),
        ("--csv FILE --above x", "--above cannot be 'x'"),
        ("--csv FILE --above 1e999", "--above cannot be '1e999'"),
        ("--csv FILE --above 5 --rate nan", "--rate cannot be nan"),
        ("--csv FILE --above 5 --rate=-1", "--rate cannot be -1"),
        ("--csv /dev/zero --above 5", "/dev/zero is longer than"),
        ("--csv FILE --above 5 --below 6", "--below must be less"),
        ("--csv FILE --above 5 --points 3/2", "--points cannot be '3/2'"),
        ("--csv FILE --above 5 --points two", "--points cannot be 'two'"),
        ("--csv nowhere.csv --above 5", "nowhere.csv cannot be read"),
    ],
)
def test_mistakes_are_told(
    words: str, message: str, series: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["backtest", *words.replace("FILE", str(series)).split()]) == 2
    assert message in capsys.readouterr().err


def replayed() -> list[Tried]:
    health = Guardrail("http-health", "http-health", {}, "roll_back")
    return list(tried_of(Past(), threshold(), alarms("latency", "gone"), health))


def test_guardrails_are_told_with_how_they_were_judged() -> None:
    lines = list(tried_lines(replayed()))

    assert lines[0] == "prod-us  metric-threshold: Sum of Invocation5XXErrors"
    assert "alarms      1: 1 false, 0.5 a week" in lines
    assert "prod-us  alarms: latency" in lines
    assert f"note        {RE_EVALUATED}" in lines
    assert "no result   CloudWatch has no alarm of that name" in lines
    assert lines[-3:-1] == [
        "prod-us  http-health",
        "no result   nothing is kept of what it looks at",
    ]


def test_json_of_a_project_is_what_the_page_says() -> None:
    document = tried_json(replayed(), START, 14)
    parts = {"guardrails": "guardrail_tried", "result": "backtest"}
    printed = dict(objects("backtests", json.loads(json.dumps(document)), parts))
    whole = documented()

    assert printed["backtests"] == whole["backtests"]
    assert printed["guardrail_tried"] == whole["guardrail_tried"]
    assert printed["backtest"] == whole["backtest"] - {"version", "file"}
