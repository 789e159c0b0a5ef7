"""Traffic is a pure function of seed, time and what was done to it."""

from datetime import UTC, datetime, timedelta

import pytest

from mcm.sandbox.metrics import Series, Stats, epoch, series_of
from mcm.sandbox.traffic import Traffic, Variant
from mcm.sandbox.traffic_shape import Shape

START = datetime(2026, 3, 18, 9, 0, tzinfo=UTC)
T = epoch(START)
HOUR, DAY, WEEK = 3600, 86400, 7 * 86400
EU, NAME = "eu-west-1", "photo-check-eu"
LIVE, SHADOW = Variant("live"), Variant("candidate", shadow=True)


def traffic(period: int = 60, seed: int = 1, **shape: float) -> Traffic:
    made = Traffic(START, period=period, seed=seed)
    made.add(NAME, EU, Shape("Europe/Berlin", **shape))
    made.serve(EU, NAME, "r1", [LIVE], START - timedelta(weeks=5))
    return made


def series(metric: str = "Invocations", variant: str = "live", region: str = EU) -> Series:
    dimensions = [
        {"Name": "EndpointName", "Value": NAME},
        {"Name": "VariantName", "Value": variant},
    ]
    return series_of(region, "AWS/SageMaker", metric, dimensions)


def read(
    made: Traffic,
    metric: str = "Invocations",
    variant: str = "live",
    *,
    start: int = T,
    minutes: int = 10,
    period: int = 60,
) -> dict[int, Stats]:
    end = start + 60 * minutes
    return dict(made.buckets(series(metric, variant), start, end, period, end))


def total(found: dict[int, Stats]) -> float:
    return sum(stats.total for stats in found.values())


def test_the_same_seed_gives_the_same_traffic_and_another_one_does_not() -> None:
    assert read(traffic()) == read(traffic())
    assert read(traffic()) != read(traffic(seed=2))


def test_it_does_not_matter_when_or_how_often_it_is_read() -> None:
    early, late = traffic(), traffic()
    for minute in range(10):
        read(early, minutes=minute + 1)
    assert read(early) == read(late)


def test_coarser_points_hold_the_finer_ones() -> None:
    for period in (1, 10, 60):
        made = traffic(period)
        minutes = read(made, minutes=60)
        assert total(read(made, minutes=60, period=3600)) == total(minutes)
        assert total(read(made, minutes=60, period=period)) == total(minutes)
        assert len(minutes) == 60


def test_a_day_on_both_sides_of_the_start_holds_its_hours() -> None:
    """History and live points add up, faults in the live ones included."""
    made = traffic()
    made.set_error_share(NAME, "live", 1.0, at=START)
    midnight, now = T - T % DAY, T - T % DAY + DAY
    found = {
        period: total(dict(made.buckets(series("Invocation5XXErrors"), midnight, now, period, now)))
        for period in (HOUR, DAY)
    }
    assert found[DAY] == found[HOUR] > 1_000_000


def test_a_period_finer_than_the_points_gives_nothing() -> None:
    assert read(traffic(60), period=10) == {}


def test_history_has_hours_only() -> None:
    made = traffic()
    past = T - WEEK
    assert read(made, start=past, minutes=60) == {}
    assert len(read(made, start=past, minutes=60, period=3600)) == 1


def test_history_is_five_weeks_long() -> None:
    found = traffic().buckets(series(), T - 52 * WEEK, T, HOUR, T)
    assert min(found) == T - 5 * WEEK
    assert len(found) == 5 * 7 * 24


def test_days_are_busier_than_nights_in_local_time_and_weekdays_than_weekends() -> None:
    found = traffic().buckets(series(), T - WEEK, T, HOUR, T)
    monday = epoch(datetime(2026, 3, 16, tzinfo=UTC))
    afternoon, night = found[monday + 15 * HOUR], found[monday + 3 * HOUR]  # Berlin: 16:00, 04:00
    sunday = found[monday - DAY + 15 * HOUR]
    assert afternoon.total > 3 * night.total
    assert 0.5 < sunday.total / afternoon.total < 0.7


def test_only_closed_points_are_seen() -> None:
    """The open minute grows as its seconds close."""
    made = traffic(period=1)
    seen = [made.buckets(series(), T, T + 60, 60, T + second).get(T) for second in (0, 1, 30, 60)]
    assert seen[0] is None
    totals = [stats.total for stats in seen if stats]
    assert len(totals) == 3
    assert totals == sorted(set(totals))


def test_errors_are_zero_or_one_per_request() -> None:
    made = traffic()
    made.set_error_share(NAME, "live", 0.25, at=START)
    errors, requests = read(made, "Invocation5XXErrors"), read(made)
    for start, stats in errors.items():
        assert stats.count == requests[start].total
        assert (stats.low, stats.high) == (0.0, 1.0)
        assert stats.value("Average") == pytest.approx(0.25, abs=0.05)
    assert set(errors) == set(requests)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_shares_at_the_ends_are_exact(share: float) -> None:
    made = traffic(error_share=0.0)
    made.set_error_share(NAME, "live", share, at=START)
    for stats in read(made, "Invocation5XXErrors").values():
        assert stats.total == share * stats.count
        assert stats.low == stats.high == share


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_outside_its_range_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        traffic().set_error_share(NAME, "live", share)


@pytest.mark.parametrize(("share", "peak"), [(0.0005, 60.0), (0.05, 60.0), (0.3, 2.0)])
def test_small_shares_come_out_right_over_time(share: float, peak: float) -> None:
    """Whole errors in each point, and still the wanted share in the long run."""
    made = traffic(period=1, error_share=share, peak=peak)
    errors = total(read(made, "Invocation5XXErrors", minutes=180))
    assert errors / total(read(made, minutes=180)) == pytest.approx(share, rel=0.15)


def test_a_fault_without_a_time_leaves_the_past_alone() -> None:
    made = traffic()
    made.errors_with("r1", 1.0)
    made.set_latency_factor(NAME, "live", 9.0)
    before = T - 600
    assert total(read(made, "Invocation5XXErrors", start=before)) < 100
    assert max(stats.high for stats in read(made, "ModelLatency", start=before).values()) < 400_000
    assert total(read(made, "Invocation5XXErrors")) == total(read(made))


def test_no_requests_means_no_points_not_points_of_zero() -> None:
    made = traffic()
    made.stop(NAME, at=START)
    made.resume(NAME, at=START + timedelta(minutes=5))
    for metric in ("Invocations", "Invocation5XXErrors", "Invocation4XXErrors", "ModelLatency"):
        assert min(read(made, metric)) == T + 300


def test_latency_is_in_microseconds_and_can_rise() -> None:
    made = traffic()
    made.set_latency_factor(NAME, "live", 3.0, at=START + timedelta(minutes=5))
    averages = [stats.value("Average") for stats in read(made, "ModelLatency").values()]
    assert made.unit(series("ModelLatency")) == "Microseconds"
    assert averages[:5] == pytest.approx([120_000] * 5, rel=0.1)
    assert averages[5:] == pytest.approx([360_000] * 5, rel=0.1)


def test_a_shadow_variant_gets_copies_and_leaves_the_live_one_alone() -> None:
    plain, shadowed = traffic(), traffic()
    shadowed.serve(EU, NAME, "r2", [LIVE, SHADOW], START)
    assert read(shadowed) == read(plain)
    assert total(read(shadowed, variant="candidate")) == total(read(plain))
    assert read(plain, variant="candidate") == {}
    shadowed.set_error_share(NAME, "candidate", 0.5, at=START + timedelta(minutes=10))
    later = T + 600
    live = read(shadowed, "Invocation5XXErrors", start=later)
    assert total(live) < 0.01 * total(read(shadowed, start=later))
    assert total(read(shadowed, "Invocation5XXErrors", "candidate", start=later)) > 10 * total(live)


def test_live_variants_share_by_weight() -> None:
    made = traffic()
    made.serve(EU, NAME, "r2", [Variant("live", 3.0), Variant("other", 1.0)], START)
    assert total(read(made)) / total(read(made, variant="other")) == pytest.approx(3, rel=0.1)


def test_errors_with_a_configuration_come_and_go_with_it() -> None:
    made = traffic()
    made.errors_with("r2", 0.2, at=START)
    for minute, config in ((3, "r2"), (6, "r1")):
        made.serve(EU, NAME, config, [LIVE], START + timedelta(minutes=minute))
    rates = [stats.value("Average") for stats in read(made, "Invocation5XXErrors").values()]
    assert [rate > 0.1 for rate in rates[:9]] == [False] * 3 + [True] * 3 + [False] * 3


def test_what_was_read_once_does_not_change_any_more() -> None:
    """A fault dated back takes effect behind the newest point read."""
    made = traffic()
    before = read(made, "Invocation5XXErrors")
    made.set_error_share(NAME, "live", 1.0, at=START)
    made.errors_with("r1", 1.0, at=START)
    made.serve(EU, NAME, "r9", [], START)
    assert read(made, "Invocation5XXErrors") == before
    assert read(made, start=T + 600) == {}


def test_series_name_every_variant_that_ever_served() -> None:
    made = traffic()
    made.serve(EU, NAME, "r2", [LIVE, SHADOW], START)
    made.serve(EU, NAME, "r1", [LIVE], START + timedelta(minutes=1))
    variants = {dict(found.dimensions)["VariantName"] for found in made.series()}
    assert variants == {"live", "candidate"}
    assert len(list(made.series())) == 8


@pytest.mark.parametrize(
    "other",
    [
        series(region="us-east-1"),
        series(metric="CPUUtilization"),
        series()._replace(namespace="Other"),
        series()._replace(dimensions=(("EndpointName", NAME),)),
        series()._replace(dimensions=(("EndpointName", "no-such"), ("VariantName", "live"))),
    ],
)
def test_other_series_are_not_known(other: Series) -> None:
    made = traffic()
    assert made.unit(other) is None
    assert made.buckets(other, T, T + 600, 60, T + 600) == {}


def test_an_endpoint_without_traffic_can_serve_but_takes_no_faults() -> None:
    made = traffic()
    made.serve(EU, "quiet", "r1", [LIVE], START)
    with pytest.raises(ValueError, match="quiet has no traffic"):
        made.stop("quiet")


def test_an_endpoint_has_its_traffic_once() -> None:
    with pytest.raises(ValueError, match="already"):
        traffic().add(NAME, "us-east-1", Shape("UTC"))


@pytest.mark.parametrize("period", [0, 7, 120])
def test_points_divide_a_minute(period: int) -> None:
    with pytest.raises(ValueError, match="minute"):
        Traffic(START, period=period)
