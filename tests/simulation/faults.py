"""What can go wrong around a walk, as data: AWS, what it shows, clock, disk, process.

Each fault says itself when it begins; `conditions` and `simulation` arrange it. The bound
of a lag stays below the walk's `settle`: what happens above it is a test of its own.
"""

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from mcm.sandbox.faults import Effect

MOMENTS = ("start", "intent", "entered", "bake_started", "breach", "rollback_started")
"""What a fault or a deed of others is tied to: the first entry of that kind."""

NONE = timedelta(0)
_WRITES = (
    "EnableStageTransition",
    "DisableStageTransition",
    "RollbackStage",
    "StopPipelineExecution",
)
READS = (
    "GetPipelineState",
    "ListPipelineExecutions",
    "ListActionExecutions",
    "DescribeAlarms",
    "DescribeEndpoint",
    "GetPipelineExecution",
    "GetMetricData",
)
_OF_PIPELINE = ("GetPipelineState", "ListPipelineExecutions", "ListActionExecutions")
_WRITE_EFFECTS = (
    Effect.THROTTLE,
    Effect.CONFLICT,
    Effect.TIMEOUT_BEFORE,
    Effect.TIMEOUT_AFTER,
    Effect.SERVER_ERROR,
)
_READ_EFFECTS = (Effect.THROTTLE, Effect.TIMEOUT_BEFORE, Effect.SERVER_ERROR)
_PAGED = {
    "DescribeAlarms": (1,),
    "DescribeAlarmHistory": (1, 2),
    "GetMetricData": (1, 7),
    "ListPipelineExecutions": (2, 3),
    "ListActionExecutions": (25, 40),
}
"""Sizes of pages, by list operation: so small that there are several, few enough to be read."""


@dataclass(frozen=True)
class When:
    """So long after the first journal entry of a kind."""

    moment: str
    delay: timedelta

    def __str__(self) -> str:
        return f"{self.delay} after {self.moment}"


@dataclass(frozen=True)
class Passing:
    """A fault that begins at a moment of the walk and is over after a while."""

    when: When
    lasts: timedelta

    def what(self) -> str:
        """Say it in a few words."""
        raise NotImplementedError

    def __str__(self) -> str:
        return f"{self.when} for {self.lasts}: {self.what()}"


@dataclass(frozen=True)
class Trouble(Passing):
    """A fault of the engine for mcm's own calls."""

    effect: Effect
    operation: str | None
    times: int | None

    def what(self) -> str:
        return f"{self.effect} x{self.times or 'all'} at {self.operation or 'every call'}"


@dataclass(frozen=True)
class Lag(Passing):
    """Reads of one operation show now the past, now the present, but nothing past `bound`."""

    operation: str
    bound: timedelta

    def what(self) -> str:
        return f"{self.operation} lags up to {self.bound}"


@dataclass(frozen=True)
class Slow(Passing):
    """Replies of one operation are late, each page of them."""

    operation: str
    by: timedelta

    def what(self) -> str:
        return f"{self.operation} takes {self.by}"


@dataclass(frozen=True)
class Pages(Passing):
    """One list comes in small pages."""

    operation: str
    size: int

    def what(self) -> str:
        return f"{self.operation} comes in pages of {self.size}"


@dataclass(frozen=True)
class Odd(Passing):
    """One operation says its statuses in words that nobody knows."""

    operation: str

    def what(self) -> str:
        return f"{self.operation} uses unknown words"


@dataclass(frozen=True)
class DiskFull(Passing):
    """The journal takes nothing."""

    def what(self) -> str:
        return "disk full"


@dataclass(frozen=True)
class Jump(Passing):
    """The clock of mcm's machine is off by so much, and then right again."""

    by: timedelta

    def what(self) -> str:
        return f"the local clock is off by {self.by.total_seconds():.0f} s"


@dataclass(frozen=True)
class Second(Passing):
    """A second `deploy` of the same plan turns beside the first, on the same journal.

    At `boundaries` it turns in the midst of a turn of the first.
    """

    boundaries: tuple[int, ...]
    leases: bool
    """Whether it waits for the lease; else somebody has deleted the lock file."""

    def what(self) -> str:
        how = "waits for the lease" if self.leases else "without a lease"
        return f"a second deploy {how}, also at boundaries {self.boundaries}"


@dataclass(frozen=True)
class NoLease(Passing):
    """Nobody can tell whether the change is driven."""

    def what(self) -> str:
        return "leases cannot be used"


@dataclass(frozen=True)
class Hiccup(Passing):
    """The reply to a write is lost, and what it did shows late: one trouble of AWS's, not two."""

    operation: str
    reads: tuple[str, ...]
    bound: timedelta

    def what(self) -> str:
        lags = " ".join(self.reads)
        return f"the reply to {self.operation} is lost, then {lags} lag {self.bound}"


@dataclass(frozen=True)
class Kill:
    """The process dies at a boundary and is started again after a while."""

    boundary: int
    down: timedelta

    def __str__(self) -> str:
        return f"killed at boundary {self.boundary}, back after {self.down}"


Fault = Passing | Kill


def draw_faults(rng: Random, *, at_reads: bool) -> tuple[Fault, ...]:
    """Draw what goes wrong: often nothing, mostly one or two things, seldom many."""
    faults: list[Fault] = [_trouble(rng) for _ in range(rng.choice((0, 0, 1, 1, 2, 3)))]
    faults += [_lag(rng) for _ in range(rng.choice((0, 0, 0, 1, 2)))]
    if rng.random() < 0.12:
        faults.append(DiskFull(draw_when(rng, 300), _seconds(rng, 5, 900)))
    places = rng.sample(range(200 if at_reads else 36), rng.choice((0, 1, 1, 2, 3)))
    faults += [
        Kill(at, _seconds(rng, 0, 900 if rng.random() < 0.3 else 30)) for at in sorted(places)
    ]
    faults += [_distortion(rng) for _ in range(rng.choice((0, 0, 0, 1, 1, 2)))]
    if rng.random() < 0.06:
        minutes = rng.choice((-10, -3, -1, 1, 3, 10))
        lasts = _seconds(rng, 30, 1200)
        faults.append(Jump(draw_when(rng, 200), lasts, timedelta(minutes=minutes)))
    if rng.random() < 0.1:
        places = sorted(rng.sample(range(40), rng.choice((0, 2, 5))))
        leases = rng.random() < 0.6
        second = draw_when(rng, 200), _seconds(rng, 60, 2400), tuple(places), leases
        faults.append(Second(*second))
    if rng.random() < 0.1:
        faults.append(_hiccup(rng))
    if rng.random() < 0.05:
        faults.append(NoLease(draw_when(rng, 300), _seconds(rng, 60, 1800)))
    return tuple(faults)


def draw_when(rng: Random, longest: int) -> When:
    """Draw a moment and a delay of at most `longest` seconds."""
    return When(rng.choice(MOMENTS), _seconds(rng, 0, longest))


def _reach(rng: Random) -> int:
    """Most trouble is drawn close to what happens, some of it anywhere in a bake."""
    return 2000 if rng.random() < 0.25 else 120


def _seconds(rng: Random, least: int, most: int) -> timedelta:
    return timedelta(seconds=rng.randint(least, most))


def _trouble(rng: Random) -> Trouble:
    when = draw_when(rng, _reach(rng))
    kind = rng.random()
    if kind < 0.5:
        effect, times = rng.choice(_WRITE_EFFECTS), rng.choice((1, 1, 2, 4))
        return Trouble(when, _seconds(rng, 30, 400), effect, rng.choice(_WRITES), times)
    if kind < 0.75:
        effect = rng.choice(_READ_EFFECTS)
        return Trouble(when, _seconds(rng, 5, 200), effect, rng.choice(READS), None)
    if kind < 0.85:
        return Trouble(when, _seconds(rng, 10, 120), Effect.THROTTLE, None, None)
    if kind < 0.93:
        lasts = timedelta(hours=24)
        return Trouble(when, lasts, Effect.DENIED, "DisableStageTransition", None)
    return Trouble(when, _seconds(rng, 30, 1200), Effect.EXPIRED, None, None)


def _lag(rng: Random) -> Lag:
    bound = _seconds(rng, 5, 45)
    return Lag(draw_when(rng, _reach(rng)), _seconds(rng, 60, 600), rng.choice(READS[:4]), bound)


def _hiccup(rng: Random) -> Hiccup:
    """Mostly where it hurts: RollbackStage has no token by which AWS could know a repetition."""
    write = "RollbackStage" if rng.random() < 0.7 else rng.choice(_WRITES)
    reads = _OF_PIPELINE if rng.random() < 0.7 else (rng.choice(_OF_PIPELINE),)
    return Hiccup(When("start", NONE), timedelta(hours=6), write, reads, _seconds(rng, 20, 45))


def _distortion(rng: Random) -> Passing:
    when, lasts = draw_when(rng, _reach(rng)), _seconds(rng, 30, 600)
    kind = rng.random()
    if kind < 0.3:
        return Slow(when, lasts, rng.choice(READS), _seconds(rng, 1, 15))
    if kind < 0.6:
        operation = rng.choice(list(_PAGED))
        return Pages(when, lasts, operation, rng.choice(_PAGED[operation]))
    return Odd(when, lasts, rng.choice(READS))
