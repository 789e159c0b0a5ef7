"""The bake ends by time and samples and guardrails together, never by default."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mcm.core.errors import Exit
from mcm.core.history.turn import Done, Hold, Wait
from mcm.core.plans.plan import Bake
from mcm.core.verdict import Kind, Verdict
from mcm.core.walking.bake import judge_bake
from tests.kit.readings import NOW, minutes
from tests.kit.world import stage_plan

BAKE = Bake(minutes(30), 100, minutes(120))
STAGE = replace(stage_plan("old"), bake=BAKE)
POLL = timedelta(seconds=30)


def judged(after: float, samples: int | None = 500, *kinds: Kind, bake: Bake = BAKE) -> object:
    verdicts = tuple(Verdict(f"check-{n}", kind, "because") for n, kind in enumerate(kinds))
    stage = replace(STAGE, bake=bake)
    return judge_bake(stage, NOW, samples, verdicts, NOW + minutes(after), POLL)


def exit_of(found: object) -> Exit:
    assert isinstance(found, Hold)
    return found.exit


def test_it_is_not_over_before_its_time_however_well_all_is() -> None:
    found = judged(29.75, 10_000, Kind.PASS)

    assert found == Wait(NOW + minutes(30), "baking, 15s left")


def test_it_is_over_with_time_samples_and_guardrails() -> None:
    assert isinstance(judged(30, 100, Kind.PASS, Kind.PASS), Done)


@pytest.mark.parametrize("kind", [Kind.INCONCLUSIVE, Kind.ERROR, Kind.BREACH])
def test_one_guardrail_that_does_not_pass_extends_it(kind: Kind) -> None:
    assert isinstance(judged(30, 500, Kind.PASS, kind), Wait)


@pytest.mark.parametrize("samples", [None, 0, 99])
def test_rule_20_too_few_or_unknown_samples_extend_it(samples: int | None) -> None:
    assert isinstance(judged(30, samples, Kind.PASS), Wait)


def test_no_samples_wanted_means_none_are_waited_for() -> None:
    bake = Bake(minutes(30), 0, minutes(120))

    assert isinstance(judged(30, None, Kind.PASS, bake=bake), Done)


@pytest.mark.parametrize(
    ("samples", "kind", "code"),
    [
        (500, Kind.INCONCLUSIVE, Exit.INCONCLUSIVE),
        (500, Kind.ERROR, Exit.BLIND),
        (3, Kind.PASS, Exit.INCONCLUSIVE),
        (None, Kind.PASS, Exit.BLIND),
        (None, Kind.INCONCLUSIVE, Exit.BLIND),
    ],
)
def test_at_its_limit_a_person_is_asked(samples: int | None, kind: Kind, code: Exit) -> None:
    assert exit_of(judged(120, samples, kind)) is code


def test_it_passes_after_its_limit_too_once_all_is_well() -> None:
    assert isinstance(judged(300, 500, Kind.PASS), Done)
