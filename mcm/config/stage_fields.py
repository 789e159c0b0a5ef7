"""`stages:` of mcm.yaml: where each stage is, how it is promoted and how it is watched."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from mcm.config import limits
from mcm.config.calendar_fields import Times, read_hours
from mcm.config.check_uses import use_params
from mcm.config.definitions import ON_BREACH, Definition
from mcm.config.fields import Fields
from mcm.config.kinds import SHADOW_ONLY
from mcm.config.limits import Limits
from mcm.config.metric_fields import METRIC, read_dimensions
from mcm.config.place_fields import NAME, read_access, read_place
from mcm.config.strict_yaml import ScalarNode
from mcm.core import duration
from mcm.core.naming import fold
from mcm.core.place import Metric
from mcm.core.plans.plan import Approval, Bake, Gate
from mcm.core.plans.service import CheckUse, StageConfig

_STAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_APPROVE = re.compile(rf"({NAME.pattern})/({NAME.pattern})", re.ASCII)


@dataclass(frozen=True)
class BakeWords:
    """A bake as far as it is written; the default `limit` follows `for`."""

    lasts: timedelta
    min_samples: int
    limit: timedelta | None

    def to_bake(self) -> Bake:
        return Bake(self.lasts, self.min_samples, self.limit or limits.LIMIT_FACTOR * self.lasts)


@dataclass(frozen=True)
class Defaults:
    """What holds for each stage that does not say otherwise."""

    bake: BakeWords
    approvals: int
    on_breach: str
    """Empty: what the check's definition says."""
    stop_wait: timedelta
    abandon: bool
    break_glass: bool = True


@dataclass(frozen=True)
class Context:
    """What stages refer to."""

    limits: Limits
    defaults: Defaults
    times: Times
    definitions: Mapping[str, Definition]


def read_stages(root: Fields, context: Context) -> tuple[StageConfig, ...]:
    """Return the stages in the order written, which is the order of the pipeline."""
    entries = root.mappings("stages")
    if not entries and root.node_of("stages") is not None:
        root.refuse("stages", "names no stage", "Write at least one.")
    _refuse_twins(entries)
    return tuple(_read_stage(fields, context) for fields in entries)


def _refuse_twins(entries: Sequence[Fields]) -> None:
    """Names must differ as people type them, and each stage is bound to its own."""
    names: dict[str, tuple[str, int]] = {}
    bound: dict[str, str] = {}
    for fields in entries:
        name, stage = _peek(fields, "name"), _peek(fields, "pipeline_stage")
        line = fields.place_of("name").line
        if name and fold(name) in names:
            other, first = names[fold(name)]
            fields.refuse(
                "name",
                f"is the same name as {other} in line {first}: "
                "case and punctuation do not count where people type it",
            )
        if stage and stage in bound:
            fields.refuse("pipeline_stage", f"is {stage}, as in stage {bound[stage]}")
        names.setdefault(fold(name), (name, line))
        bound.setdefault(stage, name)


def _peek(fields: Fields, key: str) -> str:
    node = fields.place_of(key)
    return node.text if isinstance(node, ScalarNode) else ""


def _read_stage(fields: Fields, context: Context) -> StageConfig:
    default = context.defaults
    production = fields.optional("production", fields.boolean, default=True)
    place = read_place(fields)
    traffic = _read_traffic(fields.mapping("traffic"), context) if fields.has("traffic") else None
    bake = read_bake(fields, default.bake, context.limits).to_bake()
    if bake.min_samples > 0 and traffic is None:
        fields.problems.add(
            fields.place_of("bake"),
            f"`{fields.where}` wants {bake.min_samples} samples but has no `traffic` to count them",
            "Name the metric as `traffic:`, or write `bake: {min_samples: 0}`.",
        )
    return StageConfig(
        name=fields.text("name", form=_STAGE, like="prod-us"),
        pipeline_stage=fields.text("pipeline_stage", form=NAME, like="ProdUS"),
        place=place,
        access=read_access(fields, place),
        production=production,
        gate=_read_gate(fields.mapping("gate")),
        window=read_hours(fields, context.times, context.limits.reserve),
        traffic=traffic,
        bake=bake,
        guardrails=_read_guardrails(fields, context, production=production),
        approvals=read_approvals(fields, default.approvals),
        stop_wait=fields.optional("stop_wait", fields.duration, default.stop_wait),
        abandon=fields.optional("abandon", fields.boolean, default.abandon),
        veto=_read_veto(fields),
        forbid_authors=fields.optional("forbid_authors", fields.boolean, None),
        touch=fields.optional("touch", fields.boolean, default=False),
        break_glass=read_break_glass(fields, default=default.break_glass),
    )


def _read_veto(fields: Fields) -> timedelta:
    """Return how long a rollback after a breach waits for a person's veto: `rollback: {veto}`."""
    if not fields.has("rollback"):
        return timedelta(0)
    return fields.mapping("rollback").duration("veto", at_most=limits.VETO_MOST)


def read_break_glass(fields: Fields, *, default: bool) -> bool:
    """Return whether one person alone may go forward: `breakglass: never` or `allowed`."""
    if not fields.has("breakglass"):
        return default
    return fields.choice("breakglass", ("never", "allowed")) != "never"


def read_approvals(fields: Fields, default: int) -> int:
    """Return how many people besides the requester must sign; never none."""
    if not fields.has("approvals"):
        return default
    return fields.integer("approvals", at_least=1, at_most=10)


def read_bake(fields: Fields, default: BakeWords, least: Limits) -> BakeWords:
    """Return the `bake` of `fields`, key by key over `default`."""
    if not fields.has("bake"):
        return default
    inner = fields.mapping("bake")
    lasts = default.lasts
    if inner.has("for"):
        lasts = read_time(inner, "for", least.bake, least)
    samples = default.min_samples
    if inner.has("min_samples"):
        samples = inner.integer("min_samples", at_least=0)
    limit = inner.optional("limit", inner.duration, default.limit)
    if limit is not None and limit < lasts:
        where = "limit" if inner.has("limit") else "for"
        inner.refuse(
            where,
            f"does not fit: the limit {duration.spell(limit)} is shorter than the bake",
            f"Write a `limit` of {duration.spell(lasts)} or more.",
        )
    return BakeWords(lasts, samples, limit)


def read_time(fields: Fields, key: str, least: timedelta, realm: Limits) -> timedelta:
    """Return a duration that is long enough for the realm."""
    before = len(fields.problems)
    span = fields.duration(key)
    if len(fields.problems) == before and span < least:
        fields.refuse(
            key,
            f"must be at least {duration.spell(least)} on {realm.why}, not {duration.spell(span)}",
            None if realm.sandbox else "Shorter times are for `realm: sandbox` only.",
        )
    return span


def _read_gate(fields: Fields) -> Gate:
    approve = None
    if fields.has("approve"):
        text = fields.text("approve", form=_APPROVE, like="ApproveUS/Approve (stage/action)")
        found = _APPROVE.fullmatch(text)
        approve = Approval(found[1], found[2]) if found else None
    opens = fields.text("open", form=NAME, like="ProdUS") if fields.has("open") else ""
    if not fields.has("approve") and not fields.has("open"):
        fields.problems.add(
            fields.node,
            f"`{fields.where}` has neither `approve` nor `open`, so nothing would be promoted",
            "Write `open: ProdUS`, `approve: ApproveUS/Approve` or both.",
        )
    return Gate(approve, opens)


def _read_traffic(fields: Fields, context: Context) -> Metric:
    metric = fields.text("metric", form=METRIC, like="AWS/SageMaker Invocations")
    namespace, _, name = metric.partition(" ")
    pairs = read_dimensions(fields)
    stat = fields.choice("stat", ("Sum", "SampleCount"))
    period = timedelta(minutes=1)
    if fields.has("period"):
        before = len(fields.problems)
        period = read_time(fields, "period", context.limits.period, context.limits)
        if len(fields.problems) == before and not limits.is_period(period):
            fields.refuse("period", "is not one that CloudWatch has", "Write whole minutes.")
    return Metric(namespace, name, tuple(pairs), stat, period)


def _read_guardrails(fields: Fields, context: Context, *, production: bool) -> tuple[CheckUse, ...]:
    entries = fields.mappings("guardrails") if fields.has("guardrails") else ()
    if production and not entries:
        fields.problems.add(
            fields.place_of("guardrails"),
            f"`{fields.where}.guardrails` names no check, so nothing would be watched",
            "Write at least one, or `production: false`.",
        )
    uses = (_read_use(entry, context) for entry in entries)
    return tuple(use for use in uses if use is not None)


def _read_use(fields: Fields, context: Context) -> CheckUse | None:
    name = fields.choice("use", tuple(context.definitions))
    definition = context.definitions.get(name)
    own = fields.choice("on_breach", ON_BREACH) if fields.has("on_breach") else ""
    limits_ = _read_limits(fields)
    if definition is None or name != _peek(fields, "use"):
        fields.has("with")  # whose keys nobody can judge
        return None
    params = use_params(fields, definition)
    # Nobody receives a shadow's replies: what goes back for everything else holds for it.
    default = "" if definition.kind in SHADOW_ONLY else context.defaults.on_breach
    on_breach = own or default or definition.on_breach
    return CheckUse(name, params, on_breach, *limits_, is_said=bool(own))


def _read_limits(fields: Fields) -> tuple[int, int | None, int | None]:
    """Return `failure_limit`, `consecutive_error_limit` and `inconclusive_limit`."""
    none: int | None = None

    def whole(key: str) -> int:
        return fields.integer(key, at_least=0, at_most=limits.COUNT_MOST)

    return (
        fields.optional("failure_limit", whole, 0),
        fields.optional("consecutive_error_limit", whole, none),
        fields.optional("inconclusive_limit", whole, none),
    )
