"""What a look at a pipeline means: what to know, and what to mend before the next night.

Pure: a survey in, a diagnosis out. `Advice` is ordered by what would hurt first.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from mcm.app.seen import SeenStage, Survey
from mcm.core.judging.alarm_faults import Fault, FaultKind
from mcm.core.trust import iam_missing
from mcm.core.trust.iam_missing import DeniedRead
from mcm.core.trust.iam_policy import Document
from mcm.core.trust.layers import StageLayer


class Weight(IntEnum):
    """How much it hurts."""

    NO_WAY_BACK = 0
    UNSEEN = 1
    """Nobody would see that it went wrong."""
    WALKS_IN = 2
    """Whatever comes goes into production by itself."""
    SLOW = 3
    UNKNOWN = 4


@dataclass(frozen=True)
class Advice:
    weight: Weight
    stage: str
    """Empty for the pipeline as a whole."""
    text: str
    """What is so, and what to do."""


@dataclass(frozen=True)
class Diagnosis:
    survey: Survey
    advice: tuple[Advice, ...]
    policies: Mapping[str, Document]
    """What to allow, by account; empty when nothing was denied."""
    denied: tuple[DeniedRead, ...] = ()
    approvers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Who may approve, by stage, says the trust file; empty without one."""
    layers: Mapping[str, StageLayer] = field(default_factory=dict)
    """Which layer is in force, by stage; empty where no mcm.yaml says how it is promoted."""


def diagnose(
    survey: Survey,
    denied: Iterable[DeniedRead],
    partition: str,
    approvers: Mapping[str, tuple[str, ...]] | None = None,
    layers: Mapping[str, StageLayer] | None = None,
) -> Diagnosis:
    """Put together what there is to know."""
    refused = tuple(sorted(denied))
    policies = iam_missing.missing(refused, survey.layout.pipeline, partition)
    found = [*_of_pipeline(survey), *(a for s in survey.production for a in _of_stage(s))]
    if approvers is not None:
        found += _of_people(survey.production, approvers)
    ordered = tuple(sorted(found, key=lambda each: each.weight))
    return Diagnosis(survey, ordered, policies, refused, approvers or {}, layers or {})


def _of_pipeline(survey: Survey) -> Iterator[Advice]:
    if survey.layout.mode == "PARALLEL":
        text = "it is PARALLEL: AWS rolls no stage back; SUPERSEDED or QUEUED would"
        yield Advice(Weight.NO_WAY_BACK, "", text)
    edits = survey.edits.count or 0
    lost = sum(each.readiness.impossible for each in survey.production)
    stuck = [
        each.name
        for each in survey.production
        if not each.readiness.target and each.readiness.is_known
    ]
    if edits and (lost or stuck):
        took = f", and {lost} deployments could not have been rolled back" if lost else ""
        text = (
            f"its version changed {_times(edits)} in 30 days{took}: keep what changes often out of"
            " its definition, and after an edit let a harmless deployment go first"
        )
        yield Advice(Weight.NO_WAY_BACK, "", text)
    if not survey.production:
        yield Advice(Weight.UNKNOWN, "", "no stage of it is known to be production")


def _of_stage(seen: SeenStage) -> Iterator[Advice]:
    name, site = seen.name, seen.site
    ready = seen.readiness
    if not ready.is_known:
        yield Advice(Weight.UNKNOWN, name, f"whether it can be rolled back is {ready.why_not}")
    elif not ready.target:
        yield Advice(Weight.NO_WAY_BACK, name, f"no rollback now: {ready.why_not}")
    yield from _of_gate(seen)
    if not seen.unread:
        yield from _of_watch(seen)
    for what in seen.unread:
        yield Advice(Weight.UNKNOWN, name, f"not read: {what}")
    if site.more:
        elsewhere = ", ".join(f"{p.account} {p.region}" for p in site.more)
        text = f"it deploys to {elsewhere} as well: mcm watches one place of a stage"
        yield Advice(Weight.UNSEEN, name, text)


def _of_gate(seen: SeenStage) -> Iterator[Advice]:
    site = seen.site
    if site.inside:
        inside = ", ".join(site.inside)
        text = f"a rollback would wait at its own approval {inside}: put it in a stage before"
        yield Advice(Weight.SLOW, seen.name, text)
    if site.is_open is not False:
        what = "is open" if site.is_open else "cannot be seen"
        if site.before is None and not site.inside:
            text = f"the way in {what} and no approval stands before it: whatever comes walks in"
            yield Advice(Weight.WALKS_IN, seen.name, f"{text}; disable the transition")
        elif site.is_open:
            text = (
                "once approved it goes in at whatever hour: with the transition into"
                f" {site.stage} disabled, mcm opens it in the window"
            )
            yield Advice(Weight.WALKS_IN, seen.name, text)


def _of_watch(seen: SeenStage) -> Iterator[Advice]:
    name = seen.name
    for gone in seen.missing:
        text = f"alarm {gone}, which mcm.yaml names, does not exist: nothing can be promoted"
        yield Advice(Weight.UNSEEN, name, text)
    able = [a for a in seen.alarms if not _is(a.faults, FaultKind.CANNOT_FIRE)]
    if not able and not seen.endpoints:
        text = "nothing watches it: no alarm that can fire and no endpoint was found"
        yield Advice(Weight.UNSEEN, name, f"{text}; a bad deployment would be noticed by people")
    elif not able:
        yield Advice(Weight.UNSEEN, name, "no alarm that can fire watches it")
    elif all(_is(a.faults, FaultKind.DOES_NOT_PAGE) for a in able):
        text = "none of its alarms pages anybody: outside of a bake nobody hears them"
        yield Advice(Weight.SLOW, name, text)
    if seen.traffic is None:
        text = "no metric counts its requests: OK with no traffic would prove nothing"
        yield Advice(Weight.UNSEEN, name, text)


def _is(faults: Iterable[Fault], kind: FaultKind) -> bool:
    return any(each.kind is kind for each in faults)


def _of_people(
    stages: Iterable[SeenStage], approvers: Mapping[str, tuple[str, ...]]
) -> Iterator[Advice]:
    for each in stages:
        wanted = each.config.approvals if each.config else 1
        may = approvers.get(each.name, ())
        if each.config is not None and len(may) < wanted + 1:
            who = ", ".join(may) or "nobody"
            text = (
                f"{who} may approve and {wanted} must, besides the requester: one absence stops it"
            )
            yield Advice(Weight.SLOW, each.name, text)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
