"""Points by their periods: a gap is None, and both forms say the same."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from mcm.core.points import Points

START = datetime(2026, 3, 18, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@given(st.lists(st.tuples(st.integers(-3, 30), st.integers(0, 9).map(Decimal)), max_size=40))
def test_values_are_those_by_period(pairs: list[tuple[int, Decimal]]) -> None:
    points = tuple((START + n * MINUTE / 2, value) for n, value in sorted(dict(pairs).items()))
    of = Points(points, START, START + 10 * MINUTE)

    assert of.values(MINUTE) == list(of.by_period(MINUTE).values())


def test_without_a_closed_period_there_is_nothing() -> None:
    assert Points(()).values(MINUTE) == []
