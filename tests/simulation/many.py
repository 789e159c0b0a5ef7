"""Many seeds on all cores: what broke, how the walks ended, how many in a second."""

import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from tests.simulation.draw import draw
from tests.simulation.invariants import simulate

CHUNK = 25


@dataclass(frozen=True)
class Played:
    """What is kept of one seed."""

    seed: int
    story: str
    end: str
    problem: str


@dataclass
class Tally:
    """What is kept of all of them."""

    wanted: int
    seeds: int = 0
    seconds: float = 0.0
    ends: Counter[tuple[str, str]] = field(default_factory=Counter)
    failed: list[Played] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Simulated deployments a second, on all cores together."""
        return self.seeds / self.seconds if self.seconds else 0.0


def run_many(
    seeds: Sequence[int],
    *,
    processes: int | None = None,
    tell: Callable[[Tally], None] = lambda _: None,
) -> Tally:
    """Play `seeds` in `processes` (None: one a core); `tell` is told after each chunk."""
    tally, started = Tally(len(seeds)), time.perf_counter()
    for chunk in _chunks(seeds, processes or os.cpu_count() or 1):
        for one in chunk:
            tally.seeds += 1
            tally.ends[one.story, one.end] += 1
            if one.problem:
                tally.failed.append(one)
        tally.seconds = time.perf_counter() - started
        tell(tally)
    return tally


def deployments_a_second(seeds: int = 200, *, processes: int | None = None) -> float:
    """Return how many simulated deployments are played in a second, on all cores."""
    return run_many(range(seeds), processes=processes).rate


def _chunks(seeds: Sequence[int], processes: int) -> Iterator[list[Played]]:
    chunks = [seeds[at : at + CHUNK] for at in range(0, len(seeds), CHUNK)]
    if processes == 1:
        yield from map(_play_chunk, chunks)
        return
    with multiprocessing.Pool(processes) as pool:
        yield from pool.imap_unordered(_play_chunk, chunks)


def _play_chunk(seeds: Sequence[int]) -> list[Played]:
    return [_play_one(seed) for seed in seeds]


def _play_one(seed: int) -> Played:
    """Play a seed; what raises is a problem like any other."""
    try:
        drawn, simulation = simulate(seed)
    except Exception as err:  # noqa: BLE001 - one seed must not end the run of thousands
        return Played(seed, draw(seed).story, "no end", f"{type(err).__name__}: {err}")
    end = simulation.endings[-1].exit.name if simulation.endings else "no end"
    return Played(seed, drawn.story, end, next(iter(simulation.problems), ""))
