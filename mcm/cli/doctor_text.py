"""A diagnosis for people: 80 columns, the way back first, what to do last.

Everything that AWS or people named is cleaned here and nowhere before.
"""

import json
import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime

from mcm.app.doctor import Diagnosis
from mcm.app.seen import SeenAlarm, SeenStage, Survey
from mcm.cli.show import ago
from mcm.core.endpoint import EndpointView
from mcm.core.rollback.readiness import Readiness
from mcm.core.sanitize import clean
from mcm.core.sentences.sentence import shorten
from mcm.core.trust.layers import StageLayer

WIDTH = 80
_NAME = 14


def doctor_lines(found: Diagnosis) -> Iterator[str]:
    """Yield everything that `mcm doctor` prints."""
    survey = found.survey
    yield from _head(survey)
    yield ""
    yield from readiness_table(survey)
    yield ""
    yield from _gates(found)
    yield ""
    yield from _watched(survey)
    if any(each.alarms or each.missing for each in survey.production):
        yield ""
        yield from _alarms(survey)
    if found.policies:
        yield ""
        yield from _permissions(found)
    yield ""
    yield from advice_lines(found)


def _head(survey: Survey) -> Iterator[str]:
    layout = survey.layout
    where = f"{clean(layout.pipeline.name, 60)} in {clean(layout.pipeline.place.region, 30)}"
    account = clean(layout.pipeline.place.account or "unknown", 12)
    mode = clean(layout.mode or "mode unknown", 20)
    yield f"{where}, account {account}: version {layout.version}, {mode}"
    who = clean(survey.identity.arn, 120) if survey.identity else "unknown"
    yield from _wrap(f"read {survey.at:%Y-%m-%d %H:%M}Z as {who}; nothing was changed")


def readiness_table(survey: Survey) -> Iterator[str]:
    """Yield where each stage would go back to now, and how often it could not have."""
    yield f"{'ROLLBACK':<{_NAME + 2}}  {'now goes back to':<32}in 30 days"
    for each in survey.stages:
        yield from _readiness(each, survey.at)
    yield from _wrap(_edits(survey), "  ")


def _readiness(each: SeenStage, now: datetime) -> Iterator[str]:
    ready = each.readiness
    label = _label(each)
    if ready.target:
        since = f", there {ago(ready.target_since, now)}" if ready.target_since else ""
        goes = f"{clean(shorten(ready.target), 20)}{since}"
    elif ready.is_known:
        goes = "NOWHERE"
    else:
        goes = "not known"
    yield f"  {label}  {clean(goes, 30):<32}{_counted(ready)}".rstrip()
    if not ready.target:
        why = ready.why_not if ready.is_known else ready.why_not.removeprefix("not known: ")
        yield from _wrap(clean(shorten(why), 300), " " * (_NAME + 4))


def _counted(ready: Readiness) -> str:
    if ready.deployments is None:
        return "not known"
    if not ready.deployments:
        return "nothing came in"
    came = f"{ready.deployments} came in"
    return f"{came}, {ready.impossible or 'none'} without way back"


def _edits(survey: Survey) -> str:
    edits = survey.edits
    last = f"; the last time {ago(edits.last, survey.at)}" if edits.last else ""
    if edits.count is None:
        return f"how often the pipeline was edited is not known{last}"
    if not edits.count:
        return f"the pipeline was not edited in 30 days{last}"
    times = "once" if edits.count == 1 else f"{edits.count} times"
    return (
        f"the pipeline was edited {times} in 30 days{last}. Each edit leaves nothing to go"
        " back to until another deployment has succeeded"
    )


def _gates(found: Diagnosis) -> Iterator[str]:
    yield "GATES"
    for each in found.survey.production:
        yield from _beside(each, _gate(each))
        yield from _wrap(_who_passes(each, found), " " * (_NAME + 4))
        layer = found.layers.get(each.name)
        if layer is not None:
            yield from _layer(layer)
    for must in dict.fromkeys(one for each in found.layers.values() for one in each.unseen):
        yield from _wrap(f"Not seen from here: {clean(must, 300)}", "  ", "    ")
    yield from _none(found.survey)


def _layer(layer: StageLayer) -> Iterator[str]:
    indent = " " * (_NAME + 4)
    yield from _wrap(f"in force: {layer.layer.value}: {clean(layer.says, 300)}", indent)
    for lacks in layer.missing:
        yield from _wrap(f"missing: {clean(lacks, 400)}", indent)


def _gate(each: SeenStage) -> str:
    site = each.site
    parts = []
    if site.before is not None:
        parts.append(f"approval {site.before.stage}/{site.before.action}")
    parts += [f"approval {site.stage}/{name} INSIDE the stage" for name in site.inside]
    if site.is_open is None:
        parts.append("way in not known")
    elif site.is_open:
        parts.append("way in OPEN")
    else:
        parts.append(f"way in {site.closed_by}")
    return clean(", ".join(parts), 500)


def _who_passes(each: SeenStage, found: Diagnosis) -> str:
    site = each.site
    people = [f"{clean(who.rsplit('/', 1)[-1], 40)} {times}x" for who, times in each.answered]
    may = found.approvers.get(each.name)
    trusted = (
        f"may approve, by the trust file: {clean(', '.join(may) or 'nobody', 300)}; "
        if may is not None
        else ""
    )
    if site.before is None and not site.inside:
        return f"{trusted}nobody is asked: the pipeline has no approval here"
    told = (
        f"answered in 30 days by {', '.join(people[:5])}"
        if people
        else "nobody answered in 30 days"
    )
    more = f" and {len(people) - 5} more" if len(people) > 5 else ""
    return f"{trusted}{told}{more}; IAM says who else could"


def _watched(survey: Survey) -> Iterator[str]:
    yield "WATCHED BY"
    for each in survey.production:
        yield from _beside(each, _watches(each))
        for line in each.unread:
            yield from _wrap(f"not read: {clean(line, 300)}", " " * (_NAME + 4))
        if each.traffic is not None:
            counted = f"requests counted by {each.traffic.namespace} {each.traffic.name}"
            yield from _wrap(clean(counted, 200), " " * (_NAME + 4))
    yield from _none(survey)


def _watches(each: SeenStage) -> str:
    names = [one.name if isinstance(one, EndpointView) else one for one in each.endpoints]
    kind = "endpoint" if len(names) == 1 else "endpoints"
    parts = [f"{kind} {', '.join(names)}"] if names else []
    if each.alarms:
        parts.append(f"{len(each.alarms)} alarm{'s' if len(each.alarms) > 1 else ''}")
    place = f"{each.site.place.account} {each.site.place.region}"
    return clean(f"{' and '.join(parts) or 'NOTHING that was found'} ({place})", 500)


def _alarms(survey: Survey) -> Iterator[str]:
    yield "ALARMS"
    fine = 0
    for stage in survey.production:
        for each in stage.alarms:
            if each.faults:
                yield from _alarm(each)
            else:
                fine += 1
        for name in stage.missing:
            yield f"  {clean(name, WIDTH - 2)}"
            yield "    does not exist, and mcm.yaml names it"
    if fine:
        yield f"  {fine} more: nothing wrong was found" if fine > 1 else "  1 more: nothing wrong"


def _alarm(each: SeenAlarm) -> Iterator[str]:
    yield f"  {clean(each.definition.name, WIDTH - 2)}"
    for fault in each.faults:
        kind = fault.kind.value.upper() if fault.kind.value == "cannot fire" else fault.kind.value
        yield from _wrap(f"{kind}: {clean(fault.text, 300)}", "    ")


def _permissions(found: Diagnosis) -> Iterator[str]:
    yield "MISSING PERMISSIONS"
    by_place = [f"{service}:{op} in {place.region}" for service, op, place in found.denied]
    yield from _wrap(f"denied: {clean(', '.join(by_place), 2000)}", "  ")
    for account, document in found.policies.items():
        yield f"  add to whoever runs mcm in account {clean(account or 'unknown', 12)}:"
        yield from textwrap.indent(json.dumps(document, indent=2), "  ").splitlines()


def advice_lines(found: Diagnosis) -> Iterator[str]:
    """Yield what to mend, what hurts first in front, then what could not be read."""
    notes = [f"not read: {clean(each, 300)}" for each in found.survey.unread]
    if not found.advice and not notes:
        yield "Nothing to mend was found."
        return
    yield "TO MEND"
    for number, each in enumerate(found.advice, 1):
        stage = f"{clean(each.stage, 40)}: " if each.stage else ""
        yield from _wrap(f"{number:>2}. {stage}{clean(shorten(each.text), 400)}", "  ", "      ")
    for note in notes:
        yield from _wrap(note, "  ", "      ")


def _beside(each: SeenStage, text: str) -> list[str]:
    """The stage's name with `text` beside it, broken below itself."""
    return _wrap(text, f"  {_label(each)}  ", " " * (_NAME + 4))


def _label(each: SeenStage) -> str:
    return f"{clean(each.name, _NAME):<{_NAME}}"


def _none(survey: Survey) -> Sequence[str]:
    return () if survey.production else ("  no stage is known to be production",)


def _wrap(text: str, indent: str = "", deeper: str | None = None) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if deeper is None else deeper,
        break_on_hyphens=False,
    )
