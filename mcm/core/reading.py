"""What was seen: a value with its time, or *unknown* with the reason.

There is no third form and no default: whoever wants the value must say what happens
when it is unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from mcm.core.query import Query

T = TypeVar("T")


class Blindness(StrEnum):
    """Why a reading is unknown, as far as the walk must tell the cases apart."""

    AUTH = "auth"
    """Credentials expired, missing or refused: nothing at all can be seen."""
    DENIED = "denied"
    LATE = "late"
    """Not answered by the deadline."""
    THROTTLED = "throttled"
    ABSENT = "absent"
    """AWS answered, but the thing asked for is not there."""
    FAILED = "failed"
    """Anything else: the reason says what."""


@dataclass(frozen=True)
class Known:
    """`at` is when the oldest part of the value was fetched."""

    value: Any
    at: datetime


@dataclass(frozen=True)
class Unknown:
    """No answer, and why."""

    why: Blindness
    reason: str
    """One clause for people: `throttled by CodePipeline`, `no alarm of that name`."""
    at: datetime


Reading = Known | Unknown


class Readings:
    """The answers to one turn's queries."""

    def __init__(self, answers: Mapping[Query, Reading], now: datetime) -> None:
        self._answers = dict(answers)
        self._now = now

    def get(self, query: Query) -> Reading:
        """Return the reading; a query nobody answered is unknown, never an error."""
        return self._answers.get(query) or Unknown(Blindness.FAILED, "not read", self._now)

    def known(self, query: Query, kind: type[T]) -> T | None:
        """Return the value if it is known and of type `kind`, else None."""
        reading = self.get(query)
        if isinstance(reading, Known) and isinstance(reading.value, kind):
            return reading.value
        return None

    def why_unknown(self, query: Query) -> str:
        """Say why `query` has no value; empty when it has one."""
        reading = self.get(query)
        return reading.reason if isinstance(reading, Unknown) else ""

    def next_step(self, query: Query, denied: str) -> str:
        """Say what a person can do about a `query` without a value; `denied` is for a denial."""
        reading = self.get(query)
        why = reading.why if isinstance(reading, Unknown) else Blindness.FAILED
        if why is Blindness.AUTH:
            return "Log in again, or name other credentials with --profile."
        if why is Blindness.DENIED:
            return denied
        if why is Blindness.THROTTLED:
            return "AWS has too many calls just now. Run it again in a minute."
        return "Look at the way to AWS (network, proxy, region), then run it again."

    def blind(self) -> str:
        """Say why nothing can be seen for want of credentials; empty when that is not so."""
        for reading in self._answers.values():
            if isinstance(reading, Unknown) and reading.why is Blindness.AUTH:
                return reading.reason
        return ""

    def oldest(self) -> datetime:
        """Return the time of the oldest reading (promise 6 bounds its age at 10 s).

        What a slow check said counts as of now for as long as its query says: it runs beside
        the loop, and its source gives no answer that is older.
        """
        times = (self._as_of(query, reading) for query, reading in self._answers.items())
        return min(times, default=self._now)

    def _as_of(self, query: Query, reading: Reading) -> datetime:
        good_for: timedelta = getattr(query, "good_for", timedelta(0))
        return min(reading.at + good_for, max(self._now, reading.at))

    def items(self) -> Mapping[Query, Reading]:
        """Return all answers, for displays and tests."""
        return dict(self._answers)
