"""alice's and bob's clones of one bare repository, on one sandbox, as two users have them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from mcm.cli.terminal import run_at_terminal
from mcm.core.history.journal import Entry
from mcm.core.plans.plan import Plan
from mcm.store.sqlite import SqliteJournal
from tests.cli.conftest import ASKED, Shop
from tests.kit.world import ROOT

GIT = ("git", "-c", "user.name=alice", "-c", "user.email=alice@example.com")


class Clone:
    """One person's clone, with settings and memory of their own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        home = root.parent / f"home-{root.name}"
        home.mkdir()
        self.env = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(home)}
        self.env |= {"XDG_STATE_HOME": f"{home}/state", "XDG_CONFIG_HOME": f"{home}/config"}

    def mcm(self, line: str, data: str = "") -> "subprocess.CompletedProcess[str]":
        """Run one command to its end, without a terminal."""
        return subprocess.run(
            [sys.executable, "-m", "mcm.cli.main", *line.split()],
            cwd=self.root,
            env=self.env,
            input=data,
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self, line: str) -> "subprocess.Popen[str]":
        """Start a command and leave it running."""
        return subprocess.Popen(
            [sys.executable, "-m", "mcm.cli.main", *line.split()],
            cwd=self.root,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def type(self, line: str, typed: str) -> tuple[int, str]:
        """Run one command at a terminal and type when it asks."""
        command = [sys.executable, "-m", "mcm.cli.main", *line.split()]
        return run_at_terminal(command, typed, after=ASKED, cwd=self.root, env=self.env)

    def git(self, *words: str) -> str:
        done = subprocess.run(
            [*GIT, *words], cwd=self.root, env=self.env, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def entries(self) -> tuple[Entry, ...]:
        return SqliteJournal(self.root / ".mcm" / "journal.db").entries("CM-0001")

    def plan(self) -> Plan:
        return Plan.from_bytes((self.root / "changes/CM-0001/plan.json").read_bytes())


def clone_twice(shop: Shop, folder: Path) -> tuple[Clone, Clone]:
    """Make a repository of the example, and two clones: the change is in alice's only."""
    bare = folder / "shop.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(bare)], check=True)
    found = []
    for who in ("alice", "bob"):
        root = folder / who
        subprocess.run(
            ["git", "clone", "-q", str(bare), str(root)], check=True, capture_output=True
        )
        found.append(Clone(root))
        if who == "alice":
            for name in ("mcm.yaml", ".gitignore"):
                shutil.copy(shop.root / name, root / name)
            (root / ".mcm").mkdir()
            shutil.copy(shop.root / ".mcm/trust.yml", root / ".mcm/trust.yml")
            found[0].git("add", "-A")
            found[0].git("commit", "-qm", "Set up")
            found[0].git("push", "-q", "origin", "HEAD:main")
            shutil.copytree(shop.root / "changes", root / "changes")
        # Both stand beside one sandbox: where it runs, and its persons' keys.
        shutil.copytree(shop.root / ".mcm-sandbox", root / ".mcm-sandbox")
    return found[0], found[1]
