"""From an AWS caller to the person behind it."""

from mcm.core.errors import RefusedError
from mcm.core.trust.principal import ROLE, Principal, parse
from mcm.trust.entry import Person
from mcm.trust.persons import TrustFile

__all__ = ["Principal", "parse", "person_of"]


def person_of(trust: TrustFile, arn: str) -> Person:
    """Return the person whose credential has this ARN (as GetCallerIdentity gives it).

    Raises RefusedError: E_NOT_A_PERSON for a caller that is in nobody's entry or can be
    nobody; E_SESSION_UNTRUSTED for a session of a plain role whose name the caller may
    have chosen, that is, whose entry does not say `session_name: enforced`.
    """
    caller = parse(arn)
    for person in trust.persons:
        for credential in person.aws:
            if credential.principal == caller and (caller.kind != ROLE or credential.enforced):
                return person
    if caller.kind == ROLE:
        raise RefusedError(
            "E_SESSION_UNTRUSTED",
            f"caller refused: anyone who may assume {caller.name} can call himself"
            f" {caller.session!r}",
            hint="Enforce sts:RoleSessionName in the role's trust policy and say"
            " `session_name: enforced` in .mcm/trust.yml.",
        )
    raise RefusedError("E_NOT_A_PERSON", f"caller refused: {arn} is in nobody's entry")
