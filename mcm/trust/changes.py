"""What differs between two trust files, in words: who came, who went, who may do more."""

from collections.abc import Iterator
from datetime import datetime

from mcm.core.sanitize import clean
from mcm.trust.entry import Person
from mcm.trust.persons import TrustFile


def trust_differences(old: TrustFile, new: TrustFile) -> tuple[str, ...]:
    """Return a line for each difference; empty only when the two say the same."""
    lines = list(_lines(old, new))
    if not lines and old.digest != new.digest:
        lines = ["the files differ in a way that changes nobody's word"]
    return tuple(clean(line, 300) for line in lines)


def _lines(old: TrustFile, new: TrustFile) -> Iterator[str]:
    if new.version == old.version and new.digest != old.digest:
        yield f"version is still {new.version}, though the file changed"
    elif new.version != old.version:
        yield f"version {old.version} → {new.version}"
    was = {person.id: person for person in old.persons}
    now = {person.id: person for person in new.persons}
    for who, person in now.items():
        if who not in was:
            yield f"{who} ADDED {_may(person)}; {_credentials(person)}"
    for who, person in was.items():
        if who not in now:
            yield f"{who} removed; was {_may(person)}"
    for who, person in now.items():
        if who in was:
            yield from _changed(was[who], person)
    if old.profile != new.profile:
        yield f"profile: {old.profile} → {new.profile}"
    if old.profile == new.profile and old.root_threshold != new.root_threshold:
        yield f"roots that must sign: {old.root_threshold} → {new.root_threshold}"
    if old.expires != new.expires:
        yield f"expires: {_when(old.expires)} → {_when(new.expires)}"


def _changed(old: Person, new: Person) -> Iterator[str]:
    for role in sorted(new.roles - old.roles):
        yield f"{new.id} is now {role}"
    for role in sorted(old.roles - new.roles):
        yield f"{new.id} is no longer {role}"
    if old.stages != new.stages:
        yield f"{new.id} may approve {_stages(new)}, before: {_stages(old)}"
    for word, was, now in (
        ("key", _keys(old), _keys(new)),
        ("AWS user", _arns(old), _arns(new)),
    ):
        for each in sorted(now - was):
            yield f"{new.id} has another {word}: {each}"
        for each in sorted(was - now):
            yield f"{new.id} lost {word} {each}"
    for word, before, after in (("name", old.name, new.name), ("e-mail", old.email, new.email)):
        if before != after:
            yield f"{word} of {new.id}: {before or 'none'} → {after or 'none'}"
    if (old.not_before, old.not_after) != (new.not_before, new.not_after):
        yield f"{new.id} is valid {_validity(new)}, before: {_validity(old)}"


def _may(person: Person) -> str:
    roles = ", ".join(sorted(person.roles)) or "nothing but to reject"
    return f"as {roles}" + (f" of {_stages(person)}" if "approver" in person.roles else "")


def _stages(person: Person) -> str:
    return "all stages" if person.stages is None else ", ".join(sorted(person.stages)) or "no stage"


def _credentials(person: Person) -> str:
    return ", ".join([*sorted(_keys(person)), *sorted(_arns(person))]) or "without a credential"


def _keys(person: Person) -> set[str]:
    return {key.fingerprint for key in person.ssh}


def _arns(person: Person) -> set[str]:
    return {each.arn + (" (name enforced)" if each.enforced else "") for each in person.aws}


def _validity(person: Person) -> str:
    return f"from {_when(person.not_before)} until {_when(person.not_after)}"


def _when(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M%z}" if moment else "ever"
