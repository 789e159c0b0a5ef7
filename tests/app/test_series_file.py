"""A history from CSV and incidents from JSON: what is read, and what is refused with its line."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from mcm.app.series_file import read_incidents, read_series
from mcm.core.errors import UsageError
from mcm.core.windows.window import Span

FIVE = timedelta(minutes=5)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_lines_become_periods_and_gaps_have_no_data() -> None:
    found = read_series(
        "timestamp,value\n2026-03-18 02:00:00,1\n2026-03-18 02:05:00,2.5\n2026-03-18 02:15:00,3\n"
        "2026-03-18 02:20:00,4\n",
        "a.csv",
    )

    assert (found.start, found.period) == (at("2026-03-18T02:00"), FIVE)
    assert found.values == [Decimal(1), Decimal("2.5"), None, Decimal(3), Decimal(4)]


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-18T02:00Z,1\n2026-03-18T02:05Z,2\n2026-03-18T02:10Z,3\n",
        "2026-03-18T03:00+01:00,1\n2026-03-18T03:05+01:00,2\n2026-03-18T03:10+01:00,3\n",
        "1773799200,1\n1773799500,2\n1773799800,3\n",
        "\ufeffvalue,time\n1,2026-03-18 02:00\n2,2026-03-18 02:05\n\n3,2026-03-18 02:10\n",
        "2026-03-18 02:10,3\n2026-03-18 02:00,1\n2026-03-18 02:05,2\n",
    ],
    ids=["z", "offset", "epoch", "heading", "order"],
)
def test_times_may_be_written_in_several_ways(text: str) -> None:
    found = read_series(text, "a.csv")

    assert found.start == at("2026-03-18T02:00")
    assert found.values == [Decimal(1), Decimal(2), Decimal(3)]


def test_several_points_of_a_period_are_averaged() -> None:
    text = "".join(f"2026-03-18 02:{minute:02d},{minute}\n" for minute in (0, 5, 7, 10, 15))

    assert read_series(text, "a.csv").values == [Decimal(0), Decimal(6), Decimal(10), Decimal(15)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has 0 points"),
        ("2026-03-18 02:00,1\n2026-03-18 02:05,2\n", "has 2 points"),
        ("2026-03-18 02:00,1\nyesterday,2\n", "a.csv:2: no time: 'yesterday'"),
        ("2026-03-18 02:00,1\n0001-01-01T00:00+23:00,1\n", "a.csv:2: no time: '0001-01-01T00:00"),
        ("2026-03-18 02:00,1\n2026-03-18 02:01\n", "a.csv:2: 1 columns, too few"),
        ("2026-03-18 02:00,1\n2026-03-18 02:05,x\n", "a.csv:2: no number: 'x'"),
        ("2026-03-18 02:00,1\n2026-03-18 02:05,nan\n", "a.csv:2: no number"),
        ("2026-03-18 02:00,1\n2026-03-18 02:05\n", "a.csv:2"),
        ("2026-03-18 02:00,1\n" * 3, "there is no period"),
        ("2026-03-18 02:00:00,1\n2026-03-18 02:00:01,1\n2126-03-18 02:05,1\n", "more than 1000000"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_series(text, "a.csv")


def test_incidents_are_a_list_or_a_list_by_file() -> None:
    pair = '["2026-03-18 02:00:00.000000", "2026-03-18T05:00Z"]'
    expected = (Span(at("2026-03-18T02:00"), at("2026-03-18T05:00")),)

    assert read_incidents(f"[{pair}]", "i.json", "a.csv") == expected
    assert read_incidents(f'{{"a.csv": [{pair}]}}', "i.json", "dir/a.csv") == expected
    assert read_incidents("[]", "i.json", "a.csv") == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is no JSON"),
        ('{"b.csv": []}', "has no incidents of a.csv"),
        ('[["2026-03-18T05:00Z"]]', "incident 1 cannot be read"),
        ('[["2026-03-18T05:00Z", "soon"]]', "no time: 'soon'"),
        ('[["2026-03-18T05:00Z", "2026-03-18T04:00Z"]]', "ends before it starts"),
        ("3", "incident 1 cannot be read"),
    ],
)
def test_incidents_that_cannot_be_read_are_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_incidents(text, "i.json", "a.csv")
