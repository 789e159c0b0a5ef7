"""Faults on purpose: what each does to a call, and what happened all the same."""

from datetime import timedelta

import pytest

from mcm.aws.port import AwsError, ErrorKind
from mcm.sandbox.faults import Effect, Fault
from mcm.sandbox.identity import user_key
from tests.sandbox.pipeline_fakes import START, Shop


def failure(shop: Shop) -> AwsError:
    """Return what disabling the transition fails with."""
    with pytest.raises(AwsError) as caught:
        shop.disable()
    return caught.value


def is_enabled(shop: Shop) -> bool:
    return bool(shop.stage("Prod")["inboundTransitionState"]["enabled"])


@pytest.mark.parametrize(
    ("effect", "kind", "code"),
    [
        (Effect.THROTTLE, ErrorKind.THROTTLED, "ThrottlingException"),
        (Effect.CONFLICT, ErrorKind.CONFLICT, "ConflictException"),
        (Effect.TIMEOUT_BEFORE, ErrorKind.LOST, "ReadTimeoutError"),
        (Effect.SERVER_ERROR, ErrorKind.LOST, "InternalFailure"),
        (Effect.DENIED, ErrorKind.DENIED, "AccessDeniedException"),
        (Effect.EXPIRED, ErrorKind.AUTH, "ExpiredTokenException"),
    ],
)
def test_a_call_that_is_struck_has_no_effect(effect: Effect, kind: ErrorKind, code: str) -> None:
    shop = Shop()
    shop.engine.faults.add(Fault(effect, operation="DisableStageTransition"))
    error = failure(shop)
    assert (error.kind, error.code) == (kind, code)
    assert (error.service, error.operation) == ("codepipeline", "DisableStageTransition")
    assert is_enabled(shop)
    assert shop.engine.log.accepted() == []


def test_a_lost_reply_hides_a_call_that_was_carried_out() -> None:
    shop = Shop()
    shop.engine.faults.add(Fault(Effect.TIMEOUT_AFTER, operation="DisableStageTransition"))
    assert failure(shop).may_have_happened
    assert not is_enabled(shop)
    accepted = shop.engine.log.accepted("DisableStageTransition")
    assert [entry.reply_lost for entry in accepted] == [True]


def test_a_refused_call_is_refused_even_if_its_reply_would_be_lost() -> None:
    shop = Shop()
    shop.engine.faults.add(Fault(Effect.TIMEOUT_AFTER))
    with pytest.raises(AwsError) as caught:
        shop.disable("Nowhere")
    assert caught.value.code == "StageNotFoundException"


def test_a_fault_strikes_as_often_as_it_says_after_those_it_lets_through() -> None:
    shop = Shop()
    shop.engine.faults.add(
        Fault(Effect.THROTTLE, operation="DisableStageTransition", after=1, times=2)
    )
    shop.disable()
    assert failure(shop).kind is ErrorKind.THROTTLED
    assert failure(shop).kind is ErrorKind.THROTTLED
    shop.disable()
    assert len(shop.engine.log.accepted("DisableStageTransition")) == 2


def test_a_fault_strikes_from_its_beginning_up_to_its_end() -> None:
    shop = Shop()
    since, until = START + timedelta(seconds=10), START + timedelta(seconds=20)
    shop.engine.faults.add(Fault(Effect.THROTTLE, since=since, until=until))
    assert is_enabled(shop)
    shop.clock.tick(10)
    assert failure(shop).kind is ErrorKind.THROTTLED
    shop.clock.tick(10)
    assert is_enabled(shop)


def test_a_fault_strikes_one_caller_one_service_and_one_set_of_parameters() -> None:
    shop = Shop()
    shop.engine.faults.add(Fault(Effect.DENIED, access_key_id=user_key("bob")))
    shop.engine.faults.add(Fault(Effect.DENIED, service="sts"))
    shop.engine.faults.add(Fault(Effect.DENIED, params={"stageName": "Gate"}))
    shop.disable("Prod")
    with pytest.raises(AwsError):
        shop.disable("Gate")
    with pytest.raises(AwsError):
        shop.call("GetPipelineState", by="bob")
    with pytest.raises(AwsError):
        shop.engine.call(user_key("alice"), "us-east-1", "sts", "GetCallerIdentity", {})


def test_a_stale_read_answers_what_it_answered_some_time_ago() -> None:
    shop = Shop()
    since = START + timedelta(seconds=5)
    age = timedelta(seconds=10)
    shop.engine.faults.add(Fault(Effect.STALE, operation="GetPipelineState", since=since, age=age))
    assert is_enabled(shop)
    shop.disable()
    shop.clock.tick(5)
    assert is_enabled(shop)
    shop.clock.tick(15)
    assert not is_enabled(shop)


def test_a_stale_read_without_a_past_answers_afresh() -> None:
    shop = Shop()
    shop.disable()
    shop.engine.faults.add(Fault(Effect.STALE))
    assert not is_enabled(shop)


def test_what_is_cleared_strikes_no_more() -> None:
    shop = Shop()
    shop.engine.faults.add(Fault(Effect.THROTTLE))
    shop.engine.faults.clear()
    assert is_enabled(shop)
