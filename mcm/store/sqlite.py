"""Journals in one SQLite file: what a laptop or a single server needs, and no daemon.

Write-ahead log and synchronous=FULL: an entry that `append` returned survives a power
cut. Triggers refuse UPDATE, DELETE and gaps, but whoever has the file can drop them, so
the chain itself is checked each time a change is read. The `head` table shows entries
deleted from the tail by hand; somebody who rewrites the head as well is found only by a
head kept elsewhere (`journal.check_head`).
"""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from mcm.core.history import journal
from mcm.core.history.journal import Draft, Entry, Head, Journal, StoreError
from mcm.store.known import Known
from mcm.store.memory import NO_CLAIMS, check_claim
from mcm.store.safe_file import check_file, check_folder, create_private, identity
from mcm.store.schema import SCHEMA, SCHEMA_VERSION

BUSY_TIMEOUT = timedelta(seconds=5)
"""How long to wait for another process that is writing; then StoreError."""


class SqliteJournal(Journal):
    """Journals in the file `path`. Safe for many threads and many processes.

    Nothing is created until the first `append`. Methods raise RefusedError
    (E_UNSAFE_FILE, E_PERMISSIONS) if the file or its folder is not this user's alone.
    `max_pages` limits the file to so many pages of 4 KiB (None: SQLite's own limit).
    """

    def __init__(
        self, path: Path, *, busy_timeout: timedelta = BUSY_TIMEOUT, max_pages: int | None = None
    ) -> None:
        self._path = path
        self._busy_timeout = busy_timeout
        self._max_pages = max_pages
        self._db: sqlite3.Connection | None = None
        self._opened: tuple[int, int] | None = None
        self._known = Known()
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        with self._lock:
            self._close()

    def __del__(self) -> None:
        self._close()

    def entries(self, change: str) -> tuple[Entry, ...]:
        """See `Journal.entries`."""
        with self._reading() as db:
            if db is None:
                return ()
            # One statement, one snapshot: a writer may add entries between two of them.
            rows = db.execute(
                "SELECT e.data, e.hash, h.seq, h.hash FROM entry e LEFT JOIN head h USING (change)"
                " WHERE change = ? ORDER BY e.seq",
                (change,),
            ).fetchall()
            anchor = _head(db, change) if not rows else _anchor(rows[0][2], rows[0][3])
        entries, problem = self._known.read(change, [_stored(row[0], row[1]) for row in rows])
        if problem is None and anchor is None:
            problem = journal.ChainProblem("E_CHAIN", 1, "its head is missing")
        if problem is None and anchor is not None and anchor.seq < len(entries):
            problem = journal.ChainProblem("E_CHAIN", anchor.seq + 1, "its head stands before it")
        if problem is None and anchor is not None:
            problem = next(iter(journal.check_head(entries, anchor)), None)
        if problem is not None:
            raise journal.refuse(change, problem, entries)
        return entries

    def append(
        self,
        change: str,
        drafts: Sequence[Draft],
        *,
        after: int,
        claims: Mapping[str, str] = NO_CLAIMS,
    ) -> tuple[Entry, ...]:
        """See `Journal.append`. The new entries are on disk when it returns."""
        with self._writing() as db:
            newest = _newest(db, change)
            journal.check_after(change, after, newest.seq if newest else 0)
            _claim(db, claims)
            made = journal.chain_all(newest, drafts)
            db.executemany(
                "INSERT INTO entry (change, seq, data, hash) VALUES (?, ?, ?, ?)",
                [(change, e.seq, journal.to_stored(e), e.hash) for e in made],
            )
        return made

    def changes(self) -> tuple[str, ...]:
        """See `Journal.changes`."""
        with self._reading() as db:
            if db is None:
                return ()
            rows = db.execute(
                "SELECT change FROM head UNION SELECT change FROM entry ORDER BY change"
            )
            return tuple(row[0] for row in rows)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """Yield the open file, or None if there is none yet or it holds nothing yet."""
        with self._lock, _as_store_error(self._path):
            self._leave_if_replaced()
            if self._db is None and not self._is_there():
                yield None
                return
            db = self._open()
            version = _version(db)
            if version == 0:
                # Created, but its writer died before the schema was in it.
                self._close()
                yield None
                return
            _check_version(self._path, version)
            yield db

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Yield the open file inside one transaction; commit at the end or leave no trace."""
        with self._lock, _as_store_error(self._path):
            self._leave_if_replaced()
            if self._db is None:
                self._create()
            db = self._open()
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                # A full disk may have rolled the transaction back already.
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    def _leave_if_replaced(self) -> None:
        """Close a file that was deleted or replaced: what is written to it would be lost."""
        if self._db is not None and identity(self._path) != self._opened:
            self._close()

    def _is_there(self) -> bool:
        if not self._path.parent.exists():
            return False
        check_folder(self._path.parent)
        for suffix in ("-wal", "-shm", "-journal"):
            check_file(self._path.with_name(self._path.name + suffix))
        return check_file(self._path)

    def _create(self) -> None:
        if not self._is_there():
            create_private(self._path)
            check_folder(self._path.parent)
        db = self._open()
        if _version(db) == 0:
            with _only_one(self._path.parent):
                if _version(db) == 0:
                    db.execute("PRAGMA journal_mode = WAL")
                    db.executescript(f"BEGIN IMMEDIATE; {SCHEMA} COMMIT;")
        _check_version(self._path, _version(db))

    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            db = sqlite3.connect(
                f"{self._path.resolve().as_uri()}?mode=rw",
                uri=True,
                timeout=self._busy_timeout.total_seconds(),
                isolation_level=None,
                check_same_thread=False,
            )
            # Text that is none was put there by hand: a broken entry, not an unreadable file.
            db.text_factory = _text
            self._db = db
            self._opened = identity(self._path)
            db.execute("PRAGMA synchronous = FULL")
            db.execute("PRAGMA trusted_schema = OFF")
            if self._max_pages is not None:
                db.execute(f"PRAGMA max_page_count = {int(self._max_pages)}")
        return self._db

    def _close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None


def _newest(db: sqlite3.Connection, change: str) -> Entry | None:
    """Return the newest entry of `change`; refuse if it is not the one that `head` names.

    Only this one is checked: `entries` checks the rest, and every turn starts with it.
    """
    anchor = _head(db, change)
    row = db.execute(
        "SELECT seq, data, hash FROM entry WHERE change = ? ORDER BY seq DESC LIMIT 1", (change,)
    ).fetchone()
    if row is None and anchor == journal.EMPTY:
        return None
    seq, data, digest = row or (0, b"", "")
    if anchor is None or (seq, digest) != (anchor.seq, anchor.hash):
        raise journal.refuse(
            change, journal.ChainProblem("E_CHAIN", seq, "it is not the entry that the head names")
        )
    entry = journal.read_one(*_stored(data, digest))
    if entry is None or entry.seq != seq:
        raise journal.refuse(change, journal.ChainProblem("E_CHAIN", seq, "it was edited"))
    return entry


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _stored(data: object, digest: object) -> tuple[bytes, str]:
    """Take a row as it is; what is not bytes and text was put there by hand and fits no hash."""
    return (data, digest) if isinstance(data, bytes) and isinstance(digest, str) else (b"", "")


def _head(db: sqlite3.Connection, change: str) -> Head | None:
    row = db.execute("SELECT seq, hash FROM head WHERE change = ?", (change,)).fetchone()
    return journal.EMPTY if row is None else _anchor(*row)


def _anchor(seq: object, digest: object) -> Head | None:
    return Head(seq, digest) if isinstance(seq, int) and isinstance(digest, str) else None


def _claim(db: sqlite3.Connection, claims: Mapping[str, str]) -> None:
    for token, holder in claims.items():
        row = db.execute("SELECT holder FROM claim WHERE token = ?", (token,)).fetchone()
        check_claim(token, row and row[0], holder)
        if row is None:
            db.execute("INSERT INTO claim (token, holder) VALUES (?, ?)", (token, holder))


def _version(db: sqlite3.Connection) -> int:
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    return version


def _check_version(path: Path, version: int) -> None:
    if version != SCHEMA_VERSION:
        raise StoreError(
            f"{path} cannot be read: it has form {version}, this mcm knows form {SCHEMA_VERSION}",
            hint="Install the mcm release that wrote it, or a newer one.",
        )


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Let one process at a time set a new file up: turning WAL on does not wait for others."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def _as_store_error(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as err:
        raise StoreError(
            f"the journal {path} cannot be used: {err}",
            hint=f"See `df -h {path.parent}` and `ls -la {path.parent}`;"
            " `mcm rollback --stage STAGE` works without a journal.",
        ) from err
