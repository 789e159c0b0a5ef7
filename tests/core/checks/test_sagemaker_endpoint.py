"""The check `sagemaker-endpoint`: by content, not status (AWS-RULES 29 to 31)."""

from dataclasses import replace

import pytest

from mcm.core.checks.kinds import judge
from mcm.core.checks.sagemaker_endpoint import BROKEN, MOVING, SILENTLY_ROLLED_BACK
from mcm.core.checks.watch import Watch
from mcm.core.endpoint import Content, EndpointView, Variant
from mcm.core.plans.plan import Guardrail
from mcm.core.query import EndpointQuery
from mcm.core.reading import Blindness, Known, Reading, Readings, Unknown
from mcm.core.verdict import Kind, Verdict
from tests.kit.readings import NOW, US, content
from tests.kit.world import stage_plan

NAME = "photo-check-us"
STAGE = stage_plan("old")
BEFORE = content()
CANDIDATE = Variant("candidate", "photo-check-v7", "sha256:v7", "ml.m5.xlarge", 2, "1")
AFTER = replace(BEFORE, shadow=(CANDIDATE,))
GUARDRAIL = Guardrail("endpoint", "sagemaker-endpoint", {"endpoint": NAME}, "roll_back")


def verdict(
    serves: Content = AFTER,
    status: str = "InService",
    *,
    pending: bool = False,
    settled: bool = True,
    deployed: bool = True,
    promoted: bool = True,
    expects: bool = True,
    baseline: bool = True,
    part: str = "",
) -> Verdict:
    view = EndpointView(NAME, status, "config", pending, settled, serves)
    stage = STAGE if expects else replace(STAGE, expect=())
    known = {NAME: BEFORE} if baseline else {}
    watch = Watch(stage, NOW if promoted else None, deployed, known, 500)
    guardrail = replace(GUARDRAIL, params={"endpoint": NAME, "part": part})
    return judge(guardrail, watch, Readings({EndpointQuery(US, NAME): Known(view, NOW)}, NOW))


@pytest.mark.parametrize("why", list(Blindness))
def test_an_endpoint_that_cannot_be_read_is_an_error(why: Blindness) -> None:
    answer: Reading = Unknown(why, "no reply", NOW)
    watch = Watch(STAGE, NOW, True, {NAME: BEFORE}, 500)

    found = judge(GUARDRAIL, watch, Readings({EndpointQuery(US, NAME): answer}, NOW))

    assert found.kind is Kind.ERROR


def test_what_is_expected_and_nothing_else_passes() -> None:
    assert verdict().kind is Kind.PASS


@pytest.mark.parametrize("status", sorted(BROKEN))
def test_a_broken_endpoint_is_a_breach(status: str) -> None:
    assert verdict(status=status).kind is Kind.BREACH


@pytest.mark.parametrize("status", [*sorted(MOVING), "Pondering", ""])
def test_an_endpoint_on_the_move_or_in_unknown_words_is_inconclusive(status: str) -> None:
    assert verdict(status=status).kind is Kind.INCONCLUSIVE


def test_rule_29_in_service_with_something_pending_or_unsettled_is_inconclusive() -> None:
    assert verdict(pending=True).kind is Kind.INCONCLUSIVE
    assert verdict(settled=False).kind is Kind.INCONCLUSIVE


def test_without_a_snapshot_nothing_passes() -> None:
    assert verdict(baseline=False).kind is Kind.ERROR


@pytest.mark.parametrize(
    "change",
    [{"model": "v9"}, {"image": "sha256:other"}, {"instance_type": "ml.m5.large"}, {"weight": "2"}],
    ids=lambda change: next(iter(change)),
)
def test_rule_30_a_live_variant_that_changed_is_a_breach(change: dict[str, str]) -> None:
    live = replace(BEFORE.live[0], **change)  # type: ignore[arg-type]

    assert verdict(replace(AFTER, live=(live,))).kind is Kind.BREACH


def test_data_capture_that_changed_is_a_breach() -> None:
    assert verdict(replace(AFTER, capture="Started 100")).kind is Kind.BREACH


def test_the_old_content_after_the_deployment_is_a_silent_rollback() -> None:
    """Fault scenario 19: in service again, with the old configuration and no reason."""
    found = verdict(BEFORE)

    assert (found.kind, found.code) == (Kind.BREACH, SILENTLY_ROLLED_BACK)


def test_the_old_content_during_the_deployment_is_inconclusive() -> None:
    assert verdict(BEFORE, deployed=False).kind is Kind.INCONCLUSIVE


def test_a_shadow_of_another_model_is_a_breach() -> None:
    other = replace(CANDIDATE, model="photo-check-v8")
    found = verdict(replace(BEFORE, shadow=(other,)))

    assert found.kind is Kind.BREACH
    assert found.code == ""


def test_without_an_expectation_everything_must_stay() -> None:
    assert verdict(BEFORE, expects=False).kind is Kind.PASS
    assert verdict(AFTER, expects=False).kind is Kind.BREACH


def test_before_the_promotion_it_must_be_in_service() -> None:
    assert verdict(BEFORE, promoted=False).kind is Kind.PASS
    assert verdict(BEFORE, "Updating", promoted=False).kind is Kind.INCONCLUSIVE


@pytest.mark.parametrize("field", ["model", "image", "instance_type", "weight"])
@pytest.mark.parametrize("role", ["live", "shadow"])
def test_what_is_not_shown_is_not_known_to_differ(field: str, role: str) -> None:
    """AWS-RULES 38: nothing is rolled back because one read left something out."""
    shown = getattr(AFTER, role)[0]
    bare = replace(AFTER, **{role: (replace(shown, **{field: ""}),)})  # type: ignore[arg-type]

    found = verdict(bare)

    if role == "live" or field == "model":
        assert found.kind is Kind.INCONCLUSIVE
        assert "is not shown" in found.reason
    else:  # of a new shadow variant nothing but the model is expected
        assert found.kind is Kind.PASS


def test_what_is_never_shown_is_unchanged() -> None:
    """Variants that serve inference components name no model."""
    bare = (replace(BEFORE.live[0], model=""),)
    view = EndpointView(NAME, "InService", "config", False, True, replace(AFTER, live=bare))
    watch = Watch(STAGE, NOW, True, {NAME: replace(BEFORE, live=bare)}, 500)
    readings = Readings({EndpointQuery(US, NAME): Known(view, NOW)}, NOW)

    assert judge(GUARDRAIL, watch, readings).kind is Kind.PASS


# Live and shadow apart (AWS-RULES 31). Each test asks both parts.


def both(serves: Content = AFTER, status: str = "InService", **how: bool) -> tuple[Kind, Kind]:
    """Return the verdicts on the live and on the shadow variants."""
    live = verdict(serves, status, part="live", **how)
    return live.kind, verdict(serves, status, part="shadow", **how).kind


DRIFTED = (replace(BEFORE.live[0], image="sha256:other"),)
STRANGE = (replace(CANDIDATE, model="photo-check-v8"),)


@pytest.mark.parametrize("why", list(Blindness))
def test_rule_31_what_cannot_be_read_is_an_error_for_both(why: Blindness) -> None:
    answer: Reading = Unknown(why, "no reply", NOW)
    watch = Watch(STAGE, NOW, True, {NAME: BEFORE}, 500)
    readings = Readings({EndpointQuery(US, NAME): answer}, NOW)

    for part in ("live", "shadow"):
        guardrail = replace(GUARDRAIL, params={"endpoint": NAME, "part": part})
        assert judge(guardrail, watch, readings).kind is Kind.ERROR


def test_rule_31_without_a_snapshot_neither_passes() -> None:
    assert both(baseline=False) == (Kind.ERROR, Kind.ERROR)


def test_rule_31_a_drifting_shadow_is_told_beside_a_healthy_live_variant() -> None:
    assert both(replace(AFTER, shadow=STRANGE)) == (Kind.PASS, Kind.BREACH)
    assert both(replace(AFTER, shadow=()), expects=False) == (Kind.PASS, Kind.PASS)
    assert both(AFTER, expects=False) == (Kind.PASS, Kind.BREACH)


def test_rule_31_a_drifting_live_variant_is_told_beside_a_healthy_shadow() -> None:
    assert both(replace(AFTER, live=DRIFTED)) == (Kind.BREACH, Kind.PASS)
    assert both(replace(AFTER, capture="Started 100")) == (Kind.BREACH, Kind.PASS)


def test_rule_31_both_can_drift_at_once() -> None:
    assert both(replace(AFTER, live=DRIFTED, shadow=STRANGE)) == (Kind.BREACH, Kind.BREACH)


def test_rule_31_what_is_not_shown_of_one_says_nothing_of_the_other() -> None:
    unnamed = (replace(CANDIDATE, model=""),)
    bare = (replace(BEFORE.live[0], image=""),)

    assert both(replace(AFTER, live=DRIFTED, shadow=unnamed)) == (Kind.BREACH, Kind.INCONCLUSIVE)
    assert both(replace(AFTER, live=bare, shadow=STRANGE)) == (Kind.INCONCLUSIVE, Kind.BREACH)


def test_rule_31_a_live_variant_that_scaled_says_nothing_of_the_shadow() -> None:
    scaled = (replace(BEFORE.live[0], count=BEFORE.live[0].count + 1),)

    assert both(replace(AFTER, live=scaled)) == (Kind.INCONCLUSIVE, Kind.PASS)


@pytest.mark.parametrize("status", sorted(BROKEN))
def test_rule_31_an_endpoint_that_serves_nobody_is_lives_breach(status: str) -> None:
    """The shadow holds besides: it cannot be told."""
    assert both(status=status) == (Kind.BREACH, Kind.INCONCLUSIVE)


def test_rule_31_a_silent_rollback_is_the_shadows_word() -> None:
    """Nothing of live has changed; that the change is gone is known by its shadow."""
    found = verdict(BEFORE, part="shadow")

    assert (found.kind, found.code) == (Kind.BREACH, SILENTLY_ROLLED_BACK)
    assert verdict(BEFORE, part="live").kind is Kind.PASS


def test_rule_31_a_drifted_live_variant_is_never_a_silent_rollback() -> None:
    """That would end the stage as failed, with production changed and nothing taken back."""
    found = verdict(replace(BEFORE, live=DRIFTED), part="shadow")

    assert (found.kind, found.code) == (Kind.BREACH, "")
    assert both(replace(BEFORE, live=DRIFTED)) == (Kind.BREACH, Kind.BREACH)
