"""Right inputs of each reader, so that the bytes begin where something is read at all."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

from mcm.core import canonical
from mcm.core.trust.statement import Statement, TrustRef
from mcm.data import read_data
from mcm.record.figures import Index, NotDrawn, Picture
from mcm.sandbox.example import example_files
from mcm.trust.envelope import Envelope, Proof
from mcm.wire.paste import to_block
from tests.trust.handmade import KINDS, HandKey, unarmour

NOW = datetime(2026, 3, 18, 9, 0, tzinfo=UTC)
SPACE = "approval.v1@mcm"
Seeds = Callable[[], Sequence[bytes]]


def statement() -> bytes:
    """Return the payload of an approval."""
    said = Statement(
        kind="approval",
        realm="aws:aws:111111111111:us-east-1",
        change="MCM-1",
        edition=2,
        plan="a" * 64,
        stage="prod-us",
        pipeline="ParcelPhotoCheck",
        execution="exec-7",
        rollback_to="exec-5",
        request="b" * 64,
        requester="alice",
        approver="bob",
        decision="approve",
        trust=TrustRef(1, "c" * 64),
        not_before=NOW,
        expires=NOW + timedelta(hours=1),
        nonce="0" * 32,
    )
    return canonical.encode(said.to_value())


@cache
def envelope() -> bytes:
    """Return the file of a signed approval."""
    data = statement()
    return Envelope("approval", data, (Proof("ssh", HandKey().sign(data, SPACE)),)).to_bytes()


def own_check() -> bytes:
    """Return a check of a project, with parameters that are put in."""
    return b"""\
name: queue
kind: command
about: The queue is short.
parameters:
  most: {type: integer, default: 50, about: Messages that may wait.}
with:
  run: [/bin/sh, -c, 'echo "OK - $1 at most"', sh, "{most}"]
"""


def plan() -> bytes:
    """Return a frozen plan."""
    from tests.planned import make_plan

    return make_plan().to_bytes()


def trust() -> bytes:
    """Return a trust file with a requester and an approver."""
    persons = [
        {"id": who, "roles": [role], "ssh": [HandKey(kind, number).line]}
        for who, role, kind, number in (
            ("alice", "requester", KINDS[0], 7),
            ("bob", "approver", KINDS[2], 8),
        )
    ]
    return json.dumps({"version": 1, "persons": persons}, indent=1).encode()


@cache
def signatures() -> list[bytes]:
    """Return a right signature of each kind of key, in its armour and without."""
    made = [HandKey(kind).sign(b"{}", SPACE) for kind in KINDS]
    return [*(each.encode() for each in made), *(unarmour(each) for each in made)]


def keys() -> list[bytes]:
    """Return a key of each kind as a line and in wire form."""
    made = [HandKey(kind) for kind in KINDS]
    return [*(each.line.encode() for each in made), *(each.blob for each in made)]


def figures() -> bytes:
    """Return a list of one picture and one that is missing."""
    drawn = Picture("prod-us-5xx.svg", "prod-us", "graph", "never > 5")
    return Index("a" * 64, NOW, (drawn,), (NotDrawn("prod-us", "both", "no metric"),)).to_bytes()


def log() -> bytes:
    """Return what git says of two commits, of which one reverts the other."""
    one, two = "a" * 40, "b" * 40
    rows = (
        (two, one, "Bob", 'Revert "Add it"', f"This reverts commit {one}.\n"),
        (one, f"{'c' * 40} {'d' * 40}", "Zo\u00eb", "Add it (#4)", ""),
    )
    return "".join(f"{field}\0" for row in rows for field in row).encode()


SEEDS: Mapping[str, Seeds] = {
    "canonical": lambda: [statement(), b'{"a":[1,null,true,"\xc3\xa9"]}', b"0", b'""'],
    "statement": lambda: [statement()],
    "plan": lambda: [plan()],
    "envelope": lambda: [envelope()],
    "signature": signatures,
    "key": keys,
    "trust": lambda: [trust()],
    "yaml": lambda: [text.encode() for text in example_files(NOW).values()],
    "service": lambda: [example_files(NOW)["mcm.yaml"].encode()],
    "change": lambda: [example_files(NOW)["changes/CM-0001/change.yaml"].encode()],
    "definition": lambda: [own_check(), read_data("checks", "alarms.yaml").encode()],
    "paste": lambda: [to_block("CM-0001", envelope()).encode()],
    "incidents": lambda: [
        b"incidents:\n  - {from: 2026-03-18T02:00Z, to: 2026-03-18T03:00Z, stages: [prod-us]}\n"
    ],
    "figures": lambda: [figures()],
    "range": lambda: [log()],
}
