"""The lines that the reading commands print for people."""

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest

from mcm.app.listing import Heading, list_changes
from mcm.app.log import read_log
from mcm.app.phase import Phase
from mcm.app.proof import Finding, Proof
from mcm.app.standing import ChangeStatus, ClosedGate, StageStatus
from mcm.app.status import read_status
from mcm.app.verify import Verdict, Verification
from mcm.cli.show import (
    ago,
    list_text,
    log_text,
    next_command,
    phase_words,
    status_text,
)
from mcm.cli.show_proof import verify_text
from mcm.core.errors import Exit
from mcm.core.history.journal import Draft
from mcm.store.memory import MemoryJournal
from tests.kit.clock import START
from tests.kit.world import World

EVIL = "x\x1b[2J\u202ey"
HARMLESS = "x\\u{1b}[2J\\u{202e}y"


@pytest.fixture(scope="module")
def held() -> ChangeStatus:
    world = World()
    plan = world.plan()
    world.deploy(plan)
    return read_status(plan.change, plan.to_bytes(), world.journal)


def test_an_unreadable_record_says_problem_and_where_to_look() -> None:
    text = status_text([read_status("CM-0001", b"{", MemoryJournal())], START)

    assert "PROBLEM: plan.json cannot be read" in text
    assert "next: mcm verify CM-0001" in text


def test_a_problem_names_the_mending_command_and_no_phase(held: ChangeStatus) -> None:
    stage = replace(held.stages[0], phase=Phase.UNKNOWN, since=None, gates=(), checks=())
    odd = replace(held, problem="plan.json is edition 1", mend="plan", stages=(stage,))
    text = status_text([odd], START)

    assert "PROBLEM: plan.json is edition 1\n  next: mcm plan CM-0001\n" in text
    assert text.endswith("prod-us: unknown")
    assert text.count("next:") == 1


def test_a_held_change_tells_what_it_waits_for_and_who_started_it(held: ChangeStatus) -> None:
    assert held.last_at is not None
    text = status_text([held], held.last_at + timedelta(minutes=5))

    assert "CM-0001  Shadow the next model  (edition 1, requester alice)" in text
    assert "started by alice 2026-03-18 09:40Z, last entry 5m ago" in text
    assert "prod-us: waiting at the gates since 2026-03-18 09:40Z (5m ago)" in text
    assert "closed gate approval: 0 of 1 persons approved CM-0001 for prod-us" in text
    assert "next: mcm approve CM-0001 --stage prod-us\n" in f"{text}\n"


def test_of_several_ways_on_the_first_step_is_in_json_and_all_are_told(held: ChangeStatus) -> None:
    gates = (ClosedGate("approval", "signed under another file [E_TRUST_CHANGED]"),)
    status = replace(held, stages=(replace(held.stages[0], gates=gates),))

    assert next_command("CM-0001", status.stages[0]) == "mcm request CM-0001"
    assert "next: mcm request CM-0001, then mcm approve CM-0001 --stage prod-us" in status_text(
        [status], START
    )


def test_a_breach_is_told_to_its_end() -> None:
    world = World()
    plan = world.plan()
    world.approve(plan)
    world.clock.at(world.clock.now() + timedelta(minutes=10), world.scenario.raise_errors)
    world.deploy(plan, patience=timedelta(hours=2))

    status = read_status(plan.change, plan.to_bytes(), world.journal)
    text = status_text([status], world.clock.now())

    assert "prod-us: rolled back since" in text
    assert "why: alarms: photo-check-5xx: in ALARM" in text
    assert "check alarms: BREACH," in text
    assert ", content verified: photo-check-us serves its old content" in text


def test_nothing_open_is_said_and_others_are_counted() -> None:
    assert status_text([], START) == "no change is open"
    assert status_text([], START, others=3) == "3 more are over: `mcm list` shows them"


@pytest.mark.parametrize(
    ("phase", "command"),
    [
        (Phase.DRAFT, "mcm plan CM-0001"),
        (Phase.PLANNED, "mcm request CM-0001"),
        (Phase.REQUESTED, "mcm approve CM-0001 --stage prod-us"),
        (Phase.REJECTED, "mcm plan CM-0001"),
        (Phase.APPROVED, "mcm deploy CM-0001 --stage prod-us"),
        (Phase.BAKING, "mcm deploy CM-0001 --stage prod-us"),
        (Phase.BREACHED, "mcm rollback --stage prod-us"),
        (Phase.ROLLING_BACK, "mcm rollback --stage prod-us"),
        (Phase.ERRORED, "mcm rollback --stage prod-us"),
        (Phase.UNKNOWN, ""),
        (Phase.SUCCEEDED, ""),
        (Phase.ROLLED_BACK, ""),
    ],
)
def test_each_phase_names_the_next_command(phase: Phase, command: str, held: ChangeStatus) -> None:
    stage: StageStatus = replace(held.stages[0], phase=phase)

    assert next_command("CM-0001", stage) == command


def test_content_that_differs_after_a_rollback_has_a_way_on(held: ChangeStatus) -> None:
    """Exit 6 must not be the end of the road."""
    stage = replace(held.stages[0], phase=Phase.ROLLED_BACK, exit=Exit.NEEDS_PERSON)
    text = status_text([replace(held, stages=(stage,))], START)

    assert "next: mcm rollback --stage prod-us --further, or restore by hand" in text


@pytest.mark.parametrize("phase", list(Phase))
def test_every_phase_has_words(phase: Phase) -> None:
    assert "_" not in phase_words(phase)


def test_foreign_text_is_harmless_in_every_command(held: ChangeStatus) -> None:
    stage = replace(held.stages[0], reason=EVIL)
    evil = replace(held, title=EVIL, operator=EVIL, requester=EVIL, problem=EVIL, stages=(stage,))
    found = Verification(
        "CM-0001", Verdict.BROKEN, (EVIL,), (Finding("plan", Proof.BROKEN, EVIL),), ()
    )

    for text in (
        status_text([evil], START),
        list_text(list_changes([evil], lambda _: Heading()), START),
        verify_text(found),
    ):
        assert HARMLESS in text
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_the_list_stands_in_columns(held: ChangeStatus) -> None:
    draft = read_status("CM-0010", None, MemoryJournal())
    listed = list_changes([held, draft], lambda _: Heading("A draft", "bob", START))

    head, first, second = list_text(listed, START + timedelta(hours=1)).splitlines()

    assert head == "CHANGE   STATE          OWNER  AGE  TITLE"
    assert first == "CM-0001  gates prod-us  alice  50m  Shadow the next model"
    assert second == "CM-0010  draft          bob    1h   A draft"


def test_an_unreadable_change_is_told_in_the_list() -> None:
    status = read_status("CM-0001", b"{", MemoryJournal())

    assert "UNREADABLE" in list_text(list_changes([status], lambda _: Heading()), START)


def test_no_changes_say_how_to_begin() -> None:
    assert list_text([], START) == "no changes: `mcm new` begins one"
    assert list_text([], START, 300) == "none of 300 changes is like that"


def test_the_log_has_a_line_for_each_entry() -> None:
    world = World()
    plan = world.plan()
    world.deploy(plan)

    lines = log_text(read_log(plan.change, world.journal)).splitlines()

    assert lines[0] == (
        "   1  2026-03-18 09:40:00Z  alice started the walk of edition 1 through prod-us"
    )
    assert len(lines) == len(world.journal.entries(plan.change))


def test_ages_are_rounded_for_people() -> None:
    assert ago(None, START) == "unknown"
    assert ago(START, START) == "now"
    assert ago(START, START + timedelta(hours=3, seconds=1)) == "3h1m ago"


def test_reading_needs_no_heavy_package() -> None:
    """`mcm status` is asked at 03:00 over slow links; start-up is most of its time."""
    code = (
        "import sys, mcm.cli.show, mcm.cli.show_json, mcm.store.sqlite;"
        "import mcm.app.status, mcm.app.listing, mcm.app.log;"
        "heavy = 'rich jinja2 yaml boto3 botocore cryptography tenacity moto'.split();"
        "print(sorted(set(heavy) & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_a_hold_shows_also_where_nothing_is_planned() -> None:
    journal = MemoryJournal()
    words = (
        Draft("held", {"stage": "", "by": "bob", "reason": "not today"}, START),
        Draft("held", {"stage": "prod-us", "by": "carol", "reason": "nor there"}, START),
    )
    journal.append("CM-0009", words, after=0, claims={})
    text = status_text([read_status("CM-0009", None, journal)], START)

    assert "\n  held by bob since 09:30:00Z: not today\n" in text
    assert "\n  prod-us held by carol since 09:30:00Z: nor there\n" in text
    assert "next: mcm resume CM-0009 --stage prod-us\n" in text
    assert "next: mcm resume CM-0009\n" in text


def ended(outcome: str, *more: Draft) -> tuple[str, Exit]:
    """Return how status shows a change that was promoted and ended, and its code."""
    world = World()
    plan = world.ready()
    world.deploy(plan)
    entries = world.entries()
    last = {"stage": "prod-us", "outcome": outcome, "reason": "alice: enough"}
    drafts = [Draft("stage_ended", last, world.clock.now()), *more]
    world.journal.append(plan.change, drafts, after=len(entries), claims={})
    found = read_status(plan.change, plan.to_bytes(), world.journal)
    return status_text([found], world.clock.now()), found.exit


def test_an_aborted_stage_says_that_what_was_promoted_stays() -> None:
    text, code = ended("aborted")

    assert "what was promoted stays there, and nobody watches it" in text
    assert "next: mcm rollback --stage prod-us" in text
    assert code is Exit.ABORTED


def test_what_a_rung_of_the_ladder_put_back_is_not_called_succeeded() -> None:
    back = {"stage": "prod-us", "rung": "restore", "what": "photo has its old config", "rest": []}
    text, code = ended("succeeded", Draft("put_back", back, START + timedelta(days=30)))

    assert "prod-us: rolled back" in text
    assert "why: put back by hand: photo has its old config" in text
    assert code is Exit.ROLLED_BACK
