"""`python -m tests.simulation` plays many seeds, or one again: see docs/simulation.md."""

import argparse
import sys

from tests.simulation.draw import Drawn, draw, keep
from tests.simulation.invariants import play, report
from tests.simulation.many import Tally, run_many
from tests.simulation.shrink import shrink


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("seed", nargs="?", type=int, help="play this seed and show its trace")
    parser.add_argument("--keep", help="with only these of its faults: 0,2 or none")
    parser.add_argument("--seeds", type=int, default=10_000, help="how many to play")
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument("--processes", type=int, help="default: one a core")
    arguments = parser.parse_args()
    if arguments.seed is not None:
        try:
            return _replay(keep(draw(arguments.seed), arguments.keep))
        except ValueError as err:
            say(str(err))
            return 2
    seeds = range(arguments.first, arguments.first + arguments.seeds)
    tally = run_many(seeds, processes=arguments.processes, tell=_progress)
    _table(tally)
    _explain(tally)
    return 1 if tally.failed else 0


def _replay(drawn: Drawn) -> int:
    simulation = play(drawn)
    say(report(drawn, simulation))
    if simulation.problems:
        small, _ = shrink(drawn, simulation)
        if small != drawn:
            say(f"shrunk: {small.replay}")
    return 1 if simulation.problems else 0


def _progress(tally: Tally) -> None:
    if tally.seeds % 500 == 0:
        left = (tally.wanted - tally.seeds) / tally.rate
        say(
            f"{tally.seeds} of {tally.wanted}: {tally.rate:.1f} deployments a second,"
            f" {len(tally.failed)} failed, {left:.0f} s left"
        )


def _table(tally: Tally) -> None:
    for (story, end), count in sorted(tally.ends.items()):
        say(f"{count:6} {story} {end}")


def _explain(tally: Tally) -> None:
    """Show each kind of failure once, as small as it gets."""
    kinds: dict[str, list[int]] = {}
    for one in sorted(tally.failed, key=lambda one: one.seed):
        kinds.setdefault(f"{one.story}: {one.problem[:110]}", []).append(one.seed)
    for kind, seeds in sorted(kinds.items()):
        say(f"FAILED {kind}: {len(seeds)} seeds {seeds[:5]}")
    for number in sorted({one.problem.partition(":")[0] for one in tally.failed}):
        first = min(one.seed for one in tally.failed if one.problem.startswith(f"{number}:"))
        drawn = draw(first)
        say("")
        say(report(*shrink(drawn, play(drawn))))
    say(
        f"{tally.seeds} seeds in {tally.seconds:.0f} s: {tally.rate:.1f} deployments a second,"
        f" {len(tally.failed)} failed"
    )


if __name__ == "__main__":
    sys.exit(main())
