"""A twin of one stage: an engine built from what AWS shows of it, on a virtual clock.

In it a change can be promoted, breach and be taken back without anybody noticing. It is
as good as its readings; what they do not tell is assumed, and every assumption is listed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mcm.aws.port import AwsError, Params, Port
from mcm.core.alarm import AlarmDefinition
from mcm.core.duration import spell
from mcm.core.endpoint import Content, EndpointView, Variant
from mcm.core.errors import BlindError
from mcm.core.pipeline import ExecutionView, PipelineView, StageHistory
from mcm.core.plan import Plan, StagePlan
from mcm.core.points import Points
from mcm.core.query import Place
from mcm.core.target import effective_execution
from mcm.sandbox import twin_metrics
from mcm.sandbox.cloudwatch import CloudWatch
from mcm.sandbox.engine import Engine
from mcm.sandbox.identity import Identities, Sts, user_key
from mcm.sandbox.metrics import Series
from mcm.sandbox.pipeline_model import DeployStatus, Timings
from mcm.sandbox.pipeline_ops import CodePipeline
from mcm.sandbox.sagemaker import SageMaker
from mcm.sandbox.sagemaker_endpoint import Status
from mcm.sandbox.service import Caller, Service
from mcm.sandbox.twin_metrics import Alarm, Switches, TwinMetrics
from mcm.sandbox.twin_pipeline import NEW, PipelineTwin

OPERATOR = "drill"
_WARM = timedelta(minutes=10)


@dataclass(frozen=True)
class Seen:
    """What AWS showed of one stage; all that a twin is made of."""

    plan: Plan
    stage: StagePlan
    view: PipelineView
    declaration: Mapping[str, Any]
    executions: Mapping[str, ExecutionView]
    """The pinned one, and the latest of each stage."""
    history: StageHistory
    endpoints: Mapping[str, EndpointView]
    alarms: Mapping[str, AlarmDefinition]
    traffic: Points | None
    """Hourly sums of the last day; None when there is no metric or it was not read."""

    @property
    def slowest(self) -> timedelta:
        """How long the slowest alarm takes to ring, from the first bad minute."""
        needed = [twin_metrics.needs(twin_metrics.set_up(each)) for each in self.alarms.values()]
        return max(needed, default=timedelta(minutes=1)) + timedelta(minutes=2)


@dataclass(frozen=True)
class Tempo:
    """How long things take in a twin: nobody tells, so they are assumed."""

    update: timedelta = timedelta(minutes=5)
    """From the start of a deployment to the new content."""
    lingers: timedelta = timedelta(0)
    """For how long the deploy action runs on behind that."""

    @staticmethod
    def of(plan: Plan) -> "Tempo":
        """Return the tempo for the poll of a plan: real, or that of a sandbox."""
        is_quick = plan.poll < timedelta(seconds=5)
        return Tempo(timedelta(seconds=5)) if is_quick else Tempo()


class Contents:
    """The deploy target of the drilled stage: all its endpoints together."""

    def __init__(self, seen: Seen, sagemaker: SageMaker, switches: Switches, tempo: Tempo) -> None:
        self._region = seen.stage.place.region
        self._sagemaker = sagemaker
        self._switches = switches
        self._takes = tempo.update
        self._configs = {
            name: {NEW: new_name(view)} | {"old": view.config_name}
            for name, view in seen.endpoints.items()
        }
        self._refused = False

    def begin(self, region: str, endpoint: str, configuration: str, now: datetime) -> None:
        """Move every endpoint; what SageMaker refuses shows as a failed deployment."""
        del region, endpoint
        self._refused = False
        try:
            for name, configs in self._configs.items():
                self._sagemaker.update(self._region, name, configs[configuration], now)
        except AwsError:
            self._refused = True
            return
        self._switches.turn(now + self._takes, is_new=configuration == NEW)

    def status(self, region: str, endpoint: str, configuration: str) -> DeployStatus:
        """Say how it goes; without endpoints the action's own time is all there is."""
        del region, endpoint, configuration
        if self._refused:
            return DeployStatus.FAILED
        found = [self._sagemaker.endpoint(self._region, name).status for name in self._configs]
        if any(status in (Status.UPDATING, Status.ROLLING_BACK) for status in found):
            return DeployStatus.IN_PROGRESS
        return DeployStatus.SUCCEEDED


@dataclass(frozen=True)
class Twin:
    """An engine with what a drill must know of it."""

    engine: Engine
    switches: Switches
    assumed: tuple[str, ...]
    """What the readings did not tell, in the order in which it was assumed."""

    def port(self, place: Place) -> Port:
        """Return the port of the drill's operator in an account and region."""
        return self.engine.port(key_in(place.account), place.region)


def key_in(account: str) -> str:
    """Return the access key of the drill's operator in an account of the twin."""
    return user_key(f"{OPERATOR}{account}")


def build_twin(
    seen: Seen,
    clock: Callable[[], datetime],
    *,
    seed: int,
    tempo: Tempo,
    approver: str,
    is_bad: bool = True,
    new_content: str = "",
) -> Twin:
    """Build the twin at the clock's now. Raises BlindError for what cannot be built.

    `approver` answered the pipeline's approval. With `is_bad` the alarms ring while the new
    content serves. `new_content` is a model to serve in place
    of the live ones, so that the content itself is the breach; empty to leave them.
    """
    now = clock()
    switches = Switches()
    metrics = TwinMetrics(switches if is_bad else Switches(), seed=seed)
    account = seen.stage.place.account
    cloudwatch = CloudWatch(account, now, [metrics])
    sagemaker = SageMaker(account, now, update_takes=tempo.update)
    assumed = _assumed(seen, tempo)
    try:
        _put_endpoints(seen, sagemaker, now, new_content)
        _put_traffic(seen, metrics, assumed)
        _put_alarms(seen, cloudwatch, metrics, now, assumed)
    except AwsError as err:
        raise BlindError(f"no twin of {seen.stage.name} can be built: {err.message}") from err
    pipeline = PipelineTwin(
        seen.plan,
        seen.stage,
        seen.view,
        seen.declaration,
        seen.executions,
        seen.history,
        now,
        approver,
        assumed,
    )
    place = seen.plan.pipeline.place
    service = CodePipeline(place.account, place.region)
    service.pipelines[seen.plan.pipeline.name] = pipeline.build(
        Contents(seen, sagemaker, switches, tempo), seed=seed, timings=_timings(tempo)
    )
    identities = Identities(place.account, ())
    for each in dict.fromkeys((place.account, account)):
        identities.admit(each, f"{OPERATOR}{each}")
    services: dict[str, Service] = {
        "sagemaker": sagemaker,
        "cloudwatch": cloudwatch,
        "codepipeline": service,
        "sts": Sts(identities),
    }
    engine = Engine(services, identities, clock)
    engine.advance()
    return Twin(engine, switches, tuple(assumed))


def new_name(view: EndpointView) -> str:
    """Return the name of the configuration that the pinned execution puts in place."""
    return f"{view.config_name}-drilled"


def _assumed(seen: Seen, tempo: Tempo) -> list[str]:
    stage, history = seen.stage, seen.history
    took = f"a deployment takes {spell(tempo.update)}"
    found = [took, "nobody else touches the pipeline", "rights and quotas are not looked at"]
    if not seen.endpoints:
        found.append("what the stage serves is not known: no endpoint is configured")
    elif stage.rollback_target and _serves(seen) != stage.rollback_target:
        found.append(f"{stage.rollback_target} served what {stage.name} serves now")
    if not history.succeeded:
        found.append("nothing has succeeded in the stage yet")
    return found


def _serves(seen: Seen) -> str:
    there = seen.view.stage(seen.stage.pipeline_stage)
    return effective_execution(there, seen.history) if there else ""


def _timings(tempo: Tempo) -> Timings:
    if tempo.update < timedelta(minutes=1):
        return Timings(deploy=tempo.update + tempo.lingers)
    return Timings(
        source=timedelta(seconds=20),
        build=timedelta(minutes=4),
        test=timedelta(minutes=3),
        deploy=tempo.update + tempo.lingers,
        transition=timedelta(seconds=5),
        poll=timedelta(seconds=15),
    )


def _put_endpoints(seen: Seen, sagemaker: SageMaker, now: datetime, model: str) -> None:
    region, account = seen.stage.place.region, seen.stage.place.account
    caller = Caller(account, region, f"arn:aws:iam::{account}:root", account, now)
    models: set[str] = set()
    for name, view in seen.endpoints.items():
        after = _after(seen, view.content, model)
        for config, content in ((view.config_name, view.content), (new_name(view), after)):
            _put_models(sagemaker, content, caller, models)
            sagemaker.registry.create_config(_config(config, content), caller)
        sagemaker.create(region, name, view.config_name, now - timedelta(days=1))
        if view.status != Status.IN_SERVICE:
            sagemaker.set_status(region, name, _status(view.status))


def _status(word: str) -> Status:
    try:
        return Status(word)
    except ValueError:
        return Status.OUT_OF_SERVICE


def _after(seen: Seen, before: Content, model: str) -> Content:
    """Return what the pinned execution makes of a content: the change's expected shadows."""
    live, shadow = before.live, before.shadow
    expected = [each for each in seen.stage.expect if each.endpoint == before.endpoint]
    if expected:
        like = live[0] if live else Variant("", "", "", "", 1, "1")
        shadow = tuple(
            Variant(e.variant, e.model, e.model, like.instance_type, like.count, "1")
            for e in expected
        )
    if model:
        live = tuple(
            Variant(v.name, model, model, v.instance_type, v.count, v.weight) for v in live
        )
    return Content(before.endpoint, live, shadow, before.capture)


def _put_models(sagemaker: SageMaker, content: Content, caller: Caller, models: set[str]) -> None:
    for variant in (*content.live, *content.shadow):
        if variant.model not in models:
            models.add(variant.model)
            sagemaker.set_digest(variant.image, variant.image)
            sagemaker.registry.create_model(
                {"ModelName": variant.model, "PrimaryContainer": {"Image": variant.image}}, caller
            )


def _config(name: str, content: Content) -> Params:
    params: Params = {
        "EndpointConfigName": name,
        "ProductionVariants": [_variant(each) for each in content.live],
    }
    if content.shadow:
        params["ShadowProductionVariants"] = [_variant(each) for each in content.shadow]
    if content.capture:
        share, where = content.capture.split()[-2:]
        params["DataCaptureConfig"] = {
            "EnableCapture": True,
            "InitialSamplingPercentage": int(share),
            "DestinationS3Uri": where,
        }
    return params


def _variant(variant: Variant) -> Params:
    shown: Params = {
        "VariantName": variant.name,
        "ModelName": variant.model,
        "InitialInstanceCount": variant.count,
        "InitialVariantWeight": float(variant.weight),
    }
    return {**shown, "InstanceType": variant.instance_type} if variant.instance_type else shown


def _put_traffic(seen: Seen, metrics: TwinMetrics, assumed: list[str]) -> None:
    metric = seen.stage.traffic
    if metric is None:
        return
    bake = seen.stage.bake
    plenty = 2.0 * max(bake.min_samples, 1) / max(bake.lasts.total_seconds(), 1.0)
    if seen.traffic is None:
        assumed.append(
            f"{metric.name} could not be read: twice the requests that the bake asks for"
        )
    else:
        assumed.append(f"{metric.name} flows as in the last 24 h")
    pairs = tuple((name, value) for name, value in metric.dimensions)
    series = Series(seen.stage.place.region, metric.namespace, metric.name, pairs)
    metrics.flow(series, twin_metrics.rates_of(seen.traffic, plenty))


def _put_alarms(
    seen: Seen, cloudwatch: CloudWatch, metrics: TwinMetrics, now: datetime, assumed: list[str]
) -> None:
    region = seen.stage.place.region
    alarms: dict[str, Alarm] = {n: twin_metrics.set_up(d) for n, d in seen.alarms.items()}
    metrics.add(region, alarms.values())
    for name, alarm in alarms.items():
        cloudwatch.put_alarm(region, alarm.params, now - _WARM)
        state = seen.alarms[name].spelled.get("StateValue", "OK")
        if state != "OK":
            assumed.append(f"alarm {name} is OK at first ({state} now)")
        if alarm.is_stand_in:
            assumed.append(f"alarm {name} rings within a minute: its own rule is not emulated")
    if alarms:
        assumed.append("the alarms ring for the new content, by their own rules")
    cloudwatch.advance(now)
