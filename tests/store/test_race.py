"""Fifty processes race for one approval in one file: exactly one wins."""

import subprocess
import sys
from pathlib import Path

from mcm.store.sqlite import SqliteJournal

RACERS = 50
RACE = """
import os, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from mcm.core.errors import RefusedError
from mcm.core.history.journal import Draft, JournalMoved
from mcm.store.sqlite import SqliteJournal

path, racers = Path(sys.argv[1]), int(sys.argv[2])
START = datetime(2026, 3, 18, tzinfo=UTC)
start, gate = os.pipe()

def promote(number):
    journal = SqliteJournal(path, busy_timeout=timedelta(seconds=60))
    os.read(start, 1)  # ends when the parent closes the other end
    while True:
        after = len(journal.entries("CM-1"))
        intent = Draft("intent", {"number": number}, START)
        try:
            journal.append("CM-1", [intent], after=after, claims={"nonce": f"holder-{number}"})
            return 0
        except JournalMoved:
            continue
        except RefusedError as err:
            return 1 if err.code == "E_CONSUMED" else 2

SqliteJournal(path).append("CM-1", [Draft("approved", {}, START)], after=0)
children = []
for number in range(racers):
    child = os.fork()
    if child == 0:
        os.close(gate)
        code = 3
        try:
            code = promote(number)
        finally:
            os._exit(code)
    children.append(child)
os.close(gate)
codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
print(codes.count(0), codes.count(1))
"""


def test_threat_12_fifty_processes_race_for_one_approval_and_one_wins(tmp_path: Path) -> None:
    """Each looks, decides and claims as a walk does; the others are told that it is used up."""
    path = tmp_path / "state" / "journal.db"

    done = subprocess.run(
        [sys.executable, "-c", RACE, str(path), str(RACERS)],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == ["1", str(RACERS - 1)]
    assert [entry.kind for entry in SqliteJournal(path).entries("CM-1")] == ["approved", "intent"]
