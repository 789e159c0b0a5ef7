"""A real clone, in which anybody commits anything under any name."""

import os
import subprocess
from pathlib import Path

_PROGRAMS = (
    "alias.log",
    "core.alternateRefsCommand",
    "core.askPass",
    "core.editor",
    "core.fsmonitor",
    "core.gitProxy",
    "core.pager",
    "core.sshCommand",
    "credential.helper",
    "diff.external",
    "diff.trap.command",
    "diff.trap.textconv",
    "filter.trap.clean",
    "filter.trap.process",
    "filter.trap.smudge",
    "gpg.program",
    "gpg.ssh.defaultKeyCommand",
    "gpg.ssh.program",
    "pager.log",
    "remote.promisor.receivepack",
    "remote.promisor.uploadpack",
    "uploadpack.packObjectsHook",
)
_SETTINGS = (
    ("commit.gpgSign", "true"),
    ("core.repositoryFormatVersion", "1"),
    ("extensions.partialClone", "promisor"),
    ("log.showSignature", "true"),
    ("protocol.allow", "always"),
    ("protocol.ext.allow", "always"),
    ("protocol.ssh.allow", "always"),
    ("push.gpgSign", "if-asked"),
    ("remote.promisor.promisor", "true"),
    ("tag.forceSignAnnotated", "true"),
    ("tag.gpgSign", "true"),
)
"""What makes git start them: what is missing is fetched, what is shown or made is signed."""


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

    def set_traps(self, promisor: str = "ssh://example.com/lost") -> Path:
        """Let all that can name a program name a trap; return what it would leave.

        What is missing here is said to be at `promisor`, from where git fetches it unasked.
        """
        called, trap = self.root / "called", self.root / "trap"
        trap.write_text(f"#!/bin/sh\ntouch {called}\n")
        trap.chmod(0o755)
        for name in _PROGRAMS:
            self.git("config", name, f"!{trap}" if name.startswith("alias.") else str(trap))
        for name, value in (*_SETTINGS, ("remote.promisor.url", promisor.format(trap=trap))):
            self.git("config", name, value)
        hooks = self.root / ".git" / "hooks"
        hooks.mkdir(exist_ok=True)
        for name in ("pre-push", "post-checkout", "reference-transaction", "post-index-change"):
            (hooks / name).symlink_to(trap)
        (self.root / ".gitattributes").write_text("* diff=trap filter=trap\n")
        return called
