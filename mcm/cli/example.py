"""The example project that `mcm sandbox up` writes into an empty directory."""

import subprocess
from contextlib import suppress
from pathlib import Path

from mcm.cli.folder import CONFIG, STATE
from mcm.cli.signing_key import KEYS
from mcm.clock import SystemClock
from mcm.core.errors import UsageError
from mcm.git import run_git
from mcm.sandbox.example import example_files
from mcm.sandbox.identity import ACCOUNT
from mcm.trust.signing import find_ssh_keygen

ROLES = {"alice": "requester", "bob": "approver", "carol": "breakglass"}
"""The people of the example: one asks, one approves, one is on call and may break the glass."""
_IGNORED = ".mcm-sandbox/\n.mcm/journal.db*\n.mcm/leases/\n"
_MAY_BE_THERE = frozenset({".git", ".mcm-sandbox"})


def set_up(folder: Path, *, example: bool = True) -> tuple[str, ...]:
    """Write the example where there is no project yet; return what was written.

    Without `example` only the people and their keys: who tries out `mcm init` describes the
    service. Raises UsageError for a directory that holds something else: nothing of
    anybody's is mixed with the example.
    """
    if (folder / CONFIG).is_file() or (not example and (folder / STATE / "trust.yml").is_file()):
        return ()
    others = sorted(p.name for p in folder.iterdir() if p.name not in _MAY_BE_THERE)
    if others:
        raise UsageError(
            f"this directory is not empty and has no {CONFIG}: it holds {', '.join(others[:5])}",
            hint="Run `mcm sandbox up` in an empty directory: `mkdir try-mcm && cd try-mcm`.",
        )
    _write_keys(folder)
    _write_trust(folder)
    files = example_files(SystemClock().now()) if example else {}
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / ".gitignore").write_text(_IGNORED, encoding="utf-8")
    _begin_repository(folder)
    project = (CONFIG, "changes/") if example else ()
    return (f"{STATE}/trust.yml", str(KEYS), *project)


def _write_keys(folder: Path) -> None:
    """Make a key for each person; they open nothing but this sandbox, so they have no phrase."""
    keys = folder / KEYS
    keys.parent.mkdir(mode=0o700, exist_ok=True)
    keys.mkdir(mode=0o700, exist_ok=True)
    for person in ROLES:
        if (keys / person).exists():
            continue
        command = [str(find_ssh_keygen()), "-q", "-t", "ed25519", "-N", "", "-C", person]
        done = subprocess.run(
            [*command, "-f", str(keys / person)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise UsageError(f"ssh-keygen made no key for {person}: {done.stderr.strip()[:200]}")


def _write_trust(folder: Path) -> None:
    lines = [
        "# Who may say what here. One entry per human; keys of the sandbox only.",
        "version: 1",
    ]
    lines.append("persons:")
    for person, role in ROLES.items():
        kind, key, *_ = (folder / KEYS / f"{person}.pub").read_text(encoding="ascii").split()
        lines += [f"  - id: {person}", f"    ssh: [{kind} {key}]"]
        lines.append(f'    aws: ["arn:aws:iam::{ACCOUNT}:user/{person}"]')
        if role:
            lines.append(f"    roles: [{role}]")
    state = folder / STATE
    state.mkdir(mode=0o700, exist_ok=True)
    (state / "trust.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _begin_repository(folder: Path) -> None:
    """Make the directory a git repository when it is in none; without git it works, too."""
    if any((each / ".git").exists() for each in (folder, *folder.parents)):
        return
    with suppress(UsageError):
        run_git(folder, ["init", "--quiet"])
