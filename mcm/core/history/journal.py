"""The journal of one change: an append-only chain of entries, each bound to the one before.

State is folded from these entries and stored nowhere else, so this page decides what
counts as a whole journal. It stores nothing itself: `Journal` is the port, and
`mcm.store` has its implementations. A linear chain shows every edit *before* a head that
somebody else keeps; what comes after the last such head rests on the file alone, which
is why `check_head` is part of reading (docs/security-design.md, Journal).

Stored form: the canonical bytes of `{v, seq, prev, at, kind, body}` beside their hash.
Exported form: one canonical JSON line for each entry, with the hash inside.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from mcm.core import canonical
from mcm.core.errors import Exit, McmError, RefusedError

VERSION = 1
"""The version of the entry's form, `v` in each entry."""

GENESIS = "0" * 64
"""`prev` of the first entry."""

_DOMAIN = b"mcm.journal.v1\n"
_FIELDS = frozenset({"v", "seq", "prev", "at", "kind", "body"})
Body = Mapping[str, Any]


class JournalMoved(McmError):
    """Others appended since the writer looked; nothing was written. Read again, then decide."""

    exit_code = Exit.HELD

    def __init__(self, change: str, after: int, found: int) -> None:
        super().__init__(
            f"the journal of {change} moved on: entry {found} is the newest, not {after}",
            hint="Another mcm drives this change; run the command again to go on from there.",
        )
        self.change = change
        self.after = after
        self.found = found


class StoreError(McmError):
    """The journal's file cannot be read or written: disk full, locked, or unreadable."""

    exit_code = Exit.BLIND


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry before it has a place in the chain."""

    kind: str
    """What happened: `[a-z][a-z0-9_]*`."""
    body: Body
    """The facts, as a canonical value (see `canonical`)."""
    at: datetime
    """When, aware; kept to the millisecond."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry with its place. Build it by `chain`; `hash` covers all other fields."""

    v: int
    seq: int
    """1, 2, 3 … without gaps."""
    prev: str
    """`hash` of the entry before, or GENESIS."""
    at: datetime
    """Aware UTC, whole milliseconds; never before the previous entry's."""
    kind: str
    body: Body = field(hash=False)
    hash: str
    """64 hex digits."""


@dataclass(frozen=True, slots=True)
class Head:
    """A place in a chain that somebody vouches for: a signature, an AWS reason field, a tag."""

    seq: int
    hash: str


EMPTY = Head(0, GENESIS)
"""The head of a journal without entries."""


@dataclass(frozen=True, slots=True)
class ChainProblem:
    """Why a chain does not hold. `code` is E_CHAIN, E_TRUNCATED or E_SIGNED_HEAD."""

    code: str
    seq: int
    """The first entry that is not what it must be; entries before it hold."""
    message: str


class Journal(Protocol):
    """Where journals live. Each method may raise StoreError."""

    def entries(self, change: str) -> tuple[Entry, ...]:
        """Return all entries of `change`, verified; none if there is no such journal.

        Raises RefusedError (E_CHAIN, E_TRUNCATED) if the chain does not hold.
        """
        ...

    def append(
        self, change: str, drafts: Sequence[Draft], *, after: int, claims: Mapping[str, str] = ...
    ) -> tuple[Entry, ...]:
        """Append all `drafts` and take all `claims`, or do neither; return the new entries.

        `after` is the seq of the newest entry that the writer has seen (0: none); raises
        JournalMoved if there are newer ones, RefusedError(E_TRUNCATED) if it is gone.
        `claims` maps single-use tokens to who uses them; a token that another holder has
        raises RefusedError(E_CONSUMED), the same holder may claim again.
        """
        ...

    def changes(self) -> tuple[str, ...]:
        """Return the ids of all changes with at least one entry, sorted."""
        ...


def chain(prev: Entry | None, kind: str, body: Body, at: datetime) -> Entry:
    """Return the entry that follows `prev` (None: the first).

    `at` earlier than `prev.at` becomes `prev.at`: time in a journal never goes back.
    Raises RefusedError(E_CANONICAL) if `body` has no canonical form, ValueError if `at`
    is naive.
    """
    at = canonical.parse_instant(canonical.instant(at))
    if prev is not None:
        at = max(at, prev.at)
    seq, before = (1, GENESIS) if prev is None else (prev.seq + 1, prev.hash)
    data = _encode(VERSION, seq, before, at, kind, body)
    return Entry(VERSION, seq, before, at, kind, canonical.decode(data)["body"], _hash(data))


def chain_all(prev: Entry | None, drafts: Iterable[Draft]) -> tuple[Entry, ...]:
    """Return the entries that `drafts` become, one after the other, behind `prev`."""
    made: list[Entry] = []
    for draft in drafts:
        prev = chain(prev, draft.kind, draft.body, draft.at)
        made.append(prev)
    return tuple(made)


def head(entries: Sequence[Entry]) -> Head:
    """Return the head of a chain."""
    return Head(entries[-1].seq, entries[-1].hash) if entries else EMPTY


def verify(entries: Iterable[Entry], anchor: Head = EMPTY) -> tuple[ChainProblem, ...]:
    """Return why the chain does not hold, or nothing if it does.

    At most two problems: the first bad entry (E_CHAIN: edited, moved, missing, twice), and
    what `check_head` says of `anchor`.
    """
    known = tuple(entries)
    prev: Entry | None = None
    for place, entry in enumerate(known, start=1):
        problem = _is_sealed(entry, place) or _follows(prev, entry)
        if problem is not None:
            return (problem, *check_head(known, anchor))
        prev = entry
    return check_head(known, anchor)


def check_head(entries: Sequence[Entry], anchor: Head) -> tuple[ChainProblem, ...]:
    """Compare a chain with a head kept elsewhere; return why they disagree, or nothing.

    E_TRUNCATED if the chain ends before that head, E_SIGNED_HEAD if another entry stands
    in its place.
    """
    if anchor.seq == 0:
        return ()
    if len(entries) < anchor.seq:
        message = f"the journal ends at entry {len(entries)}, but entry {anchor.seq} is vouched for"
        return (ChainProblem("E_TRUNCATED", len(entries) + 1, message),)
    if entries[anchor.seq - 1].hash != anchor.hash:
        message = f"entry {anchor.seq} is not the one that was vouched for"
        return (ChainProblem("E_SIGNED_HEAD", anchor.seq, message),)
    return ()


def check_after(change: str, after: int, found: int) -> None:
    """Compare the seq that a writer has seen with the newest one found.

    Raises JournalMoved if there are newer entries, and RefusedError(E_TRUNCATED) if entries
    that were seen are gone: deciding again without them could repeat what they record.
    """
    if found > after:
        raise JournalMoved(change, after, found)
    if found < after:
        message = f"it ends at entry {found}, but entry {after} was read before"
        raise refuse(change, ChainProblem("E_TRUNCATED", found + 1, message))


class BrokenJournalError(RefusedError):
    """A chain that does not hold; `held` are the entries before `seq`, the first bad one."""

    def __init__(self, change: str, problem: ChainProblem, held: tuple[Entry, ...]) -> None:
        super().__init__(
            problem.code,
            f"the journal of {change} does not hold at seq {problem.seq}: {problem.message}",
            hint=f"Run `mcm verify {change}`;"
            " `mcm rollback --stage STAGE` works without a journal.",
        )
        self.seq = problem.seq
        self.why = f"{problem.message} [{problem.code}]"
        self.held = held


def refuse(change: str, problem: ChainProblem, entries: Sequence[Entry] = ()) -> BrokenJournalError:
    """Return the refusal that names the first bad entry of the journal of `change`.

    `entries` are those that could be read; what comes before the bad one is kept for display.
    """
    held = tuple(entry for entry in entries if entry.seq < problem.seq)
    return BrokenJournalError(change, problem, held)


def to_stored(entry: Entry) -> bytes:
    """Return the canonical bytes of the entry, which its hash covers."""
    return _encode(entry.v, entry.seq, entry.prev, entry.at, entry.kind, entry.body)


def to_hashed(entry: Entry) -> bytes:
    """Return the very bytes whose SHA-256 is the entry's hash, for other programs to check."""
    return _DOMAIN + to_stored(entry)


def from_stored(
    rows: Iterable[tuple[bytes, str]], prev: Entry | None = None
) -> tuple[tuple[Entry, ...], ChainProblem | None]:
    """Read `(bytes, hash)` rows in order; return the entries that hold and what stops them.

    The stored bytes are hashed as they are, before anything is read out of them. The rows
    must follow `prev`, an entry that holds (None: they are the first).
    """
    entries: list[Entry] = []
    for data, digest in rows:
        seq = 1 if prev is None else prev.seq + 1
        if _hash(data) != digest:
            return tuple(entries), ChainProblem("E_CHAIN", seq, "it was edited")
        try:
            entry = _entry(canonical.decode(data), digest)
        except (RefusedError, ValueError) as err:
            return tuple(entries), ChainProblem("E_CHAIN", seq, f"it is no entry: {err}")
        problem = _follows(prev, entry)
        if problem is not None:
            return tuple(entries), problem
        entries.append(entry)
        prev = entry
    return tuple(entries), None


def read_one(data: bytes, digest: str) -> Entry | None:
    """Read one stored row by itself; None if the hash does not cover it or it is no entry."""
    try:
        return _entry(canonical.decode(data), digest) if _hash(data) == digest else None
    except (RefusedError, ValueError):
        return None


def to_line(entry: Entry) -> bytes:
    """Return the entry as a canonical JSON line with its hash and a newline."""
    return canonical.encode({**_fields(entry), "hash": entry.hash}) + b"\n"


def from_lines(data: bytes) -> tuple[tuple[Entry, ...], ChainProblem | None]:
    """Read exported lines; return the entries that hold and what stops them.

    A last line without its newline was cut off in writing: E_TRUNCATED, which names the
    first seq that is lost. Nothing is mended.
    """
    *lines, rest = data.split(b"\n")
    rows: list[tuple[bytes, str]] = []
    unreadable = False
    for line in lines:
        try:
            value = canonical.decode(line)
            digest = value.pop("hash")
            rows.append((canonical.encode(value), digest))
        except (RefusedError, AttributeError, KeyError, TypeError):
            unreadable = True
            break
    entries, problem = from_stored(rows)
    seq = len(entries) + 1
    if problem is None and unreadable:
        problem = ChainProblem("E_CHAIN", seq, "the line is no entry")
    if problem is None and rest:
        problem = ChainProblem("E_TRUNCATED", seq, "the last line is cut off")
    return entries, problem


def _follows(prev: Entry | None, entry: Entry) -> ChainProblem | None:
    seq = 1 if prev is None else prev.seq + 1
    if entry.v != VERSION:
        return ChainProblem("E_CHAIN", seq, f"version {entry.v} is not known")
    if entry.seq != seq:
        return ChainProblem("E_CHAIN", seq, _place(seq, entry.seq))
    if entry.prev != (GENESIS if prev is None else prev.hash):
        return ChainProblem("E_CHAIN", seq, "it does not follow the entry before it")
    if prev is not None and entry.at < prev.at:
        return ChainProblem("E_CHAIN", seq, "its time is before that of the entry before it")
    return None


def _place(expected: int, found: int) -> str:
    if found < expected:
        return f"entry {found} stands there again"
    return f"it is missing, entry {found} stands in its place"


def _is_sealed(entry: Entry, place: int) -> ChainProblem | None:
    try:
        sealed = _hash(to_stored(entry)) == entry.hash
    except (RefusedError, ValueError):
        sealed = False
    return None if sealed else ChainProblem("E_CHAIN", place, "it was edited")


def _fields(entry: Entry) -> dict[str, Any]:
    return {
        "v": entry.v,
        "seq": entry.seq,
        "prev": entry.prev,
        "at": canonical.instant(entry.at),
        "kind": entry.kind,
        "body": entry.body,
    }


def _encode(v: int, seq: int, prev: str, at: datetime, kind: str, body: Body) -> bytes:
    spelled = canonical.instant(at)
    return canonical.encode(
        {"v": v, "seq": seq, "prev": prev, "at": spelled, "kind": kind, "body": body}
    )


def _entry(value: Any, digest: str) -> Entry:
    if not isinstance(value, dict) or value.keys() != _FIELDS:
        raise ValueError("its fields are not v, seq, prev, at, kind, body")
    v, seq, kind, body = value["v"], value["seq"], value["kind"], value["body"]
    if type(v) is not int or type(seq) is not int:
        raise ValueError("v and seq must be integers")
    if not isinstance(kind, str) or not isinstance(body, dict) or not isinstance(value["at"], str):
        raise ValueError("kind and at must be text and body a mapping")
    return Entry(v, seq, value["prev"], canonical.parse_instant(value["at"]), kind, body, digest)


def _hash(data: bytes) -> str:
    return hashlib.sha256(_DOMAIN + data).hexdigest()
