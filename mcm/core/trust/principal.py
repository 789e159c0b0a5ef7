"""What an AWS ARN says about who called.

An ARN names a credential, not a person; `mcm.trust.identity` goes from one to the other.
Three forms can stand for a human: an IAM user, a user of IAM Identity Center, and a
session of a plain role. Everything else never does. Source: IAM's page on ARNs, and the
role names that Identity Center makes, `AWSReservedSSO_<permission set>_<16 hex digits>`,
whose suffix changes when the set is provisioned again and is therefore left out.
"""

import re
from dataclasses import dataclass

from mcm.core.errors import RefusedError

_ARN = re.compile(r"arn:(aws(?:-[a-z]+)*):(iam|sts)::([0-9]{12}):([!-~]+)", re.ASCII)
_USER = re.compile(r"user/(?:[!-.0-~]+/)*([A-Za-z0-9+=,.@_-]{1,64})", re.ASCII)
_SESSION = re.compile(r"assumed-role/([A-Za-z0-9+=,.@_-]{1,64})/([A-Za-z0-9+=,.@_-]{2,64})")
_SSO = re.compile(r"AWSReservedSSO_([A-Za-z0-9+=,.@_-]{1,32})_[0-9a-f]{16}", re.ASCII)
_PROGRAM = re.compile(r"i-[0-9a-f]{8,17}|botocore-session-[0-9]+", re.ASCII)

USER, SSO, ROLE = "iam-user", "sso", "role"


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller that may be a human; equal ones are the same credential."""

    kind: str
    """`iam-user`, `sso` or `role`."""
    partition: str
    account: str
    name: str
    """The user's name, the permission set or the role; without its IAM path."""
    session: str
    """Who, within a permission set or role; "" for an IAM user."""

    @property
    def who(self) -> str:
        """The part that names the human: the user or the session."""
        return self.session or self.name


def parse(arn: str) -> Principal:
    """Read the ARN of a caller; raise RefusedError(E_NOT_A_PERSON) where it names no human.

    The root user, federated users, EC2 and SDK sessions, bare roles and the caller that
    moto makes up for unknown keys are never persons.
    """
    match = _ARN.fullmatch(arn)
    if match is None:
        raise _nobody(arn, "not the ARN of a user or a role session")
    partition, service, account, resource = match.groups()
    user = _USER.fullmatch(resource) if service == "iam" else None
    if user is not None:
        if user[1] == "moto":
            raise _nobody(arn, "the caller that stands for every unknown key")
        return Principal(USER, partition, account, user[1], "")
    session = _SESSION.fullmatch(resource) if service == "sts" else None
    if session is None:
        raise _nobody(arn, "root, federated users and bare roles name nobody")
    role, who = session.groups()
    if _PROGRAM.fullmatch(who):
        raise _nobody(arn, "a session that a program named")
    sso = _SSO.fullmatch(role)
    if sso is not None:
        return Principal(SSO, partition, account, sso[1], who)
    return Principal(ROLE, partition, account, role, who)


def find(arn: str) -> Principal | None:
    """Return what `parse` does, None where it names no human."""
    try:
        return parse(arn)
    except RefusedError:
        return None


def is_nobody(arn: str) -> bool:
    """Say whether `arn` surely stands for no human: root, or a session that a program named.

    Unlike a form that is only not known here, it counts for nobody, whoever else is known.
    """
    match = _ARN.fullmatch(arn)
    session = _SESSION.fullmatch(match[4]) if match else None
    if session is not None:
        return _PROGRAM.fullmatch(session[2]) is not None
    return match is not None and match[4] == "root"


def untrusted(arn: str) -> str:
    """Return the code that refuses an answer by `arn`, who is not who signed for it."""
    if is_nobody(arn):
        return "E_NOT_A_PERSON"
    caller = find(arn)
    # Whoever may assume a role names the session: that counts only where IAM enforces it.
    return "E_SESSION_UNTRUSTED" if caller and caller.kind == ROLE else "E_NOT_THE_SIGNER"


def _nobody(arn: str, reason: str) -> RefusedError:
    return RefusedError("E_NOT_A_PERSON", f"caller refused: {arn[:200]!r} is no person: {reason}")
