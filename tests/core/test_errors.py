"""Refusals: what a person reads of them."""

from mcm.core.errors import SEVERITY, Exit, RefusedError, most_severe


def test_a_refusal_made_of_anothers_text_has_its_code_once() -> None:
    first = RefusedError("E_TRUST_CHANGED", "statement refused: signed under another file")
    again = RefusedError("E_TRUST_CHANGED", f"request-1.json: {first}")

    assert str(again) == f"request-1.json: {first}"
    assert str(again).count("[E_TRUST_CHANGED]") == 1


def test_a_refusal_for_another_reason_has_both_codes() -> None:
    first = RefusedError("E_CANONICAL", "no JSON")

    assert str(RefusedError("E_PLAN_CHANGED", str(first))) == (
        "no JSON [E_CANONICAL] [E_PLAN_CHANGED]"
    )


def test_the_most_severe_code_wins() -> None:
    """Every code has its place in the order."""
    assert sorted(SEVERITY) == sorted(Exit)
    assert most_severe([Exit.HELD, Exit.ROLLED_BACK, Exit.DONE]) is Exit.ROLLED_BACK
    assert most_severe(reversed(SEVERITY)) is Exit.NEEDS_PERSON
    assert most_severe([]) is Exit.DONE
