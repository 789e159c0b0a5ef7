"""What lint finds in files that load: each rule on what breaks it, none on what does not."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mcm.app.lint import BY_ID, RULES, Finding, Level, in_order
from mcm.app.lint_change import Surroundings, lint_change, lint_marks
from mcm.app.lint_service import lint_service
from mcm.config.change_file import load_change
from mcm.config.definitions import builtin_definitions
from mcm.config.places import Places
from mcm.config.service_file import load_service
from mcm.core.plans.questions import COMMON, MARK
from mcm.core.plans.service import Service
from mcm.sandbox.example import example_files
from mcm.trust.persons import TrustFile
from tests.record.story import plan as make_plan
from tests.trust.people import make_key, public_line

NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)
FILES = example_files(NOW)
DEFINITIONS = builtin_definitions()
CHANGE = "changes/CM-0001/change.yaml"


def service(text: str = FILES["mcm.yaml"]) -> Service:
    return load_service(text, "mcm.yaml", DEFINITIONS)


def edit(text: str, old: str, new: str) -> str:
    """Replace the last `old`: of a key that each stage has, that of prod-us."""
    before, found, after = text.rpartition(old)
    assert found, f"{old!r} is not there"
    return f"{before}{new}{after}"


def of_service(text: str, now: datetime = NOW) -> list[Finding]:
    return list(lint_service(service(text), Places(text.encode(), "mcm.yaml"), now))


def of_change(text: str, **around: Any) -> list[Finding]:
    given = {
        "service": service(),
        "service_places": Places(FILES["mcm.yaml"].encode(), "mcm.yaml"),
        "trust": None,
        "plan": None,
        "how_it_stands": lambda _: "",
        "known": frozenset({"CM-0001", "CM-0002"}),
        "now": NOW,
        **around,
    }
    change = load_change(text, CHANGE, given["service"])
    return list(lint_change(change, Places(text.encode(), CHANGE), Surroundings(**given)))


def rules(found: list[Finding]) -> list[str]:
    return [each.rule for each in found]


def test_the_example_is_clean() -> None:
    assert of_service(FILES["mcm.yaml"]) == []
    for name in ("CM-0001", "CM-0002"):
        assert of_change(FILES[f"changes/{name}/change.yaml"]) == []
        assert list(lint_marks(Places(FILES[f"changes/{name}/change.yaml"].encode(), "f"))) == []


def test_a_production_stage_without_a_window_is_never_open() -> None:
    text = edit(FILES["mcm.yaml"], "    window: quiet\n", "")
    (found,) = of_service(text)

    assert (found.rule, found.write) == ("stage-window", "    window: quiet")
    assert text.split("\n")[found.line - 1] == "  - name: prod-us"


def test_a_window_that_was_once_never_opens_again() -> None:
    once = "from: 2026-01-01T00:00, to: 2026-01-02T00:00, timezone: UTC"
    text = FILES["mcm.yaml"]
    start = text.index("quiet: {") + len("quiet: {")
    text = text[:start] + once + text[text.index("}", start) :]

    assert set(rules(of_service(text))) == {"stage-window"}


def test_a_production_stage_whose_window_allows_nothing_is_never_open() -> None:
    text = FILES["mcm.yaml"].replace("window: quiet\n", "window: {allow: []}\n")

    assert set(rules(of_service(text))) == {"stage-window"}


def test_an_opening_must_hold_the_bake_and_the_way_back() -> None:
    text = edit(FILES["mcm.yaml"], "    window: quiet", "    window: quiet\n    bake: {for: 13h}")
    (found,) = of_service(text)

    assert found.rule == "bake-window"
    assert "holds 13h of bake" in found.message


def test_a_stage_that_is_promoted_in_low_traffic_only_cannot_wait_for_many_requests() -> None:
    hours = "window: {allow: [quiet], low_traffic: {per_minute: 10, over: 10m}}"
    text = edit(FILES["mcm.yaml"], "window: quiet", hours)
    (found,) = of_service(text)

    assert found.rule == "bake-samples"
    assert "below 10 requests a minute" in found.message
    assert "min_samples: 6" in found.write


METRIC = """\
      - use: metric-threshold
        with:
          metrics:
            it:
              metric: {metric}
              dimensions: {{EndpointName: photo-check-us, VariantName: live}}
              stat: {stat}
              {unit}
          {bound}
          points: {points}
"""


def with_metric(metric: str, stat: str, bound: str, unit: str = "", points: str = "2/3") -> str:
    text = FILES["mcm.yaml"]
    rail = METRIC.format(metric=metric, stat=stat, bound=bound, unit=unit, points=points)
    return edit(text, "    guardrails:\n", f"    guardrails:\n{rail}")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (with_metric("AWS/SageMaker ModelLatency", "p99", "above: 250 ms", "unit: us", "3/3"), ""),
        (
            with_metric("AWS/SageMaker Invocations", "Sum", "below: 0", points="1/1"),
            "threshold-cannot-fire",
        ),
        (with_metric("AWS/SageMaker Invocations", "Sum", "below: 1", points="1/1"), ""),
    ],
)
def test_thresholds_that_mean_something_else_are_found(text: str, rule: str) -> None:
    """The example bakes for 45 s at most, so its periods are set long enough to matter."""
    found = [f for f in of_service(text) if "it takes" not in f.message]

    assert rules(found) == ([rule] if rule else [])


def test_more_periods_than_the_bake_has_never_breach() -> None:
    text = with_metric("AWS/SageMaker Invocations", "Sum", "below: 1", points="3/3")
    (found,) = of_service(text)

    assert found.rule == "threshold-cannot-fire"
    assert found.message.startswith("it takes 3m of bad periods, and prod-us is watched for 45s")


def test_where_all_guardrails_hold_nothing_rolls_back_by_itself() -> None:
    text = edit(FILES["mcm.yaml"], "  on_breach: roll_back", "  on_breach: hold")

    assert set(rules(of_service(text))) == {"nothing-rolls-back"}
    assert BY_ID["nothing-rolls-back"].level is Level.WARNING


def without_answers() -> str:
    text = FILES[CHANGE]
    return text[: text.index("answers:")]


def test_every_question_without_an_answer_is_told_at_once_with_what_to_write() -> None:
    found = [f for f in of_change(without_answers()) if f.rule == "unanswered"]
    asked = {f.message.split("`")[1].removeprefix("answers.") for f in found}
    planned = {q.name for q in COMMON if q.planned}

    assert {"purpose", "testing", "worst_case", "evaluation"} <= asked
    assert not asked & planned
    assert not asked & set(service().answers)
    assert all(f.write.startswith("  ") and f.hint.startswith("Tell ") for f in found)


def test_a_mark_is_no_answer_and_is_told_where_it_stands() -> None:
    text = without_answers() + f"answers:\n  purpose: {MARK}\n"
    found = next(f for f in of_change(text) if "purpose" in f.message)

    assert (found.rule, found.line) == ("unanswered", text.count("\n"))


def test_marks_in_other_values_and_in_comments_are_found() -> None:
    text = f"service: {MARK}\n# {MARK}: is this a quiet time?\nproxy: http://a # {MARK}\nno: xTO\n"
    found = list(lint_marks(Places(text.encode(), "mcm.yaml")))

    assert [(f.rule, f.line, f.column) for f in found] == [
        ("unanswered", 1, 10),
        ("left-open", 2, 3),
        ("left-open", 3, 19),
    ]
    assert found[1].message == "is this a quiet time?"


ALICE = {"id": "alice", "roles": ["requester", "approver"]}
BOB = {"id": "bob", "roles": ["approver"]}
CAROL = {"id": "carol", "roles": ["requester"]}


def trust(folder: Path, persons: tuple[dict[str, Any], ...]) -> TrustFile:
    keyed = [{**each, "ssh": [public_line(make_key(folder, each["id"]))]} for each in persons]
    return TrustFile.from_value({"version": 1, "persons": keyed})


@pytest.mark.parametrize(
    ("persons", "rule"),
    [
        ((ALICE, BOB), []),
        ((ALICE, {**BOB, "stages": ["prod-eu"]}), ["approver"]),
        ((CAROL, BOB), ["requester"]),
        (({**ALICE, "roles": ["approver"]}, CAROL), ["requester"]),
    ],
)
def test_it_takes_a_requester_and_another_approver(
    persons: Any, rule: list[str], tmp_path: Path
) -> None:
    found = of_change(FILES[CHANGE], trust=trust(tmp_path, persons))

    assert rules([f for f in found if f.rule in ("requester", "approver")]) == rule


def test_a_stage_without_a_target_needs_an_exception_that_says_so() -> None:
    of = make_plan()
    bare = replace(of, stages=tuple(replace(s, rollback_target="") for s in of.stages))
    found = of_change(FILES[CHANGE], plan=bare)

    assert rules(found) == ["stage-target"]
    assert found[0].write.startswith("exceptions:\n  - gate: rollback-target")
    assert of_change(FILES[CHANGE], plan=of) == []


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("CM-0002, then this one", "CM-0002 must come first and is over but not closed"),
        ("See CM-0099.", "CM-0099 must come first and is not here, so nobody can tell"),
        ("none, since RFC-2119 and v7-2026 are no changes", ""),
        ("this is CM-0001", ""),
        ("../../etc and CM-0002/../x and " + "A" * 90, "CM-0002 must come first"),
    ],
)
def test_what_must_come_first_must_be_closed(answer: str, message: str) -> None:
    text = FILES[CHANGE]
    line = next(line for line in text.split("\n") if line.startswith("  prerequisites:"))
    text = text.replace(line, f"  prerequisites: {answer}")
    found = of_change(text, how_it_stands=lambda name: "is over but not closed")

    assert len(found) == bool(message)
    assert all(each.message.startswith(message) for each in found)


def test_what_the_change_depends_on_must_be_closed_and_known() -> None:
    text = f"{FILES[CHANGE]}depends_on: [CM-0002, OTHER]\n"
    found = of_change(text, how_it_stands=lambda name: "is not over")

    assert [each.message.split(" must")[0] for each in found] == ["CM-0002", "OTHER"]
    assert {each.line for each in found} == {text.count("\n")}


def test_dependents_who_do_not_know_are_a_warning() -> None:
    text = FILES[CHANGE]
    start = text.index("  dependents:")
    end = text.index("  worst_case:")
    text = f'{text[:start]}  dependents: "no. They are asleep."\n{text[end:]}'
    (found,) = of_change(text)

    assert (found.rule, found.level) == ("dependents", Level.WARNING)
    assert "They are asleep" in found.message


def test_findings_come_file_after_file_each_from_its_top_and_once() -> None:
    def made(file: str, line: int) -> Finding:
        return Finding("config", file, line, 1, "x")

    found = in_order([made("b", 2), made("a", 9), made("b", 1), made("b", 2)])
    assert [(f.file, f.line) for f in found] == [("b", 1), ("b", 2), ("a", 9)]


def test_the_names_of_rules_are_stable_words() -> None:
    """They stand in other people's filters: taking one away or renaming it breaks those."""
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert {rule.id for rule in RULES} >= {
        "config", "change-id", "unanswered", "requester", "approver", "stage-window",
        "stage-target", "guardrail-threshold", "threshold-cannot-fire", "bake-samples",
        "prerequisites", "dependents",
    }  # fmt: skip


HOSTILE = ("\x1b[2J", "\u202e", "<script>", "${{ secrets.X }}", "a" * 100_000, "\ud800")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_bytes_are_read_and_never_raise(text: str) -> None:
    data = f"id: {text}\n# {MARK}: {text}\nanswers: {{x: {text}}}\n".encode("utf-8", "replace")
    places = Places(data, "change.yaml")

    assert all(f.line >= 1 for f in lint_marks(places))
    assert places.of("answers", "x", 7, "y").line >= 1
