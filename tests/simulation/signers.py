"""Real people with real keys: what they say is signed, filed, read and verified as in life.

Each paper in an inbox remembers who really made it and how. That is what the invariants
go by; what mcm makes of its bytes is mcm's affair.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mcm.app.glasses import find_glasses
from mcm.app.local_source import LocalSource
from mcm.core import canonical
from mcm.core.errors import RefusedError
from mcm.core.history.journal import Journal
from mcm.core.query import Query
from mcm.core.reading import Reading
from mcm.core.trust.inbox import Inbox
from mcm.core.trust.statement import Rejected, Statement, TrustRef, Verified, file_name, namespace
from mcm.sandbox.identity import ACCOUNT
from mcm.trust.envelope import Envelope, Proof
from mcm.trust.persons import TrustFile
from mcm.trust.pins import Pins, check_pin
from mcm.trust.sshsig import ED25519
from mcm.trust.verify import verify
from tests.kit.clock import VirtualClock
from tests.kit.world import REALM, People, World
from tests.trust.handmade import HandKey

ROLES = {
    "alice": ["requester", "approver"],
    "bob": ["approver"],
    "carol": ["approver", "breakglass"],
    "dave": ["approver"],
}
ONLY = {"dave": ["prod-fe"]}
"""Who may approve some stages only."""
KEYS = {
    name: HandKey(ED25519, number)
    for number, name in enumerate(("alice", "bob", "carol", "dave", "mallory"), start=1)
}
"""mallory has a key, and no entry in the trust file."""


@dataclass(frozen=True)
class Paper:
    """A file in an inbox."""

    folder: str
    """The change in whose inbox it lies."""
    statement: Statement
    data: bytes
    by: str
    """Who made it."""
    genuine: bool
    """Whether `by` signed just this, in their own name."""


def entry(name: str, **more: object) -> dict[str, Any]:
    """Return a person of the trust file."""
    found: dict[str, Any] = {
        "id": name,
        "email": f"{name}@example.com",
        "ssh": [KEYS[name].line],
        "aws": [f"arn:aws:iam::{ACCOUNT}:user/{name}"],
        "roles": ROLES.get(name, ["approver"]),
    }
    if name in ONLY:
        found["stages"] = ONLY[name]
    return {**found, **more}


@lru_cache
def trust_file() -> TrustFile:
    """Return the trust file that everybody agreed on."""
    return TrustFile.from_value({"version": 1, "persons": [entry(name) for name in ROLES]})


@lru_cache
def swapped_file() -> TrustFile:
    """Return a trust file in which mallory has made an approver of herself."""
    persons = [entry(name) for name in (*ROLES, "mallory")]
    return TrustFile.from_value({"version": 2, "persons": persons})


def seal(statement: Statement, key: HandKey, *, space: str = "", signed: bytes = b"") -> bytes:
    """Return an envelope: signed under the kind's namespace unless another `space` is given.

    What is signed may be other bytes than what it then holds.
    """
    payload = canonical.encode(statement.to_value())
    signature = key.sign(signed or payload, space or namespace(statement.kind))
    return Envelope(statement.kind, payload, (Proof("ssh", signature),)).to_bytes()


class Signers(People):
    """The inboxes of the changes, and the trust file of this clone."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self.papers: list[Paper] = []
        self.file = trust_file()
        """The trust file as it lies there now."""
        self.looks_for_glass: Journal | None = None
        """The journals in which broken glasses are looked for; None where none was broken."""
        self._pins: tuple[Pins, Path] | None = None
        self._kept: TemporaryDirectory[str] | None = None
        self._source = LocalSource(self._inbox, lambda: self.freezes, clock)

    @property
    def trust(self) -> TrustRef:
        return self.file.ref

    def read(self, queries: Iterable[Query], within: timedelta) -> dict[Query, Reading]:
        """Read as the commands do: from bytes, under the trust file as it lies there."""
        return self._source.read(queries, within)

    def take(self, statement: Statement, person: str) -> Verified:
        """Let a person sign a statement in their own name, and file it."""
        said = Verified(statement, person, statement.digest, f"key-of-{person}")
        self.statements.append(said)
        self.slip(statement, seal(statement, KEYS[person]), person, genuine=True)
        return said

    def slip(
        self, statement: Statement, data: bytes, by: str, *, genuine: bool = False, folder: str = ""
    ) -> None:
        """Put bytes into an inbox, the statement's own unless `folder` names another."""
        self.papers.append(Paper(folder or statement.change, statement, data, by, genuine))

    def clear(self) -> None:
        """Take every paper away."""
        self.papers.clear()
        self.statements.clear()

    def pin(self) -> None:
        """From now on this user keeps a pin of the trust file, as the commands do."""
        self._kept = TemporaryDirectory()
        folder = Path(self._kept.name)
        self._pins = Pins(folder / "pins" / "pins.json"), folder / "signatures"
        self._check(self._clock.now())

    def close(self) -> None:
        """Take away what was kept on disk."""
        if self._kept is not None:
            self._kept.cleanup()

    def _check(self, now: datetime) -> None:
        if self._pins is not None:
            pins, folder = self._pins
            check_pin(pins, "sim", self.file, folder, now)

    def _inbox(self, change: str) -> Inbox:
        now = self._clock.now()
        self._check(now)
        found = self._read(change, now)
        if self.looks_for_glass is None:
            return found
        folders = sorted({each.folder for each in self.papers})
        read: Callable[[str], Inbox] = lambda name: self._read(name, now)  # noqa: E731
        return replace(found, glasses=find_glasses(self.looks_for_glass, folders, read))

    def _read(self, change: str, now: datetime) -> Inbox:
        verified: list[Verified] = []
        rejected: list[Rejected] = []
        for each in self.papers:
            if each.folder != change:
                continue
            try:
                verified.append(verify(each.data, self.file, REALM, now))
            except RefusedError as err:
                rejected.append(Rejected(file_name(each.statement), err.code, str(err)))
        return Inbox(tuple(verified), tuple(rejected))


def may_approve(name: str, stage: str) -> bool:
    """Say whether everybody agreed that this person may approve that stage."""
    return "approver" in ROLES.get(name, ()) and stage in ONLY.get(name, [stage])


def may_break(name: str) -> bool:
    """Say whether everybody agreed that this person may go forward alone."""
    return "breakglass" in ROLES.get(name, ())


ARNS: Mapping[str, str] = {f"arn:aws:iam::{ACCOUNT}:user/{name}": name for name in ROLES}
"""Whose the AWS callers are."""


def signers(world: World) -> Signers:
    """Return the people of a simulated world."""
    assert isinstance(world.people, Signers)
    return world.people
