"""The desk at which one person says things about a change, and what all they say has in common."""

from collections.abc import Callable
from typing import Any, Protocol

from mcm.app.notebook import head_seen
from mcm.core.history.journal import Journal
from mcm.core.plans.plan import Plan
from mcm.core.trust.inbox import Inbox
from mcm.core.trust.statement import Statement, TrustRef, Verified


class Desk(Protocol):
    """One person with a key, the trust file, and the inbox of one change."""

    @property
    def person(self) -> str:
        """Id of the person to whom the key belongs."""
        ...

    @property
    def aliases(self) -> frozenset[str]: ...

    @property
    def trust(self) -> TrustRef: ...

    def inbox(self) -> Inbox: ...

    def nonce(self) -> str: ...

    def sign(self, statement: Statement) -> tuple[Verified, Callable[[], str]]:
        """Sign and verify `statement`; the function files it and returns its name."""
        ...


def about(plan: Plan, desk: Desk, journal: Journal, tool: str = "") -> dict[str, Any]:
    """Return the fields by which a statement is of this plan, this trust file and this journal."""
    return {
        "realm": plan.realm,
        "change": plan.change,
        "edition": plan.edition,
        "plan": plan.digest,
        "pipeline": plan.pipeline.name,
        "execution": plan.execution,
        "trust": desk.trust,
        "nonce": desk.nonce(),
        "journal": head_seen(journal, plan.change),
        "tool": tool,
    }
