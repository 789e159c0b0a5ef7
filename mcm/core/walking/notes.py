"""The entries that the way forward writes about a stage. One place, one spelling."""

import re
from collections.abc import Mapping
from datetime import datetime

from mcm.core import canonical
from mcm.core.history.journal import Draft
from mcm.core.history.state import StageState, Tally
from mcm.core.history.turn import GateView
from mcm.core.judging.limits import NOTHING
from mcm.core.plans.plan import StagePlan
from mcm.core.trust.guard import Granted, GrantedByGlass
from mcm.core.trust.statement import Statement
from mcm.core.verdict import UNASKED, Verdict

_NUMBER = re.compile(r"\b[0-9]+(?:[.:][0-9]+)*(?:[a-z%]+[0-9]*)*", re.ASCII)
"""A count, a value, a time of day or a duration such as `23h20m`."""


def started(stage: StagePlan, now: datetime) -> Draft:
    """The walk is at this stage."""
    return Draft("stage_started", {"stage": stage.name}, now)


def entered(stage: StagePlan, who: str, now: datetime) -> Draft:
    """The pinned execution is in the stage; `who` let it in: `mcm` or `others`."""
    return Draft("entered", {"stage": stage.name, "by": who}, now)


def bake_started(stage: StagePlan, now: datetime) -> Draft:
    """The pipeline says that the stage succeeded: from now on time and samples count."""
    return Draft("bake_started", {"stage": stage.name}, now)


def sight(stage: StagePlan, why: str, now: datetime) -> Draft:
    """Sight of the pipeline was lost (`why`), or is back (`why` empty)."""
    return Draft("sight", {"stage": stage.name, "lost": bool(why), "reason": why}, now)


def breach(stage: StagePlan, check: str, reason: str, action: str, now: datetime) -> Draft:
    """A guardrail was crossed; `action` is `roll_back` or `hold`."""
    body = {"stage": stage.name, "check": check, "reason": reason, "action": action}
    return Draft("breach", body, now)


def ended(stage: StagePlan, outcome: str, reason: str, now: datetime) -> Draft:
    """The stage reached one of the outcomes in docs/design.md."""
    body = {"stage": stage.name, "outcome": outcome, "reason": reason}
    return Draft("stage_ended", body, now)


def gates(
    stage: StagePlan, known: StageState, found: tuple[GateView, ...], now: datetime
) -> tuple[Draft, ...]:
    """Note gates that opened or closed, and closed ones that are now closed for another reason.

    Numbers do not make another reason, or each turn of a countdown would be an entry; but
    how many persons have approved does.
    """
    drafts = []
    for gate in found:
        before = known.gates.get(gate.name)
        if gate.open and before is None:
            continue
        if not gate.open and before is not None and _shape(gate) == _shape(gate, before):
            continue
        body = {"stage": stage.name, "gate": gate.name, "open": gate.open, "reason": gate.reason}
        drafts.append(Draft("gate_changed", body, now))
    return tuple(drafts)


def _shape(gate: GateView, reason: str | None = None) -> str:
    text = gate.reason if reason is None else reason
    return text if gate.name == "approval" else _NUMBER.sub("#", text)


def gates_open(
    stage: StagePlan,
    found: tuple[GateView, ...],
    granted: Granted,
    oldest: datetime,
    now: datetime,
) -> Draft:
    """The evidence for a promotion: each gate's reason, who approved with what key, how fresh."""
    body = {
        "stage": stage.name,
        "gates": [
            {"gate": gate.name, "reason": gate.reason} | ({"note": gate.note} if gate.note else {})
            for gate in found
        ],
        ("glass" if isinstance(granted, GrantedByGlass) else "approvals"): [
            {"person": each.person, "key": each.key, "statement": each.digest}
            | ({"answered_by": each.answered_by} if each.answered_by else {})
            for each in granted.statements
        ],
        "read_at": canonical.instant(oldest),
    }
    return Draft("gates_open", body, now)


def glass_broken(said: Statement, digest: str, now: datetime) -> Draft:
    """Somebody broke the glass; what they signed is `digest`."""
    body = {
        **_glass(said, digest),
        "edition": said.edition,
        "plan": said.plan,
        "execution": said.execution,
    }
    return Draft("glass_broken", body, now)


def glass_used(stage: StagePlan, granted: Granted, now: datetime) -> tuple[Draft, ...]:
    """The promotion that follows rests on a broken glass and on nobody's approval."""
    if not isinstance(granted, GrantedByGlass):
        return ()
    body = _glass(granted.glass.statement, granted.glass.digest)
    return (Draft("glass_used", {**body, "stage": stage.name}, now),)


def _glass(said: Statement, digest: str) -> dict[str, canonical.Value]:
    return {
        "stage": said.stage,
        "by": said.approver,
        "reason": said.reason,
        "ticket": said.ticket,
        "exceptions": [{"gate": e.gate, "reason": e.reason} for e in said.exceptions],
        "from": canonical.instant(said.not_before),
        "until": canonical.instant(said.expires),
        "statement": digest,
    }


def measured(
    stage: StagePlan, known: StageState, tallies: Mapping[str, Tally], now: datetime
) -> tuple[Draft, ...]:
    """Note what was counted of guardrails with limits, where it changed."""
    return tuple(
        Draft(
            "measured",
            {
                "stage": stage.name,
                "check": check,
                "breaches": tally.breaches,
                "errors": tally.errors,
                "inconclusive": tally.inconclusive,
            },
            now,
        )
        for check, tally in tallies.items()
        if tally != known.tallies.get(check, NOTHING)
    )


def verdicts(
    stage: StagePlan, known: StageState, found: tuple[Verdict, ...], now: datetime
) -> tuple[Draft, ...]:
    """Note verdicts of another kind than before; a verdict's changing wording is not news.

    That a guardrail gives no answer any more, or again, is: a bake may have to begin anew.
    """
    drafts = []
    for verdict in found:
        before = known.verdicts.get(verdict.check)
        same = before is not None and before.kind is verdict.kind
        if same and (before is None or (before.unasked_since is not None) is verdict.unasked):
            continue
        body = {
            "stage": stage.name,
            "check": verdict.check,
            "verdict": verdict.kind.name,
            "reason": verdict.reason,
            "evidence": list(verdict.evidence),
            **({"unasked": True} if verdict.code == UNASKED else {}),
        }
        drafts.append(Draft("verdict_changed", body, now))
    return tuple(drafts)
