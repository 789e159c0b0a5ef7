"""How fast mcm is, as ratios to the `aws` command on the same machine in the same run.

A ratio holds on a slow machine and a fast one; a time in milliseconds does not. Nothing
here is a test: a busy machine may miss a floor without a fault in the code. Each row of
the table is one function in ROWS that measures and returns a `Row`; a row whose floor is
missed is marked, and the exit code stays 0 unless `--strict` is given.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

# The root must be importable first.
from benchmarks.loop import MEASURES, Measure  # noqa: E402
from benchmarks.project import Stage, sandboxed, with_changes  # noqa: E402
from benchmarks.proof import chain_checked, entries_appended, with_proof  # noqa: E402
from mcm.cli.terminal import run_at_terminal  # noqa: E402
from mcm.sandbox.identity import user_key  # noqa: E402
from mcm.sandbox.scenario_catalogue import PIPELINE  # noqa: E402

ROUNDS = 15
USER = tempfile.TemporaryDirectory(prefix="mcm-bench-")
WARM_UP = 2
KEY = "any other key to leave. "


@dataclass(frozen=True)
class Tools:
    """The two commands that are compared, each without a shim in front."""

    mcm: Path
    aws: Path


@dataclass(frozen=True)
class Row:
    """One line of the table: `ours` and `theirs` are median seconds."""

    what: str
    ours: float
    theirs: float
    floor: float
    """The highest ratio that the design allows."""

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs

    @property
    def is_met(self) -> bool:
        return self.ratio <= self.floor


def version(tools: Tools) -> Row:
    """Compare bare start-up: `mcm --version` with `aws --version`."""
    ours, theirs = race([str(tools.mcm), "--version"], [str(tools.aws), "--version"])
    return Row("mcm --version / aws --version", ours, theirs, 0.30)


def status(tools: Tools) -> Row:
    """Compare `mcm status` over fifty changes with bare start-up of aws."""
    with tempfile.TemporaryDirectory() as name:
        with_changes(Path(name), 50)
        ours, theirs = race([str(tools.mcm), "status"], [str(tools.aws), "--version"], Path(name))
    return Row("mcm status, 50 changes / aws --version", ours, theirs, 0.40)


def rollback(tools: Tools) -> Row:
    """Compare process start to RollbackStage accepted with one whole aws rollback-stage."""
    ours: list[float] = []
    theirs: list[float] = []
    with tempfile.TemporaryDirectory() as name, sandboxed(Path(name)) as stage:
        for n in range(WARM_UP + ROUNDS):
            pair = (_roll_back_by_mcm(tools, stage), _roll_back_by_aws(tools, stage))
            if n >= WARM_UP:
                ours.append(pair[0])
                theirs.append(pair[1])
    what = "mcm rollback to RollbackStage accepted / aws codepipeline rollback-stage"
    return Row(what, statistics.median(ours), statistics.median(theirs), 1.0)


def screen(tools: Tools) -> Row:
    """Compare the same with on-call's screen before it, and its key pressed at once."""
    ours: list[float] = []
    theirs: list[float] = []
    with tempfile.TemporaryDirectory() as name, sandboxed(Path(name)) as stage:
        for n in range(WARM_UP + ROUNDS):
            pair = (_roll_back_by_key(tools, stage), _roll_back_by_aws(tools, stage))
            if n >= WARM_UP:
                ours.append(pair[0])
                theirs.append(pair[1])
    what = "mcm rollback with its screen, r pressed / aws codepipeline rollback-stage"
    return Row(what, statistics.median(ours), statistics.median(theirs), 1.0)


def _roll_back_by_key(tools: Tools, stage: Stage) -> float:
    engine = stage.renew()
    command = [str(tools.mcm), "rollback", "--stage", "prod-us"]
    start = time.perf_counter()
    run_at_terminal(command, "r", after=KEY, cwd=stage.folder, env=as_installed())
    assert engine.accepted
    return engine.accepted - start


def _roll_back_by_mcm(tools: Tools, stage: Stage) -> float:
    engine = stage.renew()
    command = [str(tools.mcm), "rollback", "--stage", "prod-us", "--no-input"]
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=stage.folder, env=as_installed())
    assert engine.accepted
    return engine.accepted - start


def _roll_back_by_aws(tools: Tools, stage: Stage) -> float:
    engine = stage.renew()
    key = user_key("carol")
    port = engine.port(key, "us-east-1")
    past = port.call(
        "codepipeline",
        "ListPipelineExecutions",
        {"pipelineName": PIPELINE, "filter": {"succeededInStage": {"stageName": "ProdUS"}}},
    )["pipelineExecutionSummaries"]
    command = [
        str(tools.aws), "codepipeline", "rollback-stage", "--region", "us-east-1",
        "--endpoint-url", stage.url, "--pipeline-name", PIPELINE, "--stage-name", "ProdUS",
        "--target-pipeline-execution-id", past[1]["pipelineExecutionId"],
    ]  # fmt: skip
    secret = engine.identities.secret(key)
    environment = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env={**as_installed(), **environment})
    return time.perf_counter() - start


def verify(tools: Tools) -> Row:
    """Compare `mcm verify` of a change with a whole record with bare start-up of aws."""
    with tempfile.TemporaryDirectory() as name:
        with_proof(Path(name))
        command = [str(tools.mcm), "verify", "CM-0001"]
        ours, theirs = race(command, [str(tools.aws), "--version"], Path(name))
    return Row("mcm verify, one change / aws --version", ours, theirs, 0.50)


def render(tools: Tools) -> Row:
    """Compare writing the record of a whole walk with bare start-up of aws."""
    with tempfile.TemporaryDirectory() as name:
        with_changes(Path(name), 1)
        command = [str(tools.mcm), "render", "CM-0001"]
        ours, theirs = race(command, [str(tools.aws), "--version"], Path(name))
    return Row("mcm render, no graphs / aws --version", ours, theirs, 0.90)


def verifying(tools: Tools) -> Row:
    """Compare checking a long chain with what nobody can do without."""
    del tools
    ours, theirs = chain_checked()
    return Row("100,000 entries verified / parsed, spelled again and hashed", ours, theirs, 3.0)


def appending(tools: Tools) -> Row:
    """Compare appending, each entry on disk before the next, with bare commits."""
    del tools
    ours, theirs = entries_appended()
    return Row("100 entries appended / 100 bare SQLite commits", ours, theirs, 3.0)


def reading(tools: Tools) -> Row:
    """Compare what a plan says of a long range with git's own listing of it."""
    from benchmarks.difference import range_read

    del tools
    ours, theirs = range_read()
    return Row("10,000 commits read, paired and folded / git log", ours, theirs, 3.0)


def drawing(tools: Tools) -> Row:
    """Compare six graphs of a week of minutes each with one empty figure, loading included."""
    from benchmarks.drawing import commands

    del tools
    ours, theirs = race(*commands())
    return Row("six graphs drawn / matplotlib loaded, one empty figure saved", ours, theirs, 3.0)


def backtesting(tools: Tools) -> Row:
    """Compare back-tests of ten thresholds over 15 days of minutes with a pass over the points."""
    from benchmarks.judging import backtested

    del tools
    ours, theirs = backtested()
    return Row("10 back-tests of 15 days by the minute / one bare pass", ours, theirs, 10.0)


def deciding(tools: Tools) -> Row:
    """Compare the decision for a stage with spelling and hashing its plan."""
    from benchmarks.judging import decided

    del tools
    ours, theirs = decided()
    return Row("20 decisions for a stage / 20 digests of its plan", ours, theirs, 100.0)


ROWS: tuple[Callable[[Tools], Row], ...] = (
    version,
    status,
    verify,
    render,
    rollback,
    screen,
    verifying,
    appending,
    reading,
    drawing,
    backtesting,
    deciding,
)


def race(
    ours: Sequence[str], theirs: Sequence[str], folder: Path | None = None
) -> tuple[float, float]:
    """Return the median seconds of two commands, run in turn so that noise meets both.

    Raises subprocess.CalledProcessError if either fails: a crash must not count as fast.
    """
    taken: tuple[list[float], list[float]] = ([], [])
    for n in range(WARM_UP + ROUNDS):
        for times, command in zip(taken, (ours, theirs), strict=True):
            seconds = timed(command, folder)
            if n >= WARM_UP:
                times.append(seconds)
    return statistics.median(taken[0]), statistics.median(taken[1])


def timed(command: Sequence[str], folder: Path | None = None) -> float:
    """Run one command to its end and return the seconds it took."""
    environment = as_installed()
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=environment, cwd=folder)
    return time.perf_counter() - start


def as_installed() -> dict[str, str]:
    """Return an environment in which Python keeps its compiled modules, as a user's does.

    What mcm keeps about its user goes into a folder of this run's own.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "NO_COLOR": "1", "XDG_STATE_HOME": USER.name}


def table(rows: Sequence[Row]) -> str:
    """Lay the rows out as text, widest name first."""
    width = max(len(row.what) for row in rows)
    lines = [f"{'what':<{width}}  {'ours':>8}  {'theirs':>8}  {'ratio':>6}  {'floor':>6}"]
    for row in rows:
        mark = "" if row.is_met else "  MISSED"
        lines.append(
            f"{row.what:<{width}}  {row.ours * 1000:>5.0f} ms  {row.theirs * 1000:>5.0f} ms"
            f"  {row.ratio:>6.2f}  {row.floor:>6.2f}{mark}"
        )
    return "\n".join(lines)


def second_table(measures: Sequence[Measure]) -> str:
    """Lay out the figures that are compared with nothing but their limit."""
    lines = []
    for each in measures:
        mark = "" if each.is_met else "  MISSED"
        limit = "" if each.limit is None else f" (limit {each.limit:g})"
        lines.append(f"{each.what}: {each.value:.3g} {each.unit}{limit}{mark}")
    return "\n".join(lines)


def main() -> int:
    """Measure every row and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mcm", type=Path, default=Path(sys.executable).with_name("mcm"))
    parser.add_argument("--aws", type=Path, required=True)
    parser.add_argument("--strict", action="store_true", help="exit 1 if a floor is missed")
    names = [measure.__name__ for measure in (*ROWS, *MEASURES)]
    parser.add_argument("--only", choices=names, metavar="NAME", help=f"one of {', '.join(names)}")
    chosen = parser.parse_args()
    tools = Tools(chosen.mcm.absolute(), chosen.aws.absolute())
    wanted = {chosen.only} if chosen.only else set(names)
    rows = [measure(tools) for measure in ROWS if measure.__name__ in wanted]
    measures = [measure() for measure in MEASURES if measure.__name__ in wanted]
    if rows:
        print(table(rows))
    if measures:
        print(second_table(measures))
    met = all(row.is_met for row in rows) and all(each.is_met for each in measures)
    return 1 if chosen.strict and not met else 0


if __name__ == "__main__":
    sys.exit(main())
