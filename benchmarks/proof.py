"""What proof costs: verifying a long journal, appending to one, and `mcm verify`.

Each function returns the seconds of ours and of the bare work that nobody can do without,
measured in turn on the same data, so that noise meets both.
"""

import hashlib
import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mcm.cli.example import set_up
from mcm.core.history import journal
from mcm.core.history.journal import Draft
from mcm.store.sqlite import SqliteJournal
from mcm.trust.inbox import write_statement
from mcm.trust.signing import sign
from mcm.trust.sshsig import SshKey
from tests.kit.world import STAGE, World
from tests.trust.people import make_key, public_line

ENTRIES = 100_000
APPENDS = 100
ROUNDS = 5
NOON = datetime(2026, 3, 18, 12, tzinfo=UTC)
_DOMAIN = b"mcm.journal.v1\n"


def chain_checked(count: int = ENTRIES) -> tuple[float, float]:
    """Read and check `count` stored entries; parse, canonicalise and hash the same ones."""
    made = journal.chain_all(None, [_draft(number) for number in range(count)])
    rows = [(journal.to_stored(entry), entry.hash) for entry in made]

    def ours() -> None:
        entries, problem = journal.from_stored(rows)
        assert (len(entries), problem) == (count, None)

    def bare() -> None:
        for data, digest in rows:
            value = json.loads(data)
            again = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            assert hashlib.sha256(_DOMAIN + again.encode()).hexdigest() == digest

    return race(ours, bare)


def entries_appended(count: int = APPENDS) -> tuple[float, float]:
    """Append `count` entries, each on disk before the next; commit as many rows bare."""
    with tempfile.TemporaryDirectory() as name:
        ours = SqliteJournal(Path(name) / "state" / "journal.db")
        bare = sqlite3.connect(Path(name) / "bare.db", isolation_level=None)
        bare.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
            "CREATE TABLE row (seq INTEGER PRIMARY KEY, data BLOB);"
        )
        written = [0]
        data = journal.to_stored(journal.chain(None, "verdict", _draft(0).body, NOON))

        def append() -> None:
            for _ in range(count):
                ours.append("CM-1", [_draft(written[0])], after=written[0])
                written[0] += 1

        def commit() -> None:
            for _ in range(count):
                bare.execute("INSERT INTO row (data) VALUES (?)", (data,))

        found = race(append, commit)
        ours.close()
        bare.close()
        return found


def with_proof(folder: Path) -> None:
    """Give the example project one change with a whole record: planned, signed, promoted."""
    set_up(folder)
    keys = folder / "keys"
    keys.mkdir()
    people = {"alice": ["requester"], "bob": ["approver"]}
    made = {name: make_key(keys, name) for name in people}
    persons = [
        {"id": name, "roles": roles, "ssh": [public_line(made[name])]}
        for name, roles in people.items()
    ]
    (folder / ".mcm").mkdir(mode=0o700, exist_ok=True)
    (folder / ".mcm/trust.yml").write_text(json.dumps({"version": 1, "persons": persons}))
    store = SqliteJournal(folder / ".mcm/journal.db")
    world = World(journal=store)
    plan = world.plan(change="CM-0001")
    place = folder / "changes/CM-0001"
    (place / "plan.json").write_bytes(plan.to_bytes())

    def note(kind: str, **body: object) -> None:
        facts = {"edition": plan.edition, "plan": plan.digest, **body}
        after = len(store.entries(plan.change))
        store.append(plan.change, [Draft(kind, facts, world.clock.now())], after=after)

    note("planned")
    said = world.approve(plan)
    note("requested", by="alice", statement=world.people.statements[0].digest)
    note("approved", by="bob", stage=STAGE, statement=said.digest)
    for number, each in enumerate(world.people.statements):
        write_statement(place / "statements", sign(each.statement, made[each.person]))
        key = SshKey.from_line(public_line(made[each.person])).fingerprint
        world.people.statements[number] = replace(each, key=key)
    world.deploy(plan, patience=timedelta(hours=2))
    store.close()


def _draft(number: int) -> Draft:
    body = {
        "stage": "prod-us",
        "check": "alarms",
        "verdict": "PASS",
        "reason": f"all {number} alarms are OK",
        "approvals": [{"person": "bob", "statement": f"{number:064x}"}],
    }
    return Draft("verdict_changed", body, NOON + timedelta(seconds=number))


def race(ours: Callable[[], None], theirs: Callable[[], None]) -> tuple[float, float]:
    """Return the median seconds of both, run in turn."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for times, run in zip(taken, (ours, theirs), strict=True):
            start = time.perf_counter()
            run()
            times.append(time.perf_counter() - start)
    return statistics.median(taken[0]), statistics.median(taken[1])
