"""The document of `mcm doctor --json`; its keys are in docs/json-output.md."""

from typing import TYPE_CHECKING, Any

from mcm.cli.show_json import VERSION
from mcm.core import canonical
from mcm.core.endpoint import EndpointView

if TYPE_CHECKING:
    from datetime import datetime

    from mcm.app.doctor import Diagnosis
    from mcm.app.seen import SeenAlarm, SeenStage


def doctor_json(found: "Diagnosis") -> dict[str, Any]:
    """Return the document; all text is as AWS has it."""
    survey = found.survey
    place = survey.layout.pipeline.place
    return {
        "version": VERSION,
        "at": canonical.instant(survey.at),
        "pipeline": survey.layout.pipeline.name,
        "region": place.region,
        "account": place.account,
        "pipeline_version": survey.layout.version,
        "mode": survey.layout.mode,
        "caller": survey.identity.arn if survey.identity else None,
        "edits": {"count": survey.edits.count, "last": _at(survey.edits.last)},
        "stages": [_stage(each, found) for each in survey.stages],
        "unread": list(survey.unread),
        "denied": [
            {"action": f"{service}:{op}", "account": where.account, "region": where.region}
            for service, op, where in found.denied
        ],
        "policies": [{"account": a, "policy": dict(p)} for a, p in found.policies.items()],
        "advice": [
            {"stage": each.stage, "weight": each.weight.name.lower(), "text": each.text}
            for each in found.advice
        ],
    }


def _stage(each: "SeenStage", found: "Diagnosis") -> dict[str, Any]:
    ready, site = each.readiness, each.site
    before = f"{site.before.stage}/{site.before.action}" if site.before else ""
    layer = found.layers.get(each.name)
    return {
        "stage": each.name,
        "pipeline_stage": site.stage,
        "account": site.place.account,
        "region": site.place.region,
        "production": site.is_production,
        "rollback_to": ready.target,
        "rollback_since": _at(ready.target_since),
        "rollback_known": ready.is_known,
        "why_not": ready.why_not,
        "deployments": ready.deployments,
        "impossible": ready.impossible,
        "approval": before,
        "approvals_inside": list(site.inside),
        "open": site.is_open,
        "answered_by": [{"arn": who, "times": times} for who, times in each.answered],
        "may_approve": list(found.approvers[each.name]) if each.name in found.approvers else None,
        "layer": layer.layer.value if layer else None,
        "layer_missing": list(layer.missing) if layer else [],
        "endpoints": [e.name if isinstance(e, EndpointView) else e for e in each.endpoints],
        "alarms": [_alarm(alarm) for alarm in each.alarms],
        "missing_alarms": list(each.missing),
        "unread": list(each.unread),
    }


def _alarm(each: "SeenAlarm") -> dict[str, Any]:
    return {
        "alarm": each.definition.name,
        "faults": [{"fault": fault.kind.value, "text": fault.text} for fault in each.faults],
    }


def _at(moment: "datetime | None") -> str | None:
    return canonical.instant(moment) if moment else None
