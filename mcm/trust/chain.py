"""The strict profile: a trust file counts when roots of the one before have signed it.

Beside `.mcm/trust.yml` lie, in `.mcm/trust/`, each version in canonical form (`3.json`)
and its signatures (`3-alice.sig`) under the namespace `trust.v1@mcm`, so that ssh-keygen
can check them without mcm. Persons are counted, never keys or files. Version n+1 names
the digest of n, takes the roots of n (and its own, where roots change), expires, and lets
nobody approve more at once than before: who gains something has a `not_before`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from mcm.core import canonical
from mcm.core.errors import RefusedError
from mcm.trust import sshsig
from mcm.trust.entry import Person
from mcm.trust.files import open_directory, read_small
from mcm.trust.persons import LIMIT, TrustFile

NAMESPACE = "trust.v1@mcm"
LONGEST = timedelta(days=180)
DELAY = timedelta(hours=24)
FOLDER = "trust"
"""Beside the trust file."""
_MOST_SIGNATURES = 20


@dataclass(frozen=True, slots=True)
class Version:
    """One version as it lies in the folder; nothing in it is trusted yet."""

    content: bytes
    signatures: tuple[str, ...]


def read_version(folder: Path, number: int) -> Version | None:
    """Return version `number`, None when it is not there; links and the like are refused."""
    try:
        with open_directory(folder) as dir_fd:
            content = read_small(f"{number}.json", limit=LIMIT, dir_fd=dir_fd)
            paths = sorted(folder.glob(f"{number}-*.sig"))[:_MOST_SIGNATURES]
            signed = [read_small(path.name, limit=8192, dir_fd=dir_fd) for path in paths]
    except FileNotFoundError:
        return None
    return Version(content, tuple(each.decode("ascii", "replace") for each in signed))


def check_chain(folder: Path, trust: TrustFile, known: TrustFile | None, now: datetime) -> None:
    """Refuse `trust` unless signatures lead to it from `known`, the version used so far.

    Without one, from the oldest version that lies in the folder. Raises RefusedError:
    E_TRUST_CHAIN, E_TRUST_UNSIGNED, E_TRUST_THRESHOLD, E_TRUST_POLICY, E_TRUST_EXPIRED.
    """
    if known is not None:
        _check_profile(known, trust)
    first = known.version + 1 if known else _oldest(folder, trust.version)
    before = known
    for number in range(first, trust.version + 1):
        found = read_version(folder, number)
        if found is None:
            raise _refuse("E_TRUST_UNSIGNED", f"version {number} is not in .mcm/{FOLDER}/")
        last = number == trust.version
        if last and found.content != trust.content:
            raise _refuse(
                "E_TRUST_UNSIGNED", f"what was signed as version {number} is another file"
            )
        after = trust if last else _load(found, number, sandbox=trust.sandbox)
        check_link(before, after, found.signatures, now if last else None)
        before = after
    if first > trust.version:
        raise _refuse("E_TRUST_CHAIN", f"there are two files of version {trust.version}")


def check_link(
    before: TrustFile | None, after: TrustFile, signatures: Sequence[str], now: datetime | None
) -> None:
    """Refuse one step of the chain; `now` (aware) is given for its last one.

    Only there does it matter who is valid and when the file ends. Raises as `check_chain`.
    """
    check_terms(before, after, now)
    if after.profile != "strict":
        return
    signed = [*_signing_keys(after, signatures)]
    if not signed:
        raise _refuse("E_TRUST_UNSIGNED", f"no valid signature on version {after.version}")
    asked = who_signs(before, after)
    _check_roots(asked, after, signed, now)
    if asked is not after and _root_keys(before) != _root_keys(after):
        _check_roots(after, after, signed, now)


def who_signs(before: TrustFile | None, after: TrustFile) -> TrustFile:
    """Return the file whose roots sign `after`: the strict one before it, else its own."""
    return before if before is not None and before.profile == "strict" else after


def check_terms(before: TrustFile | None, after: TrustFile, now: datetime | None) -> None:
    """Refuse what no signature could mend: order, profile, term and delay."""
    if before is not None:
        _check_order(before, after)
    if after.profile != "strict":
        return
    if now is not None and after.expires is not None:
        if now >= after.expires:
            raise _refuse("E_TRUST_EXPIRED", f"it ended {after.expires:%Y-%m-%d %H:%M%z}")
        if after.expires - now > LONGEST:
            raise _refuse("E_TRUST_POLICY", f"it expires in more than {LONGEST.days} days")
    for who in gains(before, after):
        old = before.person(who.id) if before else None
        since = old.not_before if old else None
        if who.not_before is None or (since is not None and who.not_before <= since):
            raise _refuse(
                "E_TRUST_POLICY",
                f"{who.id} may approve more than before and has no new not_before",
                hint="Let it lie 24 h or more after the signatures.",
            )


def check_delay(before: TrustFile | None, after: TrustFile, now: datetime) -> None:
    """Refuse to sign what would let somebody approve more within 24 h: E_TRUST_POLICY."""
    for who in gains(before, after):
        if who.not_before is None or who.not_before < now + DELAY:
            raise _refuse(
                "E_TRUST_POLICY",
                f"{who.id} may approve more than before, so their not_before must be"
                f" {now + DELAY:%Y-%m-%dT%H:%MZ} or later",
            )


def gains(before: TrustFile | None, after: TrustFile) -> tuple[Person, ...]:
    """Return who may approve more than before: new approvers, stages, keys, AWS users."""
    if before is None:
        return ()
    return tuple(
        person
        for person in after.persons
        if "approver" in person.roles and _gained(before.person(person.id), person)
    )


def signers(trust: TrustFile, signatures: Iterable[str], of: TrustFile) -> tuple[str, ...]:
    """Return the roots of `of` whose signature on `trust` holds."""
    keys = _signing_keys(trust, signatures)
    found = {who.id for key in keys if (who := of.holder(key)) and "root" in who.roles}
    return tuple(sorted(found))


def _check_profile(before: TrustFile, after: TrustFile) -> None:
    if before.profile == "strict" and after.profile != "strict":
        raise _refuse("E_TRUST_CHAIN", "a strict file is not followed by a basic one")


def _check_order(before: TrustFile, after: TrustFile) -> None:
    _check_profile(before, after)
    if after.profile != "strict":
        return
    if after.version != before.version + 1:
        raise _refuse("E_TRUST_CHAIN", f"version {after.version} follows {before.version}")
    if after.prev != before.digest:
        raise _refuse(
            "E_TRUST_CHAIN",
            f"prev is {after.prev[:12] or 'missing'}, not the digest of version {before.version}",
            hint=f"Write `prev: {before.digest}`.",
        )


def _check_roots(
    asked: TrustFile, after: TrustFile, keys: Sequence[sshsig.SshKey], now: datetime | None
) -> None:
    persons = {
        who.id
        for key in keys
        if (who := asked.holder(key)) is not None
        and "root" in who.roles
        and (now is None or who.is_valid(now))
    }
    want = max(2, asked.root_threshold)
    if len(persons) < want:
        names = ", ".join(sorted(persons)) or "none"
        raise _refuse(
            "E_TRUST_THRESHOLD",
            f"version {after.version} takes {want} roots of version {asked.version}, and {names}"
            " signed",
            hint="Let the other roots run `mcm trust sign`.",
        )


def _signing_keys(after: TrustFile, signatures: Iterable[str]) -> Iterable[sshsig.SshKey]:
    """Yield the keys whose signature holds; a file that is none cannot help nor hinder."""
    for signature in signatures:
        try:
            yield sshsig.verify(signature, after.content, NAMESPACE)
        except RefusedError:
            continue


def _gained(old: Person | None, new: Person) -> bool:
    if old is None or "approver" not in old.roles:
        return True
    more = old.stages is not None and (new.stages is None or not new.stages <= old.stages)
    keys = {key.blob for key in new.ssh} - {key.blob for key in old.ssh}
    callers = {each.principal for each in new.aws} - {each.principal for each in old.aws}
    return more or bool(keys) or bool(callers)


def _root_keys(trust: TrustFile | None) -> frozenset[tuple[str, bytes]]:
    roots = trust.roots if trust else ()
    return frozenset((who.id, key.blob) for who in roots for key in who.ssh)


def _oldest(folder: Path, newest: int) -> int:
    number = newest
    while number > 1 and (folder / f"{number - 1}.json").is_file():
        number -= 1
    return number


def _load(found: Version, number: int, *, sandbox: bool) -> TrustFile:
    trust = TrustFile.from_value(canonical.decode(found.content), sandbox=sandbox)
    if trust.version != number:
        raise _refuse("E_TRUST_CHAIN", f"{number}.json is version {trust.version}")
    return trust


def _refuse(code: str, reason: str, hint: str | None = None) -> RefusedError:
    return RefusedError(code, f"trust file refused: {reason}", hint=hint)
