"""The first version of a trust file, written from what people brought along."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from mcm.core.errors import RefusedError, UsageError
from mcm.core.trust.principal import SSO, parse
from mcm.trust.sshsig import SshKey

_SSO = re.compile(r"([0-9]{12})/([A-Za-z0-9+=,.@_-]{1,32})/([A-Za-z0-9+=,.@_-]{2,64})", re.ASCII)
_ANY_SUFFIX = "0" * 16
"""Identity Center appends 16 digits to a role's name; they are left out of comparisons."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """One human, as somebody wants to write them into the trust file."""

    id: str
    roles: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    """Lines of public keys."""
    aws: tuple[str, ...] = ()
    """ARNs."""
    stages: tuple[str, ...] = ()
    """The stages that this person may approve; empty for all."""
    name: str = ""
    email: str = ""


def sso_arn(text: str, partition: str) -> str:
    """Return the ARN of an Identity Center user: `ACCOUNT/PERMISSION_SET/USER`.

    Raises UsageError for another shape.
    """
    match = _SSO.fullmatch(text)
    if match is None:
        raise UsageError(
            f"no Identity Center user: {text[:80]!r}",
            hint="Write ACCOUNT/PERMISSION_SET/USER, as in 111111111111/Deployer/bob@example.com.",
        )
    account, permissions, user = match.groups()
    role = f"AWSReservedSSO_{permissions}_{_ANY_SUFFIX}"
    arn = f"arn:{partition}:sts::{account}:assumed-role/{role}/{user}"
    if parse(arn).kind != SSO:
        raise RefusedError("E_NOT_A_PERSON", f"refused: {text!r} is no user of Identity Center")
    return arn


def trust_text(people: Sequence[Newcomer]) -> str:
    """Return version 1 of a basic trust file with these people, in their order."""
    lines = [
        "# Who may say what: one entry per human, with every key and AWS user of that human.",
        "# Protect this file by your repository's review; raise `version` with each change.",
        "version: 1",
        "persons:",
    ]
    for each in people:
        lines.append(f"  - id: {_quoted(each.id)}")
        if each.name:
            lines.append(f"    name: {_quoted(each.name)}")
        if each.email:
            lines.append(f"    email: {_quoted(each.email)}")
        lines.append(f"    roles: [{', '.join(map(_quoted, each.roles))}]")
        if each.stages:
            lines.append(f"    stages: [{', '.join(map(_quoted, each.stages))}]")
        lines += _listed("ssh", [_bare(line) for line in each.keys])
        lines += _listed("aws", each.aws)
    return "\n".join(lines) + "\n"


def _listed(name: str, items: Sequence[str]) -> list[str]:
    return [f"    {name}:", *(f"      - {_quoted(item)}" for item in items)] if items else []


def _bare(line: str) -> str:
    """Leave a key's comment out: it plays no part, and often names a machine."""
    SshKey.from_line(line)
    return " ".join(line.split(" ")[:2])


def _quoted(text: str) -> str:
    """Spell a text as YAML would read it back; plain where that is plain."""
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9 +/=_.@-]*", text, re.ASCII):
        return text
    return json.dumps(text, ensure_ascii=True)
