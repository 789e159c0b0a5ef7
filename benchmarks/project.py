"""A project to measure in: the example with a running sandbox, or with many changes."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mcm.aws.port import Params, Reply
from mcm.cli.example import set_up
from mcm.clock import SystemClock
from mcm.sandbox.engine import Engine
from mcm.sandbox.folder import CREDENTIALS, FOLDER, STATE
from mcm.sandbox.http import build, write_private
from mcm.sandbox.http_admin import Running
from mcm.sandbox.http_server import Server
from mcm.sandbox.identity import PEOPLE, user_key
from mcm.sandbox.moto_behind import MotoBehind
from mcm.store.sqlite import SqliteJournal
from tests.kit.world import World

TOKEN, UUID = "a-token-for-this-benchmark-only", "00000000-0000-4000-8000-000000000002"


class Watched(Engine):
    """The engine, noting when it first accepted a RollbackStage."""

    accepted: float = 0.0

    def call(
        self, caller_key: str, region: str, service: str, operation: str, params: Params
    ) -> Reply:
        """Answer as the engine does."""
        reply = super().call(caller_key, region, service, operation, params)
        if operation == "RollbackStage" and not self.accepted:
            self.accepted = time.perf_counter()
        return reply


@dataclass(frozen=True)
class Stage:
    """A project whose sandbox runs in this process."""

    folder: Path
    running: Running
    url: str

    def renew(self) -> Watched:
        """Begin again with a fresh engine and return it."""
        self.running.engine = _fresh()
        assert isinstance(self.running.engine, Watched)
        return self.running.engine


@contextmanager
def sandboxed(folder: Path) -> Iterator[Stage]:
    """Serve a sandbox for the example project in `folder` from this process."""
    set_up(folder)
    running = Running(_fresh, UUID, lambda: UUID)
    identities = running.engine.identities
    with Server(running, TOKEN, behind=MotoBehind(identities.account)) as server:
        sections = [
            f"[{name}]\naws_access_key_id = {user_key(name)}\n"
            f"aws_secret_access_key = {identities.secret(user_key(name))}\n"
            for name in PEOPLE
        ]
        where = folder / FOLDER
        write_private(where / CREDENTIALS, "\n".join(sections))
        state = {"pid": os.getpid(), "port": server.port, "uuid": UUID, "token": TOKEN}
        write_private(where / STATE, json.dumps(state))
        yield Stage(folder, running, server.url)


def with_changes(folder: Path, count: int) -> None:
    """Give the example project `count` changes, each with the journal of a whole walk."""
    set_up(folder)
    text = (folder / "changes/CM-0001/change.yaml").read_text()
    journal = SqliteJournal(folder / ".mcm/journal.db")
    for number in range(1, count + 1):
        name = f"CM-{number:04d}"
        place = folder / "changes" / name
        place.mkdir(exist_ok=True)
        (place / "change.yaml").write_text(text.replace("CM-0001", name))
        world = World(journal=journal, seed=name)
        plan = world.plan(change=name)
        world.approve(plan)
        world.deploy(plan)
        (place / "plan.json").write_bytes(plan.to_bytes())
    journal.close()


def _fresh() -> Watched:
    engine = build(SystemClock().now)
    engine.__class__ = Watched
    assert isinstance(engine, Watched)
    return engine
