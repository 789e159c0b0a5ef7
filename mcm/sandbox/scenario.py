"""The project's example as a running scenario: a pipeline with a past, and its endpoints.

The past is played by the same model that runs the present, so what the history shows is
what the model would have done.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from mcm.sandbox.engine import Engine
from mcm.sandbox.faults import Faults
from mcm.sandbox.identity import Identities, Sts, user_key
from mcm.sandbox.pipeline_model import Ids, Timings, parse_structure
from mcm.sandbox.pipeline_ops import CodePipeline
from mcm.sandbox.pipeline_run import PipelineRun
from mcm.sandbox.sagemaker_example import build_world
from mcm.sandbox.scenario_catalogue import (
    PAST,
    PIPELINE,
    PIPELINE_REGION,
    PLACES,
    UNDER_WAY,
    Catalogue,
    declare_pipeline,
)
from mcm.sandbox.scenario_people import People
from mcm.sandbox.scenario_world import Settled, World

_VERSION = 4
"""The pipeline has been changed before; its version does not start at 1."""
_AGES = (timedelta(days=9), timedelta(days=2), timedelta(hours=3))
"""How long ago the two past executions and the one under way started."""
_WALKED = ("ApproveEU", "ProdEU", "ApproveFE", "ProdFE")
"""The stages that the people pass every execution through, from the start."""
_US = "photo-check-us"

SLOW = Timings(
    source=timedelta(seconds=20),
    build=timedelta(minutes=4),
    test=timedelta(minutes=3),
    deploy=timedelta(minutes=5),
    transition=timedelta(seconds=5),
    poll=timedelta(seconds=15),
)
"""Durations like those of a real pipeline, for the simulator; `Timings()` is the sandbox's."""


class Example:
    """The running example: what a test, the demo or `mcm sandbox` can make happen in it."""

    def __init__(
        self,
        engine: Engine,
        pipeline: PipelineRun,
        catalogue: Catalogue,
        people: People,
        world: World,
    ) -> None:
        self.engine = engine
        self.pipeline = pipeline
        self.catalogue = catalogue
        self.people = people
        self.world = world

    @property
    def faults(self) -> Faults:
        return self.engine.faults

    def now(self) -> datetime:
        return self.engine.now()

    def release(self, name: str | None = None) -> str:
        """Merge the release `name`, start its execution and return the execution's id.

        Without a name the next one comes. Raises KeyError for a name that is not in
        `RELEASES`.
        """
        self.engine.advance()
        revisions = self.catalogue.pull() if name is None else self.catalogue.merge(name).revisions
        detail = f"arn:aws:codeconnections:{PIPELINE_REGION}:example/main"
        started = self.pipeline.begin(revisions, self.now(), trigger="WebhookV2", detail=detail)
        return started.id

    def walk_through(self, stages: Iterable[str]) -> None:
        """From now on let the people at the console pass executions through these stages."""
        self.people.stages.update(stages)

    def raise_errors(self) -> None:
        self.world.raise_errors(_US, "live")

    def roll_back_silently(self) -> None:
        self.world.roll_back_silently(_US)

    def stop_records(self) -> None:
        self.world.stop_records(_US, "candidate", self.now())

    def garble_records(self) -> None:
        self.world.garble_records(_US, "candidate", self.now())

    def fail_deployment(self) -> None:
        self.pipeline.coming_failures["ProdUS", "Deploy"] = 1


def build_example(
    clock: Callable[[], datetime],
    *,
    timings: Timings | None = None,
    world: World | None = None,
    rollback_passes_disabled_transition: bool = True,
    seed: str = "example",
    is_strict: bool = False,
) -> Engine:
    """Build the example at the clock's now; `engine.scenario` is the `Example`.

    The releases `v5` and `v6` have gone through all stages; `v7` has passed ProdFE and
    waits in ApproveUS. The inbound transitions of the Prod stages are disabled. Without a
    `world` the endpoints, their traffic and their alarms are those of `build_world`, with
    the simulator's periods of a minute.
    """
    now = clock()
    identities = Identities()
    world = world or build_world(now)
    timings = timings or Timings()
    born = now - timedelta(days=30)
    catalogue = Catalogue(PAST[0])
    pipeline = PipelineRun(
        parse_structure(declare_pipeline(), _VERSION, born),
        sources=catalogue,
        deploys=Settled(),
        ids=Ids(seed),
        timings=timings,
        rollback_passes_disabled_transition=rollback_passes_disabled_transition,
    )
    console = identities.find(user_key("console"), now).arn
    people = People(pipeline, console)
    _play_history(pipeline, catalogue, people, born, now)
    pipeline.deploys = world.deploys
    people.stages = set(_WALKED)
    service = CodePipeline(identities.account, PIPELINE_REGION)
    service.pipelines[PIPELINE] = pipeline
    services = {
        **world.services,
        "codepipeline": service,
        "sts": Sts(identities),
    }
    engine = Engine(services, identities, clock, actors=[people], is_strict=is_strict)
    engine.scenario = Example(engine, pipeline, catalogue, people, world)
    return engine


def _play_history(
    pipeline: PipelineRun, catalogue: Catalogue, people: People, born: datetime, now: datetime
) -> None:
    """Run the past executions and the one under way, each in its own time."""
    for place in PLACES:
        people.close(f"Prod{place.code}", born)
    starts = [now - age for age in _AGES]
    ends = [*starts[1:], now]
    for name, start, end in zip((*PAST, UNDER_WAY), starts, ends, strict=True):
        walked = set(_WALKED) if name == UNDER_WAY else {*_WALKED, "ApproveUS", "ProdUS"}
        people.stages = walked
        execution = pipeline.begin(catalogue.merge(name).revisions, start, trigger="WebhookV2")
        _play(pipeline, people, start, end)
        if execution.stage != ("ApproveUS" if name == UNDER_WAY else None) or (
            name != UNDER_WAY and execution.is_open
        ):
            raise ValueError(f"the timings are too long: {name} is not through in {end - start}")


def _play(pipeline: PipelineRun, people: People, start: datetime, end: datetime) -> None:
    at = start
    while at < end:
        people.advance(at)
        event = pipeline.next_event()
        # The timeout of an approval that nobody answers is an event, but a far one.
        at = end if event is None else min(max(event, at), end)
        pipeline.advance(at)
    people.advance(end)
