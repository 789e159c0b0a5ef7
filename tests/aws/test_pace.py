"""Reads of AWS keep a steady rate after a burst; rollbacks and writes pass by."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.session import Session

from mcm.aws.clients import BotoPort, Limits
from mcm.aws.pace import BURST_SECONDS, CALM_SECONDS, RATES, Pace, pace_of
from mcm.aws.port import AwsError


class Time:
    """A clock that resting moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.rested = 0.0

    def rest(self, seconds: float) -> None:
        self.rested += seconds
        self.now += seconds


def read(pace: Pace, service: str, times: int) -> None:
    for _ in range(times):
        pace.wait(service)


@pytest.mark.parametrize("service", RATES)
def test_rule_37_reads_keep_the_rate_in_the_long_run(service: str) -> None:
    time = Time()
    pace = Pace(lambda: time.now, time.rest)
    began, count = time.now, int(RATES[service] * (BURST_SECONDS + 100))

    read(pace, service, count)

    assert time.now - began == pytest.approx(100, abs=1 / RATES[service])


def test_a_burst_waits_for_nothing_and_is_there_again_after_a_pause() -> None:
    time = Time()
    pace = Pace(lambda: time.now, time.rest)
    burst = int(RATES["codepipeline"] * BURST_SECONDS)

    read(pace, "codepipeline", burst)
    assert time.rested == 0
    time.now += BURST_SECONDS
    read(pace, "codepipeline", burst)
    assert time.rested == 0
    read(pace, "codepipeline", 1)
    assert time.rested > 0


def test_services_do_not_wait_for_each_other_and_others_have_no_rate() -> None:
    time = Time()
    pace = Pace(lambda: time.now, time.rest)
    read(pace, "codepipeline", 100)
    before = time.rested

    read(pace, "cloudwatch", 10)
    read(pace, "sts", 1000)

    assert time.rested == before


class Counted(Pace):
    """A pace that only counts who waits."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[str] = []

    def wait(self, service: str) -> None:
        self.waits.append(service)


def test_rule_37_reads_wait_their_turn_and_writes_pass_by() -> None:
    """Nobody listens at the address: what is counted is who waited before sending."""
    pace = Counted()
    session = Session()
    session.set_credentials("key", "secret")
    quick = Limits(connect=0.1, read=0.1, read_attempts=1)
    nowhere = "http://127.0.0.1:9"
    port = BotoPort(session, "us-east-1", endpoint_url=nowhere, limits=quick, pace=pace)
    read = {"name": "ParcelPhotoCheck"}
    write = {"pipelineName": "p", "stageName": "s", "targetPipelineExecutionId": "x" * 36}

    for operation, params in (("GetPipelineState", read), ("RollbackStage", write)):
        with pytest.raises(AwsError):
            port.call("codepipeline", operation, params)

    assert pace.waits == ["codepipeline"]
    with pytest.raises(AwsError):
        port.unpaced().call("codepipeline", "GetPipelineState", read)
    assert pace.waits == ["codepipeline"], "what goes back waited"


def test_rule_37_there_is_one_pace_for_an_account_and_region_whoever_asks() -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: pace_of("111111111111", "us-east-1"), range(20)))
    assert len(set(map(id, found))) == 1
    others = [pace_of("111111111111", "eu-west-1"), pace_of("222222222222", "us-east-1")]
    assert len({id(found[0]), *map(id, others)}) == 3


def test_rule_37_throttling_slows_reads_down_for_a_while() -> None:
    """No burst and half the rate for a minute, then as before; other services go on."""
    time = Time()
    pace = Pace(lambda: time.now, time.rest)
    pace.throttled("codepipeline")

    read(pace, "codepipeline", 3)
    assert time.rested == pytest.approx(3 * 2 / RATES["codepipeline"])
    read(pace, "cloudwatch", 3)
    assert time.rested == pytest.approx(3 * 2 / RATES["codepipeline"])
    time.now += CALM_SECONDS
    rested = time.rested
    read(pace, "codepipeline", 5)
    assert time.rested == rested
