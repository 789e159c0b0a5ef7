"""A metric's history from a CSV file, and known incidents from a JSON file.

For trying a threshold without a project and without AWS. A time without an offset is UTC.
"""

import csv
import io
import itertools
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import PurePath
from typing import Any

from mcm.core.errors import UsageError
from mcm.core.judging.replay import History
from mcm.core.windows.window import Span

MOST_PERIODS = 1_000_000
_TIMES = ("timestamp", "time", "date", "at")
_VALUES = ("value", "values", "average", "sum", "maximum")


def read_series(text: str, name: str) -> History:
    """Read `timestamp,value` lines; a heading may name the columns.

    The period is the commonest distance of two lines. Several points of one period are
    averaged, as CloudWatch would; a period without a line has no data. Raises UsageError
    with the line of what cannot be read.
    """
    rows = list(_rows(text, name))
    if len(rows) < 3:
        raise UsageError(f"{name} has {len(rows)} points: a back-test needs at least 3")
    rows.sort(key=lambda row: row[0])
    period = _period([at for at, _ in rows])
    start = rows[0][0]
    count = (rows[-1][0] - start) // period + 1
    if count > MOST_PERIODS:
        raise UsageError(f"{name} spans {count} periods, more than {MOST_PERIODS}")
    found: dict[int, list[Decimal]] = {}
    for at, value in rows:
        found.setdefault((at - start) // period, []).append(value)
    values = [_mean(found[index]) if index in found else None for index in range(count)]
    return History(start, period, values)


def read_incidents(text: str, name: str, series: str) -> tuple[Span, ...]:
    """Read a list of `[start, end]`, or a mapping of such lists by the name of their file."""
    try:
        found = json.loads(text)
    except ValueError as err:
        raise UsageError(f"{name} is no JSON: {err}") from err
    if isinstance(found, dict):
        key = PurePath(series).name
        if key not in found:
            raise UsageError(f"{name} has no incidents of {key}", hint="Write [] for none.")
        found = found[key]
    return tuple(sorted(_spans(found, name), key=lambda span: span.start))


def _spans(found: Any, name: str) -> Iterator[Span]:
    for number, pair in enumerate(found if isinstance(found, list) else [found], start=1):
        try:
            start, end = (_moment(str(each)) for each in pair)
        except (ValueError, TypeError) as err:
            raise UsageError(
                f"{name}: incident {number} cannot be read: {err}",
                hint='Write each as ["2026-03-18T02:00Z", "2026-03-18T05:00Z"].',
            ) from err
        if start >= end:
            raise UsageError(f"{name}: incident {number} ends before it starts")
        yield Span(start, end)


def _rows(text: str, name: str) -> Iterator[tuple[datetime, Decimal]]:
    lines = csv.reader(io.StringIO(text.lstrip("\ufeff")))
    time_at, value_at = 0, 1
    try:
        for number, line in enumerate(lines, start=1):
            if not any(cell.strip() for cell in line):
                continue
            if number == 1 and not _is_moment(line[0]) and len(line) > 1:
                time_at, value_at = _columns(line)
                continue
            try:
                if len(line) <= max(time_at, value_at):
                    raise ValueError(f"{len(line)} columns, too few for a time and a value")
                yield _moment(line[time_at]), _number(line[value_at])
            except ValueError as err:
                raise UsageError(
                    f"{name}:{number}: {err}", hint="Write lines like 2026-03-18 02:00:00,1.5"
                ) from err
    except csv.Error as err:
        raise UsageError(f"{name} is no CSV: {err}") from err


def _columns(heading: Iterable[str]) -> tuple[int, int]:
    names = [cell.strip().lower() for cell in heading]
    time_at = next((names.index(each) for each in _TIMES if each in names), 0)
    value_at = next((names.index(each) for each in _VALUES if each in names), 1)
    return time_at, value_at


def _is_moment(text: str) -> bool:
    try:
        _moment(text)
    except ValueError:
        return False
    return True


def _moment(text: str) -> datetime:
    """Read ISO 8601, with a blank for the T too, or seconds since 1970."""
    text = text.strip()
    try:
        if text.isascii() and text.isdigit():
            return datetime.fromtimestamp(int(text), UTC)
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError) as err:
        raise ValueError(f"no time: {text[:40]!r}") from err


def _number(text: str) -> Decimal:
    try:
        found = Decimal(text.strip())
    except InvalidOperation as err:
        raise ValueError(f"no number: {text[:40]!r}") from err
    if not found.is_finite():
        raise ValueError(f"no number: {text[:40]!r}")
    return found


def _period(times: list[datetime]) -> timedelta:
    steps = Counter(
        later - earlier for earlier, later in itertools.pairwise(times) if later > earlier
    )
    if not steps:
        raise UsageError("all points have one time: there is no period")
    most = max(steps.values())
    return min(step for step, count in steps.items() if count == most)


def _mean(values: list[Decimal]) -> Decimal:
    return values[0] if len(values) == 1 else sum(values, Decimal(0)) / len(values)
