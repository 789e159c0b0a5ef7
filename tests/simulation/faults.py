"""What can go wrong around a walk, as data: AWS, its readings, the disk, the process.

Each fault says itself when it begins; `simulation` arranges it. The bound of a lag stays
below the walk's `settle`: what happens above it is a test of its own.
"""

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from mcm.sandbox.faults import Effect

MOMENTS = ("start", "intent", "entered", "bake_started", "breach", "rollback_started")
"""What a fault or a deed of others is tied to: the first entry of that kind."""

_WRITES = (
    "EnableStageTransition",
    "DisableStageTransition",
    "RollbackStage",
    "StopPipelineExecution",
)
_READS = (
    "GetPipelineState",
    "ListPipelineExecutions",
    "ListActionExecutions",
    "DescribeAlarms",
    "DescribeEndpoint",
    "GetPipelineExecution",
)
_WRITE_EFFECTS = (
    Effect.THROTTLE,
    Effect.CONFLICT,
    Effect.TIMEOUT_BEFORE,
    Effect.TIMEOUT_AFTER,
    Effect.SERVER_ERROR,
)
_READ_EFFECTS = (Effect.THROTTLE, Effect.TIMEOUT_BEFORE, Effect.SERVER_ERROR)


@dataclass(frozen=True)
class When:
    """So long after the first journal entry of a kind."""

    moment: str
    delay: timedelta

    def __str__(self) -> str:
        return f"{self.delay} after {self.moment}"


@dataclass(frozen=True)
class Trouble:
    """A fault of the engine for mcm's own calls, from a moment on, for a while."""

    when: When
    effect: Effect
    operation: str | None
    times: int | None
    lasts: timedelta

    def __str__(self) -> str:
        count = f" x{self.times}" if self.times else ""
        return f"{self.when}: {self.effect}{count} at {self.operation or 'all'} for {self.lasts}"


@dataclass(frozen=True)
class Lag:
    """For a while, reads of one operation may show the past, but never beyond `bound`."""

    when: When
    operation: str
    bound: timedelta
    lasts: timedelta

    def __str__(self) -> str:
        return f"{self.when}: {self.operation} lags up to {self.bound} for {self.lasts}"


@dataclass(frozen=True)
class DiskFull:
    """For a while the journal takes nothing."""

    when: When
    lasts: timedelta

    def __str__(self) -> str:
        return f"{self.when}: disk full for {self.lasts}"


@dataclass(frozen=True)
class Kill:
    """The process dies at a boundary and is started again after a while."""

    boundary: int
    down: timedelta

    def __str__(self) -> str:
        return f"killed at boundary {self.boundary}, back after {self.down}"


Fault = Trouble | Lag | DiskFull | Kill


def draw_faults(rng: Random, *, at_reads: bool) -> tuple[Fault, ...]:
    """Draw what goes wrong: often nothing, mostly one or two things, seldom many."""
    troubles = [_trouble(rng) for _ in range(rng.choice((0, 0, 1, 1, 2, 3)))]
    lags = [_lag(rng) for _ in range(rng.choice((0, 0, 0, 1, 2)))]
    full = [DiskFull(draw_when(rng, 300), _seconds(rng, 5, 900))] if rng.random() < 0.12 else []
    places = rng.sample(range(200 if at_reads else 36), rng.choice((0, 1, 1, 2, 3)))
    kills = [Kill(at, _seconds(rng, 0, 900 if rng.random() < 0.3 else 30)) for at in sorted(places)]
    return (*troubles, *lags, *full, *kills)


def draw_when(rng: Random, longest: int) -> When:
    """Draw a moment and a delay of at most `longest` seconds."""
    return When(rng.choice(MOMENTS), _seconds(rng, 0, longest))


def _seconds(rng: Random, least: int, most: int) -> timedelta:
    return timedelta(seconds=rng.randint(least, most))


def _trouble(rng: Random) -> Trouble:
    when = draw_when(rng, 120)
    kind = rng.random()
    if kind < 0.5:
        times = rng.choice((1, 1, 2, 4))
        effect = rng.choice(_WRITE_EFFECTS)
        return Trouble(when, effect, rng.choice(_WRITES), times, _seconds(rng, 30, 400))
    if kind < 0.75:
        effect = rng.choice(_READ_EFFECTS)
        return Trouble(when, effect, rng.choice(_READS), None, _seconds(rng, 5, 200))
    if kind < 0.85:
        return Trouble(when, Effect.THROTTLE, None, None, _seconds(rng, 10, 120))
    if kind < 0.93:
        lasts = timedelta(hours=24)
        return Trouble(when, Effect.DENIED, "DisableStageTransition", None, lasts)
    return Trouble(when, Effect.EXPIRED, None, None, _seconds(rng, 30, 1200))


def _lag(rng: Random) -> Lag:
    bound = _seconds(rng, 5, 45)
    return Lag(draw_when(rng, 60), rng.choice(_READS[:4]), bound, _seconds(rng, 60, 600))
