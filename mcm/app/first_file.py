"""The first mcm.yaml of a service: what AWS showed, as text that a newcomer can read.

Pure. Whatever was guessed says so, and what nobody can know is a note to the reader, `MARK`. Names
are quoted where YAML would read them as something else; foreign text in comments is clean.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mcm.app.seen import SeenAlarm, SeenStage, Survey
from mcm.config.yaml_text import scalar as _text
from mcm.core.duration import spell
from mcm.core.endpoint import EndpointView
from mcm.core.judging.alarm_faults import FaultKind, counts_errors
from mcm.core.plans.questions import MARK
from mcm.core.sanitize import clean
from mcm.core.windows.quiet_week import QuietHours, build_profile, hours_from, quietest_hours
from mcm.core.windows.regions import zone_of
from mcm.core.windows.zone import find_zone

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", re.ASCII)
_SAMPLES = 100
_LASTS = 3
"""Hours of a window that nobody has asked for otherwise."""


@dataclass(frozen=True)
class Pace:
    """The times of one realm."""

    sandbox: bool
    bake: timedelta
    poll: str = "30s"
    settle: str = ""
    period: str = ""
    opened: datetime | None = None
    """When a sandbox's window opened."""


@dataclass(frozen=True)
class Wishes:
    """What a person said, or its default."""

    pace: Pace
    hour: int | None = None
    """Local hour from which on stages may be promoted; None for each region's quietest."""


@dataclass(frozen=True)
class _Window:
    name: str
    cron: str
    lasts: str
    timezone: str
    quiet: QuietHours


def first_file(survey: Survey, wishes: Wishes) -> str:
    """Return the text of mcm.yaml for the production stages of `survey`."""
    windows = _windows(survey.production, wishes)
    lines = [
        *_head(survey, wishes.pace),
        "",
        *_defaults(wishes.pace),
        "",
        *_window_lines(windows),
        "",
        "# The stages that mcm promotes, in the pipeline's order: each waits for the one before.",
        "stages:",
    ]
    for each in survey.production:
        lines += [*_stage(each, windows[each.site.place.region], wishes), ""]
    return "\n".join([*lines, *_tail()]) + "\n"


def service_name(pipeline: str) -> str:
    """Return what the service is called: `ParcelPhotoCheck` is `parcel-photo-check`."""
    return "-".join(word.lower() for word in _WORD.findall(pipeline))[:64] or "service"


def _head(survey: Survey, pace: Pace) -> Iterator[str]:
    pipeline = survey.layout.pipeline
    place = pipeline.place
    yield f"# How {clean(pipeline.name, 100)} is deployed: written by `mcm init`, by what AWS"
    yield f"# showed on {survey.at:%Y-%m-%d}. It is yours now: change what is wrong, look at what"
    yield f"# says {MARK}, and let `mcm lint` say what does not fit."
    yield "version: 1"
    if pace.sandbox:
        yield "realm: sandbox   # a local AWS, whose short times no real account takes"
    yield f"service: {service_name(pipeline.name)}"
    name, region = _text(pipeline.name), _text(place.region)
    yield f'pipeline: {{name: {name}, region: {region}, account: "{place.account}"}}'


def _defaults(pace: Pace) -> Iterator[str]:
    yield "defaults:"
    yield f"  poll: {pace.poll:<18}  # how often a walk looks at AWS"
    if pace.settle:
        yield f"  settle: {pace.settle}"
    yield "  approvals: 1              # people who must sign, besides the one who asks"
    yield f"  bake: {{for: {spell(pace.bake)}}}          # how long mcm watches after a promotion"
    yield "  on_breach: roll_back      # what a guardrail does when it is crossed; or: hold"


def _windows(stages: Sequence[SeenStage], wishes: Wishes) -> dict[str, _Window]:
    """One window for each region, in its own zone."""
    found: dict[str, _Window] = {}
    for each in stages:
        region = each.site.place.region
        if region not in found:
            found[region] = _window(region, each, wishes)
    return found


def _window(region: str, each: SeenStage, wishes: Wishes) -> _Window:
    if wishes.pace.opened is not None:
        cron = f"{wishes.pace.opened.minute} {wishes.pace.opened.hour} * * *"
        quiet = QuietHours(wishes.pace.opened.hour, None)
        return _Window(f"quiet-{region}", cron, "12h", "UTC", quiet)
    zone = zone_of(region)
    usual = build_profile(each.requests, find_zone(zone), lambda _: False)
    if wishes.hour is None:
        quiet = quietest_hours(usual, _LASTS)
    else:
        quiet = hours_from(usual, wishes.hour, _LASTS)
    cron = f"0 {quiet.start} * * tue-thu"
    return _Window(f"quiet-{region}", cron, f"{_LASTS}h", zone, quiet)


def _window_lines(windows: Mapping[str, _Window]) -> Iterator[str]:
    yield "# When a production stage may be promoted. A rollback asks no window."
    yield "windows:"
    for each in windows.values():
        if each.quiet.requests is not None:
            yield f"  # about {each.quiet.requests:,.0f} requests an hour in the last 15 days"
        elif each.lasts != "12h":
            yield f"  # {MARK}: no requests were counted; is this a quiet time?"
        if each.timezone == "UTC" and each.lasts != "12h":
            yield f"  # {MARK}: in which time zone do the people sleep who use this?"
        when = f'cron: "{each.cron}", duration: {each.lasts}, timezone: {each.timezone}'
        yield f"  {each.name}: {{{when}}}"


def _stage(each: SeenStage, window: _Window, wishes: Wishes) -> Iterator[str]:
    site = each.site
    yield f"  - name: {_text(each.name)}"
    yield f"    pipeline_stage: {_text(site.stage)}"
    yield f"    region: {_text(site.place.region)}"
    yield f'    account: "{site.place.account}"'
    if any(why.startswith("account ") for why in each.unread):
        role = f"arn:aws:iam::{site.place.account}:role/NAME"
        yield f"    # {MARK}: how to read there: role_arn: {role}, or profile: NAME."
    for place in site.more:
        where = f"{place.account} {place.region}"
        yield f"    # {MARK}: it deploys to {where} as well, and a stage is watched in one place."
    yield from _gate(each)
    yield f"    window: {window.name}"
    yield from _traffic(each, window, wishes)
    yield from _guardrails(each)


def _gate(each: SeenStage) -> Iterator[str]:
    site = each.site
    approve = f"{site.before.stage}/{site.before.action}" if site.before else ""
    if not approve and site.inside:
        approve = f"{site.stage}/{site.inside[-1]}"
    if site.inside:
        inside = clean(", ".join(site.inside), 200)
        yield f"    # {MARK}: a rollback would wait at the approval inside the stage, {inside}:"
        yield "    # put it into a stage of its own in front."
    if site.is_open and approve:
        yield f"    # {MARK}: the way in is open, so an approval promotes at whatever hour. With"
        yield f"    # the transition into {site.stage} disabled and `open: {site.stage}` added,"
        yield "    # mcm opens it in the window."
        yield f"    gate: {{approve: {_text(approve)}}}"
        return
    if site.is_open or site.is_open is None:
        what = "is open" if site.is_open else "could not be read"
        yield f"    # {MARK}: the way in {what}. Disable the transition into {site.stage}, else"
        yield "    # whatever comes walks in."
    both = f"approve: {_text(approve)}, " if approve else ""
    yield f"    gate: {{{both}open: {_text(site.stage)}}}"


def _traffic(each: SeenStage, window: _Window, wishes: Wishes) -> Iterator[str]:
    """The metric that counts requests, and how many a bake must have seen."""
    pace = wishes.pace
    metric = each.traffic
    if metric is None or not (each.requests or pace.sandbox):
        why = "had no data in 15 days" if metric is not None else "was found"
        which = (
            f"{metric.namespace} {metric.name} " if metric is not None else "no metric of requests "
        )
        yield f"    # {MARK}: {clean(which, 200)}{why}. Without one, no traffic looks like success."
        yield "    bake: {min_samples: 0}"
        return
    yield "    traffic:"
    yield f"      metric: {_text(f'{metric.namespace} {metric.name}')}"
    pairs = ", ".join(f"{_text(name)}: {_text(value)}" for name, value in metric.dimensions)
    yield f"      dimensions: {{{pairs}}}"
    yield f"      stat: {metric.stat}"
    if pace.period:
        yield f"      period: {pace.period}"
    expected = None
    if window.quiet.requests is not None:
        expected = window.quiet.requests * (pace.bake / timedelta(hours=1))
    if pace.sandbox:
        yield "    bake: {min_samples: 50}"
    elif expected is not None and expected < 2 * _SAMPLES:
        yield f"    # A bake sees about {expected:,.0f} requests in this window."
        yield f"    bake: {{min_samples: {max(1, int(expected // 2))}}}"
    else:
        yield f"    bake: {{min_samples: {_SAMPLES}}}"


def _guardrails(each: SeenStage) -> Iterator[str]:
    good = [alarm for alarm in each.alarms if not _cannot_fire(alarm)]
    for alarm in each.alarms:
        if _cannot_fire(alarm):
            why = next(f.text for f in alarm.faults if f.kind is FaultKind.CANNOT_FIRE)
            yield f"    # Left out: {clean(alarm.definition.name, 100)} cannot fire. It says:"
            yield f"    #   {clean(why, 300)}"
    names = [e.name if isinstance(e, EndpointView) else e for e in each.endpoints]
    if not good and not names:
        for line in _nothing_watches(each):
            yield f"    # {line}"
        return
    yield "    guardrails:"
    if good:
        listed = ", ".join(_text(alarm.definition.name) for alarm in good)
        silent = [_text(a.definition.name) for a in good if _is_silent(a)]
        more = f", silent_ok: [{', '.join(silent)}]" if silent else ""
        if silent:
            yield "      # silent_ok: they count errors only, and a good day has none."
        yield f"      - {{use: alarms, with: {{names: [{listed}]{more}}}}}"
    for name in names:
        yield f"      - {{use: sagemaker-endpoint, with: {{endpoint: {_text(name)}}}}}"


def _nothing_watches(each: SeenStage) -> tuple[str, ...]:
    unread = f" ({clean('; '.join(each.unread), 300)})" if each.unread else ""
    return (
        f"{MARK}: nothing that watches this stage was found{unread}.",
        "mcm promotes nothing that nobody watches: name an alarm, an endpoint or an address.",
        "guardrails:",
        "  - {use: alarms, with: {names: [NAME]}}",
        '  - {use: http-health, with: {url: "https://example.com/ping", within: 2s}}',
    )


def _tail() -> tuple[str, ...]:
    return (
        "# Who is told, besides the terminal: sns, webhook or command.",
        "# notify:",
        "#   - {webhook: {env: MCM_WEBHOOK_URL}}",
        "",
        "# When nothing may be promoted, whatever the windows say.",
        "# freezes:",
        "#   - {name: peak, from: 2027-11-25T00:00, to: 2027-12-02T00:00,",
        "#      timezone: America/Los_Angeles, reason: peak season}",
        "",
        "# Answers that stay the same from change to change.",
        "# answers:",
        "#   dashboards: https://dashboards.example.com/",
    )


def _cannot_fire(alarm: SeenAlarm) -> bool:
    return any(fault.kind is FaultKind.CANNOT_FIRE for fault in alarm.faults)


def _is_silent(alarm: SeenAlarm) -> bool:
    """An alarm on errors that lacks data now: silence is fine as long as there is traffic."""
    return counts_errors(alarm.definition) and any(
        fault.kind is FaultKind.SILENT for fault in alarm.faults
    )
