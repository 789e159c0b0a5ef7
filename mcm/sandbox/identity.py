"""Who calls the sandbox: its people, their access keys, and STS.

The keys are fixed and open no door anywhere else. The ids have the shapes of AWS's, so
that code which tells users from assumed roles can be tested against them.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from mcm.aws.port import AwsError, ErrorKind, Params, Reply
from mcm.sandbox.pipeline_model import invalid
from mcm.sandbox.service import Caller, Handler

ACCOUNT = "111111111111"
PEOPLE = ("alice", "bob", "carol", "console")
"""Two engineers, on-call, and the one whose hands are on the console."""
ROLES = ("mcm-read", "deployer")
"""The roles of the account that may be assumed."""

_SHORTEST, _DEFAULT, _LONGEST = 900, 3600, 43200
"""Lifetimes of a role session in seconds (STS API reference, AssumeRole)."""


@dataclass(frozen=True)
class Identity:
    """What AWS knows of the holder of an access key."""

    access_key_id: str
    secret: str
    account: str
    arn: str
    user_id: str
    expires: datetime | None = None


def user_key(name: str) -> str:
    """Return the access key id of a sandbox person."""
    return f"AKIAEXAMPLE{name.upper():0<9}"


class Identities:
    """The people and role sessions of the sandbox, and what each may not do."""

    def __init__(self, account: str = ACCOUNT, people: tuple[str, ...] = PEOPLE) -> None:
        self.account = account
        self._known = {user_key(name): _user(account, name) for name in people}
        self._expired: set[str] = set()
        self._denied: set[tuple[str, str]] = set()

    def find(self, access_key_id: str, now: datetime) -> Identity:
        """Return the holder of a key; raise AwsError(AUTH) if it is unknown or expired."""
        identity = self._known.get(access_key_id)
        if identity is None:
            raise AwsError(
                ErrorKind.AUTH,
                "InvalidClientTokenId",
                "The security token included in the request is invalid",
            )
        is_over = identity.expires is not None and now >= identity.expires
        if is_over or access_key_id in self._expired:
            raise expired_token()
        return identity

    def admit(self, account: str, name: str) -> None:
        """Let a person of another account in; the key is `user_key(name)`."""
        self._known[user_key(name)] = _user(account, name)

    def secret(self, access_key_id: str) -> str | None:
        """Return the secret of a key, for checking signatures; None if the key is unknown."""
        identity = self._known.get(access_key_id)
        return identity.secret if identity else None

    def expire(self, access_key_id: str) -> None:
        """Let every later call with this key fail as an expired session does."""
        self._expired.add(access_key_id)

    def renew(self, access_key_id: str) -> None:
        """Take back `expire`, as a new login would."""
        self._expired.discard(access_key_id)

    def deny(self, access_key_id: str, operation: str) -> None:
        """Refuse `operation` to this key from now on."""
        self._denied.add((access_key_id, operation))

    def allow(self, access_key_id: str, operation: str) -> None:
        """Take back `deny`."""
        self._denied.discard((access_key_id, operation))

    def check(self, identity: Identity, service: str, operation: str) -> None:
        """Raise AwsError(DENIED) if the identity may not call `operation`.

        GetCallerIdentity needs no permission and works under an explicit deny (STS API
        reference).
        """
        if operation == "GetCallerIdentity":
            return
        if (identity.access_key_id, operation) in self._denied:
            raise access_denied(identity.arn, service, operation)

    def add_session(self, role_arn: str, session: str, seconds: int, now: datetime) -> Identity:
        """Open a role session of `seconds` and return it with its temporary key.

        Raises ValidationException for a lifetime outside 15 minutes to 12 hours, and
        AwsError(DENIED) for a role that is not there, as STS does.
        """
        if not _SHORTEST <= seconds <= _LONGEST:
            raise invalid(f"DurationSeconds must be between {_SHORTEST} and {_LONGEST}")
        role = role_arn.rsplit("/", 1)[-1]
        if role_arn != f"arn:aws:iam::{self.account}:role/{role}" or role not in ROLES:
            raise access_denied(f"session {session}", "sts", "AssumeRole")
        key = f"ASIA{_stamp(f'{role}/{session}/{len(self._known)}', 16)}"
        identity = Identity(
            access_key_id=key,
            secret=_secret(key),
            account=self.account,
            arn=f"arn:aws:sts::{self.account}:assumed-role/{role}/{session}",
            user_id=f"AROA{_stamp(role, 16)}:{session}",
            expires=now + timedelta(seconds=seconds),
        )
        self._known[key] = identity
        return identity


class Sts:
    """The STS service over the sandbox's identities."""

    def __init__(self, identities: Identities) -> None:
        self._identities = identities
        self._operations: Mapping[str, Handler] = {
            "GetCallerIdentity": self._get_caller_identity,
            "AssumeRole": self._assume_role,
        }

    @property
    def operations(self) -> Mapping[str, Handler]:
        return self._operations

    def advance(self, now: datetime) -> None:
        """Sessions end by being looked at too late; nothing moves."""

    def next_event(self) -> datetime | None:
        return None

    def _get_caller_identity(self, _: Params, caller: Caller) -> Reply:
        return {"UserId": caller.user_id, "Account": caller.account, "Arn": caller.arn}

    def _assume_role(self, params: Params, caller: Caller) -> Reply:
        role_arn, session = params.get("RoleArn"), params.get("RoleSessionName")
        if not role_arn or not session:
            raise invalid("Missing required parameter: RoleArn or RoleSessionName")
        # A session that assumes a role gets one hour at most (role chaining).
        seconds = int(params.get("DurationSeconds", _DEFAULT))
        if ":assumed-role/" in caller.arn and seconds > _DEFAULT:
            raise invalid("DurationSeconds exceeds the 1 hour session limit of role chaining")
        opened = self._identities.add_session(role_arn, session, seconds, caller.now)
        return {
            "Credentials": {
                "AccessKeyId": opened.access_key_id,
                "SecretAccessKey": opened.secret,
                "SessionToken": f"sandbox-session-{opened.access_key_id}",
                "Expiration": opened.expires,
            },
            "AssumedRoleUser": {"AssumedRoleId": opened.user_id, "Arn": opened.arn},
        }


def expired_token() -> AwsError:
    """Build the error that a call with an expired session gets."""
    return AwsError(
        ErrorKind.AUTH,
        "ExpiredTokenException",
        "The security token included in the request is expired",
    )


def access_denied(arn: str, service: str, operation: str) -> AwsError:
    """Build the error that a call without permission gets."""
    return AwsError(
        ErrorKind.DENIED,
        "AccessDeniedException",
        f"{arn} is not authorized to perform {service}:{operation}",
    )


def _user(account: str, name: str) -> Identity:
    key = user_key(name)
    return Identity(
        access_key_id=key,
        secret=_secret(key),
        account=account,
        arn=f"arn:aws:iam::{account}:user/{name}",
        user_id=f"AIDA{_stamp(name, 17)}",
    )


def _secret(key: str) -> str:
    return "sandbox-" + hashlib.sha256(f"secret of {key}".encode()).hexdigest()[:32]


def _stamp(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest().upper()[:length]
