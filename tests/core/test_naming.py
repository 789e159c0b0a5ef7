"""Names: loose for stages of the config, strict for what becomes a path."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcm.core.errors import Exit, RefusedError, UsageError
from mcm.core.naming import check_change_id, find_stage, fold

STAGES = ["beta", "prod-eu", "prod-us"]


@pytest.mark.parametrize(
    "text",
    ["", ".", "..", "../../x", "a/b", "a\\b", "/etc", "a\0", "\0", "MCM-2026-0001\n", "-rf", "~x",
     "MCM-2026-000１", "MCM-2026-000٣", "аlice", "a b", " a", "a%2fb", "a..b", "a.", "a.lock",
     "a.LOCK", "x" * 65, ".hidden", "C:x", "a\u200b", "_x"],
)  # fmt: skip
def test_a_change_id_with_a_trick_is_refused(text: str) -> None:
    with pytest.raises(RefusedError, match=r"\[E_ID_CHARSET\]") as caught:
        check_change_id(text)

    assert caught.value.exit_code is Exit.REFUSED
    assert str(caught.value).isascii()
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("text", ["MCM-2026-0001", "a", "7", "fix_5xx", "v1.2", "x" * 64])
def test_a_plain_change_id_is_kept(text: str) -> None:
    assert check_change_id(text) == text


@pytest.mark.parametrize("name", ["prod-us", "ProdUS", "PROD_US", "prod us", "prod.us", "produs"])
def test_case_and_punctuation_do_not_matter_in_a_stage_name(name: str) -> None:
    assert find_stage(name, STAGES) == "prod-us"


@pytest.mark.parametrize(
    "name", ["", "-", "prod", "prod-u", "рrod-us", "ｐrod-us", "prod-uſ", "prod\u200b-us"]
)
def test_an_unknown_stage_is_refused_with_the_list(name: str) -> None:
    """Also look-alike letters, wide letters, the long s and hidden characters."""
    with pytest.raises(UsageError, match=r"mcm\.yaml has beta, prod-eu, prod-us"):
        find_stage(name, STAGES)


def test_two_stages_that_fold_alike_are_told_apart_by_the_exact_name() -> None:
    stages = ["prod-us", "prod_us"]

    assert find_stage("prod_us", stages) == "prod_us"
    with pytest.raises(UsageError, match="may be prod-us, prod_us"):
        find_stage("ProdUS", stages)


def test_a_stage_of_punctuation_is_found_only_by_its_exact_name() -> None:
    assert find_stage("--", ["--"]) == "--"
    with pytest.raises(UsageError, match="no stage"):
        find_stage("-", ["--"])


def test_without_stages_the_refusal_says_none() -> None:
    with pytest.raises(UsageError, match=r"mcm\.yaml has none"):
        find_stage("prod-us", [])


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
