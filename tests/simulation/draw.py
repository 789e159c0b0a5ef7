"""From a seed to a scenario: the story, what fails, where the process dies. All of it data."""

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from mcm.sandbox.faults import Effect

STORIES = {
    "clean": 3,
    "breach": 6,
    "late_breach": 1,
    "slow_breach": 3,
    "silent_rollback": 2,
    "superseded": 2,
    "edited": 2,
    "edited_breach": 2,
    "out_of_band": 2,
    "closed_by_others": 1,
    "stopped_by_others": 1,
    "foreign_rollback": 2,
    "breach_and_foreign_rollback": 4,
    "breach_and_oncall": 2,
    "after_rollback": 3,
    "alarm_deleted": 2,
    "alarm_missing": 1,
    "window_closing": 2,
    "no_approval": 1,
    "self_approval": 1,
    "rejected": 1,
    "deploy_fails": 2,
    "no_target": 1,
    "frozen": 1,
    "oncall": 4,
}
"""What happens, and how often it is drawn."""

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


@dataclass(frozen=True)
class Trouble:
    """A fault of the engine for mcm's own calls, from a moment on, for a while."""

    when: When
    effect: Effect
    operation: str | None
    times: int | None
    lasts: timedelta


@dataclass(frozen=True)
class Lag:
    """For a while, reads of one operation may show the past, but never beyond `bound`."""

    when: When
    operation: str
    bound: timedelta
    lasts: timedelta


@dataclass(frozen=True)
class Drawn:
    """Everything that one seed decides."""

    seed: int
    story: str
    deed: When
    """When the story's deed of others or of nature happens."""
    troubles: tuple[Trouble, ...]
    lags: tuple[Lag, ...]
    disk_full: tuple[When, timedelta] | None
    kills: tuple[int, ...]
    """Boundaries at which the process dies."""
    kills_at_reads: bool
    down: tuple[timedelta, ...]
    """How long it stays dead, kill by kill."""
    passes: bool
    """Whether a ROLLBACK passes a disabled transition."""
    abandon: bool
    patience: timedelta

    def __str__(self) -> str:
        lines = [f"seed {self.seed}: {self.story}, deed {self.deed}"]
        lines += [f"  {trouble}" for trouble in self.troubles]
        lines += [f"  {lag}" for lag in self.lags]
        lines.append(
            f"  disk full: {self.disk_full}; kills {self.kills} reads={self.kills_at_reads}"
        )
        lines.append(f"  down {self.down} passes={self.passes} abandon={self.abandon}")
        lines.append(f"  patience {self.patience}")
        return "\n".join(lines)


def draw(seed: int) -> Drawn:
    """Draw the scenario of a seed; the same seed always gives the same one."""
    rng = Random(seed)
    story = rng.choices(list(STORIES), weights=list(STORIES.values()))[0]
    troubles = tuple(_trouble(rng) for _ in range(rng.choice((0, 0, 1, 1, 2, 3))))
    lags = tuple(_lag(rng) for _ in range(rng.choice((0, 0, 0, 1, 2))))
    at_reads = rng.random() < 0.2
    kills = sorted(rng.sample(range(200 if at_reads else 36), rng.choice((0, 1, 1, 2, 3))))
    return Drawn(
        seed=seed,
        story=story,
        deed=_when(rng, 1500 if rng.random() < 0.5 else 120),
        troubles=troubles,
        lags=lags,
        disk_full=(_when(rng, 300), _seconds(rng, 5, 900)) if rng.random() < 0.12 else None,
        kills=tuple(kills),
        kills_at_reads=at_reads,
        down=tuple(_seconds(rng, 0, 900 if rng.random() < 0.3 else 30) for _ in kills),
        passes=rng.random() < 0.5,
        abandon=rng.random() < 0.5,
        patience=timedelta(hours=rng.choice((0, 1, 6))),
    )


def _when(rng: Random, longest: int) -> When:
    return When(rng.choice(MOMENTS), _seconds(rng, 0, longest))


def _seconds(rng: Random, least: int, most: int) -> timedelta:
    return timedelta(seconds=rng.randint(least, most))


def _trouble(rng: Random) -> Trouble:
    when = _when(rng, 120)
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
    return Lag(_when(rng, 60), rng.choice(_READS[:4]), bound, _seconds(rng, 60, 600))
