"""What one emulated AWS service is to the engine."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mcm.aws.port import Params, Reply


@dataclass(frozen=True)
class Caller:
    """Who calls, from where, and when: what AWS would know of a signed request."""

    account: str
    region: str
    arn: str
    """For example `arn:aws:iam::111111111111:user/alice`."""
    user_id: str
    now: datetime
    """The engine's time of this call, aware UTC."""


Handler = Callable[[Params, Caller], Reply]
"""Answers one operation; raises AwsError with a code that the service model knows."""


class Service(Protocol):
    """One service of one account, all regions."""

    @property
    def operations(self) -> Mapping[str, Handler]:
        """The operations that are emulated, by the API's own names."""
        ...

    def advance(self, now: datetime) -> None:
        """Let everything that time brings happen, in order, up to `now`. Never goes back."""
        ...


@dataclass(frozen=True)
class Stored:
    """One object that SageMaker has put into a bucket of the account."""

    region: str
    bucket: str
    key: str
    body: bytes
    written: datetime
