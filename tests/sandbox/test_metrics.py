"""Series, stored points and retention."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcm.sandbox.metrics import Metrics, Series, Stats, epoch, instant, retention, series_of

NOW = epoch(datetime(2026, 3, 18, 12, 0, tzinfo=UTC))
HOUR, DAY = 3600, 86400
SERIES = series_of("eu-west-1", "Example", "Requests", [{"Name": "B", "Value": "2"}])


def read(metrics: Metrics, start: int, end: int, period: int, **more: str) -> dict[int, Stats]:
    return metrics.read(SERIES, start, end, period, NOW, **more)


def test_the_order_of_dimensions_is_no_matter() -> None:
    pairs = [{"Name": "B", "Value": "2"}, {"Name": "A", "Value": "1"}]
    assert series_of("r", "n", "m", pairs) == series_of("r", "n", "m", reversed(pairs))


def test_dimensions_must_match_exactly() -> None:
    metrics = Metrics()
    metrics.stored.put(SERIES, NOW - 60, Stats.of(1.0))
    for dimensions in ([], [{"Name": "B", "Value": "3"}]):
        other = series_of("eu-west-1", "Example", "Requests", dimensions)
        assert metrics.read(other, NOW - HOUR, NOW, 60, NOW) == {}


@pytest.mark.parametrize(
    "other",
    [
        SERIES._replace(region="us-east-1"),
        SERIES._replace(namespace="Other"),
        SERIES._replace(name="Errors"),
    ],
)
def test_series_of_other_places_are_not_mixed_in(other: Series) -> None:
    metrics = Metrics()
    metrics.stored.put(other, NOW - 60, Stats.of(1.0))
    assert read(metrics, NOW - HOUR, NOW, 60) == {}


def test_points_in_one_period_are_one_statistic_set() -> None:
    metrics = Metrics()
    for value in (1.0, 4.0):
        metrics.stored.put(SERIES, NOW - 60, Stats.of(value))
    metrics.stored.put(SERIES, NOW - 120, Stats.of(10.0, 2))
    (stats,) = read(metrics, NOW - 300, NOW, 300).values()
    assert {name: stats.value(name) for name in ("Sum", "SampleCount", "Average")} == {
        "Sum": 25.0,
        "SampleCount": 4.0,
        "Average": 6.25,
    }
    assert (stats.value("Minimum"), stats.value("Maximum")) == (1.0, 10.0)


def test_an_unknown_statistic_is_an_error() -> None:
    with pytest.raises(KeyError):
        Stats.of(1.0).value("tm99")


def test_the_end_is_exclusive_and_the_start_rounds_down() -> None:
    metrics = Metrics()
    for minute in range(4):
        metrics.stored.put(SERIES, NOW - 240 + 60 * minute, Stats.of(float(minute)))
    found = read(metrics, NOW - 240 + 59, NOW - 120, 60)
    assert [stats.total for stats in found.values()] == [0.0, 1.0]


def test_the_future_is_not_read() -> None:
    metrics = Metrics()
    metrics.stored.put(SERIES, NOW + 600, Stats.of(1.0))
    assert read(metrics, NOW - HOUR, NOW + HOUR, 60) == {}


def test_another_unit_gives_nothing() -> None:
    metrics = Metrics()
    metrics.stored.put(SERIES, NOW - 60, Stats.of(1.0), "Seconds")
    assert read(metrics, NOW - HOUR, NOW, 60, unit="Milliseconds") == {}
    assert len(read(metrics, NOW - HOUR, NOW, 60, unit="Seconds")) == 1


def test_a_period_finer_than_the_stored_points_gives_nothing() -> None:
    metrics = Metrics()
    metrics.stored.put(SERIES, NOW - 60, Stats.of(1.0))
    assert read(metrics, NOW - HOUR, NOW, 10) == {}
    metrics.stored.put(SERIES._replace(name="Quick"), NOW - 55, Stats.of(1.0), resolution=1)
    quick = metrics.read(SERIES._replace(name="Quick"), NOW - HOUR, NOW, 10, NOW)
    assert list(quick) == [NOW - 60]


@pytest.mark.parametrize(
    ("period", "age", "is_kept"),
    [
        (10, 3 * HOUR - 10, True),
        (10, 3 * HOUR + 60, False),
        (60, 15 * DAY - 60, True),
        (60, 15 * DAY + 60, False),
        (300, 63 * DAY - 300, True),
        (300, 63 * DAY + 300, False),
        (3600, 455 * DAY - 3600, True),
        (3600, 455 * DAY + 3600, False),
    ],
)
def test_retention_by_age(period: int, age: int, is_kept: bool) -> None:
    metrics = Metrics()
    metrics.stored.put(SERIES, NOW - age, Stats.of(1.0), resolution=1)
    assert bool(read(metrics, NOW - age - period, NOW, period)) is is_kept


@given(period=st.sampled_from([1, 10, 60, 120, 300, 900, 3600, 7200, 86400]))
def test_a_coarser_period_is_kept_at_least_as_long(period: int) -> None:
    assert retention(period * 60) >= retention(period)


@given(
    values=st.lists(st.tuples(st.integers(0, 3000), st.floats(-1e6, 1e6)), min_size=1, max_size=30),
    period=st.sampled_from([60, 300, 900]),
)
def test_the_parts_add_up_to_the_whole(values: list[tuple[int, float]], period: int) -> None:
    """Whatever the period, every sample is counted once."""
    metrics = Metrics()
    for back, value in values:
        metrics.stored.put(SERIES, NOW - back - 1, Stats.of(value))
    found = read(metrics, NOW - HOUR - period, NOW, period)
    assert sum(stats.count for stats in found.values()) == len(values)
    assert sum(stats.total for stats in found.values()) == pytest.approx(
        sum(value for _, value in values), abs=1e-3
    )


def test_instants_and_seconds_go_back_and_forth() -> None:
    assert epoch(instant(NOW)) == epoch(instant(NOW).replace(tzinfo=None)) == epoch(NOW) == NOW


def test_listed_names_each_series_of_the_region_once() -> None:
    metrics = Metrics()
    metrics.stored.put(SERIES, NOW - 60, Stats.of(1.0))
    metrics.stored.put(SERIES, NOW - 120, Stats.of(1.0))
    assert metrics.listed("eu-west-1") == [SERIES]
    assert metrics.listed("us-east-1") == []
