"""A bare remote and clones of it, made with the real git."""

import subprocess
from contextlib import AbstractContextManager
from pathlib import Path

from mcm.wire.git import Git, opened


def git(folder: Path, *arguments: str, data: bytes | None = None) -> str:
    """Run git as a user would, and return what it prints."""
    command = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    done = subprocess.run([*command, *arguments], input=data, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


class Repositories:
    """`remote.git`, and clones beside it by name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.remote = folder / "remote.git"
        subprocess.run(["git", "init", "-q", "--bare", str(self.remote)], check=True)

    def clone(self, name: str) -> Path:
        path = self.folder / name
        subprocess.run(["git", "init", "-q", str(path)], check=True)
        git(path, "remote", "add", "origin", "../remote.git")
        return path

    def open(self, name: str, *, stored: int = 131_072) -> AbstractContextManager[Git]:
        return opened(self.folder / name, "origin", stored=stored)

    def blob(self, data: bytes) -> str:
        return git(self.remote, "hash-object", "-w", "--stdin", data=data)

    def tree(self, lines: str) -> str:
        return git(self.remote, "mktree", "--missing", data=lines.encode())

    def plant(self, change: str, lines: str) -> None:
        """Let the ref of `change` point to a commit of a tree with these mktree lines."""
        commit = git(self.remote, "commit-tree", self.tree(lines), "-m", "planted")
        git(self.remote, "update-ref", f"refs/mcm/{change}", commit)
