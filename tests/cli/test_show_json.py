"""The JSON documents have exactly the keys that docs/json-output.md lists."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from mcm.app.drill import drill
from mcm.app.evidence import Evidence, Filed
from mcm.app.lint import Finding
from mcm.app.listing import Heading, list_changes
from mcm.app.log import read_log
from mcm.app.phase import Phase
from mcm.app.status import read_status
from mcm.app.ticking import Ticked
from mcm.app.twin_reading import see_stage
from mcm.app.verify import verify_change
from mcm.cli.lint import lint_json
from mcm.cli.show_json import drill_json, list_json, log_json, status_json, to_json, verify_json
from mcm.cli.tick import to_json as tick_json
from mcm.cli.trust_text import review_json
from mcm.core.history.turn import Wait
from mcm.core.trust.statement import TrustRef
from mcm.core.walking.notes import glass_broken
from mcm.trust.persons import TrustFile
from tests.core.approvals import a_glass
from tests.house.tree import ROOT
from tests.kit.clock import START
from tests.kit.world import STAGE, World
from tests.trust.people import make_key, public_line

PAGE = ROOT / "docs" / "json-output.md"
PARTS = {
    "anchor": "anchor",
    "changes": "change",
    "stages": "stage",
    "closed_gates": "gate",
    "checks": "check",
    "rollback": "rollback",
    "promotions": "promotion",
    "approvers": "approver",
    "findings": "finding",
    "drills": "drill",
    "glasses": "glass",
    "scenarios": "scenario",
}
REVIEW = {
    "persons": "trusted",
    "ssh": "trusted_key",
    "aws": "trusted_aws",
    "stages": "trusted_stage",
}


def documented() -> dict[str, set[str]]:
    """Return the keys in the first column of each table, by the heading above it."""
    found: dict[str, set[str]] = {}
    name = ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("### "):
            name = line.removeprefix("### ")
        elif line.startswith("| `"):
            cell = line.split("|")[1]
            found.setdefault(name, set()).update(re.findall(r"`(\w+)`", cell))
    return found


def objects(name: str, value: Any, parts: dict[str, str]) -> Iterator[tuple[str, set[str]]]:
    """Yield each object below `value` with the name of its table."""
    for each in value if isinstance(value, list) else [value]:
        if not isinstance(each, dict):
            continue
        yield name, set(each)
        for key, inner in each.items():
            if key in parts:
                yield from objects(parts[key], inner, parts)


def reviewed(tmp_path_factory: pytest.TempPathFactory) -> TrustFile:
    """Return a trust file in which somebody has every kind of credential."""
    key = public_line(make_key(tmp_path_factory.mktemp("keys"), "alice"))
    aws = ["arn:aws:iam::111111111111:user/alice"]
    alice = {"id": "alice", "roles": ["requester"], "ssh": [key], "aws": aws}
    return TrustFile.from_value({"version": 1, "persons": [alice]}, sandbox=True)


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[frozenset[str]]]:
    """Return the sets of keys of every object in every document, by the name of its table."""
    world = World()
    plan = world.plan()
    seen = see_stage(plan, plan.stages[0], world.runner().observer, world.clock.now())
    world.deploy(plan)
    held = read_status(plan.change, plan.to_bytes(), world.journal)
    said = world.approve(plan)
    world.clock.at(world.clock.now() + timedelta(minutes=10), world.scenario.raise_errors)
    world.deploy(plan, patience=timedelta(hours=2))
    back = read_status(plan.change, plan.to_bytes(), world.journal)
    entries = world.journal.entries(plan.change)
    filed = Filed("approval.json", "", said.digest, said.statement, said.key, "bob")
    proof = verify_change(
        Evidence(plan.change, entries, "", "", plan, "", (filed,), "", TrustRef(1, "0" * 64), "")
    )
    listed = list_changes([held, back], lambda _: Heading())
    log = [json.loads(log_json(line)) for line in read_log(plan.change, world.journal)]
    glass = glass_broken(a_glass(), "a" * 64, START)
    world.journal.append("CM-0002", [glass], after=0)
    alone = read_status("CM-0002", None, world.journal)
    documents = [
        ("status", status_json([held, back, alone], START), PARTS),
        ("list", list_json(listed, START), {"changes": "listed"}),
        ("entry", log, {}),
        ("verification", verify_json(proof), PARTS),
        ("drilled", drill_json([drill(seen, START)]), PARTS),
        (
            "lint",
            lint_json([Finding("config", "mcm.yaml", 1, 1, "x")]),
            {"findings": "lint_finding"},
        ),
        ("walk", tick_json(Ticked(plan.change, STAGE, Wait(START, "baking"))), {}),
        ("trust", review_json(reviewed(tmp_path_factory), [(STAGE, 1, False)], START), REVIEW),
    ]
    found: dict[str, set[frozenset[str]]] = {}
    for name, document, parts in documents:
        for part, keys in objects(name, json.loads(json.dumps(document)), parts):  # type: ignore[arg-type]
            found.setdefault(part, set()).add(frozenset(keys))
    return found


ELSEWHERE = re.compile(
    "runbook|shown_runbook|doctor|audit"
    "|(backtests?|guardrail_tried|alarm_span|suggestion|quiet_window|windows|hours|live_gate|opening|denial|leg)$"
    "|new(_package)?$"
    "|(checks|definition|shown_check|parameter|trial|tried|seen)$"
)
"""Tables of commands that are tested by modules of their own."""
HERE = sorted(name for name in documented() if not ELSEWHERE.match(name))


@pytest.mark.parametrize("name", HERE)
def test_the_page_lists_the_keys_that_are_printed(
    name: str, printed: dict[str, set[frozenset[str]]]
) -> None:
    """All objects of one kind have the same keys, whatever they tell."""
    assert printed[name] == {frozenset(documented()[name])}


def test_every_kind_of_object_has_its_table(printed: dict[str, set[frozenset[str]]]) -> None:
    assert set(printed) == set(HERE)


def test_the_page_names_every_phase() -> None:
    row = next(
        line
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith("| `phase`")
    )

    assert set(re.findall(r"`(\w+)`", row)) - {"phase"} == {phase.value for phase in Phase}


def test_what_is_printed_cannot_reach_a_terminal_as_an_escape() -> None:
    text = to_json({"title": "a\x1b[2Jb\u202ec\u2028"})

    assert text.isascii()
    assert "\x1b" not in text
    assert json.loads(text) == {"title": "a\x1b[2Jb\u202ec\u2028"}


def test_instants_are_spelled_in_utc_with_milliseconds() -> None:
    assert status_json([], START)["at"] == "2026-03-18T09:30:00.000Z"
