"""What a statement is made of; the rules that it keeps are in `statement_form`."""

from dataclasses import dataclass, field
from datetime import datetime

VERSION = 1
"""The version of this shape; another one is refused, never guessed at."""


@dataclass(frozen=True, slots=True)
class TrustRef:
    """The trust file under which a statement was signed."""

    version: int
    digest: str


@dataclass(frozen=True, slots=True)
class JournalHead:
    """The newest journal entry the signer saw; `seq` 0 with an empty hash for none."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Opening:
    """A gate that a broken glass opens, and why; on its own word alone."""

    gate: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementFields:
    """The fields of `mcm.core.trust.statement.Statement`, before anything is checked."""

    kind: str
    realm: str
    change: str
    edition: int
    plan: str
    """SHA-256 of the plan's canonical bytes; "" only in a hold or report."""
    stage: str = ""
    stages: tuple[str, ...] = ()
    """The stages a request covers, in the plan's order; empty in all other kinds."""
    pipeline: str = ""
    execution: str = ""
    rollback_to: str = ""
    """The execution to return to; "" in a request (the plan has one per stage) or for none."""
    request: str = ""
    """SHA-256 of the request's payload that this answers; "" in a request.

    A review names the broken glass here that it looked at."""
    requester: str = ""
    approver: str = ""
    """The person who signs, unless this is a request."""
    decision: str = ""
    reason: str = ""
    """Free text for people, one line; it decides nothing."""
    ticket: str = ""
    """Where the emergency is written down; only in a broken glass."""
    exceptions: tuple[Opening, ...] = ()
    """The gates that a broken glass opens; none in all other kinds."""
    trust: TrustRef
    not_before: datetime
    expires: datetime
    nonce: str
    journal: JournalHead = field(default=JournalHead(0, ""))
    tool: str = ""
    v: int = VERSION
