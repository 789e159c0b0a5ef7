"""The threat table, row by row: each attempt is refused by the command that meets it.

Docs: docs/security-design.md. The attempts are in the modules beside this one, by idea;
rows that no command refuses by a code are in the test modules of this folder.
"""

import re
from collections.abc import Callable

import pytest

from tests.threats import by_files
from tests.threats.ground import CHANGE, Attempt, Ground
from tests.threats.table import ATTEMPTS


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=str)
def test_it_is_refused(
    attempt: Attempt, ground: Ground, capsys: pytest.CaptureFixture[str]
) -> None:
    """With its code, its exit status and an entry in the journal; and nothing is promoted."""
    attempt.act(ground)
    before = len(ground.shop.entries(CHANGE)) if attempt.journaled else 0
    capsys.readouterr()

    status = ground.shop.mcm(attempt.line)

    said = capsys.readouterr()
    assert (status, f"[{attempt.code}]" in said.err + said.out) == (attempt.exit, True), said
    if attempt.journaled:
        refused = [e for e in ground.shop.entries(CHANGE)[before:] if e.kind == "refused"]
        assert [entry.body["code"] for entry in refused] == [attempt.code]
        assert refused[0].body["by"]
    assert ground.shop.sent("EnableStageTransition") == 0


def test_the_ground_would_let_it_through(ground: Ground) -> None:
    """What the attempts bend is right before they bend it: the same approval promotes."""
    ground.requested()
    ground.approve()
    ground.shop.type(f"approve {CHANGE} --profile bob", "")

    assert ground.shop.mcm("deploy CM-0001 --stage prod-us") == 0
    assert ground.shop.sent("EnableStageTransition") == 1


@pytest.mark.parametrize(
    ("act", "word"),
    [
        pytest.param(act, word, id=f"threat_{number}-{words.replace(' ', '-')}")
        for number, words, act, word in by_files.config_attempts()
    ],
)
def test_what_a_projects_files_may_not_say(
    ground: Ground, capsys: pytest.CaptureFixture[str], act: Callable[[Ground], None], word: str
) -> None:
    """No plan comes of it: exit 2, with the file and the line."""
    act(ground)
    capsys.readouterr()

    assert ground.shop.mcm(f"plan {CHANGE}") == 2
    said = capsys.readouterr().err
    assert re.search(r"(mcm|change)\.yaml:\d+:\d+: ", said), said
    assert word in said
    assert not ground.plan_file.exists()
