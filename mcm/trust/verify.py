"""From bytes to a verified statement: the only place that builds `Verified`.

The stored bytes are verified first and parsed afterwards, so no parser decides what was
signed. The key is looked up by its exact bytes in the reader's own trust file; a name
inside the statement is compared with its owner, never used to find a key.
"""

from datetime import datetime

from mcm.core import canonical
from mcm.core.errors import RefusedError
from mcm.core.trust.principal import ROLE
from mcm.core.trust.statement import Statement, Verified, is_sandbox, namespace
from mcm.trust import sshsig
from mcm.trust.entry import Person
from mcm.trust.envelope import Envelope
from mcm.trust.persons import TrustFile

_NEEDS_TRUST = ("request", "approval", "breakglass")
_NEEDS_ROLE = {
    "request": "requester",
    "approval": "approver",
    "breakglass": "breakglass",
    "review": "approver",
}
"""Whoever reviews a broken glass could have been asked before."""


def verify(
    data: bytes, trust: TrustFile, realm: str, now: datetime, *, touch: bool = False
) -> Verified:
    """Return the verified statement in an envelope's bytes, for `realm` at `now` (aware).

    Proves who signed and that this person may say such a thing now; whether it is about
    the promotion at hand, and in time, the guard finds out. A request, an approval and a
    broken glass must have been signed under this very trust file; a rejection, a hold or a
    report counts from anyone in it. `touch` asks for a security key that was touched. Raises
    RefusedError with the reason's code.
    """
    envelope = Envelope.from_bytes(data)
    key, touched = _signing_key(envelope, trust, realm, touch=touch)
    holder = None if key is None else trust.holder(key)
    if key is not None and holder is None:
        raise RefusedError(
            "E_UNKNOWN_SIGNER", f"statement refused: no person has the key {key.fingerprint}"
        )
    statement = Statement.from_value(canonical.decode(envelope.payload))
    if statement.kind != envelope.kind:
        raise RefusedError(
            "E_NAMESPACE", f"statement refused: a {statement.kind} signed as {envelope.kind}"
        )
    if statement.realm != realm:
        raise RefusedError("E_REALM", f"statement refused: for {statement.realm}, this is {realm}")
    person = trust.person(statement.signer) if holder is None else holder
    if person is None or person.id != statement.signer:
        raise RefusedError(
            "E_UNKNOWN_SIGNER", f"statement refused: it was not {statement.signer} who signed it"
        )
    _check_trust(statement, trust, now)
    _check_person(statement, person, now)
    fingerprint = "" if key is None else key.fingerprint
    digest = canonical.digest_bytes(envelope.payload)
    return _verified(statement, person, digest, key=fingerprint, touched=touched)


def _verified(
    statement: Statement,
    person: Person,
    digest: str,
    *,
    key: str = "",
    touched: bool = False,
    answered_by: str = "",
) -> Verified:
    return Verified(
        statement=statement,
        person=person.id,
        digest=digest,
        key=key,
        touched=touched,
        answered_by=answered_by,
        aliases=person.aliases,
        principals=frozenset(
            each.principal for each in person.aws if each.principal.kind != ROLE or each.enforced
        ),
    )


def from_answer(
    statement: Statement, person: Person, arn: str, trust: TrustFile, now: datetime
) -> Verified:
    """Return an approval that `person` gave as the AWS caller `arn`, without a signature.

    For `mcm.trust.console` only, which found out that AWS says so. The person is held to
    the same rules as a signer; raises RefusedError as `verify`.
    """
    _check_trust(statement, trust, now)
    _check_person(statement, person, now)
    return _verified(statement, person, statement.digest, answered_by=arn)


def _signing_key(
    envelope: Envelope, trust: TrustFile, realm: str, *, touch: bool
) -> tuple[sshsig.SshKey | None, bool]:
    if envelope.proofs:
        sig = envelope.proofs[0].sig
        key, touched = sshsig.inspect(sig, envelope.payload, namespace(envelope.kind))
        if touch and not touched:
            raise RefusedError("E_TOUCH_REQUIRED", "statement refused: no security key was touched")
        return key, touched
    # Both must say sandbox: the reader's own realm and the way the trust file was loaded.
    if trust.sandbox and is_sandbox(realm) and not touch:
        return None, False
    raise RefusedError("E_SIGNATURE", "statement refused: nobody signed it")


def _check_trust(statement: Statement, trust: TrustFile, now: datetime) -> None:
    if trust.expires is not None and now >= trust.expires:
        raise RefusedError("E_TRUST_EXPIRED", f"trust file refused: it ended {trust.expires}")
    if statement.kind in _NEEDS_TRUST and statement.trust != trust.ref:
        raise RefusedError(
            "E_TRUST_CHANGED",
            f"statement refused: signed under version {statement.trust.version} of the trust"
            f" file, which is now another (version {trust.version})",
            hint="Ask again with `mcm request`, then have it approved again.",
        )


def _check_person(statement: Statement, person: Person, now: datetime) -> None:
    if not person.is_valid(now):
        raise RefusedError(
            "E_KEY_NOT_VALID", f"statement refused: {person.id} is not valid at this time"
        )
    role = _NEEDS_ROLE.get(statement.kind)
    if role is not None and role not in person.roles:
        raise RefusedError("E_ROLE", f"statement refused: {person.id} has no role {role}")
    bound = role not in (None, "requester") and person.stages is not None
    if bound and statement.stage not in (person.stages or ()):
        raise RefusedError(
            "E_ROLE", f"statement refused: {person.id} is not {role} for {statement.stage}"
        )
