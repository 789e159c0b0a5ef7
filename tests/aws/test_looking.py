"""A port that only looks: no write gets past it, and denied reads are remembered."""

import pytest

from mcm.aws.looking import Denials, Denied, Looking
from mcm.aws.port import AwsError, ErrorKind, Params, Reply
from mcm.core.query import Place
from mcm.core.trust.iam_policy import CALLS

US = Place("111111111111", "us-east-1")


class Under:
    def __init__(self, kind: ErrorKind | None = None) -> None:
        self.kind = kind
        self.calls: list[str] = []

    def call(self, service: str, operation: str, params: Params) -> Reply:
        self.calls.append(operation)
        if self.kind is not None:
            raise AwsError(self.kind, "No", "no", service=service, operation=operation)
        return {"seen": operation}


def test_reads_pass_and_everything_else_that_mcm_calls_does_not() -> None:
    under = Under()
    port = Looking(under, US, Denials())
    for call in CALLS:
        if call.operation.startswith(("Get", "List", "Describe")):
            assert port.call(call.service, call.operation, {}) == {"seen": call.operation}
        else:
            with pytest.raises(AwsError) as err:
                port.call(call.service, call.operation, {})
            assert (err.value.kind, err.value.code) == (ErrorKind.REFUSED, "ReadOnly")
    writes = {"RollbackStage", "PutApprovalResult", "UpdateEndpoint", "Publish", "AssumeRole"}
    assert not writes & set(under.calls)


def test_only_denied_reads_are_noted() -> None:
    denials = Denials()
    for kind in (ErrorKind.DENIED, ErrorKind.THROTTLED, ErrorKind.AUTH):
        with pytest.raises(AwsError):
            Looking(Under(kind), US, denials).call("cloudwatch", f"Get{kind.value}", {})

    assert denials.found == {Denied("cloudwatch", "Getdenied", US)}
