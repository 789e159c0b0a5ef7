"""The chain: what holds, what is shown when it does not, and its two written forms."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcm.core import canonical
from mcm.core.errors import RefusedError
from mcm.core.history import journal
from mcm.core.history.journal import (
    GENESIS,
    ChainProblem,
    Draft,
    Entry,
    Head,
    chain,
    chain_all,
    verify,
)

NOON = datetime(2026, 3, 18, 12, tzinfo=UTC)
FIVE = chain_all(None, [Draft("verdict", {"number": n}, NOON) for n in range(1, 6)])
OTHER = chain_all(None, [Draft("verdict", {"number": n}, NOON) for n in range(11, 16)])


def test_the_first_entry_is_number_one_behind_zeros() -> None:
    entry = chain(None, "opened", {"change": "MCM-1"}, NOON)
    assert (entry.v, entry.seq, entry.prev, entry.at) == (1, 1, "0" * 64, NOON)


def test_the_hash_covers_every_field_under_its_own_domain() -> None:
    entry = chain(FIVE[0], "opened", {"change": "MCM-1"}, NOON)
    written = (
        b'{"at":"2026-03-18T12:00:00.000Z","body":{"change":"MCM-1"},"kind":"opened",'
        b'"prev":"' + FIVE[0].hash.encode() + b'","seq":2,"v":1}'
    )
    assert journal.to_stored(entry) == written
    assert entry.hash == sha256(b"mcm.journal.v1\n" + written).hexdigest()


def test_an_entry_cannot_be_assigned_to() -> None:
    with pytest.raises(FrozenInstanceError):
        FIVE[0].seq = 7  # type: ignore[misc]


def test_time_never_goes_back_when_the_clock_does() -> None:
    first = chain(None, "opened", {}, NOON)
    second = chain(first, "held", {}, NOON - timedelta(days=1))
    assert second.at == NOON
    assert verify([first, second]) == ()


def test_an_instant_is_kept_as_utc_to_the_millisecond() -> None:
    moment = datetime(2026, 3, 18, 5, 0, 0, 123_999, tzinfo=timezone(timedelta(hours=-7)))
    entry = chain(None, "opened", {}, moment)
    assert entry.at == datetime(2026, 3, 18, 12, 0, 0, 123_000, tzinfo=UTC)
    assert verify([entry]) == ()


def test_a_naive_instant_is_an_error() -> None:
    with pytest.raises(ValueError, match="time zone"):
        chain(None, "opened", {}, NOON.replace(tzinfo=None))


@pytest.mark.parametrize("body", [{"rate": 0.5}, {"Key": 1}, {"n": 2**53}, {"t": "e\u0301"}])
def test_a_body_without_canonical_form_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(RefusedError) as caught:
        chain(None, "opened", body, NOON)
    assert caught.value.code == "E_CANONICAL"


def test_whole_chains_hold() -> None:
    assert verify(()) == ()
    assert verify(FIVE) == ()
    assert verify(FIVE, journal.head(FIVE)) == ()
    assert verify(FIVE, journal.head(FIVE[:2])) == ()


def edited(index: int, **fields: object) -> tuple[Entry, ...]:
    return (*FIVE[:index], replace(FIVE[index], **fields), *FIVE[index + 1 :])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("entries", "seq"),
    [
        (edited(2, body={"number": 9}), 3),
        (edited(2, body={"number": 0.5}), 3),
        (edited(2, kind="approval"), 3),
        (edited(2, at=NOON + timedelta(seconds=1)), 3),
        (edited(2, at=NOON - timedelta(seconds=1)), 3),
        (edited(2, at=NOON.replace(tzinfo=None)), 3),
        (edited(2, hash="0" * 64), 3),
        (edited(2, prev=GENESIS), 3),
        (edited(2, seq=9), 3),
        (edited(4, v=2), 5),
        (edited(0, prev=FIVE[1].hash), 1),
        (FIVE[1:], 1),
        (FIVE[:2] + FIVE[3:], 3),
        ((*FIVE[:3], FIVE[2], *FIVE[3:]), 4),
        ((FIVE[0], FIVE[2], FIVE[1], *FIVE[3:]), 2),
        ((*FIVE[:2], *OTHER[2:]), 3),
    ],
)  # fmt: skip
def test_threat_39_the_first_bad_entry_is_named(entries: tuple[Entry, ...], seq: int) -> None:
    (problem,) = verify(entries)
    assert (problem.code, problem.seq) == ("E_CHAIN", seq)


def test_a_missing_and_a_repeated_entry_are_told_apart() -> None:
    (missing,) = verify(FIVE[:2] + FIVE[3:])
    (twice,) = verify((*FIVE[:3], FIVE[2], *FIVE[3:]))
    assert missing.message == "it is missing, entry 4 stands in its place"
    assert twice.message == "entry 3 stands there again"


def test_threat_41_a_cut_tail_shows_only_against_a_head_kept_elsewhere() -> None:
    anchor = journal.head(FIVE)
    assert verify(FIVE[:3]) == ()
    assert [(p.code, p.seq) for p in verify(FIVE[:3], anchor)] == [("E_TRUNCATED", 4)]
    assert [(p.code, p.seq) for p in verify((), anchor)] == [("E_TRUNCATED", 1)]


def test_threat_40_a_chain_rewritten_with_good_hashes_misses_the_head_kept_elsewhere() -> None:
    rewritten = chain_all(FIVE[1], [Draft("verdict", {"number": 9}, NOON)] * 4)
    assert verify(FIVE[:2] + rewritten) == ()
    found = verify(FIVE[:2] + rewritten, Head(4, FIVE[3].hash))
    assert [(p.code, p.seq) for p in found] == [("E_SIGNED_HEAD", 4)]


def test_a_broken_chain_and_a_cut_tail_are_both_told() -> None:
    found = verify(edited(1, kind="x")[:3], journal.head(FIVE))
    assert [p.code for p in found] == ["E_CHAIN", "E_TRUNCATED"]


def test_a_refusal_names_the_change_the_entry_and_the_way_on() -> None:
    error = journal.refuse("MCM-1", ChainProblem("E_CHAIN", 3, "it was edited"))
    assert str(error) == "the journal of MCM-1 does not hold at seq 3: it was edited [E_CHAIN]"
    assert "mcm verify MCM-1" in str(error.hint)
    assert "mcm rollback" in str(error.hint)


def stored(entries: tuple[Entry, ...] = FIVE) -> list[tuple[bytes, str]]:
    return [(journal.to_stored(entry), entry.hash) for entry in entries]


def test_stored_rows_are_read_back() -> None:
    assert journal.from_stored(stored()) == (FIVE, None)


def sealed(data: bytes) -> tuple[bytes, str]:
    """What somebody who knows the form can write: any bytes with a hash that fits."""
    return data, sha256(b"mcm.journal.v1\n" + data).hexdigest()


def good(**fields: object) -> bytes:
    value = canonical.decode(journal.to_stored(FIVE[1]))
    return canonical.encode({**value, **fields})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        good() + b"\n",
        good().replace(b'"seq":2', b'"seq": 2'),
        good().replace(b'"v":1}', b'"v":1,"v":1}'),
        good(extra=1),
        good(v="1"),
        good(v=True),
        good(seq="2"),
        good(body=[]),
        good(kind=7),
        good(at=7),
        good(at="2026-03-18T12:00:00Z"),
        good(at="2026-03-18 12:00:00.000Z"),
        good(at="2026-03-18T12:00:00.000+00:00"),
        good(at="2026-03-18T12:00:00.000"),
        good(at="soon"),
        good(prev=None),
    ],
)
def test_a_row_that_is_no_entry_is_named_though_its_hash_fits(data: bytes) -> None:
    rows = stored()
    rows[1] = sealed(data)
    entries, problem = journal.from_stored(rows)
    assert entries == FIVE[:1]
    assert problem is not None
    assert (problem.code, problem.seq) == ("E_CHAIN", 2)
    assert journal.read_one(*rows[1]) is None or problem.message.startswith("it does not follow")


def test_one_row_is_read_by_itself() -> None:
    data, digest = stored()[3]
    assert journal.read_one(data, digest) == FIVE[3]
    assert journal.read_one(data, "0" * 64) is None


def exported() -> bytes:
    return b"".join(journal.to_line(entry) for entry in FIVE)


def test_exported_lines_are_read_back() -> None:
    assert journal.from_lines(exported()) == (FIVE, None)
    assert journal.from_lines(b"") == ((), None)
    assert journal.to_line(FIVE[0]).count(b"\n") == 1


@pytest.mark.parametrize(
    ("spoil", "code", "seq"),
    [
        (lambda text: text[:-1], "E_TRUNCATED", 5),
        (lambda text: text[:-30], "E_TRUNCATED", 5),
        (lambda text: text + b"\x00\x00", "E_TRUNCATED", 6),
        (lambda text: text + b"{}\n", "E_CHAIN", 6),
        (lambda text: text + b"7\n", "E_CHAIN", 6),
        (lambda text: text + b"\n", "E_CHAIN", 6),
        (lambda text: text.replace(b'"number":2', b'"number":7'), "E_CHAIN", 2),
        (lambda text: b"\n".join(text.split(b"\n")[1:]), "E_CHAIN", 1),
        (lambda text: text.replace(b"\n", b"\r\n"), "E_CHAIN", 1),
    ],
)
def test_spoilt_lines_name_the_first_entry_that_is_lost(
    spoil: Callable[[bytes], bytes], code: str, seq: int
) -> None:
    entries, problem = journal.from_lines(spoil(exported()))
    assert problem is not None
    assert (problem.code, problem.seq) == (code, seq)
    assert entries == FIVE[: seq - 1]


@settings(deadline=None)
@given(st.integers(0, len(exported()) - 1), st.integers(1, 255))
def test_any_changed_byte_of_an_export_is_shown(place: int, change: int) -> None:
    spoilt = bytearray(exported())
    spoilt[place] ^= change
    _, problem = journal.from_lines(bytes(spoilt))
    assert problem is not None


@settings(deadline=None)
@given(st.integers(0, len(exported())))
def test_threat_41_a_cut_export_is_shown_unless_it_ends_with_an_entry(size: int) -> None:
    entries, problem = journal.from_lines(exported()[:size])
    whole = exported()[:size].count(b"\n")
    assert entries == FIVE[:whole]
    ends_clean = exported()[:size] == b"".join(journal.to_line(e) for e in FIVE[:whole])
    assert (problem is None) == ends_clean
