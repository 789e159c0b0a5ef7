"""A person's signed word that they see a breach, for the guardrail `person`."""

from collections.abc import Callable
from datetime import datetime, timedelta

from mcm.app.desk import Desk, about
from mcm.core.history.journal import Journal
from mcm.core.plans.plan import Plan
from mcm.core.trust.statement import Statement, Verified

REPORT_LIFE = timedelta(hours=24)
KIND = "person"


def listeners(plan: Plan, stage: str) -> tuple[str, ...]:
    """Return the stages, `stage` or of all, whose guardrails hear reports."""
    return tuple(
        each.name
        for each in plan.stages
        if stage in ("", each.name) and any(item.kind == KIND for item in each.guardrails)
    )


def report(
    journal: Journal, plan: Plan, stage: str, desk: Desk, reason: str, now: datetime, tool: str
) -> tuple[Verified, Callable[[], str]]:
    """Sign a report of a breach at `stage`, or with an empty one anywhere in the change.

    The function files it and returns its name.
    """
    return desk.sign(
        Statement(
            **about(plan, desk, journal, tool),
            kind="report",
            stage=stage,
            approver=desk.person,
            decision="breach",
            reason=reason,
            not_before=now,
            expires=now + REPORT_LIFE,
        )
    )
