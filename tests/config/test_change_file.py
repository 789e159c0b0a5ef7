"""change.yaml: what it says becomes values, and every mistake is told where it stands."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcm.config.change_file import check_change, load_change
from mcm.config.definitions import builtin_definitions
from mcm.config.problems import ConfigError
from mcm.config.service_file import load_service
from mcm.core.endpoint import Expected
from mcm.core.plans.change import Change
from mcm.core.plans.plan import Exemption, Package
from mcm.core.plans.questions import open_questions, questions_of
from mcm.sandbox.example import FILES, example_files
from tests.planned import make_service

SERVICE = make_service()

WHOLE = """\
id: CM-0001
title: Add a shadow variant
template: shadow-model
requester: alice
ticket: PHOTO-417
execution: 01234567-89ab-cdef-0123-456789abcdef
packages:
  - {name: ParcelPhotoCheck, before: 1111111, after: 2222222}
  - {name: Infra}
stages: [prod-us, prod-eu]
expect:
  prod-us:
    photo-check-us:
      shadow: {variant: candidate, model: photo-check-v7}
answers:
  purpose: |
    Compare two models.
  tier_one: no
  rate: 012
exceptions:
  - {gate: "freeze:peak", reason: contract ends, until: 2026-11-27T08:00-08:00}
"""

SMALL = "id: CM-0001\ntitle: Small\nrequester: alice\nstages: [prod-us]\n"


def load(text: str) -> Change:
    return load_change(text, "change.yaml", SERVICE)


def said(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(text)
    return [str(problem) for problem in caught.value.problems]


def test_the_whole_file_becomes_values() -> None:
    assert load(WHOLE) == Change(
        id="CM-0001",
        title="Add a shadow variant",
        template="shadow-model",
        requester="alice",
        ticket="PHOTO-417",
        execution="01234567-89ab-cdef-0123-456789abcdef",
        packages=(
            Package("Infra", "", ""),
            Package("ParcelPhotoCheck", "1111111", "2222222"),
        ),
        stages=("prod-eu", "prod-us"),
        expect={"prod-us": (Expected("photo-check-us", "candidate", "photo-check-v7"),)},
        answers={"purpose": "Compare two models.", "tier_one": "no", "rate": "012"},
        exceptions=(
            Exemption("freeze:peak", "contract ends", datetime(2026, 11, 27, 16, tzinfo=UTC)),
        ),
    )


def test_what_is_left_out_is_empty() -> None:
    change = load(SMALL)
    assert (change.template, change.ticket, change.execution) == ("standard", "", "")
    assert (change.packages, change.expect, change.answers, change.exceptions) == ((), {}, {}, ())


def test_stages_match_without_case_and_punctuation_and_keep_the_files_order() -> None:
    assert load(SMALL.replace("[prod-us]", "[ProdUS, PROD_EU]")).stages == ("prod-eu", "prod-us")


def test_every_problem_comes_at_once_from_the_top() -> None:
    text = WHOLE.replace("id: CM-0001", "id: ../etc")
    text = text.replace("title: Add a shadow variant\n", "")
    text = text.replace("prod-eu]", "prod-mars]")
    text = text.replace("freeze:peak", "approval")
    found = said(text)
    assert len(found) == 4
    lines = [int(line.split(":")[1]) for line in found]
    assert lines == sorted(lines)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("id: CM-0001", "id: CM/0001", "change.yaml:1:5: `id` cannot be used"),
        ("id: CM-0001", "id: CM..1", "single dots"),
        ("requester: alice\n", "", "`requester` is missing"),
        ("requester: alice", "requester: ali ce", "change.yaml:4:12: `requester`"),
        ("ticket:", "tiket:", "unknown key `tiket`. Did you mean `ticket`?"),
        ("execution: 0123", "execution: x123", "change.yaml:6:12: `execution`"),
        ("- {name: Infra}", "- {name: ParcelPhotoCheck}", "given twice"),
        ("- {name: Infra}", "- {name: Infra, from: x}", "packages[1].from"),
        ("[prod-us, prod-eu]", "[]", "names no stage"),
        ("[prod-us, prod-eu]", "[prod-us, prod-mars]", "change.yaml:10:19: no stage"),
        ("[prod-us, prod-eu]", "[prod-us, ProdUS]", "prod-us is named twice"),
        ("[prod-us, prod-eu]", "prod-us", "must be a list"),
        ("[prod-us, prod-eu]", "[prod-eu]", "'prod-us', which is not a stage of this change"),
        ("    photo-check-us:", "    photo-check-uk:", "Watched there: photo-check-us"),
        ("model: photo-check-v7", "modle: photo-check-v7", "Did you mean `model`?"),
        ("shadow: {variant", "live: {variant", "shadow` is missing"),
        ("gate: \"freeze:peak\"", "gate: approval", "change.yaml:21:12: `exceptions[0].gate`"),
        ("gate: \"freeze:peak\"", "gate: \"freeze:peek\"", "Did you mean `freeze:peak`?"),
        ("reason: contract ends, ", "", "exceptions[0].reason` is missing"),
        ("08:00-08:00", "08:00", "2026-11-25T08:00Z"),
        ("  tier_one: no", "  tier_one: [no]", "`answers.tier_one` is not text"),
        ("  tier_one: no", "  tier_one:", "`answers.tier_one` is empty"),
        ("Add a shadow variant", '"two\\nlines"', "change.yaml:2:8: `title`"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_where_it_stands_with_what_to_write(
    old: str, new: str, says: str
) -> None:
    assert WHOLE.count(old) == 1
    assert says in "\n".join(said(WHOLE.replace(old, new)))


@pytest.mark.parametrize("gate", ["plan", "approval", "execution", "pipeline", "rollback"])
def test_no_exception_opens_a_gate_that_proves_what_was_agreed(gate: str) -> None:
    exception = f"exceptions: [{{gate: {gate}, reason: hurry, until: 2026-11-27T08:00Z}}]\n"
    assert "exceptions[0].gate" in said(SMALL + exception)[0]


@pytest.mark.parametrize("gate", ["window", "rollback-target", "predecessor", "check"])
def test_the_other_gates_may_be_named(gate: str) -> None:
    exception = f"exceptions: [{{gate: {gate}, reason: agreed, until: 2026-11-27T08:00Z}}]\n"
    assert load(SMALL + exception).exceptions[0].gate == gate


def test_an_endpoint_that_no_check_watches_cannot_be_expected_to_change() -> None:
    """Nobody would look whether it did."""
    blind = replace(SERVICE.stages[1], guardrails=())
    service = replace(SERVICE, stages=(SERVICE.stages[0], blind))
    with pytest.raises(ConfigError, match="Watched there: none"):
        load_change(WHOLE, "change.yaml", service)


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,9}", fullmatch=True), st.text(max_size=20)))
def test_lines_added_to_a_file_are_read_or_refused_where_they_stand(values: dict[str, str]) -> None:
    text = SMALL + "".join(f"{key}: {value}\n" for key, value in values.items())
    try:
        found = load(text).id
    except ConfigError as err:
        found = "refused" if all(p.line > len(SMALL.split("\n")) - 1 for p in err.problems) else ""
    assert found in ("CM-0001", "refused")


# The sandbox's example project.

NOW = datetime(2026, 3, 18, 0, 20, 30, tzinfo=UTC)
EXAMPLE = example_files(NOW)
EXAMPLE_SERVICE = load_service(EXAMPLE["mcm.yaml"], "mcm.yaml", builtin_definitions())


def test_the_examples_service_is_the_sandboxs_with_short_times() -> None:
    assert set(EXAMPLE) == set(FILES)
    assert EXAMPLE_SERVICE.sandbox
    assert EXAMPLE_SERVICE.poll == timedelta(milliseconds=500)
    assert EXAMPLE_SERVICE.settle == timedelta(0)
    names = [(stage.name, stage.pipeline_stage) for stage in EXAMPLE_SERVICE.stages]
    assert names == [("prod-eu", "ProdEU"), ("prod-fe", "ProdFE"), ("prod-us", "ProdUS")]


def test_the_examples_window_opened_an_hour_ago() -> None:
    window = EXAMPLE_SERVICE.stages[2].window
    assert window is not None
    span = window.windows[0].span_at(NOW)
    assert span is not None
    assert span.start == datetime(2026, 3, 17, 23, 20, tzinfo=UTC)


def test_the_examples_times_are_refused_for_an_aws_account() -> None:
    text = EXAMPLE["mcm.yaml"].replace("realm: sandbox\n", "")
    with pytest.raises(ConfigError, match="at least 15s on AWS"):
        load_service(text, "mcm.yaml", builtin_definitions())


@pytest.mark.parametrize(("id_", "model"), [("CM-0001", "v7"), ("CM-0002", "v8")])
def test_the_examples_changes_are_complete(id_: str, model: str) -> None:
    text = EXAMPLE[f"changes/{id_}/change.yaml"]
    change = load_change(text, "change.yaml", EXAMPLE_SERVICE)
    assert (change.id, change.stages, change.template) == (id_, ("prod-us",), "shadow-model")
    shadow = Expected("photo-check-us", "candidate", f"photo-check-{model}")
    assert change.expect == {"prod-us": (shadow,)}
    answers = {**EXAMPLE_SERVICE.answers, **change.answers}
    assert answers.keys() == {each.name for each in questions_of(change.template)}
    assert list(open_questions(change.template, answers)) == []


def test_without_a_service_its_names_are_taken_as_they_are() -> None:
    check_change(WHOLE, "change.yaml")


def test_without_a_service_the_form_is_checked_all_the_same() -> None:
    text = SMALL.replace("requester", "requestor").replace("[prod-us]", "{a: b}")

    with pytest.raises(ConfigError) as caught:
        check_change(text, "change.yaml")

    lines = str(caught.value).split("\n")
    assert [line.split(": ")[0] for line in lines] == [
        "change.yaml:1:1",
        "change.yaml:3:1",
        "change.yaml:4:9",
    ]


RESTS = """\
depends_on: [CM-0007, CM-0003]
assumptions:
  - says: the review queue is empty
    use: command
    with: {run: [./queue.sh, --max, "50"]}
  - {says: nobody reports anything, use: person}
"""


def test_what_a_change_rests_on_is_read_with_its_checks() -> None:
    change = load(WHOLE + RESTS)

    assert change.depends_on == ("CM-0003", "CM-0007")
    assert [each.says for each in change.assumptions] == [
        "the review queue is empty",
        "nobody reports anything",
    ]
    assert change.assumptions[0].use.params["run"] == ["./queue.sh", "--max", "50"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("CM-0003", "../x", "`depends_on` cannot name"),
        ("use: command", "use: comand", "command"),
        ("says: the review queue is empty", "says: ''", "`assumptions[0].says`"),
        ("use: person}", "use: person, stages: [nowhere]}", "has 'nowhere'"),
        ("with: {run", "with: {rum", "assumptions[0].with.run"),
    ],
)
def test_a_mistake_in_what_a_change_rests_on_is_told(old: str, new: str, says: str) -> None:
    assert RESTS.count(old) == 1
    with pytest.raises(ConfigError) as caught:
        load(WHOLE + RESTS.replace(old, new))

    assert says in str(caught.value)
