"""The sandbox as a background process: up, down, status, and what a shell needs to use it.

The state file says where the process is; only the process itself, asked with the token
from that file, says that it is still the one. Nothing here sends a signal: a pid in a
file may by now be anybody's.
"""

import json
import os
import select
import shlex
import subprocess
import sys
from collections.abc import Mapping
from configparser import ConfigParser
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import mcm
from mcm.core.errors import McmError, UsageError
from mcm.sandbox.folder import BUILD, CREDENTIALS, FOLDER, PREFIX, STATE, TOKEN_HEADER

_HOST = "127.0.0.1"
# The child runs the code that its parent runs, also from a working tree, and nothing else
# from the environment or the current directory (-I).
_START = (
    "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); "
    "runpy.run_module('mcm.sandbox.http', run_name='__main__', alter_sys=True)"
)


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox, as its state file and its own word agree on."""

    directory: Path
    pid: int
    port: int
    uuid: str
    token: str

    @property
    def endpoint_url(self) -> str:
        return f"http://{_HOST}:{self.port}"

    @property
    def credentials_file(self) -> Path:
        """An AWS credentials file with a profile for each person."""
        return self.directory / FOLDER / CREDENTIALS

    def ask(self, method: str, route: str, document: Mapping[str, Any] | None = None) -> Any:
        """Call an admin route (`status`, `clock`, `fault`, `release`, `reset`, `stop`).

        Returns the answer's document; raises UsageError with what the sandbox refuses, and
        OSError or http.client.HTTPException if nobody answers.
        """
        import http.client

        connection = http.client.HTTPConnection(_HOST, self.port, timeout=10)
        try:
            body = json.dumps(document or {})
            headers = {TOKEN_HEADER: self.token, "Content-Length": str(len(body))}
            connection.request(method, f"{PREFIX}{route}", body, headers)
            answer = connection.getresponse()
            reply = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status != 200:
            raise UsageError(f"the sandbox refuses: {reply.get('error', answer.status)}")
        return reply


def up(directory: Path, *, port: int = 0, build: str = BUILD, within: float = 30.0) -> Sandbox:
    """Start the sandbox of `directory`, or return the one that runs there.

    `port` 0 takes a free one; `build` is `module:function` that makes the engine; `within`
    is how many seconds it has until it answers. Raises McmError if it does not come up, with
    the end of its log.
    """
    if (running := status(directory)) is not None:
        return running
    folder = directory / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = folder / "server.log"
    reading, writing = os.pipe()
    command = [sys.executable, "-I", "-c", _START, str(Path(mcm.__file__).parents[1])]
    command += [str(directory), "--port", str(port), "--build", build, "--detach", str(writing)]
    try:
        with log.open("w") as output:
            subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(writing,),
                start_new_session=True,
                check=False,
            )
        os.close(writing)
        poll = select.poll()  # `select` itself takes no descriptor above 1023
        poll.register(reading, select.POLLIN)
        is_ready = bool(poll.poll(within * 1000)) and os.read(reading, 16)
    finally:
        os.close(reading)
    running = status(directory) if is_ready else None
    if running is None:
        last = log.read_text(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
        raise McmError(f"the sandbox did not start: {last[0]}", hint=f"Read {log}.")
    return running


def down(directory: Path, *, within: float = 10.0) -> bool:
    """Stop the sandbox of `directory`; return whether there was one.

    A state file of a process that is gone is removed. Raises McmError if the sandbox was
    told to stop and is still there after `within` seconds.
    """
    running = status(directory)
    if running is None:
        return False
    running.ask("POST", "stop")
    state = directory / FOLDER / STATE
    pause = Event()
    for _ in range(int(within / 0.02)):
        if not state.exists():
            return True
        pause.wait(0.02)
    raise McmError(
        f"the sandbox did not stop: process {running.pid} is still there",
        hint=f"Look at it with `ps -p {running.pid}`, then end it yourself.",
    )


def status(directory: Path) -> Sandbox | None:
    """Return the sandbox that runs in `directory`, None if none answers with its token.

    What another process left behind, or answers on its port, is no sandbox of ours.
    """
    try:
        state = json.loads((directory / FOLDER / STATE).read_text())
        found = Sandbox(
            directory, int(state["pid"]), int(state["port"]), state["uuid"], str(state["token"])
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None
    from http.client import HTTPException  # slow to load, and mostly nothing runs

    try:
        said = found.ask("GET", "status")
        return Sandbox(directory, found.pid, found.port, str(said["uuid"]), found.token)
    except (OSError, HTTPException, ValueError, TypeError, KeyError, UsageError):
        return None


def env(sandbox: Sandbox, person: str, region: str = "us-east-1") -> list[str]:
    """Return the shell lines after which the `aws` command talks to the sandbox as `person`.

    Whatever would send it past the sandbox to AWS is unset or switched off as well.
    """
    values = env_values(sandbox, person, region)
    exports = [f"export {name}={shlex.quote(value)}" for name, value in values.items()]
    return ["unset AWS_PROFILE AWS_SESSION_TOKEN", *exports]


def env_values(sandbox: Sandbox, person: str, region: str) -> dict[str, str]:
    """Return the variables with which the `aws` command talks to the sandbox as `person`."""
    profiles = ConfigParser(interpolation=None)
    profiles.read(sandbox.credentials_file)
    if person not in profiles:
        raise UsageError(
            f"the sandbox knows no {person!r}: there are {', '.join(profiles.sections())}"
        )
    keys = profiles[person]
    return {
        "AWS_ENDPOINT_URL": sandbox.endpoint_url,
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
        "AWS_ACCESS_KEY_ID": keys["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": keys["aws_secret_access_key"],
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
    }
