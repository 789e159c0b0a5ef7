"""Sending to SNS through the port: what may pass is a ConnectionError, which is tried again."""

from typing import cast

import pytest

from mcm.aws.port import AwsError, ErrorKind, Params, Port, Reply
from mcm.cli.compose import Project
from mcm.cli.telling import publish
from mcm.core.query import Place

TOPIC = "arn:aws:sns:eu-west-1:111111111111:pages"


class Topic:
    """A project and its port in one: keeps what is sent, or raises `error`."""

    def __init__(self, error: ErrorKind | None = None) -> None:
        self.error = error
        self.sent: list[tuple[Place, Params]] = []

    def connect(self, place: Place) -> Port:
        self.place = place
        return self

    def call(self, service: str, operation: str, params: Params) -> Reply:
        if self.error is not None:
            raise AwsError(self.error, "Odd", "no", service=service, operation=operation)
        self.sent.append((self.place, params))
        return {}


def test_a_topic_is_reached_in_its_own_region() -> None:
    topic = Topic()

    publish(cast(Project, topic), TOPIC, "mcm: breach", "what")

    ((place, params),) = topic.sent
    assert place == Place("111111111111", "eu-west-1")
    assert params == {"TopicArn": TOPIC, "Subject": "mcm: breach", "Message": "what"}


@pytest.mark.parametrize(
    ("kind", "raised"),
    [
        (ErrorKind.UNREACHABLE, ConnectionError),
        (ErrorKind.LOST, ConnectionError),
        (ErrorKind.THROTTLED, ConnectionError),
        (ErrorKind.DENIED, AwsError),
        (ErrorKind.AUTH, AwsError),
    ],
)
def test_only_what_may_pass_is_worth_another_try(kind: ErrorKind, raised: type[Exception]) -> None:
    with pytest.raises(raised):
        publish(cast(Project, Topic(kind)), TOPIC, "mcm: breach", "what")
