"""A port that only looks: it sends no write, and remembers which reads were denied.

For the commands that promise to change nothing: what they are made of cannot break that
promise, because what is no read does not get past here.
"""

from dataclasses import dataclass, field

from mcm.aws.port import AwsError, ErrorKind, Params, Port, Reply
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

    def __init__(self, port: Port, place: Place, denials: Denials) -> None:
        self._port = port
        self._place = place
        self._denials = denials

    def call(self, service: str, operation: str, params: Params) -> Reply:
        """Pass a read on; refuse anything else without sending it."""
        if not operation.startswith(READS):
            raise AwsError(
                ErrorKind.REFUSED,
                "ReadOnly",
                "this command only looks",
                service=service,
                operation=operation,
            )
        try:
            return self._port.call(service, operation, params)
        except AwsError as err:
            if err.kind is ErrorKind.DENIED:
                self._denials.found.add(Denied(service, operation, self._place))
            raise
