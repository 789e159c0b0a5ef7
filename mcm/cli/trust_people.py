"""Who goes into a new trust file: named on the command line, or asked for at a terminal."""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mcm.cli.compose import Project, aws_realm
from mcm.cli.folder import STATE
from mcm.cli.lines import say
from mcm.core.errors import McmError, UsageError
from mcm.core.sanitize import clean
from mcm.trust.agent import agent_lines
from mcm.trust.draft import Newcomer, sso_arn, trust_text
from mcm.trust.entry import ROLES
from mcm.trust.persons import TrustFile
from mcm.trust.plain_yaml import parse
from mcm.trust.sshsig import SshKey

TRUST = Path(STATE) / "trust.yml"
_EXAMPLE = (
    "mcm trust init --person alice --key ~/.ssh/id_ed25519.pub --role requester"
    " --person bob --key bob.pub --role approver"
)
_OPTIONS = ("--person", "--key", "--sso", "--role", "--stage", "--email")


@dataclass
class _Entry:
    """One person while their options are read."""

    id: str
    words: dict[str, list[str]] = field(default_factory=dict)

    def to_newcomer(self, project: Project) -> Newcomer:
        emails = self.words.get("--email", [])
        if len(emails) > 1:
            raise UsageError(f"{self.id} has {len(emails)} addresses: name one --email")
        partition = aws_realm(project.service.pipeline.place).split(":")[1]
        roles = [part for word in self.words.get("--role", []) for part in word.split(",")]
        _check_roles(self.id, roles)
        return Newcomer(
            id=self.id,
            roles=tuple(dict.fromkeys(roles)),
            keys=tuple(key_line(text) for text in self.words.get("--key", [])),
            aws=tuple(sso_arn(text, partition) for text in self.words.get("--sso", [])),
            stages=tuple(self.words.get("--stage", [])),
            email=emails[0] if emails else "",
        )


def named_people(project: Project, words: Sequence[str]) -> list[Newcomer]:
    """Read `--person ID --key … --role …`, each option belonging to the person before it."""
    entries: list[_Entry] = []
    for option, value in _pairs(words):
        if option == "--person":
            known = next((each for each in entries if each.id == value), None)
            entries = [*(e for e in entries if e is not known), known or _Entry(value)]
        elif not entries:
            raise UsageError(f"{option} stands before any --person", hint=f"Write: {_EXAMPLE}")
        else:
            entries[-1].words.setdefault(option, []).append(value)
    return [each.to_newcomer(project) for each in entries]


def ask_people(project: Project) -> list[Newcomer]:
    """Ask at the terminal who there is; raise UsageError where there is none."""
    if not sys.stdin.isatty():
        raise UsageError("nobody is named, and nobody at a terminal can be asked", hint=_EXAMPLE)
    found = [*_key_files(), *agent_lines()]
    lines = list({SshKey.from_line(line).blob: line for line in found}.values())
    say("One entry per human, at least a requester and another approver. Keys found here:")
    for number, line in enumerate(lines, start=1):
        comment = clean(line.split(" ", 2)[2], 60) if line.count(" ") > 1 else ""
        say(f"  {number}  {SshKey.from_line(line).fingerprint} {comment}")
    people: list[Newcomer] = []
    while who := _ask("Id of the person, such as bob (empty when all are named): "):
        entry = _Entry(who)
        key = _ask(f"SSH key of {who}: its number, a .pub file or a line: ")
        chosen = lines[int(key) - 1] if key.isdigit() and 0 < int(key) <= len(lines) else key
        entry.words["--key"] = [chosen] if chosen else []
        entry.words["--role"] = _ask(f"Roles of {who} ({', '.join(sorted(ROLES))}): ").split()
        email = _ask(f"Address of {who} in git, so that authors can be told (may be empty): ")
        entry.words["--email"] = [email] if email else []
        try:
            people.append(entry.to_newcomer(project))
        except McmError as err:
            say(f"not taken: {clean(str(err), 300)}")
    return people


def refuse_second(project: Project) -> None:
    """Refuse where there is a trust file, or anything else of its name."""
    if os.path.lexists(project.root / TRUST):
        raise UsageError(
            f"{TRUST} is there already and stays as it is",
            hint="Change it by hand, raise its version and have it reviewed; see `mcm trust diff`.",
        )


def write_trust(project: Project, people: Sequence[Newcomer]) -> tuple[Path, TrustFile]:
    """Write version 1, once it loads as every reader will load it; never over another file."""
    path = project.root / TRUST
    refuse_second(project)
    data = trust_text(people).encode()
    trust = TrustFile.from_value(parse(data), sandbox=project.service.sandbox)
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(path, flags, 0o644), "wb") as file:
            file.write(data)
    except OSError as err:
        raise UsageError(f"cannot write {path}: {err.strerror}") from err
    return path, trust


def key_line(text: str) -> str:
    """Return the line of a public key: a file's, the text itself, or the agent's by fingerprint.

    A private key's file stands for the `.pub` beside it. Raises UsageError when there is none.
    """
    text = text.removeprefix("key::")
    if text.startswith("SHA256:"):
        for line in agent_lines():
            if SshKey.from_line(line).fingerprint == text:
                return line
        raise UsageError(f"no key {text[:60]} in your agent", hint="See `ssh-add -l`.")
    if " " in text and not Path(text).expanduser().is_file():
        SshKey.from_line(text)
        return text
    path = Path(text).expanduser()
    for each in (path, path.with_name(f"{path.name}.pub")):
        line = _first_line(each)
        if line:
            SshKey.from_line(line)
            return line
    raise UsageError(f"no public key at {text[:200]}", hint="Name the .pub file.")


def _check_roles(who: str, roles: Sequence[str]) -> None:
    for role in roles:
        if role not in ROLES:
            raise UsageError(
                f"{who} cannot be a {role[:40]!r}", hint=f"Roles are {', '.join(sorted(ROLES))}."
            )


def _pairs(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield option and value, `--key FILE` and `--key=FILE` alike; Typer has checked them."""
    rest = iter(words)
    for word in rest:
        option, given, value = word.partition("=")
        if option in _OPTIONS:
            yield option, value if given else next(rest, "")


def _key_files() -> list[str]:
    """The public keys in ~/.ssh that mcm accepts."""
    lines = (_first_line(path) for path in sorted(Path.home().glob(".ssh/*.pub")))
    return [line for line in lines if line]


def _first_line(path: Path) -> str:
    """Return the one line of a public key file; empty for anything else."""
    try:
        text = path.read_text(encoding="ascii").strip()
        SshKey.from_line(text)
    except (OSError, UnicodeDecodeError, McmError):
        return ""
    return text


def _ask(question: str) -> str:
    say(question, end="")
    return sys.stdin.readline().strip()
