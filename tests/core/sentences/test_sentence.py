"""One line for each journal entry, whatever is in it."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from mcm.core import codec
from mcm.core.history import fold
from mcm.core.history.instruction import (
    AnswerApproval,
    CloseTransition,
    OpenTransition,
    RollBackStage,
    StopExecution,
)
from mcm.core.history.journal import GENESIS, VERSION, Entry
from mcm.core.query import PipelineId, Place
from mcm.core.sentences.sentence import _TELLERS, sentence, shorten
from tests.house.tree import python_files

AT = datetime(2026, 3, 18, 9, 30, tzinfo=UTC)
PIPELINE = PipelineId(Place("111111111111", "us-east-1"), "ParcelPhotoCheck")
LONG = "0a1b2c3d-89ab-4def-8123-456789abcdef"


def say(kind: str, /, **body: Any) -> str:
    return sentence(Entry(VERSION, 7, GENESIS, AT, kind, body, "f" * 64))


def written() -> set[str]:
    """Return the kinds of entry that the package's source drafts."""
    found = set()
    for path in python_files("mcm"):
        found |= set(re.findall(r"Draft\(\s*\"([a-z_]+)\"", path.read_text(encoding="utf-8")))
    assert found
    return found


@pytest.mark.parametrize("kind", sorted({*fold._HANDLERS, *written(), "warned"}))
def test_every_kind_has_a_sentence_of_its_own(kind: str) -> None:
    """Also with nothing in it: a sentence is never worth an error."""
    assert kind in _TELLERS
    assert say(kind)


@pytest.mark.parametrize("kind", sorted(_TELLERS))
@pytest.mark.parametrize("odd", [None, 3, "text", [1], {"a": 1}, True])
def test_facts_of_the_wrong_type_give_a_line(kind: str, odd: object) -> None:
    names = ("stage", "stages", "contents", "instruction", "reason", "intent", "outcome", "open")
    line = say(kind, **dict.fromkeys(names, odd))

    assert line
    assert "\n" not in line


def test_an_unknown_kind_gives_a_neutral_line() -> None:
    """A newer mcm may have written it."""
    assert say("moon_rose", stage="prod-us", reason="late") == "prod-us: moon rose: late"
    assert say("moon_rose") == "moon rose"


@pytest.mark.parametrize(
    ("kind", "body", "line"),
    [
        (
            "walk_started",
            {"plan": "d" * 64, "edition": 2, "stages": ["prod-eu", "prod-us"], "operator": "alice"},
            "alice started the walk of edition 2 through prod-eu, prod-us",
        ),
        (
            "gate_changed",
            {"stage": "prod-us", "gate": "window", "open": False, "reason": "opens at 02:00"},
            "prod-us: gate window is closed: opens at 02:00",
        ),
        (
            "gate_changed",
            {"stage": "prod-us", "gate": "approval", "open": True, "reason": "approved by bob"},
            "prod-us: gate approval is open: approved by bob",
        ),
        (
            "baseline",
            {"stage": "p", "found": "e4", "effective": "e4", "contents": [{"endpoint": "photo"}]},
            "p: what photo served was noted, with e4 in the stage",
        ),
        (
            "outcome",
            {"intent": 7, "result": "in_doubt", "detail": "timeout", "code": "", "execution": ""},
            "entry 7: no clear reply: it may have happened: timeout",
        ),
        (
            "outcome",
            {"intent": 7, "result": "refused", "detail": "no", "code": "Denied", "execution": ""},
            "entry 7: AWS refused (Denied): no",
        ),
        (
            "outcome",
            {"intent": 7, "result": "done", "detail": "done", "code": "", "execution": LONG},
            "entry 7: done, started 0a1b2c3d",
        ),
        (
            "settled",
            {"intent": 7, "happened": False, "detail": "no trace", "execution": ""},
            "entry 7: it did not happen: no trace",
        ),
        (
            "entered",
            {"stage": "p", "by": "others"},
            "p: the pinned execution is in the stage, let in by somebody else",
        ),
        (
            "breach",
            {"stage": "p", "check": "alarms", "reason": "alarms: 5xx", "action": "roll_back"},
            "p: BREACH, the stage is rolled back: alarms: 5xx",
        ),
        (
            "breach",
            {"stage": "p", "check": "alarms", "reason": "alarms: 5xx", "action": "hold"},
            "p: BREACH, the walk holds for a person: alarms: 5xx",
        ),
        ("sight", {"stage": "p", "lost": False, "reason": ""}, "p: the pipeline can be seen again"),
        (
            "rollback_started",
            {"stage": "p", "source": LONG, "target": "e4", "why": "5xx", "execution": ""},
            "p: rolling back from 0a1b2c3d to e4: 5xx",
        ),
        (
            "rollback_started",
            {"stage": "p", "source": "", "target": "e4", "why": "by bob", "execution": "r1"},
            "p: following rollback r1 to e4: by bob",
        ),
        (
            "rollback_ended",
            {"stage": "p", "outcome": "rolled_back", "verified": "differs", "detail": "live gone"},
            "p: rolled back, the content is not what it was: live gone",
        ),
        (
            "rollback_ended",
            {"stage": "p", "outcome": "failed", "verified": "unverified", "detail": "AWS refused"},
            "p: the rollback failed: AWS refused",
        ),
        (
            "stage_ended",
            {"stage": "p", "outcome": "rolled_back", "reason": "5xx"},
            "p: rolled back: 5xx",
        ),
        (
            "planned",
            {"edition": 2, "plan": "d" * 64, "execution": LONG},
            "edition 2 was planned for execution 0a1b2c3d",
        ),
        ("requested", {"by": "alice", "edition": 2}, "alice asked for approval of edition 2"),
        ("approved", {"stage": "p", "by": "bob", "edition": 2}, "p: bob approved edition 2"),
        (
            "rejected",
            {"by": "bob", "edition": 2, "reason": "not tonight"},
            "bob rejected edition 2: not tonight",
        ),
        (
            "approval_answered",
            {"stage": "p", "action": "ApproveUS/Approve", "result": "done", "reason": "done"},
            "p: answering the pipeline's approval ApproveUS/Approve: done",
        ),
        (
            "gates_open",
            {"stage": "p", "gates": [], "approvals": [{"person": "bob"}, {"person": "carol"}]},
            "p: all gates are open, approved by bob, carol",
        ),
        (
            "refused",
            {"stage": "p", "by": "alice", "code": "E_SELF_APPROVAL", "reason": "her own"},
            "p: alice was refused: her own [E_SELF_APPROVAL]",
        ),
        ("refused", {"code": "E_CHAIN", "reason": "edited"}, "refused: edited [E_CHAIN]"),
        ("warned", {"stage": "p", "text": "denied"}, "p: warning: denied"),
    ],
)
def test_lines(kind: str, body: dict[str, Any], line: str) -> None:
    assert say(kind, **body) == line


@pytest.mark.parametrize(
    ("instruction", "line"),
    [
        (OpenTransition(PIPELINE, "ProdUS", LONG, 3), "open the way into ProdUS for 0a1b2c3d"),
        (CloseTransition(PIPELINE, "ProdUS", "done"), "close the way into ProdUS"),
        (
            AnswerApproval(PIPELINE, "ApproveUS", "Approve", LONG, 3, "ok"),
            "approve ApproveUS/Approve for 0a1b2c3d",
        ),
        (
            StopExecution(PIPELINE, "ProdUS", LONG, True, "stop"),
            "stop 0a1b2c3d in ProdUS, abandoning its actions",
        ),
        (RollBackStage(PIPELINE, "ProdUS", "e4", LONG), "roll ProdUS back to e4"),
    ],
)
def test_an_intent_says_what_is_about_to_be_done(instruction: Any, line: str) -> None:
    said = say("intent", stage="p", why="because", instruction=codec.to_value(instruction))

    assert said == f"p: about to {line}: because"


def test_braces_in_names_are_text() -> None:
    """A name may look like a format; nothing is looked up in it."""
    close = CloseTransition(PIPELINE, "{0.__class__}{target}", "why")

    assert "{0.__class__}{target}" in say("intent", stage="p", instruction=codec.to_value(close))


def test_long_ids_are_cut_alike_wherever_they_stand() -> None:
    assert shorten(f"{LONG} and {'ab' * 32}, not 12345678") == "0a1b2c3d and abababab, not 12345678"


def test_control_characters_and_length_are_bounded() -> None:
    line = say("person_needed", stage="p", reason="\x1b[2Ja\nb" + "c" * 5000)

    assert line.startswith("p: a person is needed: \\u{1b}[2Ja\\u{a}bccc")
    assert len(line) == 600


def test_what_is_to_come_after_a_put_back_is_said() -> None:
    line = say("put_back", stage="prod-us", what="endpoint", rest=["open the way in", "look"])

    assert line == "prod-us: put back by hand: endpoint; to come: open the way in, look"
