"""The trust file: one entry per human, with every credential of that human.

Strict equality grants: a key or an AWS principal belongs to exactly one person, byte for
byte. Loose equality denies: two persons whose names could be taken for one another do
not load, so a second entry cannot make one human two.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from mcm.core import canonical
from mcm.core.errors import RefusedError
from mcm.core.trust.counting import loosely
from mcm.core.trust.statement import TrustRef
from mcm.trust.entry import Credential, Person, instant, keys, read_person, syntax
from mcm.trust.files import read_small
from mcm.trust.plain_yaml import parse
from mcm.trust.sshsig import SshKey

__all__ = ["Credential", "Person", "TrustFile", "load"]

LIMIT = 262_144
"""The longest trust file in bytes."""


@dataclass(frozen=True, slots=True)
class TrustFile:
    """Who may say what. Build it with `from_value` or `load`, which check it."""

    version: int
    """Goes up by one with each change of the file; a new one voids approvals."""
    expires: datetime | None
    """After this nothing verifies; None never."""
    persons: tuple[Person, ...]
    content: bytes
    """The file's value in canonical form: what a pin keeps and what roots sign."""
    sandbox: bool
    """Whether the file was loaded for a sandbox, where unsigned statements count."""
    profile: str = "basic"
    """`basic`: the repository's review protects it. `strict`: signatures (`mcm.trust.chain`)."""
    prev: str = ""
    """Strict: the digest of the version before; empty for the first."""
    root_threshold: int = 0
    """Strict: how many roots must sign the next version."""

    @property
    def digest(self) -> str:
        """SHA-256 of the content."""
        return canonical.digest_bytes(self.content)

    @property
    def ref(self) -> TrustRef:
        """What a statement signed under this file carries."""
        return TrustRef(self.version, self.digest)

    @property
    def roots(self) -> tuple[Person, ...]:
        """Who may sign the next version."""
        return tuple(each for each in self.persons if "root" in each.roles and each.ssh)

    def person(self, name: str) -> Person | None:
        """Return the person with exactly this id."""
        return next((person for person in self.persons if person.id == name), None)

    def holder(self, key: SshKey) -> Person | None:
        """Return the person to whom exactly this key belongs."""
        for person in self.persons:
            if any(own.blob == key.blob for own in person.ssh):
                return person
        return None

    @classmethod
    def from_value(cls, value: Any, *, sandbox: bool = False) -> "TrustFile":
        """Read a parsed trust file: `version`, `persons`, perhaps `expires` and `profile`.

        A strict one has `expires`, `prev` from its second version on, two roots with keys,
        perhaps `root_threshold`.

        Raises RefusedError: E_TRUST_SYNTAX (shape), E_ID_CHARSET and E_CONFUSABLE (names),
        E_KEY_TYPE, E_NOT_A_PERSON, E_TRUST_AMBIGUOUS (one credential under two persons)
        and E_TRUST_POLICY: outside the sandbox it takes a requester and another approver,
        both of whom can sign.
        """
        optional = {"expires", "profile", "prev", "root_threshold"}
        data = keys(value, {"version", "persons"}, optional, "the trust file")
        version, entries = data["version"], data["persons"]
        if isinstance(version, bool) or not isinstance(version, int) or version < 1:
            raise syntax("version is not a whole number of at least 1")
        if not isinstance(entries, list) or not entries:
            raise syntax("persons is not a list with somebody in it")
        persons = tuple(read_person(entry) for entry in entries)
        _check_unique(persons)
        if not sandbox:
            _check_two(persons)
        content = canonical.encode(_plain(value))
        basic = cls(version, instant(data, "expires"), persons, content, sandbox)
        return _with_profile(basic, data)


def load(path: Path, *, sandbox: bool = False) -> TrustFile:
    """Read `.mcm/trust.yml`; raise RefusedError as `from_value`, E_UNSAFE_FILE and E_YAML.

    A missing file is E_TRUST_SYNTAX: without one nobody is trusted.
    """
    try:
        data = read_small(path, limit=LIMIT)
    except FileNotFoundError as err:
        raise RefusedError(
            "E_TRUST_SYNTAX",
            f"no trust file: {path} is not there, so nobody's word counts",
            hint="Run `mcm trust init` to write one, then have it reviewed.",
        ) from err
    return TrustFile.from_value(parse(data), sandbox=sandbox)


def _with_profile(trust: TrustFile, data: Mapping[str, Any]) -> TrustFile:
    """Return `trust` with what makes it strict, once that is sound; else as it is."""
    profile = data.get("profile", "basic")
    if profile not in ("basic", "strict"):
        raise syntax(f"profile {profile!r} is neither basic nor strict")
    if profile == "basic":
        if "prev" in data or "root_threshold" in data:
            raise syntax("prev and root_threshold are for `profile: strict`")
        return trust
    prev, threshold = data.get("prev", ""), data.get("root_threshold", 2)
    if not isinstance(prev, str) or not re.fullmatch(r"(?:[0-9a-f]{64})?", prev, re.ASCII):
        raise syntax("prev is not the digest of the version before")
    if bool(prev) != (trust.version > 1):
        raise RefusedError(
            "E_TRUST_CHAIN",
            "trust file refused: a strict file names the version before it as `prev`, and"
            " version 1 none",
        )
    if isinstance(threshold, bool) or not isinstance(threshold, int) or threshold < 2:
        raise _policy(f"root_threshold is {threshold!r}; two persons at least")
    if len(trust.roots) < threshold:
        raise _policy(f"{len(trust.roots)} roots with a key, and {threshold} must sign")
    if trust.expires is None:
        raise _policy("a strict file has an `expires`, 180 days ahead at most")
    return replace(trust, profile=profile, prev=prev, root_threshold=threshold)


def _policy(reason: str) -> RefusedError:
    return RefusedError("E_TRUST_POLICY", f"trust file refused: {reason}")


def _check_unique(persons: Iterable[Person]) -> None:
    credentials: dict[object, str] = {}
    names: dict[str, str] = {}
    for person in persons:
        if person.id in names.values():
            raise _ambiguous(f"two entries for {person.id}")
        # The bare point, not the whole blob: one key under two labels is still one key.
        held: list[tuple[object, str]] = [(key.point, key.fingerprint) for key in person.ssh]
        for credential in person.aws:
            one = credential.principal
            # IAM's names are unique without regard to case.
            folded = (one.kind, one.partition, one.account, one.name.casefold(), loosely(one.who))
            held.append((folded, credential.arn))
        for thing, shown in held:
            other = credentials.setdefault(thing, person.id)
            if other != person.id:
                raise _ambiguous(f"{shown} belongs to both {other} and {person.id}")
        for name in {loosely(alias) for alias in (person.id, *person.aliases)}:
            other = names.setdefault(name, person.id)
            if other != person.id:
                raise RefusedError(
                    "E_CONFUSABLE",
                    f"trust file refused: {other} and {person.id} share the name {name!r}",
                    hint="One human has one entry; give two humans names that differ.",
                )


def _check_two(persons: Iterable[Person]) -> None:
    able = [person for person in persons if person.ssh]
    if not any(
        one.id != two.id and "requester" in one.roles and "approver" in two.roles
        for one in able
        for two in able
    ):
        raise RefusedError(
            "E_TRUST_POLICY",
            "trust file refused: it takes a requester and another person as approver,"
            " each with an SSH key",
            hint="Add a second person to .mcm/trust.yml; one person suffices in the sandbox only.",
        )


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _ambiguous(reason: str) -> RefusedError:
    return RefusedError("E_TRUST_AMBIGUOUS", f"trust file refused: {reason}")
