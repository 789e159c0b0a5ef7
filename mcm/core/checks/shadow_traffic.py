"""`shadow-traffic`: the shadow gets its share of the requests, and what it says is kept.

Nobody receives a shadow's replies, so a breach of this holds the walk by default and takes
nothing back (AWS-RULES 31). Before the promotion there is no shadow yet: then only the
live variant's requests must be there, and the place for records must be readable.
"""

from datetime import datetime, timedelta
from decimal import Decimal

from mcm.core.canonical import parse_duration
from mcm.core.capture import CaptureView
from mcm.core.checks.watch import Watch
from mcm.core.duration import spell
from mcm.core.plans.plan import Guardrail
from mcm.core.points import Points
from mcm.core.query import CaptureQuery, Metric, MetricQuery, Query
from mcm.core.reading import Known, Readings
from mcm.core.verdict import Kind, Verdict

Found = tuple[Kind, str]


def queries(guardrail: Guardrail, watch: Watch) -> frozenset[Query]:
    """Requests of both variants over the newest span; the newest record, if one is asked for."""
    capture = _capture(guardrail, watch)
    return frozenset(
        {
            _requests(guardrail, watch, guardrail.params["live"]),
            _requests(guardrail, watch, guardrail.params["shadow"]),
            *((capture,) if capture else ()),
        }
    )


def judge(guardrail: Guardrail, watch: Watch, readings: Readings) -> Verdict:
    """Return the worst of share and record."""
    found = [_share(guardrail, watch, readings)]
    if _capture(guardrail, watch) is not None:
        found.append(_record(guardrail, watch, readings))
    kind = max(each for each, _ in found)
    reasons = [reason for each, reason in found if each is kind]
    return Verdict(guardrail.name, kind, "; ".join(reasons), tuple(reason for _, reason in found))


def _share(guardrail: Guardrail, watch: Watch, readings: Readings) -> Found:
    params = guardrail.params
    live_query = _requests(guardrail, watch, params["live"])
    shadow_query = _requests(guardrail, watch, params["shadow"])
    live, shadow = readings.known(live_query, Points), readings.known(shadow_query, Points)
    if live is None or shadow is None:
        why = readings.why_unknown(live_query) or readings.why_unknown(shadow_query)
        return Kind.ERROR, f"requests cannot be counted: {why}"
    ours, theirs = live.total(), shadow.total()
    if ours < params["min_samples"]:
        wanted = params["min_samples"]
        return Kind.INCONCLUSIVE, f"{params['live']} had {ours} of {wanted} requests"
    if watch.baking is None:
        return _not_yet(watch, f"{params['live']} had {ours} requests")
    if len(live.points) != len(shadow.points):
        gaps = abs(len(live.points) - len(shadow.points))
        if theirs:
            return Kind.INCONCLUSIVE, f"{gaps} periods have requests of one variant only"
    share = Decimal(theirs) / Decimal(ours)
    least, most = Decimal(params["at_least"]), Decimal(params["at_most"])
    said = f"{params['shadow']} had {theirs} requests to {ours} of {params['live']}"
    if not least <= share <= most:
        return Kind.BREACH, f"{said}: a share of {share:.2f}, not within {least} to {most}"
    return Kind.PASS, f"{said}: a share of {share:.2f}"


def _record(guardrail: Guardrail, watch: Watch, readings: Readings) -> Found:
    query = _capture(guardrail, watch)
    assert query is not None  # the caller looked
    view, reading = readings.known(query, CaptureView), readings.get(query)
    if view is None or not isinstance(reading, Known):
        return Kind.ERROR, f"records cannot be read: {readings.why_unknown(query)}"
    if watch.baking is None:
        return _not_yet(watch, "the place for records can be read")
    patience = parse_duration(guardrail.params["record_within"])
    if view.written_at is None or reading.at - view.written_at > patience:
        if reading.at - watch.baking < patience:
            return Kind.INCONCLUSIVE, "no record has been written yet"
        last = f"since {view.written_at:%H:%M:%SZ}" if view.written_at else "in the last hour"
        return Kind.BREACH, f"no record was written {last}; one was due in {spell(patience)}"
    if view.problem:
        return Kind.BREACH, f"{view.key}: the newest record is not JSON: {view.problem}"
    missing = sorted(set(guardrail.params["fields"]) - view.fields)
    if missing:
        return Kind.BREACH, f"{view.key}: the newest record has no {', '.join(missing)}"
    return Kind.PASS, f"{view.key}: a record with the expected fields"


def _not_yet(watch: Watch, reason: str) -> Found:
    if watch.since is None:
        return Kind.PASS, f"{reason}; the shadow is looked at in the bake"
    return Kind.INCONCLUSIVE, "the shadow is being deployed"


def _requests(guardrail: Guardrail, watch: Watch, variant: str) -> MetricQuery:
    params = guardrail.params
    names = (("EndpointName", params["endpoint"]), ("VariantName", variant))
    period = parse_duration(params["period"])
    metric = Metric("AWS/SageMaker", "Invocations", names, "Sum", period)
    start: datetime | None = watch.baking
    last = timedelta(0) if start else parse_duration(params["over"])
    return MetricQuery(watch.stage.place, metric, start, None, watch.settle, last)


def _capture(guardrail: Guardrail, watch: Watch) -> CaptureQuery | None:
    params = guardrail.params
    if not params["records"]:
        return None
    bucket, _, prefix = params["records"].removeprefix("s3://").partition("/")
    return CaptureQuery(
        watch.stage.place, bucket, prefix.strip("/"), params["endpoint"], params["shadow"]
    )
