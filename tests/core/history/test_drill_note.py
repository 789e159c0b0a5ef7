"""What a drill in the journal says, whoever wrote it."""

from datetime import timedelta
from typing import Any

import pytest

from mcm.core.history.drill_note import read_drill

RIGHT = {"name": "breach", "right": True, "back_ms": 189_001}


def test_nothing_known_is_nothing_played() -> None:
    note = read_drill({})

    assert note.count == 0
    assert note.summary() == "nothing was played"


@pytest.mark.parametrize("right", [None, "yes", 1, False])
def test_what_is_not_known_to_have_been_right_was_not(right: object) -> None:
    note = read_drill({"scenarios": [{"name": "breach", "right": right}]})

    assert note.wrong == ("breach",)
    assert note.summary() == "1 of 1 scenario went wrong: breach"


def test_the_longest_way_back_is_told() -> None:
    slow = {"name": "killed", "right": True, "back_ms": 696_400}

    note = read_drill({"scenarios": [RIGHT, slow, {"name": "clean walk", "right": True}]})

    assert note.back == timedelta(seconds=697)
    assert note.summary() == (
        "3 scenarios, all ended as they must; breach to old content back in 11m37s at most"
    )


@pytest.mark.parametrize("odd", [None, 3, "text", [1], {"a": 1}, True, -(10**30), 10**30])
def test_facts_of_the_wrong_type_are_no_error(odd: Any) -> None:
    names = ("stage", "plan", "edition", "scenarios", "assumed")

    assert read_drill(dict.fromkeys(names, odd)).summary()
    assert read_drill({"scenarios": [{"name": odd, "right": odd, "back_ms": odd}]}).summary()
