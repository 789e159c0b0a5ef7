"""The example seen through two ports: the engine in process, and botocore over HTTP."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mcm.aws.clients import Limits
from mcm.aws.port import AwsError, Port, Reply
from mcm.aws.session import connect
from mcm.sandbox.engine import Engine
from mcm.sandbox.http_admin import Running
from mcm.sandbox.http_message import json_answer
from mcm.sandbox.http_server import Server
from mcm.sandbox.identity import PEOPLE, user_key
from mcm.sandbox.sagemaker_example import build_world
from mcm.sandbox.scenario import build_example
from mcm.sandbox.scenario_catalogue import PIPELINE

START = datetime(2026, 3, 18, 9, 0, tzinfo=UTC)
US = "us-east-1"
Ports = Callable[[str, str], Port]


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Example:
    """The running example and the people who call it."""

    clock: Clock
    engine: Engine
    ports: Ports

    def tick(self, seconds: float) -> None:
        self.clock.now += timedelta(seconds=seconds)

    def call(
        self, service: str, operation: str, person: str = "alice", region: str = US, **params: Any
    ) -> Reply:
        return self.ports(person, region).call(service, operation, params)

    def refusal(
        self, service: str, operation: str, person: str = "alice", **params: Any
    ) -> AwsError:
        with pytest.raises(AwsError) as caught:
            self.call(service, operation, person, **params)
        return caught.value

    def stage(self, name: str) -> dict[str, Any]:
        state = self.call("codepipeline", "GetPipelineState", name=PIPELINE)
        return next(stage for stage in state["stageStates"] if stage["stageName"] == name)

    def executions(self, **params: Any) -> list[dict[str, Any]]:
        reply = self.call("codepipeline", "ListPipelineExecutions", pipelineName=PIPELINE, **params)
        found: list[dict[str, Any]] = reply["pipelineExecutionSummaries"]
        return found

    def endpoint(self) -> Reply:
        return self.call("sagemaker", "DescribeEndpoint", EndpointName="photo-check-us")

    def alarm(self, name: str) -> dict[str, Any]:
        reply = self.call("cloudwatch", "DescribeAlarms", AlarmNames=[name])
        found: dict[str, Any] = reply["MetricAlarms"][0]
        return found


@pytest.fixture(params=["in process", "over HTTP"])
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Example]:
    clock = Clock()

    def build() -> Engine:
        world = build_world(clock(), point_period=10, alarm_period=10)
        return build_example(clock, world=world, is_strict=True)

    if request.param == "in process":
        engine = build()
        yield Example(clock, engine, lambda person, region: engine.port(user_key(person), region))
        return
    keys = tmp_path / "credentials"
    keys.write_text(
        "".join(
            f"[{name}]\naws_access_key_id = {user_key(name)}\naws_secret_access_key = any\n"
            for name in (*PEOPLE, "mallory")
        )
    )
    running = Running(build, "here", lambda: "there")
    opened: dict[tuple[str, str], Port] = {}
    with Server(running, "token", behind=lambda _request, _scope: json_answer(400, {})) as server:

        def port(person: str, region: str) -> Port:
            if (person, region) not in opened:
                opened[person, region] = connect(
                    region,
                    profile=person,
                    endpoint_url=server.url,
                    credentials_file=keys,
                    limits=Limits(read_attempts=1),
                )
            return opened[person, region]

        yield Example(clock, running.engine, port)
    assert server.aws.defects == []
