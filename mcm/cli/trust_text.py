"""The access review in words and as JSON: who, with what, may say what, until when."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from mcm.cli.approvers import stage_approvers
from mcm.core import canonical
from mcm.core.sanitize import clean
from mcm.core.trust.principal import Principal
from mcm.trust.entry import Person
from mcm.trust.persons import TrustFile
from mcm.trust.review import standing

VERSION = 1
"""Of the JSON document."""


def review_lines(
    trust: TrustFile, stages: Sequence[tuple[str, int, bool]], now: datetime
) -> Iterator[str]:
    """Yield the access review; for stages as mcm.yaml has them.

    Each is its name, how many must approve it, and whether by a touched key.
    """
    ends = f"expires {trust.expires:%Y-%m-%d %H:%M}Z" if trust.expires else "does not expire"
    yield f"trust file version {trust.version}, {trust.profile}, {ends}"
    yield f"  digest     {trust.digest}"
    if trust.profile == "strict":
        roots = ", ".join(who.id for who in trust.roots)
        yield f"  roots      {roots}; {trust.root_threshold} must sign the next version"
    for person in trust.persons:
        yield ""
        yield from _person_lines(person, now)
    yield ""
    for name, approvals, touch in stages:
        takes = f" (takes {approvals})" if approvals > 1 else ""
        found = standing(trust, name, now, touch=touch)
        yield stage_approvers(name, found, forbids=False) + takes


def review_json(
    trust: TrustFile, stages: Sequence[tuple[str, int, bool]], now: datetime
) -> dict[str, Any]:
    """Return the document of `mcm trust list --json`."""
    return {
        "version": VERSION,
        "at": canonical.instant(now),
        "trust_version": trust.version,
        "profile": trust.profile,
        "root_threshold": trust.root_threshold,
        "digest": trust.digest,
        "expires": _at(trust.expires),
        "persons": [_person_json(person, now) for person in trust.persons],
        "stages": [
            {
                "stage": name,
                "approvals": approvals,
                "may_approve": list(standing(trust, name, now, touch=touch).may),
            }
            for name, approvals, touch in stages
        ],
    }


def _person_lines(person: Person, now: datetime) -> Iterator[str]:
    named = clean(" ".join(part for part in (person.name, person.email) if part), 120)
    yield f"{person.id}{f' ({named})' if named else ''}"
    roles = ", ".join(sorted(person.roles)) or "none: may reject, hold and report"
    yield f"  roles      {roles}"
    if "approver" in person.roles:
        yield f"  stages     {'all' if person.stages is None else ', '.join(sorted(person.stages))}"
    for key in person.ssh:
        yield f"  ssh        {key.fingerprint} {key.type}"
    for each in person.aws:
        enforced = ", session name enforced" if each.enforced else ""
        yield f"  aws        {clean(_principal(each.principal), 160)}{enforced}"
    if not person.ssh:
        yield "  ssh        none: can sign nothing"
    if person.not_before or person.not_after:
        since = f"{person.not_before:%Y-%m-%d %H:%M}Z" if person.not_before else "always"
        until = f"{person.not_after:%Y-%m-%d %H:%M}Z" if person.not_after else "further notice"
        state = "" if person.is_valid(now) else ": NOT VALID NOW"
        yield f"  valid      from {since} until {until}{state}"


def _person_json(person: Person, now: datetime) -> dict[str, Any]:
    return {
        "person": person.id,
        "name": person.name,
        "email": person.email,
        "roles": sorted(person.roles),
        "approves": None if person.stages is None else sorted(person.stages),
        "ssh": [
            {
                "fingerprint": key.fingerprint,
                "type": key.type,
                "security_key": key.on_security_key,
            }
            for key in person.ssh
        ],
        "aws": [
            {"arn": each.arn, "kind": each.principal.kind, "session_enforced": each.enforced}
            for each in person.aws
        ],
        "not_before": _at(person.not_before),
        "not_after": _at(person.not_after),
        "valid": person.is_valid(now),
    }


def _principal(who: Principal) -> str:
    inner = f"/{who.session}" if who.session else ""
    return f"{who.kind} {who.account}/{who.name}{inner}"


def _at(moment: datetime | None) -> str | None:
    return canonical.instant(moment) if moment else None
