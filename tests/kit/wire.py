"""The world of `tests.kit.world` behind the sandbox's HTTP face: botocore is in between.

The server runs in real time and answers at once; the engine behind it, and the runner in
front of it, have the test's virtual clock, so that a day of waiting costs nothing.
"""

import copy
import http.client
import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from mcm.app.deploying import who_are_we
from mcm.app.runner import Ending, start_walk
from mcm.app.writer import Writer
from mcm.aws.clients import Limits
from mcm.aws.port import Port
from mcm.aws.session import connect
from mcm.cli.walk import tell_ending
from mcm.core.history.goal import GoForward
from mcm.core.query import Place
from mcm.core.sentences.sentence import sentence
from mcm.sandbox.engine import Engine
from mcm.sandbox.folder import PREFIX, TOKEN_HEADER
from mcm.sandbox.http_admin import Running
from mcm.sandbox.http_message import Answer, Request
from mcm.sandbox.http_server import Server
from mcm.sandbox.identity import ACCOUNT, PEOPLE, user_key
from mcm.sandbox.moto_behind import MotoBehind
from mcm.sandbox.pipeline_model import parse_structure
from mcm.sandbox.scenario import build_example
from tests.kit.clock import START
from tests.kit.world import STAGE, Counted, World

TOKEN = "open sesame"
ONE_TRY = Limits(read_attempts=1)
"""botocore would pause between its tries of a read in real time; the poll looks again anyway."""


Bend = Callable[[dict[str, Any]], None]
"""Changes a reply, a JSON document, on its way to botocore."""


class BendingServer(Server):
    """The sandbox's server, with replies that a test changes after the sandbox checked them."""

    bends: dict[str, Bend]
    arn = ""
    """Who STS says is calling; empty for the truth."""

    def answer(self, request: Request) -> Answer:
        answer = super().answer(request)
        if self.arn and b"Action=GetCallerIdentity" in request.body:
            told = re.sub(rb"<Arn>.*?</Arn>", f"<Arn>{self.arn}</Arn>".encode(), answer.body)
            return replace(answer, body=told)
        operation = request.header("x-amz-target").rpartition(".")[2]
        if operation not in self.bends or answer.status != 200:
            return answer
        document = json.loads(answer.body)
        self.bends[operation](document)
        return replace(answer, body=json.dumps(document).encode())


class Wire:
    """One loopback server for the engines of several tests, one after the other."""

    def __init__(self, server: BendingServer, keys: Path) -> None:
        self._server = server
        self._keys = keys
        self._ports: dict[tuple[str, str], Port] = {}

    def serve(self, engine: Engine) -> None:
        """Let `engine` answer from now on, and nobody change what it says."""
        self._server.admin.running.engine = engine
        self._server.bends, self._server.arn = {}, ""
        self._server.aws.defects.clear()

    def bend(self, operation: str, change: Bend) -> None:
        """Let `change` be made to every reply of `operation` that is no error."""
        self._server.bends[operation] = change

    def say_arn(self, arn: str) -> None:
        """Let STS say that every caller is `arn`."""
        self._server.arn = arn

    def port(self, person: str, region: str, role: str | None = None) -> Port:
        """Return what mcm itself would call AWS with: one person, perhaps in a role."""
        known = self._ports.get((person, region)) if role is None else None
        if known is not None:
            return known
        port = connect(
            region,
            profile=person,
            role_arn=role,
            endpoint_url=self._server.url,
            credentials_file=self._keys,
            limits=ONE_TRY,
        )
        if role is None:  # the session of a role ends with the engine that gave it
            self._ports[person, region] = port
        return port

    def fault(self, name: str) -> None:
        """Arrange a named fault as `mcm sandbox fault NAME` does."""
        self._admin("fault", {"name": name})

    def _admin(self, route: str, body: dict[str, Any]) -> None:
        there = http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=5)
        try:
            there.request("POST", f"{PREFIX}{route}", json.dumps(body), {TOKEN_HEADER: TOKEN})
            answer = there.getresponse()
            assert answer.status == 200, answer.read()
        finally:
            there.close()

    @property
    def defects(self) -> list[str]:
        """What was asked or answered that AWS would not."""
        return self._server.aws.defects


@contextmanager
def open_wire(folder: Path) -> Iterator[Wire]:
    """Serve on a free port of this machine; its people's keys lie in `folder`."""
    keys = folder / "credentials"
    keys.write_text("".join(profile(name, user_key(name)) for name in PEOPLE))
    running = Running(lambda: build_example(lambda: START), "here", lambda: "there")
    server = BendingServer(running, TOKEN, behind=MotoBehind(ACCOUNT))
    server.bends = {}
    with server:
        yield Wire(server, keys)


def profile(name: str, key: str) -> str:
    """Return a profile as it stands in a credentials file."""
    return f"[{name}]\naws_access_key_id = {key}\naws_secret_access_key = any\n"


class WiredWorld(World):
    """A `World` in which whatever anybody asks of AWS goes over HTTP."""

    def __init__(self, wire: Wire, **given: Any) -> None:
        super().__init__(**given)
        self.wire = wire
        self.operator = "alice"
        """Whose credentials mcm has."""
        wire.serve(self.engine)

    def port(self, person: str, region: str = "us-east-1") -> Port:
        return self.wire.port(person, region)

    def connect(self, place: Place) -> Port:
        return Counted(self.wrap(self.port(self.operator, place.region)), self._before)

    def run(self, goal: GoForward, *, patience: timedelta = timedelta(0)) -> Ending:
        runner = self.runner()
        writer = Writer(self.journal, goal.plan.change, self.listener.lost)
        start_walk(writer, goal, who_are_we(goal.plan, runner.observer), self.clock)
        return runner.run(goal, writer, patience=patience)

    def posts(self, operation: str) -> int:
        """Return how many requests of a write reached AWS, accepted or not."""
        return self.engine.log.calls.get(("codepipeline", operation), 0)

    def lines(self, change: str = "CM-0001") -> list[str]:
        """Return the journal as a person reads it."""
        return [sentence(entry) for entry in self.entries(change)]

    def bodies(self, kind: str, change: str = "CM-0001") -> list[dict[str, Any]]:
        """Return what the entries of one kind say."""
        return [dict(entry.body) for entry in self.entries(change) if entry.kind == kind]

    def reshape(self, edit: Callable[[dict[str, Any]], None]) -> None:
        """Let the pipeline have been of another shape all along, with the past that it has."""
        pipeline = self.scenario.pipeline
        old = pipeline.structure
        declaration = copy.deepcopy(dict(old.declaration))
        edit(declaration)
        pipeline.structures[-1] = parse_structure(declaration, old.version, old.updated)

    def edit_pipeline(self) -> None:
        """Let somebody save the pipeline at the console, unchanged: a new version all the same."""
        port = self.port("console")
        found = port.call(
            "codepipeline", "GetPipeline", {"name": self.scenario.pipeline.structure.name}
        )
        port.call("codepipeline", "UpdatePipeline", {"pipeline": found["pipeline"]})


def told(ending: Ending, change: str = "CM-0001") -> str:
    """Return what `mcm deploy` says at its end, on one line."""
    heard = io.StringIO()
    with redirect_stderr(heard):
        tell_ending(ending, change, STAGE)
    return " ".join(heard.getvalue().split())
