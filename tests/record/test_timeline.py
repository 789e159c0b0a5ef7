"""What of a journal the record tells, and what it leaves to `mcm log`."""

from typing import Any

from mcm.core import codec
from mcm.core.history.instruction import OpenTransition
from mcm.core.history.journal import Draft, Entry, chain_all
from mcm.record.timeline import build_log
from tests.planned import NOW, PIPELINE
from tests.record.story import FINGERPRINT, plan, rolled_back, statements

US = {"stage": "prod-us"}
OPEN = codec.to_value(OpenTransition(PIPELINE, "ProdUS", "e5", 3))


def journal(*told: tuple[str, dict[str, Any]]) -> tuple[Entry, ...]:
    return chain_all(None, [Draft(kind, {**US, **body}, NOW) for kind, body in told])


def lines(*told: tuple[str, dict[str, Any]]) -> list[str]:
    return [line.text for line in build_log(journal(*told), ()).lines]


def verdict(word: str, check: str = "alarms") -> tuple[str, dict[str, Any]]:
    return ("verdict_changed", {"check": check, "verdict": word, "reason": "it is so"})


def gate(*, is_open: bool) -> tuple[str, dict[str, Any]]:
    return ("gate_changed", {"gate": "window", "open": is_open, "reason": "02:00"})


def intent() -> tuple[str, dict[str, Any]]:
    return ("intent", {"purpose": "promote", "why": "go", "claims": [], "instruction": OPEN})


def outcome(result: str) -> tuple[str, dict[str, Any]]:
    return ("outcome", {"intent": 1, "result": result, "detail": "", "code": "", "execution": ""})


def words(*kinds: str) -> list[str]:
    return [text.split(" is ")[1].split(":")[0] for text in lines(*map(verdict, kinds))]


def test_an_instruction_and_what_came_of_it_are_one_line_with_both_numbers() -> None:
    log = build_log(journal(intent(), outcome("done")), ())

    (line,) = log.lines
    assert line.text == "prod-us: open the way into ProdUS for e5: go; done"
    assert (line.seq, log.left_out) == ("1, 2", 0)


def test_an_instruction_whose_end_nobody_wrote_says_so() -> None:
    """mcm was killed in between: the reader must not take it for done."""
    (text,) = lines(intent())

    assert text.endswith("; nobody wrote what came of it")


def test_a_doubt_is_told_with_what_was_found_later() -> None:
    found = ("settled", {"intent": 1, "happened": True, "detail": "the way is open"})
    (text,) = lines(intent(), outcome("in_doubt"), ("doubt_read", {"intent": 1}), found)

    assert text.endswith("it may have happened; later seen: it did happen: the way is open")


def test_verdicts_are_told_when_they_get_worse_and_when_they_are_good_again() -> None:
    assert words("INCONCLUSIVE", "PASS") == []
    assert words("PASS", "INCONCLUSIVE", "PASS") == ["INCONCLUSIVE", "PASS"]
    assert words("ERROR", "INCONCLUSIVE", "PASS", "PASS") == ["ERROR", "INCONCLUSIVE", "PASS"]
    assert words("INCONCLUSIVE", "BREACH", "BREACH") == ["BREACH"]


def test_a_verdict_of_a_kind_that_nobody_knows_is_told() -> None:
    assert words("WORSE") == ["WORSE"]


def test_the_same_check_of_another_name_has_its_own_past() -> None:
    assert len(lines(verdict("BREACH"), verdict("PASS", "latency"))) == 1


def test_gates_are_told_when_they_open_and_when_they_close_again() -> None:
    told = lines(*(gate(is_open=is_open) for is_open in (False, True, False, True)))

    assert [text.split(":")[1] for text in told] == [
        " gate window is open",
        " gate window is closed",
        " gate window is open",
    ]


def test_looks_and_counts_are_left_out_and_counted() -> None:
    log = build_log(journal(("watched", {}), ("measured", {}), ("held", {"by": "bob"})), ())

    assert [line.text for line in log.lines] == ["prod-us: held by bob"]
    assert (log.left_out, log.entries) == (2, 3)


def test_every_word_of_a_person_is_told_even_twice() -> None:
    held, resumed = ("held", {"by": "bob"}), ("resumed", {"by": "bob"})

    assert len(lines(held, resumed, held, resumed)) == 4
    assert len(lines(("person_needed", {"reason": "x"}), ("person_needed", {"reason": "x"}))) == 1


def test_who_else_let_it_in_is_told() -> None:
    assert lines(("entered", {"by": "mcm"})) == []
    assert "somebody else" in lines(("entered", {"by": "others"}))[0]


def test_an_entry_of_a_kind_from_a_newer_mcm_is_told() -> None:
    assert lines(("moon_rose", {})) == ["prod-us: moon rose"]


def test_an_approval_names_its_key() -> None:
    of = plan()
    told = [line.text for line in build_log(rolled_back(of), (), "", statements(of)).lines]

    assert f"prod-us: bob approved edition 1, with key {FINGERPRINT}" in told
    assert f"prod-us: all gates are open, approved by bob, with key {FINGERPRINT}" in told


def test_odd_entries_break_nothing() -> None:
    assert lines(("outcome", {"intent": ["x"]}), ("gates_open", {"approvals": ["x"]})) != []
