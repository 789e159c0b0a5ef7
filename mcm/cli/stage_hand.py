"""Who types in the demo: runs commands where all can see, and stops when one goes wrong."""

import os
import shlex
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import mcm
from mcm.cli.folder import STATE
from mcm.cli.terminal import run_at_terminal
from mcm.clock import SystemClock
from mcm.core.errors import Exit, McmError
from mcm.store.sqlite import SqliteJournal

LOOK = timedelta(milliseconds=250)
PATIENCE = timedelta(seconds=40)
"""How long a step may wait for the pipeline, or for an entry of the journal."""


class StepError(McmError):
    """A step of the demo did not end as it must."""

    exit_code = Exit.BUG


class StageHand:
    """Runs the demo's commands in `folder`. Each must end with the exit code it is given."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._clock = SystemClock()
        code = str(Path(mcm.__file__).parents[1])
        self._env = {**os.environ, "PYTHONPATH": code}

    def title(self, text: str) -> None:
        """Announce a step."""
        self.say(f"\n── {text} " + "─" * max(3, 74 - len(text)))

    def say(self, text: str) -> None:
        """Print one line among the commands' output."""
        print(text, flush=True)

    def show_file(self, name: str, *, lines: int) -> None:
        """Print the first lines of a file."""
        self.say(f"$ head -{lines} {name}")
        text = (self._folder / name).read_text(encoding="utf-8").splitlines()
        self.say("\n".join(text[:lines]))

    def run(
        self,
        command: str,
        want: Exit = Exit.DONE,
        *,
        until: Exit | None = None,
        meanwhile: tuple[str, str, str] | None = None,
    ) -> None:
        """Run one command line of mcm without a keyboard.

        With `until` it is run again until it ends so. `meanwhile` names a change, a kind of
        entry, and the command to run once that change's journal has such an entry.
        """
        if until is not None:
            self._await(command, until)
        self.say(f"\n$ {command}")
        if meanwhile is not None:
            self.say(f"  (during the bake, at another terminal: $ {meanwhile[2]})")
        with subprocess.Popen(
            self._words(command), cwd=self._folder, env=self._env, stdin=subprocess.DEVNULL
        ) as process:
            if meanwhile is not None:
                self._meanwhile(process, *meanwhile)
            code = process.wait()
        self._check(command, code, want)

    def type(self, command: str, typed: str, after: str, want: Exit = Exit.DONE) -> None:
        """Run one command line at a pseudo-terminal and type `typed` when it asks."""
        self.say(f"\n$ {command}")
        code, _ = run_at_terminal(
            self._words(command),
            typed,
            after=after,
            cwd=self._folder,
            env=self._env,
            show=lambda text: print(text, end="", flush=True),
        )
        self._check(command, code, want)

    def take_down(self) -> None:
        """Stop the sandbox, whatever has happened."""
        from mcm.sandbox import process

        process.down(self._folder)

    def _await(self, command: str, want: Exit) -> None:
        """Wait until `command` would end with `want`: the pipeline takes its time."""
        ends = self._clock.now() + PATIENCE
        while self._clock.now() < ends:
            if self._quietly(command) == want:
                return
            self._clock.sleep_until(self._clock.now() + LOOK)

    def _meanwhile(
        self, process: "subprocess.Popen[bytes]", change: str, kind: str, command: str
    ) -> None:
        journal = SqliteJournal(self._folder / STATE / "journal.db")
        while process.poll() is None:
            entries = journal.entries(change)
            if any(entry.kind == kind for entry in entries):
                # Unseen: the walk that is shown has the screen to itself.
                self._check(command, self._quietly(command), Exit.DONE)
                break
            self._clock.sleep_until(self._clock.now() + LOOK)
        journal.close()

    def _quietly(self, command: str) -> int:
        """Run one command line unseen; return its exit code."""
        done = subprocess.run(
            self._words(command),
            cwd=self._folder,
            env=self._env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        return done.returncode

    def _words(self, command: str) -> list[str]:
        return [sys.executable, "-m", "mcm.cli.main", *shlex.split(command)[1:]]

    def _check(self, command: str, code: int, want: Exit) -> None:
        if code != want:
            raise StepError(f"the demo stopped: `{command}` ended with {code}, not {int(want)}")
        if want:
            self.say(f"(exit code {code}, as it must be)")
