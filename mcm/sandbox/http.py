"""The sandbox's own process: `python -m mcm.sandbox.http DIRECTORY`.

Started by `mcm.sandbox.process`, which is where a person's commands begin. It holds a
lock on the state folder for as long as it lives, so that there is one sandbox per
directory and a dead one leaves nothing to be mistaken for it.
"""

import argparse
import fcntl
import json
import os
import secrets
import sys
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import IO

from mcm.clock import SystemClock
from mcm.sandbox.engine import Engine
from mcm.sandbox.folder import BUILD, CREDENTIALS, FOLDER, STATE
from mcm.sandbox.http_admin import Running
from mcm.sandbox.http_server import Server
from mcm.sandbox.identity import PEOPLE, user_key
from mcm.sandbox.moto_behind import MotoBehind

Clock = Callable[[], datetime]


def build(clock: Clock) -> Engine:
    """Build the example as the sandbox runs it: quick, on real time.

    Points of 1 s and alarms of 10 s periods let a bake of seconds be judged.
    """
    from mcm.sandbox.sagemaker_example import build_world
    from mcm.sandbox.scenario import build_example

    world = build_world(clock(), point_period=1, alarm_period=10, update_takes=timedelta(seconds=2))
    return build_example(clock, world=world)


def main(arguments: list[str] | None = None) -> int:
    """Serve the sandbox of a directory until it is told to stop; return an exit code."""
    parser = argparse.ArgumentParser(prog="mcm.sandbox.http")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--build", default=BUILD)
    parser.add_argument("--detach", type=int, metavar="FD", help="FD gets a line when ready")
    options = parser.parse_args(arguments)
    if options.detach is not None and os.fork():
        return 0  # the caller need not outlive, nor wait for, what it started
    folder = options.directory / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = _lock(folder)
    if lock is None:
        sys.stderr.write("a sandbox is already running here\n")
        return 3
    with lock:
        _serve(folder, options.port, _builder(options.build), options.detach)
    return 0


def _serve(folder: Path, port: int, build: Callable[[Clock], Engine], ready_fd: int | None) -> None:
    running = Running(lambda: build(SystemClock().now), _new_uuid(), _new_uuid)
    token = secrets.token_urlsafe(32)
    identities = running.engine.identities
    server = Server(running, token, port=port, behind=MotoBehind(identities.account))
    sections = [
        f"[{name}]\naws_access_key_id = {user_key(name)}\n"
        f"aws_secret_access_key = {identities.secret(user_key(name))}\n"
        for name in PEOPLE
    ]
    write_private(folder / CREDENTIALS, "\n".join(sections))
    state = {"pid": os.getpid(), "port": server.port, "uuid": running.uuid, "token": token}
    write_private(folder / STATE, json.dumps(state))
    if ready_fd is not None:
        # The port is bound and listens: a request from now on waits rather than fails.
        os.write(ready_fd, b"ready\n")
        os.close(ready_fd)
    try:
        server.serve()
    finally:
        (folder / STATE).unlink(missing_ok=True)


def write_private(path: Path, text: str) -> None:
    """Put a file that only its owner can read in place, whole or not at all."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    beside.replace(path)


def _lock(folder: Path) -> IO[str] | None:
    lock = (folder / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def _builder(name: str) -> Callable[[Clock], Engine]:
    module, _, function = name.partition(":")
    build: Callable[[Clock], Engine] = getattr(import_module(module), function)
    return build


def _new_uuid() -> str:
    return str(uuid.uuid4())


if __name__ == "__main__":
    sys.exit(main())
