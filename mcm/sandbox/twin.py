"""A twin of one stage: an engine built from what AWS shows of it, on a virtual clock.

In it a change can be promoted, breach and be taken back without anybody noticing. It is
as good as its readings; what they do not tell is assumed, and every assumption is listed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from mcm.aws.port import AwsError, Port
from mcm.core.duration import spell
from mcm.core.errors import BlindError
from mcm.core.query import Place
from mcm.core.sanitize import clean
from mcm.core.target import effective_execution
from mcm.sandbox import twin_bounds, twin_metrics
from mcm.sandbox.cloudwatch import CloudWatch
from mcm.sandbox.engine import Engine
from mcm.sandbox.identity import Identities, Sts, user_key
from mcm.sandbox.metrics import Series
from mcm.sandbox.pipeline_model import Timings
from mcm.sandbox.pipeline_ops import CodePipeline
from mcm.sandbox.sagemaker import SageMaker
from mcm.sandbox.service import Service
from mcm.sandbox.twin_content import Contents, put_endpoints
from mcm.sandbox.twin_metrics import Alarm, Switches, TwinMetrics
from mcm.sandbox.twin_pipeline import PipelineTwin
from mcm.sandbox.twin_seen import Seen, Tempo

OPERATOR = "drill"
_WARM = timedelta(minutes=10)


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
        put_endpoints(seen, sagemaker, now, new_content)
        _put_traffic(seen, metrics, assumed)
        _put_alarms(seen, cloudwatch, metrics, now, assumed)
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
        ).build(Contents(seen, sagemaker, switches, tempo), seed=seed, timings=_timings(tempo))
    except AwsError as err:
        raise _no_twin(seen, err.message) from err
    except (LookupError, TypeError, ValueError) as err:  # a shape that nobody here has seen yet
        raise _no_twin(seen, f"{type(err).__name__}: {err}") from err
    place = seen.plan.pipeline.place
    service = CodePipeline(place.account, place.region)
    service.pipelines[seen.plan.pipeline.name] = pipeline
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


def _no_twin(seen: Seen, why: str) -> BlindError:
    return BlindError(f"no twin of {seen.stage.name} can be built: {clean(why, 200)}")


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
    bounds = twin_bounds.limits_of(seen.stage.guardrails, region)
    metrics.add(region, alarms.values(), bounds)
    names = [each.name for each in twin_bounds.bounded(seen.stage.guardrails)]
    assumed += [f"{name} is beyond its bound for the new content" for name in names]
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
