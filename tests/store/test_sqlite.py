"""The SQLite journal: tampering, unsafe files, a full disk, and processes that die or race."""

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mcm.core.errors import RefusedError
from mcm.core.history.journal import Draft, StoreError, chain, to_stored, verify
from mcm.store.sqlite import SqliteJournal

NOON = datetime(2026, 3, 18, 12, tzinfo=UTC)
DRAFTS = [Draft("verdict", {"number": number}, NOON) for number in range(1, 6)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[SqliteJournal]:
    """A journal of five entries."""
    journal = SqliteJournal(path)
    journal.append("MCM-1", DRAFTS, after=0)
    yield journal
    journal.close()


def tamper(path: Path, *statements: str) -> None:
    """Do what somebody with the file and the sqlite3 command can do."""
    db = sqlite3.connect(path)
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        db.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()


def refusal(path: Path) -> tuple[str, str]:
    with pytest.raises(RefusedError) as caught:
        SqliteJournal(path).entries("MCM-1")
    return caught.value.code, str(caught.value)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET hash = '0' WHERE seq = 2",
        "DELETE FROM entry WHERE seq = 5",
        "INSERT INTO entry VALUES ('MCM-1', 9, x'7b7d', '0')",
        "INSERT OR REPLACE INTO entry VALUES ('MCM-1', 5, x'7b7d', '0')",
        "INSERT INTO entry VALUES ('MCM-2', 2, x'7b7d', '0')",
        "UPDATE head SET seq = 4 WHERE change = 'MCM-1'",
        "DELETE FROM head",
        "UPDATE claim SET holder = 'other'",
        "DELETE FROM claim",
        "INSERT OR REPLACE INTO claim VALUES ('nonce', 'other')",
    ],
)
def test_the_file_itself_refuses_all_but_the_next_entry(
    path: Path, journal: SqliteJournal, statement: str
) -> None:
    journal.append("MCM-1", [], after=5, claims={"nonce": "prod-us"})
    db = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError):
        db.execute(statement)
    db.close()
    assert len(journal.entries("MCM-1")) == 5


@pytest.mark.parametrize(
    ("statement", "code", "seq"),
    [
        ("UPDATE entry SET data = replace(data, '\"number\":2', '\"number\":7') WHERE seq = 2",
         "E_CHAIN", 2),
        ("UPDATE entry SET hash = replace(hash, 'a', 'b') WHERE seq = 3", "E_CHAIN", 3),
        ("DELETE FROM entry WHERE seq = 3", "E_CHAIN", 3),
        ("DELETE FROM entry WHERE seq = 1", "E_CHAIN", 1),
        ("DELETE FROM entry WHERE seq >= 4", "E_TRUNCATED", 4),
        ("DELETE FROM entry", "E_TRUNCATED", 1),
        ("DELETE FROM head", "E_CHAIN", 1),
        ("UPDATE head SET seq = 3", "E_CHAIN", 4),
        ("UPDATE head SET hash = 'x'", "E_SIGNED_HEAD", 5),
        ("UPDATE head SET seq = 'x'", "E_CHAIN", 1),
        ("UPDATE entry SET seq = -seq", "E_CHAIN", 1),
        ("UPDATE entry SET data = 7 WHERE seq = 2", "E_CHAIN", 2),
        ("UPDATE entry SET data = data || x'00ff' WHERE seq = 2", "E_CHAIN", 2),
        ("UPDATE entry SET hash = hash || x'ff' WHERE seq = 2", "E_CHAIN", 2),
    ],
)  # fmt: skip
def test_threat_42_a_tampered_row_is_named_though_the_triggers_are_gone(
    path: Path, journal: SqliteJournal, statement: str, code: str, seq: int
) -> None:
    journal.close()
    tamper(path, statement)
    found, message = refusal(path)
    assert found == code
    assert f"at seq {seq}:" in message


def test_threat_43_an_entry_added_by_hand_with_a_good_hash_is_shown_by_the_head(
    path: Path, journal: SqliteJournal
) -> None:
    extra = chain(journal.entries("MCM-1")[-1], "approval", {}, NOON)
    journal.close()
    data = to_stored(extra).hex()
    tamper(path, f"INSERT INTO entry VALUES ('MCM-1', 6, x'{data}', '{extra.hash}')")
    assert refusal(path)[0] == "E_CHAIN"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET data = replace(data, '\"number\":5', '\"number\":7') WHERE seq = 5",
        "DELETE FROM entry WHERE seq = 5",
        "DELETE FROM head",
    ],
)
def test_threat_42_nothing_is_appended_behind_a_tampered_tail(
    path: Path, journal: SqliteJournal, statement: str
) -> None:
    journal.close()
    tamper(path, statement)
    with pytest.raises(RefusedError) as caught:
        SqliteJournal(path).append("MCM-1", DRAFTS[:1], after=5)
    assert caught.value.code == "E_CHAIN"


def test_reading_a_missing_journal_creates_nothing(path: Path) -> None:
    journal = SqliteJournal(path)
    assert journal.entries("MCM-1") == ()
    assert journal.changes() == ()
    assert not path.parent.exists()


def test_the_file_and_its_folder_are_private(path: Path, journal: SqliteJournal) -> None:
    modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert set(modes.values()) == {0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_every_commit_waits_for_the_disk(journal: SqliteJournal, path: Path) -> None:
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    db.close()
    with journal._writing() as own:
        assert own.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_symbolic_link_in_the_journals_place_is_refused(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    path.symlink_to(tmp_path / "elsewhere.db")
    assert refusal(path)[0] == "E_UNSAFE_FILE"
    with pytest.raises(RefusedError):
        SqliteJournal(path).append("MCM-1", DRAFTS, after=0)
    assert not (tmp_path / "elsewhere.db").exists()


@pytest.mark.parametrize("name", ["journal.db-wal", "journal.db-shm"])
def test_a_symbolic_link_beside_the_journal_is_refused(
    path: Path, journal: SqliteJournal, tmp_path: Path, name: str
) -> None:
    journal.close()
    path.with_name(name).symlink_to(tmp_path / "elsewhere")
    assert refusal(path)[0] == "E_UNSAFE_FILE"


def test_a_hard_link_is_refused(path: Path, journal: SqliteJournal, tmp_path: Path) -> None:
    journal.close()
    os.link(path, tmp_path / "second-name.db")
    assert refusal(path)[0] == "E_UNSAFE_FILE"


def test_a_pipe_in_the_journals_place_is_refused(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    os.mkfifo(path, 0o600)
    assert refusal(path)[0] == "E_UNSAFE_FILE"


@pytest.mark.parametrize("mode", [0o660, 0o602, 0o666])
def test_a_journal_that_others_may_write_is_refused(
    path: Path, journal: SqliteJournal, mode: int
) -> None:
    journal.close()
    path.chmod(mode)
    assert refusal(path)[0] == "E_PERMISSIONS"


def test_a_folder_that_others_may_write_is_refused(path: Path, journal: SqliteJournal) -> None:
    journal.close()
    path.parent.chmod(0o770)
    assert refusal(path)[0] == "E_PERMISSIONS"


def test_a_full_disk_is_an_error_and_leaves_the_chain_whole(path: Path) -> None:
    small = SqliteJournal(path, max_pages=24)
    long = [Draft("note", {"text": "x" * 2000}, NOON) for _ in range(5)]
    written = 0

    def fill() -> None:
        nonlocal written
        for _ in range(100):
            written += len(small.append("MCM-1", long, after=written))

    with pytest.raises(StoreError, match="full"):
        fill()
    assert written > 0
    assert len(small.entries("MCM-1")) == written
    small.close()
    again = SqliteJournal(path)
    assert verify(again.entries("MCM-1")) == ()
    again.append("MCM-1", long, after=written)
    again.close()


def test_a_journal_that_stays_locked_is_an_error_and_keeps_nothing(
    path: Path, journal: SqliteJournal
) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    hasty = SqliteJournal(path, busy_timeout=timedelta(0))
    with pytest.raises(StoreError, match="locked"):
        hasty.append("MCM-1", DRAFTS, after=5)
    assert len(hasty.entries("MCM-1")) == 5
    other.execute("ROLLBACK")
    other.close()
    assert len(hasty.append("MCM-1", DRAFTS, after=5)) == 5


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file stands in the folder's place")
    with pytest.raises(StoreError):
        SqliteJournal(tmp_path / "state" / "deep" / "journal.db").append("M", DRAFTS, after=0)


def test_a_file_that_is_no_database_is_an_error(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    path.write_bytes(b"this is no database, it only has its name" * 100)
    path.chmod(0o600)
    with pytest.raises(StoreError):
        SqliteJournal(path).entries("MCM-1")
    with pytest.raises(StoreError):
        SqliteJournal(path).append("MCM-1", DRAFTS, after=0)


def test_threat_41_a_damaged_page_is_an_error_and_not_an_empty_journal(
    path: Path, journal: SqliteJournal
) -> None:
    journal.close()
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(bytes(data))
    with pytest.raises(StoreError):
        SqliteJournal(path).entries("MCM-1")


def test_a_file_of_a_newer_mcm_is_left_alone(path: Path, journal: SqliteJournal) -> None:
    journal.close()
    tamper(path, "PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="form 99"):
        SqliteJournal(path).entries("MCM-1")
    with pytest.raises(StoreError, match="form 99"):
        SqliteJournal(path).append("MCM-1", DRAFTS, after=5)


def test_a_journal_that_was_moved_away_gets_no_more_entries(
    path: Path, journal: SqliteJournal
) -> None:
    """An open file may have lost its name; a turn written to it would never be found again."""
    path.rename(path.with_name("aside.db"))
    assert journal.entries("MCM-1") == ()
    journal.append("MCM-2", DRAFTS, after=0)
    assert SqliteJournal(path).changes() == ("MCM-2",)


def test_an_empty_file_left_by_a_crash_is_taken_over(path: Path) -> None:
    """The writer died after it made the file and before the tables were in it."""
    path.parent.mkdir(mode=0o700)
    path.touch(mode=0o600)
    journal = SqliteJournal(path)
    assert journal.entries("MCM-1") == ()
    assert len(journal.append("MCM-1", DRAFTS, after=0)) == 5
    journal.close()


LOOP = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from mcm.core.history.journal import Draft
from mcm.store.sqlite import SqliteJournal
journal = SqliteJournal(Path(sys.argv[1]))
after = 0
while True:
    turn = [Draft("turn", {"part": part}, datetime(2026, 3, 18, tzinfo=UTC)) for part in range(7)]
    after += len(journal.append("MCM-1", turn, after=after, claims={f"nonce-{after}": "x"}))
    print(after, flush=True)
"""


@pytest.mark.parametrize("turns", [1, 5, 20])
def test_a_killed_writer_leaves_whole_turns_and_nothing_it_reported_is_lost(
    path: Path, turns: int
) -> None:
    writer = subprocess.Popen([sys.executable, "-c", LOOP, str(path)], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    for _ in range(turns):
        reported = int(writer.stdout.readline())
    writer.kill()
    reported = max([reported, *(int(line) for line in writer.stdout if line.endswith(b"\n"))])
    writer.wait()
    writer.stdout.close()
    entries = SqliteJournal(path).entries("MCM-1")
    assert len(entries) >= reported
    assert len(entries) % 7 == 0
    assert [entry.body["part"] for entry in entries] == list(range(7)) * (len(entries) // 7)
    SqliteJournal(path).append("MCM-1", DRAFTS, after=len(entries))


RACE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from mcm.core.history.journal import Draft, JournalMoved
from mcm.store.sqlite import SqliteJournal
journal = SqliteJournal(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for after in range(20):
    try:
        journal.append("MCM-1", [Draft("turn", {}, datetime(2026, 3, 18, tzinfo=UTC))], after=after)
        print("won", flush=True)
    except JournalMoved:
        print("lost", flush=True)
"""


def test_of_two_processes_exactly_one_gets_each_place(path: Path) -> None:
    """They start on a file that is not there yet, so they race to create it as well."""
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    said = [racer.communicate()[0].split() for racer in racers]
    entries = SqliteJournal(path).entries("MCM-1")
    assert len(entries) == 20
    assert [sorted(words) for words in zip(*said, strict=True)] == [["lost", "won"]] * 20


def test_journals_opened_apart_race_for_one_claim_and_one_wins(path: Path) -> None:
    """Ten connections, as ten processes would have them, and no file yet."""
    won: list[int] = []
    lost: list[str] = []
    gate = threading.Barrier(10)

    def attempt(number: int) -> None:
        journal = SqliteJournal(path)
        gate.wait()
        try:
            journal.append(f"MCM-{number}", DRAFTS, after=0, claims={"nonce": f"h-{number}"})
            won.append(number)
        except RefusedError as err:
            lost.append(err.code)
        finally:
            journal.close()

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert SqliteJournal(path).changes() == tuple(f"MCM-{number}" for number in won)
    assert len(won) == 1
    assert lost == ["E_CONSUMED"] * 9
