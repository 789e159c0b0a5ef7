"""A port that only looks: it sends no write, and remembers which reads were denied.

For the commands that promise to change nothing: what they are made of cannot break that
promise, because what is no read does not get past here.
"""

from dataclasses import dataclass, field
from datetime import datetime

from mcm.aws.port import AwsError, ErrorKind, Params, Port, Reply, time_of
from mcm.core.query import Place

READS = ("Get", "List", "Describe")


@dataclass(frozen=True, order=True)
class Denied:
    """A read that AWS did not allow."""

    service: str
    operation: str
    place: Place


@dataclass
class Denials:
    """What was denied so far, to every port that notes it here."""

    found: set[Denied] = field(default_factory=set)


class Looking:
    """Implements the port over another one."""

    def __init__(
        self, port: Port, place: Place, denials: Denials, why: str = "this command only looks"
    ) -> None:
        self._port = port
        self._place = place
        self._denials = denials
        self._why = why

    @property
    def time(self) -> datetime | None:
        """What time AWS said it was; see `time_of`."""
        return time_of(self._port)

    def call(self, service: str, operation: str, params: Params) -> Reply:
        """Pass a read on; refuse anything else without sending it."""
        if not operation.startswith(READS):
            raise AwsError(
                ErrorKind.REFUSED,
                "ReadOnly",
                self._why,
                service=service,
                operation=operation,
            )
        try:
            return self._port.call(service, operation, params)
        except AwsError as err:
            if err.kind is ErrorKind.DENIED:
                self._denials.found.add(Denied(service, operation, self._place))
            raise
