"""`sagemaker-endpoint`: by content, not status (AWS-RULES 29–31).

Before the promotion the endpoint must be in service. After it, the live variants must
be what they were, and the shadow variants what the change expects; without an
expectation, what they were.

A plan makes two guardrails of it, by `part`, so that live and shadow have verdicts and
limits of their own and neither hides the other (AWS-RULES 31). Whether the endpoint
serves at all is told by the live one. Without a `part` both are judged as one.
"""

from mcm.core.checks.watch import Watch
from mcm.core.endpoint import Content, EndpointView, Expected, differences, hidden, scaled
from mcm.core.plans.plan import Guardrail
from mcm.core.query import EndpointQuery, Query
from mcm.core.reading import Readings
from mcm.core.verdict import Kind, Verdict

LIVE, SHADOW = "live", "shadow"
"""The parts that are judged apart, as the parameter `part` says."""
SILENTLY_ROLLED_BACK = "silently_rolled_back"
MOVING = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack"})
BROKEN = frozenset({"Failed", "UpdateRollbackFailed", "OutOfService", "Deleting"})


def queries(guardrail: Guardrail, watch: Watch) -> frozenset[Query]:
    """One query: the endpoint."""
    return frozenset({_query(guardrail, watch)})


def judge(guardrail: Guardrail, watch: Watch, readings: Readings) -> Verdict:
    """Judge one endpoint, or a part of it; see the module's docstring for the rule."""
    query, part = _query(guardrail, watch), guardrail.params.get("part", "")
    view = readings.known(query, EndpointView)
    name = guardrail.name
    if view is None:
        return Verdict(name, Kind.ERROR, f"{query.name}: {readings.why_unknown(query)}")
    if view.status in BROKEN:
        kind = Kind.INCONCLUSIVE if part == SHADOW else Kind.BREACH
        return Verdict(name, kind, f"{view.name} is {view.status}")
    if not view.in_service:
        known = "" if view.status in MOVING else ", an unknown status"
        odd = " and changes still" if view.status == "InService" else known
        reason = f"{view.name} is {view.status}{odd}"
        return Verdict(name, Kind.INCONCLUSIVE, reason)
    if watch.since is None:
        return Verdict(name, Kind.PASS, f"{view.name} in service at {view.config_name}")
    before = watch.baseline.get(view.name)
    if before is None:
        return Verdict(name, Kind.ERROR, f"no snapshot of {view.name} from before the promotion")
    if not watch.deployed and not differences(before, view.content):
        return Verdict(name, Kind.INCONCLUSIVE, f"{view.name} not changed yet")
    live = _live(name, view, before)
    shadow = _shadow(name, watch, view, before)
    if part:
        return shadow if part == SHADOW else live
    return max(live, shadow, key=lambda verdict: verdict.kind)


def _live(name: str, view: EndpointView, before: Content) -> Verdict:
    """What customers are served, and whether it is recorded: as it was."""
    was, now = before.without_shadow(), view.content.without_shadow()
    found = differences(was, now)
    if found:
        return Verdict(name, Kind.BREACH, "live is not as it was: " + "; ".join(found), found)
    unseen = hidden(was, now)
    if unseen:
        return Verdict(name, Kind.INCONCLUSIVE, f"{view.name}: {'; '.join(unseen)}", unseen)
    counts = scaled(before, view.content)
    if counts:
        reason = f"{'; '.join(counts)}: scaling or a reset, a person must tell"
        return Verdict(name, Kind.INCONCLUSIVE, reason, counts)
    return Verdict(name, Kind.PASS, f"{view.name}: live unchanged")


def _shadow(name: str, watch: Watch, view: EndpointView, before: Content) -> Verdict:
    """What nobody receives the replies of: as the change expects it, else as it was."""
    expected = watch.expected(view.name)
    was, now = before.only_shadow(), view.content.only_shadow()
    found = differences(was, now)
    unseen = (*hidden(was, now), *_unnamed(now, expected))
    if unseen:
        return Verdict(name, Kind.INCONCLUSIVE, f"{view.name}: {'; '.join(unseen)}", unseen)
    if not expected and found:
        return Verdict(name, Kind.BREACH, "; ".join(found), found)
    missing = _missing(now, expected) if expected else ""
    if missing and not differences(before, view.content):
        reason = f"{view.name} went back by itself to what it served before: {missing}"
        return Verdict(name, Kind.BREACH, reason, code=SILENTLY_ROLLED_BACK)
    if missing:
        return Verdict(name, Kind.BREACH, missing)
    words = "shadow as expected" if expected else "shadow unchanged"
    return Verdict(name, Kind.PASS, f"{view.name}: {words if now.shadow else 'no shadow'}")


def _unnamed(content: Content, expected: tuple[Expected, ...]) -> tuple[str, ...]:
    """Name shadow variants that were expected, are there, and whose model is not shown."""
    wanted = {item.variant for item in expected}
    unnamed = (v.name for v in content.shadow if v.name in wanted and not v.model)
    return tuple(f"shadow variant {name}: its model is not shown" for name in unnamed)


def _missing(content: Content, expected: tuple[Expected, ...]) -> str:
    shadow = {variant.name: variant.model for variant in content.shadow}
    wanted = {item.variant: item.model for item in expected}
    if shadow == wanted:
        return ""
    return f"shadow variants are {_spell(shadow)}, expected {_spell(wanted)}"


def _spell(variants: dict[str, str]) -> str:
    return ", ".join(f"{name}={model}" for name, model in sorted(variants.items())) or "none"


def _query(guardrail: Guardrail, watch: Watch) -> EndpointQuery:
    return EndpointQuery(watch.stage.place, guardrail.params["endpoint"])
