"""What of a gate is news: that it opened, that it closed, and why it is closed now."""

import pytest

from mcm.core.history.state import StageState
from mcm.core.history.turn import GateView
from mcm.core.walking import notes
from tests.planned import NOW, make_plan

STAGE = make_plan().stages[0]


def noted(before: dict[str, str], *found: GateView) -> list[tuple[object, object]]:
    drafts = notes.gates(STAGE, StageState(gates=before), found, NOW)
    return [(draft.body["open"], draft.body["reason"]) for draft in drafts]


def test_a_gate_that_opens_or_closes_is_noted_once() -> None:
    closed, opened = GateView("check", False, "ERROR: no data"), GateView("check", True, "3 pass")

    assert noted({}, closed) == [(False, "ERROR: no data")]
    assert noted({"check": "ERROR: no data"}, closed) == []
    assert noted({"check": "ERROR: no data"}, opened) == [(True, "3 pass")]
    assert noted({}, opened) == []


def test_another_reason_is_news() -> None:
    """Status shows the last reason noted: an old one would send people the wrong way."""
    rejected = GateView("approval", False, "carol rejected CM-1 [E_REJECTED]")

    assert noted({"approval": "0 of 1 persons approved"}, rejected) == [(False, rejected.reason)]


@pytest.mark.parametrize(
    ("gate", "before", "now"),
    [
        ("window", "opens Thu 19 Mar 02:00 (in 23h20m)", "opens Thu 19 Mar 02:00 (in 59m)"),
        ("check", "BREACH: latency 812.5ms over 400ms", "BREACH: latency 1030ms over 400ms"),
        ("check", "INCONCLUSIVE: 12 of 100 requests", "INCONCLUSIVE: 99 of 100 requests"),
    ],
)
def test_a_countdown_is_no_news(gate: str, before: str, now: str) -> None:
    assert noted({gate: before}, GateView(gate, False, now)) == []


def test_one_person_more_is_news() -> None:
    before, now = "0 of 2 persons approved CM-1", "1 of 2 persons approved CM-1"

    assert noted({"approval": before}, GateView("approval", False, now)) == [(False, now)]
