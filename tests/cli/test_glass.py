"""break-glass and review, as people type them."""

import json

import pytest

from tests.cli.conftest import Shop

WHY = "photos-of-every-parcel-are-lost"
BREAK = f"break-glass CM-0001 --stage prod-us --ticket INC-7 --reason {WHY} --profile carol"


def test_one_person_goes_forward_and_another_reviews_it(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shop.mcm("plan CM-0001") == 0
    code, text = shop.type(BREAK, "CM-0001\n")
    assert code == 0, text
    assert text.index("BREAKING THE GLASS") < text.index("CM-0001 edition 1")
    assert "mcm review CM-0001 --stage prod-us" in text
    assert shop.summary().startswith("mcm1 CM-0001 prod-us ")

    assert shop.mcm("deploy CM-0001 --stage prod-us") == 0
    assert shop.kinds().count("glass_used") == 1
    capsys.readouterr()
    assert shop.mcm("status CM-0001") == 0
    told = capsys.readouterr().out
    assert "GLASS BROKEN: carol went forward alone into prod-us" in told
    assert "NOT REVIEWED" in told
    assert "next: mcm review CM-0001 --stage prod-us, by somebody else" in told
    assert shop.mcm("verify CM-0001") != 0
    assert "nobody else has reviewed it" in capsys.readouterr().out

    review = "review CM-0001 --stage prod-us --reason it-had-to-be"
    code, text = shop.type(f"{review} --profile bob", "CM-0001\n")
    assert code == 0, text
    capsys.readouterr()
    assert shop.mcm("verify CM-0001") == 0, capsys.readouterr().out
    assert "NOT APPROVED before the promotion" in capsys.readouterr().out
    assert shop.mcm("status CM-0001 --json") == 0
    glass = json.loads(capsys.readouterr().out)["changes"][0]["glasses"][0]
    assert (glass["by"], glass["used"], glass["reviewed_by"]) == ("carol", True, "bob")
    assert shop.mcm("render CM-0001") == 0
    record = next((shop.root / "changes/CM-0001").glob("*.md")).read_text()
    assert "**GLASS BROKEN: carol went forward alone into prod" in record
    code, text = shop.type(f"{review} --profile bob", "CM-0001\n")
    assert (code, "bob has reviewed" in text) == (2, True)


def test_threat_47_who_broke_it_cannot_review_it(shop: Shop) -> None:
    shop.mcm("plan CM-0001")
    code, text = shop.type(BREAK, "CM-0001\n")
    assert code == 0, text

    code, text = shop.type("review CM-0001 --stage prod-us --profile carol", "CM-0001\n")

    assert (code, "[E_SELF_APPROVAL]" in text, "Type CM-0001" in text) == (4, True, False)
    assert shop.entries()[-1].kind == "refused"


def test_threat_46_a_second_glass_is_refused_before_anything_is_typed(shop: Shop) -> None:
    """Also for another stage of the same change: one at a time, in the whole service."""
    shop.mcm("plan CM-0001")
    code, text = shop.type(BREAK, "CM-0001\n")
    assert code == 0, text

    code, text = shop.type(BREAK, "CM-0001\n")

    assert (code, "[E_BREAKGLASS_SECOND]" in text, "Type CM-0001" in text) == (4, True, False)
    refused = shop.entries()[-1]
    assert (refused.kind, refused.body["code"]) == ("refused", "E_BREAKGLASS_SECOND")


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_threat_46_without_the_role_nobody_breaks_it(shop: Shop, who: str) -> None:
    shop.mcm("plan CM-0001")

    code, text = shop.type(BREAK.replace("carol", who), "CM-0001\n")

    assert (code, "[E_ROLE]" in text, "Type CM-0001" in text) == (4, True, False)


def test_threat_46_a_stage_may_forbid_it(shop: Shop) -> None:
    shop.edit("mcm.yaml", "  stop_wait: 5s", "  stop_wait: 5s\n  breakglass: never")
    shop.mcm("plan CM-0001")

    code, text = shop.type(BREAK, "CM-0001\n")

    assert (code, "[E_BREAKGLASS_NEVER]" in text) == (4, True)


@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        (BREAK.replace(WHY, "."), 4, "[E_BREAKGLASS_REASON]"),
        (f"{BREAK} --exception approval:{WHY}", 2, "does not open the gate approval"),
        (f"{BREAK} --exception window", 2, "names no gate with a reason"),
        (f"{BREAK} --exception window:soon", 4, "[E_BREAKGLASS_REASON]"),
        (f"{BREAK} --exception freeze:peak:soon", 4, "[E_BREAKGLASS_REASON]"),
    ],
)
def test_threat_46_words_that_say_nothing_break_nothing(
    shop: Shop, line: str, code: int, told: str
) -> None:
    shop.mcm("plan CM-0001")

    found, text = shop.type(line, "CM-0001\n")

    assert (found, told in text) == (code, True), text
    assert "glass_broken" not in shop.kinds()


def test_threat_46_nothing_is_broken_without_a_terminal(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.mcm("plan CM-0001")

    assert shop.mcm(BREAK) == 4
    assert "[E_NOT_A_TTY]" in capsys.readouterr().err


def test_anything_but_the_id_leaves_it_whole(shop: Shop) -> None:
    shop.mcm("plan CM-0001")

    code, text = shop.type(BREAK, "yes\n")

    assert (code, "CM-0001 was not typed" in text) == (10, True)
    assert "glass_broken" not in shop.kinds()
