"""mcm's own runbooks hold together, and a person at a terminal can follow one."""

import json
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import pytest
import typer
from botocore import xform_name

from mcm.app.runbook import load, names
from mcm.cli.main import build_app, run
from mcm.cli.terminal import run_at_terminal
from mcm.core.runbooks import runbook
from mcm.core.runbooks.runbook import Rendered, Runbook
from mcm.core.runbooks.runbook_facts import FACTS, build_facts
from mcm.record.runbook import render_runbook
from tests.cli.conftest import ENV, Shop
from tests.cli.test_show_json import documented
from tests.planned import make_plan

SHIPPED = (
    "blind",
    "credentials-expired-in-a-bake",
    "endpoint-update-rollback-failed",
    "pipeline-cannot-roll-back",
    "promote-a-stage",
    "roll-back",
)
_AWS_WIDE = {"region", "query", "output", "profile", "no-cli-pager"}
_LINE = re.compile(r"`((?:aws|mcm) [^`]+)`")


def facts_of(book: Runbook) -> Rendered:
    """Fill in what an invented service's files and plan say."""
    from mcm.core.plans.service import Service
    from tests.planned import make_service

    service: Service = make_service()
    return render_runbook(book, build_facts(service, service.stages[1], make_plan(), "CM-0001"))


def lines(book: Rendered) -> Iterator[list[str]]:
    """Yield the words of every mcm and aws command in commands, checks and prose."""
    for step in book.steps:
        found = _LINE.findall(step.text)
        if step.kind in (runbook.COMMAND, runbook.CHECK):
            found.append(step.block.replace("\\\n", " "))
        for line in found:
            words: list[str] = []
            lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;")
            lexer.whitespace_split = True
            for word in [*lexer, ";"]:
                if set(word) <= set("|&;"):
                    if words and words[0] in ("aws", "mcm"):
                        yield words
                    words = []
                else:
                    words.append(word)


def test_these_are_shipped() -> None:
    assert names() == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_it_reads_and_is_filled_in_from_the_files(name: str) -> None:
    rendered = facts_of(load(name))
    assert len(rendered.steps) >= 5
    whole = " ".join(step.text + step.block for step in rendered.steps)
    assert "{{" not in whole
    assert "prod-us" in whole


@pytest.mark.parametrize("name", SHIPPED)
def test_every_mcm_command_in_it_parses(name: str) -> None:
    for words in lines(facts_of(load(name))):
        if words[0] == "mcm":
            command = typer.main.get_command(build_app())
            context = command.make_context("mcm", ["status"])
            rest = words[1:]
            while hasattr(command, "commands"):
                verb, rest = rest[0], rest[1:]
                assert verb in command.commands, shlex.join(words)
                command = command.commands[verb]
            if len(words) > 2:
                command.make_context(verb, rest, parent=context)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_aws_command_in_it_is_in_the_model(name: str) -> None:
    """Operation and parameters exist, by botocore's own description of the service."""
    session = botocore.session.get_session()
    for words in lines(facts_of(load(name))):
        if words[0] != "aws" or words[1] == "sso":
            continue
        model = session.get_service_model(words[1])
        operations = {xform_name(each, "-"): each for each in model.operation_names}
        assert words[2] in operations, shlex.join(words)
        shape = model.operation_model(operations[words[2]]).input_shape
        members = {xform_name(each, "-") for each in shape.members} if shape else set()
        given = {word[2:] for word in words[3:] if word.startswith("--")}
        assert given <= members | _AWS_WIDE, shlex.join(words)


@pytest.mark.parametrize("name", SHIPPED)
def test_it_lists_a_command_for_each_of_its_aws_lines_and_prints_no_token(name: str) -> None:
    """A token that answers an approval is never printed (AWS-RULES 13)."""
    for words in lines(facts_of(load(name))):
        if "get-pipeline-state" in words:
            assert "--query" in words


def test_list_says_when_each_helps(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["runbook", "list"]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in SHIPPED)
    assert run(["runbook", "list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["runbooks"]
    assert [each["name"] for each in found] == list(SHIPPED)
    assert all(set(each["needs"]) <= set(FACTS) for each in found)


OWN = """---
name: {name}
title: Call {who}
when: Nothing else helps.
needs: []
---

## 1. Call

Call {who}.
"""


def test_a_projects_own_runbook_comes_before_ours_of_the_same_name(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """And one that is broken hides no other."""
    folder = shop.root / "runbooks"
    folder.mkdir()
    for name, text in {
        "blind": OWN.format(name="blind", who="bob"),
        "call-carol": OWN.format(name="call-carol", who="carol"),
        "pipeline-cannot-roll-back": "---\nname: other\n---\n",
    }.items():
        (folder / f"{name}.md").write_text(text)
    try:
        assert shop.mcm("runbook list") == 0
        said = capsys.readouterr()
        assert "blind  Call bob  (this project)\n" in said.out
        assert "call-carol  Call carol  (this project)\n" in said.out
        assert "roll-back  " in said.out
        assert "runbooks/pipeline-cannot-roll-back.md" in said.err
        assert shop.mcm("runbook show call-carol") == 0
        assert "Call carol." in capsys.readouterr().out
    finally:
        shutil.rmtree(folder)


def test_show_fills_in_what_the_project_says_and_leaves_the_rest_in_capitals(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(shop.root)
    assert run(["runbook", "show", "roll-back", "--stage", "ProdUS"]) == 0
    said = capsys.readouterr()
    assert "mcm rollback --stage prod-us" in said.out
    assert "photo-check-us" in said.out
    assert run(["runbook", "show", "roll-back", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert "stage" in found["unknown"]
    assert found["facts"]["pipeline"] == "ParcelPhotoCheck"
    assert found["steps"][1]["block"] == "ROLLBACK_LINE"


def test_the_documents_have_the_keys_that_the_page_lists(
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = documented()
    run(["runbook", "list", "--json"])
    listed = json.loads(capsys.readouterr().out)
    run(["runbook", "show", "blind", "--json"])
    shown = json.loads(capsys.readouterr().out)
    assert set(listed) == page["runbooks"]
    assert set(listed["runbooks"][0]) == page["runbook"]
    assert set(shown) == page["shown_runbook"]
    assert set(shown["steps"][0]) == page["runbook_step"]


def test_show_works_where_there_is_no_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["runbook", "show", "blind"]) == 0
    assert "--name PIPELINE --region REGION" in capsys.readouterr().out


def test_run_is_refused_where_nobody_can_be_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["runbook", "run", "blind"]) == 2
    assert "mcm runbook show blind" in capsys.readouterr().err


def test_a_missing_fact_is_told_with_its_step(shop: Shop) -> None:
    code, said = at_terminal(shop, "runbook run roll-back", "", "")
    assert code == 2
    assert "step 1 (Is it the deployment?) needs stage" in said


def at_terminal(
    shop: Shop, line: str, typed: str, after: str, *then: tuple[str, str]
) -> tuple[int, str]:
    command = [sys.executable, "-m", "mcm.cli.main", *line.split()]
    return run_at_terminal(command, typed, after=after, cwd=shop.root, env=ENV, then=then)


def test_a_person_follows_one_key_by_key_and_goes_on_later(shop: Shop) -> None:
    line = "runbook run blind --stage prod-us"
    code, said = at_terminal(shop, line, "n", "leave): ", ("q leave): ", "s"), ("q leave): ", "q"))
    assert code == 10, said
    assert "Step 2 of 7" in said
    code, said = at_terminal(shop, line, "q", "q leave): ")
    assert code == 10
    assert "Step 1 of 7" not in said
    assert "Step 3 of 7" in said
    kinds = [entry.kind for entry in shop.entries("RUNBOOK-blind")]
    assert kinds == ["runbook_started", "runbook_step", "runbook_step"]
