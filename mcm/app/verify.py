"""Does what is written down still hold: the chain, the plan and the signatures."""

from dataclasses import dataclass

from mcm.core import canonical
from mcm.core.errors import RefusedError
from mcm.core.inbox import Inbox
from mcm.core.journal import Journal


@dataclass(frozen=True)
class Findings:
    entries: int
    anchored: int
    """Up to this entry a signer vouches for the chain."""
    statements: int
    problems: tuple[str, ...]
    """Empty when everything holds."""


def verify_change(change: str, journal: Journal, plan: bytes | None, inbox: Inbox) -> Findings:
    """Check the chain, each signed head in it, the plan's digest and every statement."""
    problems = [f"{each.source}: {each.reason}" for each in inbox.rejected]
    try:
        entries = journal.entries(change)
    except RefusedError as err:
        return Findings(0, 0, len(inbox.verified), (str(err), *problems))
    anchored = 0
    for each in inbox.verified:
        head = each.statement.journal
        if head.seq > len(entries) or (head.seq and entries[head.seq - 1].hash != head.hash):
            problems.append(f"{each.person} signed another entry {head.seq} [E_SIGNED_HEAD]")
        else:
            anchored = max(anchored, head.seq)
    planned = {e.body["edition"]: e.body["plan"] for e in entries if e.kind == "planned"}
    if planned and plan is None:
        problems.append("plan.json is gone [E_PLAN_CHANGED]")
    elif planned and canonical.digest_bytes(plan or b"") != planned[max(planned)]:
        problems.append("plan.json is not the newest edition as written [E_PLAN_CHANGED]")
    return Findings(len(entries), anchored, len(inbox.verified), tuple(problems))
