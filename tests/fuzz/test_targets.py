"""The readers' promises on right inputs, on spoilt ones, and on all that fuzzing has found."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcm.core.errors import RefusedError
from tests.fuzz.seeds import SEEDS
from tests.fuzz.targets import TARGETS, feed

FOUND: dict[str, list[bytes]] = {
    "service": [b"version: 1\nwindows:\n  quiet: always\n"],  # a window that is no mapping
    "range": [b"a" * 40 + b"\0" + b"a" * 40 + b"\0Bob\0Add it\0\0"],  # its own parent
}
"""Bytes that once broke a reader, by target."""


def test_each_target_has_seeds() -> None:
    assert set(SEEDS) == set(TARGETS)


@pytest.mark.parametrize("name", [name for name in TARGETS if name not in ("signature", "key")])
def test_the_seeds_are_taken(name: str) -> None:
    """A seed that is refused would leave the fuzzer at the door."""
    for seed in SEEDS[name]():
        TARGETS[name](seed)


def test_what_was_found_stays_mended() -> None:
    for name, found in FOUND.items():
        for data in found:
            feed(name, data)


@settings(deadline=None, max_examples=150)
@given(st.data())
@pytest.mark.parametrize("name", TARGETS)
def test_nothing_but_a_refusal_leaves_a_reader(name: str, data: st.DataObject) -> None:
    """Any bytes, and a right input with one stretch replaced."""
    seed = data.draw(st.sampled_from(SEEDS[name]()))
    at = data.draw(st.integers(0, len(seed)))
    more = data.draw(st.binary(max_size=12))
    gone = data.draw(st.integers(0, 12))

    feed(name, more)
    feed(name, seed[:at] + more + seed[at + gone :])


def test_a_reader_that_breaks_is_seen() -> None:
    """`feed` hides refusals and nothing else."""
    with pytest.raises(KeyError):
        feed("no such target", b"")
    with pytest.raises(RefusedError):
        TARGETS["canonical"](b"{")
