"""On-call's screen: 80 columns and 24 rows, whatever AWS and people have written."""

import shlex
import subprocess
import unicodedata
from dataclasses import replace
from datetime import timedelta

import pytest

from mcm.app.oncall import Facts, build_facts
from mcm.cli.fold import fold
from mcm.cli.oncall_screen import HEIGHT, WIDTH, Where, screen, too_long
from mcm.core import commands
from mcm.core.past import GitCommit
from mcm.core.pipeline import Identity
from mcm.core.query import PipelineId
from mcm.core.reading import Readings
from mcm.core.revision import Revision
from tests.app.scenes import PASSAGES, passage, past, revision, run, scene
from tests.kit.readings import NOW, PIPELINE, US, go_back, pipeline_view, stage

HERE = Where("https://codepipeline.us-east-1.amazonaws.com")
HEAD = "promoted 09:40Z, the alarm photo-check-5xx began 09:57Z, 17m later"
BAD = "\x1b[2J\x07\u202eevil ✖ 日本語日本語" * 30


def text(facts: Facts, **fields: object) -> str:
    return "\n".join(screen(facts, HEAD, replace(HERE, **fields)))


def columns(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line)


def hostile() -> Facts:
    """80 commits, long names and control characters everywhere."""
    revisions = [Revision(BAD, f"{n:040x}", BAD, BAD) for n in range(80)]
    between = [passage(f"m{n}", NOW - timedelta(hours=1 + n / 10)) for n in range(40)]
    runs = (
        run("new", *revisions, started_by=BAD),
        *(run(f"m{n}", revision(f"{n:039x}f", BAD, BAD)) for n in range(40)),
        run("old", revision("c1", BAD, BAD)),
    )
    crowd = [stage(f"x{n}", "InProgress", name=BAD[:90] + str(n)) for n in range(20)]
    view = pipeline_view(*crowd, stage(inbound=tuple(BAD + str(n) for n in range(9))))
    readings = past((PASSAGES[0], *between, PASSAGES[1]), runs, view=view)
    goal = go_back(stage=BAD, pipeline=replace(PIPELINE, name=PIPELINE.name))
    facts = build_facts(scene(goal=goal), readings)
    return replace(facts, caller=Identity(BAD, BAD), way_in=BAD)


@pytest.mark.parametrize("facts", [hostile(), build_facts(scene(), Readings({}, NOW))])
@pytest.mark.parametrize("head", [HEAD, BAD * 9, ""])
def test_it_fits_the_screen_with_a_row_for_the_prompt(facts: Facts, head: str) -> None:
    lines = screen(facts, head, replace(HERE, found="as last time", sandbox=True))

    assert len(lines) <= HEIGHT - 1
    assert max(map(columns, lines)) <= WIDTH


@pytest.mark.parametrize("width", [40, 60])
def test_a_narrower_terminal_is_kept_to(width: int) -> None:
    lines = screen(hostile(), HEAD, HERE, width=width)

    assert max(map(columns, lines)) <= width


def test_nothing_invisible_gets_through() -> None:
    shown = "\n".join(screen(hostile(), BAD, Where(BAD, BAD)))

    assert all(char == "\n" or unicodedata.category(char)[0] != "C" for char in shown)


def test_however_much_there_is_the_needed_parts_stand() -> None:
    shown = text(hostile())

    for label in ("now", "goes to", "takes back", "under way", "takes ", "by hand"):
        assert f"\n{label}" in shown
    assert "more" in shown
    assert HEAD in shown


def test_it_says_what_on_call_must_know() -> None:
    shown = text(replace(build_facts(scene(), past()), caller=Identity("1", "arn:aws:x/alice")))

    assert "ROLL BACK prod-us: ProdUS of ParcelPhotoCheck, us-east-1" in shown
    assert "codepipeline.us-east-1.amazonaws.com, account 1 as alice" in shown
    assert "now        new since 09:40Z (20m ago)" in shown
    assert "c2 Code: Change c2" in shown
    assert "goes to    old, there from Mon 16 Mar 10:00Z (2d ago)" in shown
    assert "takes back that one execution: 1 commit; 1 source stays as it is" in shown
    assert "under way  nothing else in this pipeline" in shown
    assert "takes      about 7m: the last 2 deployments here took 5m to 7m" in shown


def test_what_is_unknown_is_said() -> None:
    shown = text(build_facts(scene(source="", target=""), Readings({}, NOW)))

    assert "now        an unknown execution, since when is unknown" in shown
    assert "whose change it is is unknown" in shown
    assert "goes to    unknown" in shown
    assert "takes back unknown: not read" in shown
    assert "takes      unknown: not read" in shown
    assert "disable-stage-transition" in shown
    assert "rollback-stage" not in shown


def test_executions_in_between_are_listed() -> None:
    middle = passage("middle", NOW - timedelta(hours=20))
    runs = (
        run("new", revision("c3")),
        run("middle", revision("c2", summary="Try\nit")),
        run("old", revision("c1")),
    )
    shown = text(build_facts(scene(), past((PASSAGES[0], middle, PASSAGES[1]), runs)))

    assert "takes back 2 commits of 2 executions (middle between), the newest first:" in shown
    assert "c2 Code: Try\n" in shown


def test_commits_of_a_clone_are_listed_with_their_authors() -> None:
    commits = tuple(GitCommit(f"{n:040x}", "bob", f"Change {n}") for n in range(80))
    shown = text(replace(build_facts(scene(), past()), git=commits, git_more=True))

    assert "takes back 80 commits or more by the clone here, the newest first:" in shown
    assert "00000000 bob: Change 0" in shown
    assert "more commits" in shown


def test_a_sandbox_is_marked_and_a_guess_admitted() -> None:
    shown = text(build_facts(scene(), past()), sandbox=True, found="as last time")

    assert shown.startswith("SANDBOX  ROLL BACK")
    assert "(as last time)" in shown
    assert 'eval "$(mcm sandbox env)"' in shown


@pytest.mark.parametrize("reason", ["rolling back ProdUS", "it's (odd) - really"])
def test_a_folded_command_is_the_same_to_a_shell(reason: str) -> None:
    name = "a-pipeline-with-quite-a-long-name"
    command = shlex.join(["echo", "--pipeline-name", name, "--reason", reason, "--region", "r"])
    folded = fold(command, 60)
    assert folded is not None
    assert max(map(len, folded)) <= 60
    same = [
        subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout
        for script in (command, "\n".join(folded))
    ]

    assert same[0] == same[1]


def test_the_lines_of_the_example_fit() -> None:
    """With an execution id as AWS makes them."""
    target = "750677e9-b953-445b-a506-9d27a3775fbc"

    assert too_long(build_facts(scene(target=target), past())) == ()


def test_names_too_long_to_fold_are_shown_above_instead() -> None:
    long = PipelineId(US, "p" * 100)
    facts = build_facts(scene(goal=go_back(pipeline=long)), Readings({}, NOW))

    assert too_long(facts) == commands.aws_rollback(long, "ProdUS", "old")
    assert "the plain aws lines stand above" in text(facts)
    assert too_long(build_facts(scene(), past())) == ()


def test_a_veto_stands_before_all_else() -> None:
    """mcm wanted to go back, and somebody named said no: on-call must see it before the key."""
    said = "carol vetoed its rollback at 09:58Z: the alarm is wrong"
    lines = screen(build_facts(scene(vetoed=said), past()), HEAD, HERE)
    (row,) = [number for number, line in enumerate(lines) if line.startswith("VETOED")]

    assert said in lines[row]
    assert row < next(n for n, line in enumerate(lines) if line.startswith("now "))
    crowded = replace(hostile(), scene=replace(hostile().scene, vetoed=said))
    assert any(said in line for line in screen(crowded, HEAD, HERE))
