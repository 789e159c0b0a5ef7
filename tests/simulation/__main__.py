"""`python -m tests.simulation SEED` replays one seed; `--seeds N [--from M]` runs many.

Many run on all processors. A seed that breaks an invariant is made small and shown with
its trace, and with the line that replays just that.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import Pool

from tests.simulation.draw import draw
from tests.simulation.invariants import play, report, simulate
from tests.simulation.shrink import keep, shrink

CHUNK = 25
SHOWN = 3
"""Failing seeds that are made small and shown; more of them say nothing new."""


@dataclass(frozen=True)
class Played:
    seed: int
    story: str
    end: str
    problem: str


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def play_one(seed: int) -> Played:
    """Play a seed; what raises is a problem like any other."""
    try:
        drawn, simulation = simulate(seed)
    except Exception as err:  # noqa: BLE001 - one seed must not end the run of thousands
        return Played(seed, draw(seed).story, "none", f"{type(err).__name__}: {err}")
    end = simulation.endings[-1].exit.name if simulation.endings else "none"
    return Played(seed, drawn.story, end, (simulation.problems or [""])[0])


def play_many(first: int, count: int) -> Iterator[Played]:
    """Yield every seed as it is done, on all processors."""
    with Pool(os.cpu_count()) as pool:
        yield from pool.imap_unordered(play_one, range(first, first + count), CHUNK)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("seed", nargs="?", type=int, help="replay this seed and show its trace")
    parser.add_argument("--keep", help="of what it drew only these parts, such as t0,k1")
    parser.add_argument("--seeds", type=int, default=10_000, help="how many to run")
    parser.add_argument("--from", type=int, default=0, dest="first")
    arguments = parser.parse_args()
    if arguments.seed is not None:
        return replay(arguments.seed, arguments.keep)
    return run(arguments.first, arguments.seeds)


def replay(seed: int, kept: str | None) -> int:
    """Show one seed, whole or with some of its parts only."""
    drawn = draw(seed)
    if kept is not None:
        try:
            drawn = keep(drawn, [name for name in kept.split(",") if name])
        except ValueError as err:
            say(str(err))
            return 2
    simulation = play(drawn)
    say(report(drawn, simulation, "" if kept is None else f" KEEP={kept}"))
    return 1 if simulation.problems else 0


def run(first: int, count: int) -> int:
    """Run many seeds, say how far it is, and show what failed."""
    began = time.perf_counter()
    ends: Counter[str] = Counter()
    failed: list[Played] = []
    for number, one in enumerate(play_many(first, count), 1):
        ends[f"{one.story} {one.end}"] += 1
        if one.problem:
            failed.append(one)
            say(f"seed {one.seed} ({one.story}): {one.problem[:150]}")
        if number % 500 == 0:
            rate = number / (time.perf_counter() - began)
            left = (count - number) / rate
            say(f"{number} of {count}, {rate:.0f} deployments a second, {left:.0f} s left")
    took = time.perf_counter() - began
    for end, often in sorted(ends.items()):
        say(f"{often:6} {end}")
    for one in sorted(failed, key=lambda each: each.seed)[:SHOWN]:
        show_small(one.seed)
    say(f"{count} seeds in {took:.0f} s, {count / took:.0f} a second, {len(failed)} failed")
    return 1 if failed else 0


def show_small(seed: int) -> None:
    """Make a failing seed small and show its trace."""
    names = shrink(draw(seed))
    say("")
    replay(seed, ",".join(names))


if __name__ == "__main__":
    sys.exit(main())
