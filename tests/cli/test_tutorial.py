"""docs/tutorial.md, typed as it stands, by somebody who has never seen mcm."""

import os
import re
import sys
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest

from mcm.cli.terminal import run_at_terminal
from mcm.clock import SystemClock
from mcm.sandbox import process
from tests.kit.world import ROOT

PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ASKED = re.compile(r"^\| (.+\?) \| (.+) \|$", re.MULTILINE)
ALLOWED = timedelta(minutes=10)


def test_the_page_leads_to_a_lint_clean_record_in_four_commands(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """mkdir, git and looking do not count; what is asked is answered as the page says."""
    here = tmp_path
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    home = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state"), "COLUMNS": "200"}
    env = {**os.environ, **home, "PATH": path, "PYTHONPATH": str(ROOT)}
    asked = ASKED.findall(PAGE)
    shown: dict[str, str] = {}
    clock = SystemClock()
    began = clock.now()
    request.addfinalizer(lambda: process.down(tmp_path / "photo-check"))
    for block in BLOCK.findall(PAGE):
        (first, typed), *then = asked if "mcm new" in block else [("", "")]
        code, shown[block.strip()] = run_at_terminal(
            ["bash", "-c", f"set -e\n{block}"],
            f"{typed}\n" if typed else "",
            after=first,
            then=[(question, f"{answer}\n") for question, answer in then],
            cwd=here,
            env=env,
        )
        assert code == 0, f"{block}\n{shown[block.strip()]}"
        here = tmp_path / "photo-check"
    took = clock.now() - began
    record = (here / "changes/CM-0001/record.md").read_text(encoding="utf-8")

    typed_by_hand = [line for line in shown if line.startswith("mcm ")]
    assert len(set(typed_by_hand) - {"mcm lint", "mcm sandbox down"}) == 4
    assert "no problems in mcm.yaml and 1 change" in shown["mcm lint"]
    assert took < ALLOWED
    assert record.startswith("# CM-0001: Log the model's confidence\n")
    words = [word.strip(".,") for _, answer in asked for word in answer.split()]
    assert [word for word in words if word not in unescape(record)] == []
