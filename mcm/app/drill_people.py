"""The people of a drill: their word counts in the drill's own realm and nowhere else.

They sign through `mcm.trust` like everybody, unsigned as a sandbox allows, under a trust
file that exists in memory only. No real realm has the drill's name, so nothing said here
verifies anywhere else.
"""

import uuid
from datetime import datetime, timedelta

from mcm.core.plans.plan import Plan, StagePlan
from mcm.core.trust.statement import APPROVAL_LIFE, Statement, Verified
from mcm.trust.persons import TrustFile
from mcm.trust.signing import new_nonce, unsigned
from mcm.trust.verify import verify


def new_realm() -> str:
    """Return a realm that nobody has ever used: `sandbox:drill-…`."""
    return f"sandbox:drill-{uuid.uuid4().hex}"


def say_yes(plan: Plan, stage: StagePlan, now: datetime) -> tuple[Verified, ...]:
    """Return a request for `plan` and as many approvals of `stage` as it asks for."""
    people = _people(stage)
    # A second before: whoever asks and answers does so before the walk begins.
    before = now - timedelta(seconds=1)
    stages = tuple(each.name for each in plan.stages)
    request = _say(plan, stage, before, now, "request", stages=stages)
    answers = (
        _say(
            plan,
            stage,
            before,
            now,
            "approval",
            stage=stage.name,
            rollback_to=stage.rollback_target,
            request=request.digest,
            approver=name,
            decision="approve",
        )
        for name in people
    )
    return (request, *answers)


def say_breach(plan: Plan, stage: StagePlan, now: datetime) -> Verified:
    """Return the report of somebody who sees that the change does harm."""
    return _say(
        plan,
        stage,
        now,
        now,
        "report",
        stage=stage.name,
        approver=plan.requester,
        decision="breach",
        reason="played in a drill",
    )


def _people(stage: StagePlan) -> list[str]:
    return [f"drill-approver-{number + 1}" for number in range(stage.approvals)]


def _say(
    plan: Plan, planned: StagePlan, since: datetime, now: datetime, kind: str, /, **fields: object
) -> Verified:
    """Let somebody say something, and read it as every statement is read."""
    entries = [{"id": name, "roles": ["approver"]} for name in _people(planned)]
    asks = {"id": plan.requester, "roles": ["requester"]}
    trust = TrustFile.from_value({"version": 1, "persons": [asks, *entries]}, sandbox=True)
    values = {
        "kind": kind,
        "realm": plan.realm,
        "change": plan.change,
        "edition": plan.edition,
        "plan": plan.digest,
        "pipeline": plan.pipeline.name,
        "execution": plan.execution,
        "requester": plan.requester,
        "trust": trust.ref,
        "not_before": since,
        "expires": since + APPROVAL_LIFE,
        "nonce": new_nonce(),
        **fields,
    }
    statement = Statement(**values)  # type: ignore[arg-type]
    return verify(unsigned(statement).to_bytes(), trust, plan.realm, now)
