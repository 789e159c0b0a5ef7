"""What a person does to the sandbox rather than in it: `mcm sandbox status|fault|reset`.

Every route lies under `/_mcm/` and needs the token that is in the sandbox's state file,
which only its owner can read. Without it nothing is told, not even that this is a sandbox.
"""

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Protocol, runtime_checkable

from mcm.core.canonical import instant
from mcm.sandbox.engine import Engine
from mcm.sandbox.faults import NAMED_FAULTS
from mcm.sandbox.folder import PREFIX, TOKEN_HEADER
from mcm.sandbox.http_message import Answer, Request, json_answer


@runtime_checkable
class Releasing(Protocol):
    """A scenario that can bring the next release into its pipeline."""

    def release(self, name: str | None = None) -> str:
        """Merge a release, by default the next one, and return the id of its execution.

        Raises KeyError for a name that no release has.
        """
        ...


@dataclass
class Running:
    """The running sandbox: an engine, and how to begin again."""

    build: Callable[[], Engine]
    """Makes an engine in its first state."""
    uuid: str
    """Names this sandbox until it is reset: no other has it (docs/security-design.md threat 32)."""
    new_uuid: Callable[[], str]
    engine: Engine = field(init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def __post_init__(self) -> None:
        self.engine = self.build()

    def reset(self) -> None:
        """Begin again with a fresh engine and a new uuid."""
        with self._lock:
            self.engine, self.uuid = self.build(), self.new_uuid()


@dataclass(frozen=True)
class AdminFace:
    """Answers the admin routes of one sandbox."""

    running: Running
    token: str
    defects: list[str]
    stop: Callable[[], None]
    """Lets the server end."""

    def answer(self, request: Request) -> Answer:
        """Answer a request under PREFIX."""
        given = request.header(TOKEN_HEADER).encode()
        if not hmac.compare_digest(given, self.token.encode()) or request.header("origin"):
            return json_answer(404, {"error": "not found"})
        name = request.path.removeprefix(PREFIX)
        reads: Mapping[str, Callable[[], Answer]] = {"status": self._status, "clock": self._clock}
        if request.method == "GET" and name in reads:
            return reads[name]()
        writes: Mapping[str, Callable[[Request], Answer]] = {
            "fault": self._fault,
            "release": self._release,
            "reset": self._reset,
            "stop": self._stop,
        }
        if request.method == "POST" and name in writes:
            return writes[name](request)
        return json_answer(404, {"error": f"no such route: {request.method} {name}"})

    def _reset(self, _request: Request) -> Answer:
        self.running.reset()
        return self._status()

    def _stop(self, _request: Request) -> Answer:
        answer = json_answer(200, {"stopping": self.running.uuid})
        return replace(answer, after=self.stop)

    def _status(self) -> Answer:
        engine = self.running.engine
        calls = {
            f"{service}:{operation}": count
            for (service, operation), count in sorted(engine.log.calls.items())
        }
        status = {
            "uuid": self.running.uuid,
            "now": instant(engine.now()),
            "services": sorted(engine.services),
            "faults": sorted(NAMED_FAULTS),
            "calls": calls,
            "defects": list(self.defects),
        }
        return json_answer(200, status)

    def _clock(self) -> Answer:
        self.running.engine.advance()
        return json_answer(200, {"now": instant(self.running.engine.now())})

    def _fault(self, request: Request) -> Answer:
        try:
            name = str(json.loads(request.body)["name"])
            self.running.engine.fault(name)
        except (ValueError, TypeError, KeyError) as err:
            known = ", ".join(sorted(NAMED_FAULTS))
            return json_answer(400, {"error": f"no such fault: {err}; there are {known}"})
        return json_answer(200, {"fault": name, "description": NAMED_FAULTS[name].description})

    def _release(self, request: Request) -> Answer:
        scenario: object = self.running.engine.scenario
        if not isinstance(scenario, Releasing):
            return json_answer(400, {"error": "this sandbox runs no scenario that can release"})
        try:
            name = json.loads(request.body or b"{}").get("name")
            return json_answer(200, {"execution": scenario.release(name)})
        except (ValueError, TypeError, AttributeError, KeyError) as err:
            return json_answer(400, {"error": f"no such release: {err}"})
