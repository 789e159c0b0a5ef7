"""One entry of the trust file: a human, and what that human may say."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mcm.core.errors import RefusedError
from mcm.core.trust.principal import Principal, parse
from mcm.core.trust.statement import is_person_id, is_stage_name
from mcm.trust.names import check_display_name
from mcm.trust.sshsig import SshKey

ROLES = frozenset({"requester", "approver", "breakglass", "root"})
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'+/=?^_{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Credential:
    """An AWS principal of a person, as the trust file names it."""

    arn: str
    principal: Principal
    enforced: bool
    """`session_name: enforced`: IAM, not the caller, chooses the session's name."""


@dataclass(frozen=True, slots=True)
class Person:
    """One human. Credentials come from one entry only, however many there are."""

    id: str
    name: str
    email: str
    roles: frozenset[str]
    """Of `requester`, `approver`, `breakglass`, `root`; without one, a person may still
    reject, hold and report."""
    stages: frozenset[str] | None
    """The stages that this person may approve; None for all."""
    ssh: tuple[SshKey, ...]
    aws: tuple[Credential, ...]
    not_before: datetime | None
    not_after: datetime | None

    @property
    def aliases(self) -> frozenset[str]:
        """Every other name of this person: display name, e-mail, AWS users and sessions."""
        named = {self.name, self.email, *(each.principal.who for each in self.aws)}
        return frozenset(named - {""})

    def is_valid(self, now: datetime) -> bool:
        """Say whether `now` (aware) lies in `[not_before, not_after)`."""
        begun = self.not_before is None or self.not_before <= now
        return begun and (self.not_after is None or now < self.not_after)


def read_person(value: Any) -> Person:
    """Read one entry; raise RefusedError as `TrustFile.from_value` lists."""
    optional = {"name", "email", "roles", "stages", "ssh", "aws", "not_before", "not_after"}
    data = keys(value, {"id"}, optional, "a person")
    who = data["id"]
    if not isinstance(who, str) or not is_person_id(who):
        raise RefusedError("E_ID_CHARSET", f"trust file refused: person id {who!r}")
    email = _text(data, "email")
    if email and not _EMAIL.fullmatch(email):
        raise syntax(f"e-mail {email!r} of {who}")
    name = _text(data, "name")
    return Person(
        id=who,
        name=check_display_name(name) if name else "",
        email=email,
        roles=_roles(data, who),
        stages=_stages(data, who),
        ssh=tuple(SshKey.from_line(line) for line in _texts(data, "ssh")),
        aws=tuple(_credential(item) for item in _list(data, "aws")),
        not_before=instant(data, "not_before"),
        not_after=instant(data, "not_after"),
    )


def keys(value: Any, required: set[str], optional: set[str], where: str) -> Mapping[str, Any]:
    """Return `value` if it is a mapping with these keys only; else E_TRUST_SYNTAX."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise syntax(f"{where} is not a mapping")
    unknown, missing = sorted(set(value) - required - optional), sorted(required - set(value))
    if unknown or missing:
        raise syntax(f"{where} has unknown keys {unknown} and lacks {missing}")
    return value


def instant(data: Mapping[str, Any], name: str) -> datetime | None:
    """Read an ISO 8601 instant with a zone; None if the key is absent."""
    if name not in data:
        return None
    text = data[name]
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError) as err:
        raise syntax(f"{name} is not an ISO 8601 instant: {text!r}") from err
    if moment.tzinfo is None:
        raise syntax(f"{name} has no zone: {text!r}")
    return moment


def syntax(reason: str) -> RefusedError:
    """Return the refusal of a trust file whose shape is wrong."""
    return RefusedError("E_TRUST_SYNTAX", f"trust file refused: {reason}")


def _credential(item: Any) -> Credential:
    enforced = False
    if isinstance(item, Mapping):
        data = keys(item, {"arn", "session_name"}, set(), "an AWS principal")
        if data["session_name"] != "enforced":
            raise syntax(f"session_name {data['session_name']!r} is not `enforced`")
        item, enforced = data["arn"], True
    if not isinstance(item, str):
        raise syntax(f"AWS principal {item!r} is not an ARN")
    return Credential(item, parse(item), enforced)


def _roles(data: Mapping[str, Any], who: str) -> frozenset[str]:
    roles = frozenset(_texts(data, "roles"))
    if not roles <= ROLES:
        raise RefusedError(
            "E_TRUST_POLICY", f"trust file refused: roles {sorted(roles - ROLES)} of {who}"
        )
    return roles


def _stages(data: Mapping[str, Any], who: str) -> frozenset[str] | None:
    if "stages" not in data:
        return None
    stages = frozenset(_texts(data, "stages"))
    if not all(is_stage_name(stage) for stage in stages):
        raise syntax(f"a stage of {who} is no name (patterns are not known)")
    return stages


def _texts(data: Mapping[str, Any], name: str) -> list[str]:
    items = _list(data, name)
    if not all(isinstance(item, str) for item in items):
        raise syntax(f"{name} is not a list of texts")
    return items


def _list(data: Mapping[str, Any], name: str) -> list[Any]:
    items = data.get(name, [])
    if not isinstance(items, list):
        raise syntax(f"{name} is not a list")
    return items


def _text(data: Mapping[str, Any], name: str) -> str:
    text = data.get(name, "")
    if not isinstance(text, str):
        raise syntax(f"{name} is not text")
    return text
