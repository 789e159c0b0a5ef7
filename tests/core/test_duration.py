"""Durations: what is read, what is refused, and that spelling reads back."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcm.core.duration import parse, spell, spell_wait


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30s", timedelta(seconds=30)),
        ("10m", timedelta(minutes=10)),
        ("2h", timedelta(hours=2)),
        ("3d", timedelta(days=3)),
        ("1h30m", timedelta(hours=1, minutes=30)),
        ("0s", timedelta(0)),
        ("250ms", timedelta(milliseconds=250)),
        ("1m250ms", timedelta(minutes=1, milliseconds=250)),
        ("90m", timedelta(minutes=90)),
        ("1d2h3m4s5ms", timedelta(days=1, hours=2, minutes=3, seconds=4, milliseconds=5)),
    ],
)
def test_units_are_read(text: str, expected: timedelta) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "30", "m", "1.5h", "-1h", "+1h", " 30s", "30s ", "30 s", "30s\n", "30m1h", "1h1h", "1H",
     "5min", "1w", "٣s", "PT1H", "1_000s", "0x1s"],
)  # fmt: skip
def test_anything_else_is_refused_and_says_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match="30s, 10m, 2h, 3d, 1h30m or 250ms"):
        parse(text)


@pytest.mark.parametrize("text", ["9999999999s", "999999999d23h999999999s"])
def test_a_duration_beyond_all_measure_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="too long"):
        parse(text)


def test_a_long_text_is_cut_in_the_message() -> None:
    with pytest.raises(ValueError, match="not a duration") as caught:
        parse("x" * 10_000)

    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (timedelta(0), "0s"),
        (timedelta(seconds=150), "2m30s"),
        (timedelta(hours=26), "1d2h"),
        (timedelta(milliseconds=1250), "1s250ms"),
        (timedelta(minutes=-5), "-5m"),
        (timedelta(microseconds=999), "0s"),
    ],
)
def test_one_short_style(span: timedelta, expected: str) -> None:
    assert spell(span) == expected


@given(st.integers(min_value=0, max_value=10**13))
def test_what_is_spelled_reads_back(millis: int) -> None:
    span = timedelta(milliseconds=millis)

    assert parse(spell(span)) == span


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (timedelta(milliseconds=1), "1s"),
        (timedelta(seconds=59), "59s"),
        (timedelta(seconds=61), "2m"),
        (timedelta(hours=4, minutes=11, seconds=30), "4h12m"),
        (timedelta(days=1, minutes=1), "1d1h"),
        (timedelta(0), "0s"),
    ],
)
def test_a_wait_is_rounded_up(span: timedelta, expected: str) -> None:
    """Whoever waits that long finds the window open."""
    assert spell_wait(span) == expected
