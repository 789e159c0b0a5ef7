"""What lies in a change's folder and journal, read for proof and not yet judged.

Statements are read without asking whether they count *now*: approvals expire, trust files
change, and an auditor comes months later. What a signature proves by itself is kept: the
exact bytes, the key, and who has that key in the trust file of today.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mcm.core import canonical
from mcm.core.errors import McmError, RefusedError
from mcm.core.history.anchor import Anchor
from mcm.core.history.journal import BrokenJournalError, Entry, Journal, StoreError
from mcm.core.plans.plan import Plan
from mcm.core.trust.principal import ROLE, Principal
from mcm.core.trust.statement import Statement, TrustRef, is_sandbox, namespace

if TYPE_CHECKING:
    from mcm.core.pipeline import ActionRun
    from mcm.trust.persons import TrustFile

ReadPlan = Callable[[], bytes | None]


@dataclass(frozen=True)
class Filed:
    """One file of the statements folder."""

    name: str
    problem: str = ""
    """Why it is no statement or its signature does not hold; empty when all is well."""
    digest: str = ""
    """SHA-256 of the payload; empty when there is none to read."""
    statement: Statement | None = None
    key: str = ""
    """Fingerprint of the key whose signature holds; empty for none."""
    holder: str = ""
    """The person who has that key in today's trust file; empty for nobody."""
    aliases: frozenset[str] = frozenset()
    """That person's other names; they serve to deny, never to grant."""
    touched: bool = False
    """Whether a security key says that somebody touched it for this."""


@dataclass(frozen=True)
class Evidence:
    """All that speaks for or against a change having gone as it should."""

    change: str
    entries: tuple[Entry, ...]
    journal_problem: str
    """Why the chain does not hold; names the first bad entry. Then there are no entries."""
    journal_unread: str
    """Why the journal could not be read at all; nothing is known of it then."""
    plan: Plan | None
    plan_problem: str
    statements: tuple[Filed, ...]
    statements_problem: str
    trust: TrustRef | None
    """Today's trust file; None when it cannot be read."""
    trust_problem: str
    bad_entry: int = 0
    """The first entry that does not hold, when `journal_problem` says so; 0 for none."""
    kept: tuple[Anchor, ...] = ()
    """Heads that git keeps, and AWS when it was asked."""
    answers: "tuple[ActionRun, ...]" = ()
    """What AWS shows of the execution's actions, when it was asked."""
    callers: Mapping[Principal, str] = field(default_factory=dict)
    """Whom an AWS caller stands for, by today's trust file."""
    names: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Every name of each person of today's trust file, by id; they serve to deny."""


def read_evidence(
    change: str, journal: Journal, read_plan: ReadPlan, statements: Path, trust_file: Path
) -> Evidence:
    """Read all there is about `change`; what cannot be read is a problem, not an error."""
    plan, plan_problem = _read_plan(read_plan)
    entries: tuple[Entry, ...] = ()
    broken = unread = ""
    bad = 0
    try:
        entries = journal.entries(change)
    except StoreError as err:
        unread = str(err)
    except BrokenJournalError as err:
        broken, bad = f"first bad entry {err.seq}: {err.why}", err.seq
    except RefusedError as err:
        broken = str(err)
    sandbox = plan is not None and is_sandbox(plan.realm)
    trust, trust_problem = _read_trust(trust_file, sandbox=sandbox)
    filed, filed_problem = _read_statements(statements, trust)
    ref = trust.ref if trust else None
    return Evidence(
        change,
        entries,
        broken,
        unread,
        plan,
        plan_problem,
        filed,
        filed_problem,
        ref,
        trust_problem,
        bad,
        callers=_callers(trust),
        names={each.id: each.aliases | {each.id} for each in (trust.persons if trust else ())},
    )


def _callers(trust: "TrustFile | None") -> dict[Principal, str]:
    return {
        each.principal: person.id
        for person in (trust.persons if trust else ())
        for each in person.aws
        if each.principal.kind != ROLE or each.enforced
    }


def _read_plan(read_plan: ReadPlan) -> tuple[Plan | None, str]:
    try:
        data = read_plan()
        return (Plan.from_bytes(data) if data is not None else None), ""
    except (McmError, OSError) as err:
        return None, str(err)


def _read_trust(path: Path, *, sandbox: bool) -> "tuple[TrustFile | None, str]":
    from mcm.trust.persons import load

    try:
        return load(path, sandbox=sandbox), ""
    except (McmError, OSError) as err:
        return None, str(err)


def _read_statements(folder: Path, trust: "TrustFile | None") -> tuple[tuple[Filed, ...], str]:
    import os

    from mcm.trust.files import open_directory
    from mcm.trust.inbox import MAX_FILES

    try:
        with open_directory(folder) as dir_fd:
            names = sorted(
                name
                for name in os.listdir(dir_fd)  # noqa: PTH208 - Path lists no descriptor
                if name.endswith(".json") and not name.startswith(".")
            )
            if len(names) > MAX_FILES:
                return (), f"{len(names)} statements, more than {MAX_FILES}: none was read"
            return tuple(_read_one(name, dir_fd, trust) for name in names), ""
    except FileNotFoundError:
        return (), ""
    except (McmError, OSError) as err:
        return (), str(err)


def _read_one(name: str, dir_fd: int, trust: "TrustFile | None") -> Filed:
    from mcm.trust import sshsig
    from mcm.trust.envelope import LIMIT, Envelope
    from mcm.trust.files import read_small

    digest, statement = "", None
    try:
        envelope = Envelope.from_bytes(read_small(name, limit=LIMIT, dir_fd=dir_fd))
        digest = canonical.digest_bytes(envelope.payload)
        statement = Statement.from_value(canonical.decode(envelope.payload))
        if statement.kind != envelope.kind:
            raise RefusedError("E_NAMESPACE", f"a {statement.kind} filed as {envelope.kind}")
        if not envelope.proofs:
            return Filed(name, "", digest, statement)
        proof = envelope.proofs[0].sig
        key, touched = sshsig.inspect(proof, envelope.payload, namespace(envelope.kind))
    except (McmError, OSError) as err:
        return Filed(name, str(err), digest, statement)
    person = trust.holder(key) if trust else None
    holder = person.id if person else ""
    aliases = person.aliases if person else frozenset()
    return Filed(name, "", digest, statement, key.fingerprint, holder, aliases, touched)
