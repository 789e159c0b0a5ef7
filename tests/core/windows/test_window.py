"""Windows and freezes by themselves: which spans they are, and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest

from mcm.core.windows.window import Freeze, Once, Span, Window

HOUR = timedelta(hours=1)
LA = "America/Los_Angeles"


def at(text: str) -> datetime:
    """Read a UTC instant."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_freeze_takes_the_longer_reading_of_a_doubled_hour() -> None:
    both = Freeze("both", local("2026-11-01T01:30"), local("2026-11-01T01:30:01"),
                  "America/New_York", "x")  # fmt: skip

    assert both.span == Span(at("2026-11-01T05:30"), at("2026-11-01T06:30:01"))


@pytest.mark.parametrize(
    ("cron", "duration", "zone", "message"),
    [
        ("61 2 * * *", HOUR, "UTC", "minute takes 0-59"),
        ("0 2 * * *", HOUR, "PST", "America/Los_Angeles"),
        ("0 2 * * *", timedelta(0), "UTC", "write 1m to 31d"),
        ("0 2 * * *", -HOUR, "UTC", "write 1m to 31d"),
        ("0 2 * * *", timedelta(days=32), "UTC", "write 1m to 31d"),
    ],
)
def test_a_bad_window_is_refused(cron: str, duration: timedelta, zone: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Window("w", cron, duration, zone)


@pytest.mark.parametrize(
    ("start", "end", "zone", "message"),
    [
        ("2026-12-02T00:00", "2026-12-02T00:00", LA, "not after its start"),
        ("2026-12-02T00:00", "2026-12-01T00:00", LA, "not after its start"),
        ("2026-03-08T02:10", "2026-03-08T02:40", LA, "not after its start"),
        ("2026-12-02T00:00+00:00", "2026-12-03T00:00", LA, "without an offset"),
        ("2026-12-02T00:00", "2026-12-03T00:00", "GMT+8", "America/Los_Angeles"),
        ("2026-12-02T00:00", "9999-12-31T23:59", LA, "years from 1970"),
    ],
)
def test_a_bad_freeze_is_refused(start: str, end: str, zone: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Freeze("f", local(start), local(end), zone, "x")


def test_a_one_shot_window_takes_the_shorter_reading_of_a_doubled_hour() -> None:
    once = Once("once", local("2026-11-01T01:30"), local("2026-11-01T03:00"), "America/New_York")
    ends = Once("ends", local("2026-11-01T00:30"), local("2026-11-01T01:30"), "America/New_York")

    assert once.span == Span(at("2026-11-01T06:30"), at("2026-11-01T08:00"))
    assert ends.span == Span(at("2026-11-01T04:30"), at("2026-11-01T05:30"))


def test_a_one_shot_window_within_the_skipped_hour_is_refused() -> None:
    with pytest.raises(ValueError, match="not after its start"):
        Once("none", local("2026-03-08T02:10"), local("2026-03-08T02:40"), LA)


def test_a_one_shot_window_starts_after_an_instant_or_not_at_all() -> None:
    once = Once("once", local("2026-03-20T02:00"), local("2026-03-20T03:00"), LA)

    assert once.next_start(at("2026-03-20T08:59")) == at("2026-03-20T09:00")
    assert once.next_start(at("2026-03-20T09:00")) is None
    assert once.next_start(at("2024-03-20T09:00")) is None
