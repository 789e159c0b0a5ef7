"""`python -m tests.simulation SEED` replays one seed; `--seeds N [--from M]` runs many."""

import argparse
import sys
from collections import Counter

from tests.simulation.invariants import report, simulate


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("seed", nargs="?", type=int, help="replay this seed and show its trace")
    parser.add_argument("--seeds", type=int, default=1000, help="how many to run")
    parser.add_argument("--from", type=int, default=0, dest="first")
    arguments = parser.parse_args()
    if arguments.seed is not None:
        drawn, simulation = simulate(arguments.seed)
        say(report(drawn, simulation))
        return 1 if simulation.problems else 0
    failed: dict[str, list[int]] = {}
    ends: Counter[str] = Counter()
    for seed in range(arguments.first, arguments.first + arguments.seeds):
        drawn, simulation = simulate(seed)
        if simulation.problems:
            say(f"seed {seed} ({drawn.story}): {simulation.problems[0][:150]}")
        last = simulation.endings[-1].exit.name if simulation.endings else "none"
        ends[f"{drawn.story} {last}"] += 1
        if simulation.problems:
            kind = f"{drawn.story}: {simulation.problems[0][:110]}"
            failed.setdefault(kind, []).append(seed)
    for end, count in sorted(ends.items()):
        say(f"{count:6} {end}")
    for kind, seeds in sorted(failed.items()):
        say(f"FAILED {kind}: {len(seeds)} seeds, make simulate SEED={seeds[0]} {seeds[1:5]}")
    say(f"{arguments.seeds} seeds, {sum(map(len, failed.values()))} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
