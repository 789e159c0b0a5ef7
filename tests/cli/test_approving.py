"""docs/approving.md, typed as it stands: two people, two clones, two terminals."""

import os
import re
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from mcm.cli.terminal import run_at_terminal
from mcm.clock import SystemClock
from tests.cli.conftest import ASKED
from tests.kit.world import ROOT

PAGE = ROOT / "docs" / "approving.md"
BLOCK = re.compile(r"^```sh\n# (alice|bob)(.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# The blocks of one terminal share its directory and its variables, and nothing else.
KEPT = (
    'trap "pwd > {here}/pwd; export -p > {here}/vars" EXIT; . {here}/vars; cd "$(cat {here}/pwd)"'
)


class Terminal:
    """One person's terminal."""

    def __init__(self, who: str, folder: Path) -> None:
        self._folder = folder
        self._here = folder / f"terminal-{who}"
        self._here.mkdir()
        (self._here / "pwd").write_text(f"{folder}\n")
        (self._here / "vars").write_text(f"export XDG_STATE_HOME={self._here}\n")
        home = {"HOME": str(self._here), "XDG_CONFIG_HOME": str(self._here)}
        person = {"NAME": who, "EMAIL": f"{who}@example.com"}
        named = {f"GIT_{r}_{k}": v for r in ("AUTHOR", "COMMITTER") for k, v in person.items()}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self._env = {**os.environ, **home, **named, "PATH": path, "PYTHONPATH": str(ROOT)}

    def run(self, block: str) -> str:
        """Type a block, and the change's id when that is asked for; return what is shown."""
        script = f"set -e -o pipefail\n{KEPT.format(here=self._here)}\n{block}"
        typed = "CM-0001\n" if "mcm approve" in block else ""
        code, shown = run_at_terminal(
            ["bash", "-c", script], typed, after=ASKED, cwd=self._folder, env=self._env
        )
        assert code == 0, f"{block}\n{shown}"
        return shown


def test_every_block_of_the_page_works_as_two_new_users_type_it(tmp_path: Path) -> None:
    """What is left running runs beside the rest; from request to approved takes 2 minutes."""
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    assert len(blocks) == PAGE.read_text(encoding="utf-8").count("```sh")
    desks = {who: Terminal(who, tmp_path) for who in ("alice", "bob")}
    clock = SystemClock()
    at: dict[str, float] = {}
    began = clock.now()
    with ThreadPoolExecutor(1) as beside:
        walk: Callable[[], str] = str
        for who, how, block in blocks:
            if "ended" in how:
                assert "succeeded" in walk()
            if "running" in how:
                walk = beside.submit(desks[who].run, block).result
                continue
            shown = desks[who].run(block)
            at.setdefault(block.split()[1] + who, (clock.now() - began).total_seconds())
            if block.startswith("mcm verify"):
                assert "approved by bob" in shown

    assert timedelta(seconds=at["approvebob"] - at["planalice"]) < timedelta(minutes=2)
    assert not (tmp_path / "alice/.mcm-sandbox/state.json").exists()
