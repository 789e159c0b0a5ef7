"""A service asked directly, each question and answer checked against botocore's model."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mcm.aws.port import AwsError
from mcm.sandbox.service import Caller, Service
from mcm.sandbox.shapes import input_errors, may_raise, shape_errors

ACCOUNT = "111111111111"
START = datetime(2026, 3, 18, 9, 0, tzinfo=UTC)


@dataclass
class Asker:
    """Calls a service at a time of its own, after bringing the service up to it."""

    name: str
    service: Service
    now: datetime = START
    region: str = "eu-west-1"

    @property
    def caller(self) -> Caller:
        """Who calls: alice, in this asker's region, at its time."""
        return Caller(ACCOUNT, self.region, f"arn:aws:iam::{ACCOUNT}:user/alice", "A", self.now)

    def __call__(self, operation: str, **params: Any) -> dict[str, Any]:
        """Call; fail if AWS would refuse the parameters or could not give this answer."""
        _none(input_errors(self.name, operation, params))
        self.service.advance(self.now)
        reply = self.service.operations[operation](params, self.caller)
        _none(shape_errors(self.name, operation, reply))
        return reply

    def code(self, operation: str, **params: Any) -> str:
        """Call and return the code of the error; fail if AWS has no such error there."""
        with pytest.raises(AwsError) as caught:
            self(operation, **params)
        code = caught.value.code
        _none([] if may_raise(self.name, operation, code) else [f"{operation} never says {code}"])
        return code

    def pass_time(self, **span: float) -> None:
        """Let time pass, given as for `timedelta`."""
        self.now += timedelta(**span)
        self.service.advance(self.now)


def _none(errors: list[str]) -> None:
    if errors:
        raise AssertionError("; ".join(errors))
