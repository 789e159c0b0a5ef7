"""Refusals: what a person reads of them."""

from mcm.core.errors import RefusedError


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
