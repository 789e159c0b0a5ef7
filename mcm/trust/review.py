"""Who could approve a stage, said before anybody signs: the access review.

The rules are those of `mcm.trust.verify` and of the guard, asked early: an approver for
this stage, valid now, with a key, neither the requester nor, where a stage forbids it, an
author. It decides nothing; it only spares people a refusal.
"""

from collections.abc import Iterable
from datetime import datetime

from mcm.core.trust.authorship import Approvers
from mcm.core.trust.counting import loosely, spellings
from mcm.core.trust.layers import Answerer
from mcm.core.trust.principal import ROLE
from mcm.trust.entry import Person
from mcm.trust.persons import TrustFile


def standing(
    trust: TrustFile,
    stage: str,
    now: datetime,
    *,
    requester: str = "",
    authors: Iterable[str] = (),
    touch: bool = False,
) -> Approvers:
    """Return who may approve `stage` at `now`; `authors` are git's `Name <e-mail>`."""
    asks = trust.person(requester) if requester else None
    own = {loosely(requester)} if requester else set()
    own |= _names(asks) if asks else set()
    wrote = frozenset(spellings(authors))
    able = [
        person
        for person in trust.persons
        if may_approve(person, stage, now, touch=touch) and not _names(person) & own
    ]
    return Approvers(
        tuple(person.id for person in able if not _names(person) & wrote),
        tuple(person.id for person in able if _names(person) & wrote),
    )


def answerers(
    trust: TrustFile, stage: str, now: datetime, *, touch: bool = False
) -> tuple[Answerer, ...]:
    """Return who may approve `stage` at `now`, with the AWS callers that stand for them."""
    return tuple(
        Answerer(
            person.id,
            frozenset(c.principal for c in person.aws if c.principal.kind != ROLE or c.enforced),
            frozenset(
                c.principal for c in person.aws if c.principal.kind == ROLE and not c.enforced
            ),
        )
        for person in trust.persons
        if may_approve(person, stage, now, touch=touch)
    )


def may_approve(person: Person, stage: str, now: datetime, *, touch: bool = False) -> bool:
    """Say whether a signature of `person` could approve `stage` at `now`.

    With `touch` it takes a key that can be touched.
    """
    here = person.stages is None or stage in person.stages
    able = any(key.on_security_key or not touch for key in person.ssh)
    return "approver" in person.roles and here and able and person.is_valid(now)


def _names(person: Person) -> set[str]:
    return {loosely(name) for name in (person.id, *person.aliases)}
