"""Where things are, and what a metric is: the names that plans, instructions and queries share.

Apart from the queries, since who only reads a plan or a journal asks nothing.
"""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, order=True)
class Place:
    """One AWS account in one region: where a call goes and whose credentials it needs."""

    account: str
    region: str


@dataclass(frozen=True, order=True)
class PipelineId:
    """A pipeline by account, region and name."""

    place: Place
    name: str


@dataclass(frozen=True, order=True)
class Metric:
    """A CloudWatch metric of one exact dimension set.

    `stat` is CloudWatch's (`Sum`, `Average`, …); `period` a multiple of what the
    metric's age allows (AWS-RULES 27).
    """

    namespace: str
    name: str
    dimensions: tuple[tuple[str, ...], ...]
    """Pairs (name, value), sorted by name."""
    stat: str
    period: timedelta


@dataclass(frozen=True, order=True)
class Expression:
    """Metric math over metrics of one period: `100 * errors / requests`.

    The names in `text` are those of `metrics`; nothing else is known to it.
    """

    text: str
    metrics: tuple[tuple[str, Metric], ...]
    """Pairs (name, metric), sorted by name; at least one."""

    @property
    def period(self) -> timedelta:
        return self.metrics[0][1].period
