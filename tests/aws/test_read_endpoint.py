"""What an endpoint was given is read once; that it is still the same is looked at each turn."""

from datetime import UTC, datetime, timedelta
from typing import Any

from mcm.aws.port import AwsError, ErrorKind, Reply
from mcm.aws.read_endpoint import EndpointReader
from mcm.core.endpoint import EndpointView
from mcm.core.query import EndpointQuery, Place
from mcm.core.reading import Known, Reading, Unknown
from tests.aws.answering import Answering

NOW = datetime(2026, 3, 18, 10, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
QUERY = EndpointQuery(Place("111111111111", "us-east-1"), "photo-check-us")
THROTTLED = AwsError(ErrorKind.THROTTLED, "ThrottlingException", "Rate exceeded")


class Stand:
    """One endpoint and the configuration that its name leads to, and a reader of both."""

    def __init__(self) -> None:
        self.endpoint: Reply = {
            "EndpointConfigName": "c1",
            "EndpointStatus": "InService",
            "LastModifiedTime": NOW - HOUR,
            "ProductionVariants": [{"VariantName": "live", "CurrentWeight": 1.0}],
        }
        self.config: Reply = {"CreationTime": NOW - 2 * HOUR, "ProductionVariants": [setting("v6")]}
        self.port = Answering(
            DescribeEndpoint=lambda _: self.endpoint, DescribeEndpointConfig=lambda _: self.config
        )
        self.reader = EndpointReader(self.port, lambda: NOW)

    def read(self) -> Reading:
        return self.reader.read([QUERY])[QUERY]

    def model(self) -> str:
        found = self.read()
        assert isinstance(found, Known)
        assert isinstance(found.value, EndpointView)
        return found.value.content.live[0].model

    def configs_read(self) -> int:
        return [operation for operation, _ in self.port.calls].count("DescribeEndpointConfig")


def setting(model: str, **more: Any) -> Reply:
    return {"VariantName": "live", "ModelName": model, "InstanceType": "ml.m5.large", **more}


def test_a_turn_asks_one_call_for_an_endpoint_that_nobody_touches() -> None:
    stand = Stand()
    assert [stand.model() for _ in range(5)] == ["v6"] * 5
    assert stand.configs_read() == 1
    assert len(stand.port.calls) == 6


def test_an_endpoint_that_was_touched_is_read_anew_even_under_the_same_name() -> None:
    """An update to a configuration that was deleted and made again changes the model only there."""
    stand = Stand()
    stand.model()
    stand.config = {"CreationTime": NOW, "ProductionVariants": [setting("v7")]}
    stand.endpoint["LastModifiedTime"] = NOW + HOUR

    assert stand.model() == "v7"
    stand.endpoint["EndpointConfigName"] = "c2"
    stand.config = {"CreationTime": NOW, "ProductionVariants": [setting("v8")]}
    assert stand.model() == "v8"


def test_another_configuration_under_the_name_is_not_what_the_endpoint_serves() -> None:
    """The endpoint goes on as before: who saw it still knows, and nobody else is told a model."""
    seen, fresh = Stand(), Stand()
    seen.model()
    remade = {"CreationTime": NOW, "ProductionVariants": [setting("v7")]}
    seen.config = fresh.config = remade

    assert seen.model() == "v6"
    assert fresh.model() == ""
    fresh.config = {"CreationTime": NOW - 2 * HOUR, "ProductionVariants": [setting("v6")]}
    assert fresh.model() == "v6", "what could not be told was kept"


def test_a_read_that_failed_is_not_kept() -> None:
    stand = Stand()
    stand.port.answers["DescribeEndpointConfig"] = THROTTLED
    assert isinstance(stand.read(), Unknown)
    stand.port.answers["DescribeEndpointConfig"] = lambda _: stand.config
    assert stand.model() == "v6"


def test_an_endpoint_that_cannot_be_read_is_unknown_whatever_was_read_before() -> None:
    stand = Stand()
    stand.model()
    stand.port.answers["DescribeEndpoint"] = THROTTLED
    assert isinstance(stand.read(), Unknown)


def test_what_leaves_something_out_is_not_kept() -> None:
    stand = Stand()
    stand.config = {"CreationTime": NOW - 2 * HOUR, "ProductionVariants": [{"VariantName": "live"}]}
    assert stand.model() == ""
    stand.config = {"CreationTime": NOW - 2 * HOUR, "ProductionVariants": [setting("v6")]}
    assert stand.model() == "v6"


def test_while_an_endpoint_moves_nothing_of_it_is_kept() -> None:
    stand = Stand()
    stand.endpoint["EndpointStatus"] = "Updating"
    stand.model()
    stand.endpoint |= {"EndpointStatus": "InService", "PendingDeploymentSummary": {"x": 1}}
    stand.model()
    del stand.endpoint["PendingDeploymentSummary"]
    stand.model()
    stand.model()
    assert stand.configs_read() == 3
