"""What the reading commands print for scripts: JSON with stable keys.

The keys are documented in docs/json-output.md and change only with `version`. Text is
kept whole, as it was written, with everything but ASCII escaped, so that it cannot reach
a terminal as anything but text.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mcm.cli.show import next_command
from mcm.core import canonical

if TYPE_CHECKING:
    from mcm.app.drill import Report
    from mcm.app.listing import Listed
    from mcm.app.log import LogLine
    from mcm.app.standing import ChangeStatus, RollbackStatus, StageStatus
    from mcm.app.verify import Verification
    from mcm.core.history.glass_told import Glass

VERSION = 1
"""Of the documents: goes up when a key goes or changes its meaning, not when one comes."""


def to_json(document: dict[str, Any]) -> str:
    """Return a document as JSON that is safe to print at a terminal."""
    return json.dumps(document, indent=1, ensure_ascii=True)


def status_json(statuses: Iterable["ChangeStatus"], now: datetime) -> dict[str, Any]:
    """Return the document of `mcm status --json`."""
    return {"version": VERSION, "at": _at(now), "changes": [_change_json(s) for s in statuses]}


def drill_json(reports: Iterable["Report"]) -> dict[str, Any]:
    """Return the document of `mcm drill --json`; there is at least one report."""
    told = list(reports)
    drills = []
    for report in told:
        value = report.to_value()
        played = [{"back_ms": None, **each} for each in value["scenarios"]]
        drills.append({**value, "scenarios": played, "exit": int(report.exit)})
    first = told[0]
    return {"version": VERSION, "at": _at(first.at), "change": first.change, "drills": drills}


def list_json(listed: Iterable["Listed"], now: datetime) -> dict[str, Any]:
    """Return the document of `mcm list --json`."""
    changes = [
        {
            "change": each.change,
            "title": each.title,
            "owner": each.owner,
            "state": each.state.value if each.state else "unknown",
            "stage": each.stage,
            "since": _at(each.since),
            "open": each.is_open,
            "problem": each.problem,
            "exit": int(each.exit),
        }
        for each in listed
    ]
    return {"version": VERSION, "at": _at(now), "changes": changes}


def log_json(line: "LogLine") -> str:
    """Return one line of `mcm log --json`: a JSON object without a newline."""
    return json.dumps(
        {
            "seq": line.seq,
            "at": _at(line.at),
            "kind": line.kind,
            "stage": line.stage,
            "text": line.text,
            "body": line.body,
            "hash": line.hash,
        },
        ensure_ascii=True,
    )


def verify_json(found: "Verification") -> dict[str, Any]:
    """Return the document of `mcm verify --json`."""
    return {
        "version": VERSION,
        "change": found.change,
        "verdict": found.verdict.value,
        "exit": int(found.exit),
        "sentences": list(found.sentences),
        "bad_entry": found.bad_entry or None,
        "anchor": {
            "entry": found.anchor.entry,
            "by": found.anchor.by,
            "rest": found.anchor.rest,
        },
        "promotions": [
            {
                "stage": each.stage,
                "execution": each.execution,
                "entry": each.entry,
                "at": _at(each.at),
                "edition": each.edition,
                "requester": each.requester,
                "approvers": [
                    {"person": a.person, "approved_at": _at(a.approved_at)} for a in each.approvers
                ],
                "proven": each.is_proven,
            }
            for each in found.promotions
        ],
        "findings": [
            {"part": each.part, "proof": each.proof.value, "text": each.text}
            for each in found.findings
        ],
    }


def _glass_json(glass: "Glass") -> dict[str, Any]:
    return {
        "stage": glass.stage,
        "by": glass.by,
        "at": _at(glass.at),
        "reason": glass.reason,
        "ticket": glass.ticket,
        "opens": list(glass.opens),
        "used": glass.used,
        "reviewed_by": glass.reviewed_by,
    }


def _change_json(each: "ChangeStatus") -> dict[str, Any]:
    return {
        "change": each.change,
        "title": each.title,
        "requester": each.requester,
        "realm": each.realm,
        "edition": each.edition,
        "open": each.is_open,
        "operator": each.operator,
        "operator_since": _at(each.operator_since),
        "first_at": _at(each.first_at),
        "last_at": _at(each.last_at),
        "problem": each.problem,
        "exit": int(each.exit),
        "holds": [{"stage": hold.stage, "reason": hold.reason} for hold in each.holds],
        "glasses": [_glass_json(glass) for glass in each.glasses],
        "stages": [_stage_json(each.change, stage) for stage in each.stages],
    }


def _stage_json(change: str, stage: "StageStatus") -> dict[str, Any]:
    return {
        "stage": stage.stage,
        "phase": stage.phase.value,
        "since": _at(stage.since),
        "reason": stage.reason,
        "closed_gates": [{"gate": g.gate, "reason": g.reason} for g in stage.gates],
        "checks": [
            {"check": c.check, "verdict": c.verdict, "reason": c.reason, "at": _at(c.at)}
            for c in stage.checks
        ],
        "approved_by": list(stage.approved_by),
        "blind_since": _at(stage.blind_since),
        "stays": stage.stays,
        "rollback": _rollback_json(stage.rollback),
        "next": next_command(change, stage),
        "exit": int(stage.exit),
    }


def _rollback_json(rollback: "RollbackStatus | None") -> dict[str, Any] | None:
    if rollback is None:
        return None
    return {
        "at": _at(rollback.at),
        "target": rollback.target,
        "execution": rollback.execution,
        "why": rollback.why,
        "ended_at": _at(rollback.ended_at),
        "outcome": rollback.outcome,
        "verified": rollback.verified,
        "detail": rollback.detail,
    }


def _at(moment: datetime | None) -> str | None:
    return canonical.instant(moment) if moment else None
