"""Statements: the signed words of persons, and what became of reading them.

A statement is plain data with one canonical form (`mcm.core.canonical`); a signature
covers those bytes under the namespace of the statement's kind, so a request can never
be passed off as an approval. This module knows the shape only. Whether a signature
holds and whose it is, `mcm.trust` finds out; it alone builds `Verified`.
"""

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from mcm.core import canonical
from mcm.core.trust.principal import Principal
from mcm.core.trust.statement_fields import (
    VERSION,
    JournalHead,
    Opening,
    StatementFields,
    TrustRef,
)
from mcm.core.trust.statement_form import (
    APPROVAL_LIFE,
    DECISIONS,
    check,
    exactly,
    instant,
    is_person_id,
    is_sandbox,
    is_stage_name,
    namespace,
    refuse,
)

__all__ = [
    "APPROVAL_LIFE",
    "DECISIONS",
    "VERSION",
    "JournalHead",
    "Opening",
    "Rejected",
    "Statement",
    "TrustRef",
    "Verified",
    "file_name",
    "is_person_id",
    "is_sandbox",
    "is_stage_name",
    "namespace",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement(StatementFields):
    """What one person said about one change; invalid ones cannot be built.

    Raises RefusedError: E_ID_CHARSET for an id or name outside its alphabet (checked
    with `fullmatch`, ASCII only), E_STATEMENT for any other broken rule. Instants are
    cut to milliseconds in UTC, as the canonical form spells them.
    """

    def __post_init__(self) -> None:
        for name in ("not_before", "expires"):
            moment = getattr(self, name)
            if not isinstance(moment, datetime) or moment.tzinfo is None:
                raise refuse(f"{name} is not an instant with a zone")
            moment = moment.astimezone(UTC)
            whole = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
            object.__setattr__(self, name, whole)
        check(self)

    @property
    def signer(self) -> str:
        """The person whose signature this needs."""
        return self.requester if self.kind == "request" else self.approver

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical bytes: what an approval's `request` refers to."""
        return canonical.digest(self.to_value())

    def to_value(self) -> dict[str, Any]:
        """Return the canonical value: every field, always."""
        value = {item.name: getattr(self, item.name) for item in fields(self)}
        value["stages"] = list(self.stages)
        value["exceptions"] = [{"gate": e.gate, "reason": e.reason} for e in self.exceptions]
        value["trust"] = {"version": self.trust.version, "digest": self.trust.digest}
        value["journal"] = {"seq": self.journal.seq, "hash": self.journal.hash}
        value["not_before"] = canonical.instant(self.not_before)
        value["expires"] = canonical.instant(self.expires)
        return value

    @classmethod
    def from_value(cls, value: Any) -> "Statement":
        """Read what `to_value` wrote; refuse an unknown or missing key (E_STATEMENT)."""
        own = {item.name for item in fields(cls)}
        data = dict(exactly(value, own, "statement"))
        trust = exactly(data["trust"], {"version", "digest"}, "trust")
        journal = exactly(data["journal"], {"seq", "hash"}, "journal")
        for name in ("stages", "exceptions"):
            if not isinstance(data[name], list):
                raise refuse(f"{name} is not a list")
        data["stages"] = tuple(data["stages"])
        openings = [exactly(e, {"gate", "reason"}, "exception") for e in data["exceptions"]]
        data["exceptions"] = tuple(Opening(e["gate"], e["reason"]) for e in openings)
        data["trust"] = TrustRef(trust["version"], trust["digest"])
        data["journal"] = JournalHead(journal["seq"], journal["hash"])
        for name in ("not_before", "expires"):
            data[name] = instant(name, data[name])
        return cls(**data)


@dataclass(frozen=True, slots=True)
class Verified:
    """A statement whose signature held and whose signer is a person in the trust file.

    Only `mcm.trust` may build one (a test reads the package's source to see to it).
    """

    statement: Statement
    person: str
    """The signer's id, exactly as in the trust file."""
    digest: str
    """SHA-256 of the signed bytes."""
    key: str
    """Fingerprint of the signing key; "" for an unsigned statement of a sandbox."""
    aliases: frozenset[str] = frozenset()
    """The signer's other names (e-mail, AWS session); they serve to deny, never to grant."""
    principals: frozenset[Principal] = frozenset()
    """The AWS callers that the trust file says are this person and nobody else."""
    answered_by: str = ""
    """The ARN that answered in the pipeline itself, on AWS's word; then nobody signed."""
    touched: bool = False
    """Whether the key is a security key and says that somebody touched it for this."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A file in the inbox that is not a verified statement."""

    source: str
    """The file's name; untrusted text."""
    code: str
    reason: str


def file_name(statement: Statement) -> str:
    """Return the name of a statement's file: `approval-2-prod-us-bob.json`."""
    parts = [statement.kind, str(statement.edition)]
    if statement.kind != "request":
        parts += [part for part in (statement.stage, statement.approver) if part]
    return "-".join(parts) + ".json"
