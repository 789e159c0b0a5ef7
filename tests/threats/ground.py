"""The example project with its people's keys: where an attacker tries something."""

import json
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from mcm.cli.compose import Project
from mcm.clock import SystemClock
from mcm.core import canonical
from mcm.core.trust.statement import Statement, namespace
from mcm.trust.envelope import Envelope, Proof
from mcm.trust.persons import TrustFile
from mcm.trust.plain_yaml import parse
from mcm.trust.signing import new_nonce, sign
from tests.cli.conftest import Shop
from tests.trust.handmade import HandKey
from tests.trust.people import make_key, public_line

CHANGE = "CM-0001"
STAGE = "prod-us"
DEPLOY = f"deploy {CHANGE} --stage {STAGE}"
Entry = dict[str, Any]


class Ground:
    """What an attacker can reach: the project's files, and keys of their own."""

    def __init__(self, shop: Shop, keys: Path) -> None:
        self.shop = shop
        self.root = shop.root
        self._keys = keys

    @property
    def statements(self) -> Path:
        return self.root / "changes" / CHANGE / "statements"

    @property
    def plan_file(self) -> Path:
        return self.root / "changes" / CHANGE / "plan.json"

    @property
    def trust_file(self) -> Path:
        return self.root / ".mcm" / "trust.yml"

    @property
    def journal(self) -> Path:
        return self.root / ".mcm" / "journal.db"

    @property
    def trust(self) -> TrustFile:
        return Project(self.root).trust()

    def key(self, name: str) -> Path:
        """Return the private key of a person of the sandbox, else a new one of that name."""
        known = self.root / ".mcm-sandbox" / "keys" / name
        if known.exists():
            return known
        made = self._keys / name
        return made if made.exists() else make_key(self._keys, name)

    def line(self, name: str) -> str:
        """Return the public half of `key` as a line of the trust file."""
        return public_line(self.key(name))

    def edit_trust(self, change: Callable[[dict[str, Entry]], object]) -> None:
        """Let `change` alter the entries of the trust file, by id; new ones are added."""
        value = parse(self.trust_file.read_bytes())
        entries = {entry["id"]: entry for entry in value["persons"]}
        change(entries)
        value["persons"] = list(entries.values())
        self.write_trust(value)

    def write_trust(self, value: Any) -> None:
        self.trust_file.write_text(json.dumps(value), encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        self.shop.edit(name, old, new)

    def must(self, *lines: str) -> None:
        """Run commands that have to go well."""
        for line in lines:
            assert self.shop.mcm(line) == 0, line

    def requested(self) -> None:
        self.must(f"plan {CHANGE}", f"request {CHANGE}")

    def said(self, kind: str = "approval", who: str = "bob", **changes: Any) -> Statement:
        """Return what `who` might say of the plan of now, with some of it otherwise."""
        plan, now = self.shop.plan(), SystemClock().now()
        values: dict[str, Any] = {
            "kind": kind,
            "realm": plan.realm,
            "change": plan.change,
            "edition": plan.edition,
            "plan": plan.digest,
            "pipeline": plan.pipeline.name,
            "execution": plan.execution,
            "requester": plan.requester,
            "trust": self.trust.ref,
            "not_before": now,
            "expires": now + timedelta(hours=1),
            "nonce": new_nonce(),
        }
        if kind == "request":
            values["stages"] = tuple(stage.name for stage in plan.stages)
        else:
            values |= {
                "stage": STAGE,
                "rollback_to": plan.stages[0].rollback_target,
                "request": self.request_digest(),
                "approver": who,
                "decision": "approve" if kind == "approval" else "reject",
            }
        return Statement(**{**values, **changes})

    def request_digest(self) -> str:
        """Return the digest of the request that lies in the inbox."""
        path = max(self.statements.glob("request-*.json"))
        return canonical.digest_bytes(Envelope.from_bytes(path.read_bytes()).payload)

    def file(self, data: Envelope | bytes, name: str = "approval-1-prod-us-bob.json") -> None:
        """Put an envelope, or any bytes, into the inbox."""
        self.statements.mkdir(exist_ok=True)
        raw = data if isinstance(data, bytes) else data.to_bytes()
        (self.statements / name).write_bytes(raw)

    def approve(self, key: str = "bob", who: str = "bob", **changes: Any) -> None:
        """File an approval in the name of `who`, signed with the key of that name."""
        statement = self.said(who=who, **changes)
        self.file(sign(statement, self.key(key)), f"approval-1-prod-us-{key}.json")

    def approve_by_hand(self, key: HandKey, *, space: str = "", **signing: Any) -> None:
        """File bob's approval with a signature that no program would make."""
        statement = self.said()
        payload = canonical.encode(statement.to_value())
        sig = key.sign(payload, space or namespace("approval"), **signing)
        self.file(Envelope("approval", payload, (Proof("ssh", sig),)))

    def sql(self, *statements: str) -> None:
        """Run SQL on the journal's file, past its triggers."""
        db = sqlite3.connect(self.journal)
        db.execute("PRAGMA writable_schema=ON")
        db.execute("DELETE FROM sqlite_master WHERE type='trigger'")
        db.commit()
        db.close()
        db = sqlite3.connect(self.journal)
        for statement in statements:
            db.execute(statement)
        db.commit()
        db.close()


@dataclass(frozen=True)
class Attempt:
    """One row of the threat table: what somebody does, and which command refuses it."""

    number: int
    words: str
    code: str
    act: Callable[[Ground], object]
    line: str = DEPLOY
    exit: int = 4
    journaled: bool = True
    """Whether the change's journal says that it was refused."""

    def __str__(self) -> str:
        return f"threat_{self.number:02}-{self.words.replace(' ', '-')}"


_WATCHERS: list[Callable[[str], None]] = []


def _hear(event: str, given: tuple[Any, ...]) -> None:
    if event == "open" and _WATCHERS and isinstance(given[0], str):
        for watcher in _WATCHERS:
            watcher(given[0])


@contextmanager
def opening(watcher: Callable[[str], None]) -> Iterator[None]:
    """Tell `watcher` of each file, by name, that this process is about to open."""
    if not getattr(sys, "_mcm_tests_hear", False):
        sys.addaudithook(_hear)  # for good: Python has no way to take one back
        sys._mcm_tests_hear = True  # type: ignore[attr-defined]
    _WATCHERS.append(watcher)
    try:
        yield
    finally:
        _WATCHERS.remove(watcher)
