"""Queries and readings in words, as `mcm checks run` prints them."""

import pytest

from mcm.cli.reading_text import answered, asked
from mcm.core.alarm import MuteRule, Mutes
from mcm.core.capture import CaptureView
from mcm.core.query import CaptureQuery, MutesQuery
from mcm.core.reading import Blindness, Known, Unknown
from tests.kit.readings import NOW, US

NIGHT = MuteRule("night", ("a", "b"))


def test_what_is_unknown_says_why() -> None:
    assert answered(Unknown(Blindness.DENIED, "may not be read", NOW)) == "unknown, may not be read"


@pytest.mark.parametrize(
    ("mutes", "told"),
    [
        (Mutes(()), "none is active"),
        (Mutes((NIGHT, MuteRule("idle", ()))), "night mutes a, b; idle mutes nothing"),
        (Mutes((MuteRule("\x1b[31mred", ("a",)),)), "[31mred mutes a"),
    ],
)
def test_mute_rules_are_named_with_their_alarms(mutes: Mutes, told: str) -> None:
    assert asked(MutesQuery(US)) == "mute rules of us-east-1"
    assert told in answered(Known(mutes, NOW))


@pytest.mark.parametrize(
    ("view", "told"),
    [
        (CaptureView("", None, frozenset()), "none in this hour and the one before"),
        (CaptureView("k.jsonl", NOW, frozenset()), f"k.jsonl of {NOW:%H:%M:%SZ}"),
        (CaptureView("k.jsonl", NOW, frozenset(), "cut"), f"{NOW:%H:%M:%SZ}, no JSON: cut"),
    ],
)
def test_the_newest_record_is_named_with_its_time(view: CaptureView, told: str) -> None:
    query = CaptureQuery(US, "records", "", "photo-check-us", "candidate")

    assert asked(query) == "newest record of candidate in records"
    assert told in answered(Known(view, NOW))
