"""A real clone, in which anybody commits anything under any name."""

import os
import subprocess
from pathlib import Path

_PROGRAMS = (
    "core.pager",
    "core.fsmonitor",
    "core.sshCommand",
    "core.editor",
    "core.askPass",
    "gpg.program",
    "diff.external",
    "credential.helper",
    "pager.log",
)


class Repository:
    """A clone in which anybody commits under any name."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.git("init", "-q", ".")

    def git(self, *words: str, **names: str) -> str:
        env = {**os.environ, **names, "GIT_CONFIG_GLOBAL": "/dev/null"}
        done = subprocess.run(
            ["git", *words], cwd=self.root, env=env, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commit(self, message: str, author: str = "Bob", committer: str = "Bob") -> str:
        names = {}
        for role, who in (("AUTHOR", author), ("COMMITTER", committer)):
            names |= {f"GIT_{role}_NAME": who, f"GIT_{role}_EMAIL": f"{who.lower()}@example.com"}
        self.git("commit", "-q", "--allow-empty", "-m", message, **names)
        return self.git("rev-parse", "HEAD")

    def plumb(self, *parents: str, message: bytes, author: bytes = b"Bob <bob@example.com>") -> str:
        """Make a commit of exactly these bytes, as no `git commit` would."""
        tree = self.git("write-tree")
        head = "".join([f"tree {tree}\n", *(f"parent {each}\n" for each in parents)]).encode()
        lines = (b"%s %s 1700000000 +0000\n" % (role, author) for role in (b"author", b"committer"))
        made = subprocess.run(
            ["git", "hash-object", "-t", "commit", "-w", "--stdin", "--literally"],
            cwd=self.root,
            input=head + b"".join(lines) + b"\n" + message,
            check=True,
            capture_output=True,
        )
        return made.stdout.decode().strip()

    def set_traps(self) -> Path:
        """Let every setting that names a program name a trap; return what it would leave."""
        called, trap = self.root / "called", self.root / "trap"
        trap.write_text(f"#!/bin/sh\ntouch {called}\n")
        trap.chmod(0o755)
        for name in _PROGRAMS:
            self.git("config", name, str(trap))
        self.git("config", "log.showSignature", "true")
        return called
