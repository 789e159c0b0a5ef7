"""The gates `conflict`, `depends` and `assumption`: unknown first."""

from dataclasses import replace

import pytest

from mcm.core.checks.watch import Watch
from mcm.core.gates import others
from mcm.core.gates.others import OtherChange
from mcm.core.history.turn import GateView
from mcm.core.http import HttpView
from mcm.core.plans.plan import Assumption, Guardrail, Plan, StagePlan
from mcm.core.query import ChangesQuery, Query
from mcm.core.reading import Blindness, Known, Reading, Readings, Unknown
from tests.kit.readings import NOW, PIPELINE, US, minutes
from tests.kit.world import World, stage_plan

PLAN = World().plan()
STAGE = PLAN.stages[0]
WATCH = Watch(STAGE, None, False, {}, None)
CHECK = Guardrail(
    "http-health",
    "http-health",
    {"url": "https://example.com/", "within": 2000, "status": [200]},
    "hold",
)


def gates(
    plan: Plan = PLAN,
    stage: StagePlan = STAGE,
    known: tuple[OtherChange, ...] | Unknown = (),
    answer: Reading | None = None,
) -> dict[str, GateView]:
    answers: dict[Query, Reading] = {}
    for query in others.queries(plan, stage, WATCH):
        seen = known if isinstance(known, Unknown) else Known(known, NOW)
        found = seen if isinstance(query, ChangesQuery) else answer
        if found is not None:
            answers[query] = found
    return {gate.name: gate for gate in others.judge(plan, stage, WATCH, Readings(answers, NOW))}


def other(**changes: object) -> OtherChange:
    whole = OtherChange("CM-0002", ((PIPELINE, "ProdUS"),), (), False, "open at prod-us")
    return replace(whole, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("why", list(Blindness))
def test_what_cannot_be_read_is_closed(why: Blindness) -> None:
    dark = Unknown(why, "no disk", NOW)
    plan = replace(PLAN, depends_on=("CM-0002",))

    found = gates(plan, known=dark)

    assert not found["conflict"].open
    assert not found["depends"].open
    assert "no disk" in found["conflict"].reason


def test_another_change_at_the_pipeline_stage_is_a_conflict() -> None:
    found = gates(known=(other(),))["conflict"]

    assert not found.open
    assert "CM-0002 is under way at ProdUS" in found.reason


def test_another_change_at_an_endpoint_is_a_conflict() -> None:
    elsewhere = other(under_way=((PIPELINE, "Other"),), endpoints=((US, "photo-check-us"),))

    assert not gates(known=(elsewhere,))["conflict"].open
    assert gates(known=(replace(elsewhere, endpoints=((US, "x"),)),))["conflict"].open


def test_without_others_there_is_one_gate_and_it_is_open() -> None:
    assert {name: gate.open for name, gate in gates().items()} == {"conflict": True}


@pytest.mark.parametrize(
    ("known", "is_open"),
    [
        ((), False),
        ((other(under_way=(), succeeded=False, stands="rolled_back"),), False),
        ((other(under_way=(), succeeded=True, stands="succeeded"),), True),
    ],
    ids=["unknown", "rolled back", "succeeded"],
)
def test_what_this_rests_on_must_have_succeeded(
    known: tuple[OtherChange, ...], is_open: bool
) -> None:
    found = gates(replace(PLAN, depends_on=("CM-0002",)), known=known)["depends"]

    assert found.open is is_open


@pytest.mark.parametrize(
    ("answer", "is_open", "says"),
    [
        (Known(HttpView(200, minutes(0)), NOW), True, "1 assumptions hold"),
        (Known(HttpView(503, minutes(0)), NOW), False, "does not hold: answered 503"),
        (Unknown(Blindness.FAILED, "no connection", NOW), False, "cannot be told"),
        (None, False, "cannot be told"),
    ],
    ids=["holds", "breach", "unknown", "not read"],
)
def test_an_assumption_must_be_seen_to_hold(
    answer: Reading | None, is_open: bool, says: str
) -> None:
    stage = replace(stage_plan("old"), assumptions=(Assumption("the front door is open", CHECK),))

    found = gates(stage=stage, answer=answer)["assumption"]

    assert found.open is is_open
    assert says in found.reason
