"""Planting bugs on purpose, to see that the simulator finds them.

A mutant is a patch in `mutants/` whose first line says what is broken. Planted means: a copy
of the package with the patch in it, in a folder of its own, played by a process of its
own. `found.tsv` keeps the first seed that finds each; `make mutants` hunts anew and
writes it, `make test` replays what is in it.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATCHES = Path(__file__).with_name("mutants")
PAGE = ROOT / "docs" / "simulation.md"
FOUND = PATCHES / "found.tsv"
SEEDS = 2000
"""A mutant that so many seeds do not find shows a hole in the simulator."""
_PARTS = ("mcm", "tests", "checks", "templates", "runbooks", "pyproject.toml")


@dataclass(frozen=True)
class Mutant:
    name: str
    patch: Path

    @property
    def what(self) -> str:
        """What is broken, in one clause."""
        return self.patch.read_text(encoding="utf-8").partition("\n")[0]


@dataclass(frozen=True)
class Find:
    """The first seed that found a mutant, and what it said."""

    mutant: str
    seed: int
    problem: str


def mutants() -> list[Mutant]:
    """Return all mutants, by name."""
    return [Mutant(path.stem, path) for path in sorted(PATCHES.glob("*.patch"))]


def found() -> dict[str, Find]:
    """Return the finds that are kept, by mutant."""
    lines = FOUND.read_text(encoding="utf-8").splitlines() if FOUND.exists() else []
    rows = [line.split("\t") for line in lines]
    return {name: Find(name, int(seed), problem) for name, seed, problem in rows}


def plant(mutant: Mutant, folder: Path) -> None:
    """Copy the package into `folder` and break it; raise CalledProcessError for a stale patch."""
    for part in _PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part)
        else:
            shutil.copy2(source, folder / part)
    command = ["git", "apply", "-p1", str(mutant.patch)]
    # In a repository above the folder, git would apply nothing and say nothing.
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parent)}
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)


def play(folder: Path, first: int, count: int) -> Find | None:
    """Play seeds in the planted `folder` until one finds something wrong; None if none does."""
    command = [sys.executable, "-m", "tests.simulation.mutate", "--play", str(first), str(count)]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:  # it does not even start: found, before any seed
        return Find("", first, done.stderr.strip().splitlines()[-1])
    seed, _, problem = done.stdout.strip().partition("\t")
    return Find("", int(seed), problem) if seed else None


def hunt(mutant: Mutant) -> Find | None:
    """Return the first of SEEDS seeds that finds the mutant; the one kept is tried first."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "planted"
        folder.mkdir()
        plant(mutant, folder)
        kept = found().get(mutant.name)
        seen = (play(folder, kept.seed, 1) if kept else None) or play(folder, 0, SEEDS)
        return Find(mutant.name, seen.seed, seen.problem) if seen else None


def _play_here(first: int, count: int) -> None:
    """Print the first seed with a problem; runs in the planted copy."""
    from tests.simulation.invariants import simulate

    for seed in range(first, first + count):
        _, simulation = simulate(seed)
        if simulation.problems:
            sys.stdout.write(f"{seed}\t{' '.join(simulation.problems[0].split())[:120]}\n")
            return


def table(finds: dict[str, Find]) -> list[str]:
    """Return the rows of the page's table."""
    return [
        f"| `{each.name}` | {each.what} | {finds[each.name].seed} |"
        f" {finds[each.name].problem.partition(':')[0]} |\n"
        for each in mutants()
        if each.name in finds
    ]


def write_table(finds: dict[str, Find]) -> None:
    """Put the finds into docs/simulation.md, below its last heading of a table."""
    head, mark, _ = PAGE.read_text(encoding="utf-8").rpartition("|---|---|---|---|\n")
    PAGE.write_text(head + mark + "".join(table(finds)), encoding="utf-8")


def main() -> int:
    """Hunt every mutant, or the ones named; keep what was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.mutate")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--play", nargs=2, type=int, metavar=("FIRST", "COUNT"))
    chosen = parser.parse_args()
    if chosen.play:
        _play_here(*chosen.play)
        return 0
    wanted = [each for each in mutants() if not chosen.names or each.name in chosen.names]
    kept, finds = found(), []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for mutant, find in zip(wanted, pool.map(hunt, wanted), strict=True):
            finds.append(find)
            kept.pop(mutant.name, None)
            if find is not None:
                kept[mutant.name] = find
            said = f"seed {find.seed}: {find.problem}" if find else f"NOT FOUND in {SEEDS} seeds"
            sys.stdout.write(f"{mutant.name:<24} {said}\n")
            sys.stdout.flush()
    write_table(kept)
    rows = [f"{each.mutant}\t{each.seed}\t{each.problem}\n" for _, each in sorted(kept.items())]
    FOUND.write_text("".join(rows), encoding="utf-8")
    missed = sum(find is None for find in finds)
    sys.stdout.write(f"{len(wanted)} mutants, {missed} not found\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
