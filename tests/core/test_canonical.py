"""The canonical form: one spelling for each value, the same as RFC 8785 within its limits."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from unicodedata import normalize

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from mcm.core import canonical
from mcm.core.errors import RefusedError

TEXT = st.text(st.characters(exclude_categories=["Cs"])).map(lambda text: normalize("NFC", text))
KEYS = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
INTEGERS = st.integers(1 - 2**53, 2**53 - 1)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


REFUSED = object()


def decoded(data: bytes) -> Any:
    """What the bytes say, or REFUSED; any other error than E_CANONICAL goes through."""
    try:
        return canonical.decode(data)
    except RefusedError as err:
        if err.code != "E_CANONICAL":
            raise
        return REFUSED


def refusal(data: bytes) -> str:
    with pytest.raises(RefusedError) as caught:
        canonical.decode(data)
    return caught.value.code


@settings(deadline=None)
@given(VALUES)
def test_the_form_is_that_of_rfc_8785(value: Any) -> None:
    assert canonical.encode(value) == rfc8785.dumps(value)


@settings(deadline=None)
@given(VALUES)
def test_what_was_written_is_read_back(value: Any) -> None:
    assert canonical.decode(canonical.encode(value)) == value


@settings(deadline=None)
@given(VALUES, st.data())
def test_a_changed_byte_is_refused_or_is_another_value(value: Any, data: st.DataObject) -> None:
    spoilt = bytearray(canonical.encode(value))
    place = data.draw(st.integers(0, len(spoilt) - 1))
    spoilt[place] ^= data.draw(st.integers(1, 255))
    found = decoded(bytes(spoilt))
    assert found is REFUSED or canonical.encode(found) == bytes(spoilt) != canonical.encode(value)


@settings(deadline=None)
@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    value = decoded(data)
    assert value is REFUSED or canonical.encode(value) == data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{} ",
        b" {}",
        b"{}\n",
        b"\xef\xbb\xbf{}",
        b'{"a": 1}',
        b'{"a":1,"a":1}',
        b'{"a":1,"a":2}',
        b'{"b":1,"a":1}',
        b'{"A":1}',
        b'{"":1}',
        b'{"a":1.0}',
        b'{"a":1e400}',
        b'{"a":NaN}',
        b'{"a":-0}',
        b'{"a":9007199254740992}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":"\\u0061"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"e\xcc\x81"}',
        b"[" * 66 + b"]" * 66,
        b"[" * 100_000 + b"]" * 100_000,
        b"{} {}",
    ],
)
def test_threat_53_bytes_that_are_not_the_one_spelling_are_refused(data: bytes) -> None:
    assert refusal(data) == "E_CANONICAL"


@pytest.mark.parametrize(
    "value",
    [
        0.5,
        float("nan"),
        b"bytes",
        {"a": {1, 2}},
        {1: "a"},
        {"a-b": 1},
        {"a": [2**53]},
        ["\ud800"],
        "e\u0301",
        datetime(2026, 3, 18, tzinfo=UTC),
        {"a": Decimal(1)},
    ],
)
def test_values_outside_the_limits_have_no_form(value: Any) -> None:
    with pytest.raises(RefusedError) as caught:
        canonical.encode(value)
    assert caught.value.code == "E_CANONICAL"


def test_the_refusal_says_where() -> None:
    with pytest.raises(RefusedError, match=r"\$\.stages\[1\]\.rate: float"):
        canonical.encode({"stages": [{"name": "a"}, {"rate": 0.5}]})


def test_the_digest_does_not_depend_on_the_order_of_keys() -> None:
    one = canonical.digest({"a": 1, "b": [True, None]})
    assert one == canonical.digest({"b": [True, None], "a": 1})
    assert one != canonical.digest({"b": [None, True], "a": 1})
    assert one == canonical.digest_bytes(b'{"a":1,"b":[true,null]}')


@settings(deadline=None)
@given(st.datetimes(timezones=st.just(UTC)))
def test_instants_are_read_back_to_the_millisecond(moment: datetime) -> None:
    rounded = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    assert canonical.parse_instant(canonical.instant(moment)) == rounded


def test_an_instant_is_spelled_in_utc() -> None:
    zone = timezone(timedelta(hours=-7))
    spelled = canonical.instant(datetime(2026, 3, 18, 2, 2, 0, 5999, tzinfo=zone))
    assert spelled == "2026-03-18T09:02:00.005Z"


def test_a_naive_instant_has_no_spelling() -> None:
    with pytest.raises(ValueError, match="time zone"):
        canonical.instant(datetime(2026, 3, 18, tzinfo=UTC).replace(tzinfo=None))


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-18T09:02:00Z",
        "2026-03-18T09:02:00.000",
        "2026-03-18 09:02:00.000Z",
        "2026-03-18T09:02:00.000Z\n",
        "2026-02-30T09:02:00.000Z",
        "2026-03-18T24:00:00.000Z",
        "2026-03-18T09:02:60.000Z",
        "\u0662026-03-18T09:02:00.000Z",
    ],
)
def test_other_spellings_of_an_instant_are_refused(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"canonical instant|day is out of range|second must be in"
    ):
        canonical.parse_instant(text)


@settings(deadline=None)
@given(st.integers(-(10**12), 10**12))
def test_durations_are_whole_milliseconds(millis: int) -> None:
    assert canonical.duration(canonical.parse_duration(millis)) == millis


@pytest.mark.parametrize(
    ("number", "text"),
    [("0.050", "0.05"), ("12", "12"), ("1E+3", "1000"), ("-0.0", "0"), ("1e-7", "0.0000001"),
     ("100", "100"), ("-3.10", "-3.1"), ("0e5", "0")],
)  # fmt: skip
def test_decimals_are_spelled_without_exponent_or_trailing_zeros(number: str, text: str) -> None:
    assert canonical.decimal(number) == text


@settings(deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9))
def test_equal_decimals_have_one_spelling(number: Decimal) -> None:
    assert Decimal(canonical.decimal(number)) == number
    assert canonical.decimal(number) == canonical.decimal(canonical.decimal(number))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_a_decimal_is_finite(number: str) -> None:
    with pytest.raises(ValueError, match="finite"):
        canonical.decimal(number)


def test_the_form_is_plain_json() -> None:
    value = {"text": 'a\u2028\u007f"\\\n\u20ac\U0001f600'}
    assert json.loads(canonical.encode(value)) == value
