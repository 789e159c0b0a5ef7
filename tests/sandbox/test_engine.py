"""The engine: one call, one time for all services, one log."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from mcm.aws.port import AwsError, ErrorKind, Params, Reply
from mcm.sandbox.engine import Engine
from mcm.sandbox.identity import Identities, user_key
from mcm.sandbox.service import Caller, Handler
from tests.sandbox.pipeline_fakes import START, Clock, Shop

ALICE = user_key("alice")


class Bell:
    """A service that notes when it is brought forward."""

    def __init__(self) -> None:
        self.times: list[datetime] = []

    @property
    def operations(self) -> Mapping[str, Handler]:
        return {"GetRings": self._rings}

    def advance(self, now: datetime) -> None:
        if not self.times or now > self.times[-1]:
            self.times.append(now)

    def _rings(self, params: Params, caller: Caller) -> Reply:
        return {"caller": caller, "params": params}


class Alarmed(Bell):
    """A bell that knows when it rings next."""

    def __init__(self, event: datetime | None) -> None:
        super().__init__()
        self.event = event

    def next_event(self) -> datetime | None:
        return self.event


def build(**bells: Bell) -> tuple[Engine, Clock]:
    clock = Clock()
    return Engine(bells, Identities(), clock), clock


def test_a_handler_learns_who_calls_from_where_and_when() -> None:
    engine, clock = build(bell=Bell())
    clock.tick(2)
    caller = engine.port(ALICE, "eu-west-1").call("bell", "GetRings", {"a": 1})["caller"]
    assert caller.arn == "arn:aws:iam::111111111111:user/alice"
    assert caller.region == "eu-west-1"
    assert caller.account == "111111111111"
    assert caller.now == START + timedelta(seconds=2)


@pytest.mark.parametrize(("service", "operation"), [("bell", "Ring"), ("horn", "GetRings")])
def test_what_is_not_emulated_is_unsupported(service: str, operation: str) -> None:
    engine, _ = build(bell=Bell())
    with pytest.raises(AwsError) as caught:
        engine.call(ALICE, "us-east-1", service, operation, {})
    assert (caught.value.kind, caught.value.code) == (ErrorKind.INVALID, "UnsupportedOperation")


def test_services_that_know_no_event_are_brought_forward_second_by_second() -> None:
    bell = Bell()
    engine, clock = build(bell=bell)
    clock.tick(3)
    engine.advance()
    assert bell.times == [START + timedelta(seconds=second) for second in (1, 2, 3)]


def test_all_services_meet_at_the_next_event_of_any() -> None:
    first, second = Alarmed(None), Alarmed(START + timedelta(seconds=7))
    engine, clock = build(first=first, second=second)
    clock.tick(3600)
    second.event = START + timedelta(seconds=7)
    engine.advance()
    assert first.times[0] == START + timedelta(seconds=7)
    assert first.times == second.times


def test_a_jump_without_events_is_one_step() -> None:
    bell = Alarmed(None)
    engine, clock = build(bell=bell)
    clock.tick(100 * 3600)
    engine.advance()
    assert bell.times == [START + timedelta(hours=100)]


def test_an_event_that_stays_due_does_not_stop_time() -> None:
    engine, clock = build(bell=Alarmed(START))
    clock.tick(5)
    engine.advance()
    assert engine.now() == START + timedelta(seconds=5)


def test_time_never_goes_back() -> None:
    engine, clock = build(bell=Bell())
    clock.tick(5)
    engine.advance()
    clock.tick(-5)
    engine.advance()
    assert engine.now() == START + timedelta(seconds=5)


def test_accepted_writes_are_logged_with_parameters_and_caller() -> None:
    shop = Shop()
    shop.disable("Prod", "closed")
    with pytest.raises(AwsError):
        shop.disable("Nowhere")
    shop.stage("Prod")
    [entry] = shop.engine.log.accepted()
    assert entry.operation == "DisableStageTransition"
    assert entry.params["reason"] == "closed"
    assert entry.arn.endswith(":user/alice")
    assert shop.engine.log.writes[1].outcome == "StageNotFoundException"
    assert shop.engine.log.calls["codepipeline", "DisableStageTransition"] == 2
    assert shop.engine.log.calls["codepipeline", "GetPipelineState"] == 1


def test_a_strict_engine_refuses_parameters_that_aws_would_refuse() -> None:
    shop = Shop()
    with pytest.raises(AwsError) as caught:
        shop.call("GetPipelineState", {"nmae": "Shop"})
    assert caught.value.code == "ValidationException"


def test_an_engine_without_a_scenario_has_no_named_faults() -> None:
    shop = Shop()
    with pytest.raises(KeyError):
        shop.engine.fault("throttle")
