"""What differs between two plans, as a person reads it after an approval was voided."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from mcm.core.plans.difference import MOST_LINES, plan_differences
from mcm.core.plans.plan import Answer, Bake, Plan
from mcm.core.query import Metric
from tests.planned import make_change, make_plan, make_service

PLAN = make_plan()


def with_stage(**fields: object) -> Plan:
    return replace(PLAN, stages=(replace(PLAN.stages[0], **fields),))


def test_equal_plans_differ_in_nothing() -> None:
    assert plan_differences(PLAN, Plan.from_bytes(PLAN.to_bytes())) == ()


def test_a_duration_reads_with_units_under_its_stage() -> None:
    new = with_stage(bake=Bake(timedelta(minutes=5), 100, PLAN.stages[0].bake.limit))
    assert plan_differences(PLAN, new) == ("stages[prod-us].bake.lasts: 30m → 5m",)


def test_a_parameter_of_a_guardrail_is_named_by_its_check() -> None:
    old = PLAN.stages[0].guardrails
    new = replace(old[0], params={"names": ["another"], "silent_ok": []})
    found = plan_differences(PLAN, with_stage(guardrails=(new, *old[1:])))
    assert found == (
        "stages[prod-us].guardrails[alarms].params.names[0]: photo-check-us-5xx → another",
    )


def test_a_guardrail_that_is_gone_is_said_to_be_removed() -> None:
    found = plan_differences(PLAN, with_stage(guardrails=PLAN.stages[0].guardrails[1:]))
    assert len(found) == 1
    assert found[0].startswith("stages[prod-us].guardrails[alarms]: removed, was {")


def test_a_stage_that_is_new_is_said_to_be_added() -> None:
    both = make_plan(change=make_change(stages=("prod-eu", "prod-us")))
    found = plan_differences(PLAN, both)
    assert [line.split(",")[0] for line in found] == ["stages[prod-eu]: added"]


def test_the_order_of_named_things_counts() -> None:
    found = plan_differences(PLAN, with_stage(guardrails=PLAN.stages[0].guardrails[::-1]))
    assert found == ("stages[prod-us].guardrails: the order differs",)


def test_something_in_place_of_nothing_is_shown() -> None:
    assert plan_differences(with_stage(window=None), PLAN)[0].startswith(
        "stages[prod-us].window: nothing → {"
    )
    traffic = Metric("AWS/SageMaker", "Invocations", (("A", "b"),), "Sum", timedelta(minutes=1))
    assert plan_differences(with_stage(traffic=traffic), PLAN) == (
        "stages[prod-us].traffic.dimensions[0][0]: A → EndpointName",
        "stages[prod-us].traffic.dimensions[0][1]: b → photo-check-us",
        "stages[prod-us].traffic.dimensions[1]: added, is [VariantName, live]",
    )


def test_a_freeze_reads_as_people_write_it() -> None:
    """No notation of a programming language: its times and its zone."""
    assert plan_differences(PLAN, replace(PLAN, freezes=())) == (
        "freezes[peak]: removed, was 2026-11-25 00:00 to 2026-12-02 00:00 America/Los_Angeles: pe…",
    )


def test_values_with_parts_are_spelled_with_units_and_without_quotes() -> None:
    (line,) = plan_differences(PLAN, with_stage(window=None))

    assert line.startswith("stages[prod-us].window: {windows: [{name: quiet, cron: 0 2 * * ")
    assert "'" not in line


def test_a_long_text_shows_the_place_where_it_differs() -> None:
    old = replace(PLAN, answers=(Answer("purpose", "x" * 500 + " a small change " + "y" * 500),))
    new = replace(PLAN, answers=(Answer("purpose", "x" * 500 + " a large change " + "y" * 500),))
    (line,) = plan_differences(old, new)
    assert "a small change" in line
    assert "a large change" in line
    assert len(line) < 200


def test_a_long_text_that_goes_on_shows_what_was_added() -> None:
    old = replace(PLAN, answers=(Answer("purpose", "x" * 500),))
    new = replace(PLAN, answers=(Answer("purpose", "x" * 500 + " and more"),))
    assert "and more" in plan_differences(old, new)[0]


def test_many_differences_are_counted_not_listed() -> None:
    answers = tuple(Answer(f"a{number:02d}", "x") for number in range(50))
    found = plan_differences(replace(PLAN, answers=()), replace(PLAN, answers=answers))
    assert len(found) == MOST_LINES + 1
    assert found[-1] == "and 30 more differences"


def test_another_edition_of_the_same_change_differs_in_its_edition() -> None:
    assert plan_differences(PLAN, make_plan(edition=2)) == ("edition: 1 → 2",)


def test_local_times_and_top_level_durations_are_shown() -> None:
    freeze = replace(PLAN.freezes[0], end=PLAN.freezes[0].end + timedelta(days=1))
    assert plan_differences(PLAN, replace(PLAN, freezes=(freeze,))) == (
        "freezes[peak].end: 2026-12-02T00:00:00 → 2026-12-03T00:00:00",
    )
    quicker = make_plan(service=make_service(poll=timedelta(seconds=20)))
    assert plan_differences(PLAN, quicker) == ("poll: 30s → 20s",)


@given(st.text(max_size=300), st.text(max_size=300))
def test_hostile_text_stays_on_one_short_printable_line(was: str, now: str) -> None:
    old = replace(PLAN, answers=(Answer("a", was),))
    new = replace(PLAN, answers=(Answer("a", now),))
    for line in plan_differences(old, new):
        assert line.isprintable()
        assert len(line) < 200


@given(st.text(max_size=40), st.text(max_size=40))
def test_texts_give_a_line_exactly_when_they_differ(was: str, now: str) -> None:
    found = plan_differences(replace(PLAN, title=was), replace(PLAN, title=now))
    assert (found == ()) == (was == now)
