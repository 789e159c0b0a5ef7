"""Units that bounds and metrics declare, converted in one place (AWS-RULES 26).

CloudWatch sends bare numbers. `ModelLatency` is in microseconds, people think in
milliseconds, and a bound of 250 on it would fire at a quarter of a millisecond.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

TIME: Mapping[str, Decimal] = {"us": Decimal(1), "ms": Decimal(1000), "s": Decimal(1_000_000)}
"""Units of time in microseconds. Any other unit is a word that has to be the same."""

KNOWN: Mapping[tuple[str, str], str] = {
    ("AWS/SageMaker", name): "us"
    for name in ("ModelLatency", "OverheadLatency", "ModelSetupTime", "FirstChunkLatency")
}
"""What AWS documents of metrics whose unit is easily mistaken."""

RATES = frozenset(
    ("AWS/SageMaker", name)
    for name in ("Invocation4XXErrors", "Invocation5XXErrors", "InvocationModelErrors")
)
"""Metrics that send 0 or 1 for each request: their Average is a share, at most 1."""


@dataclass(frozen=True)
class Quantity:
    """A number with its unit."""

    value: Decimal
    unit: str
    """Empty for a bare number."""

    def __str__(self) -> str:
        return f"{self.value} {self.unit}".rstrip()


def fits(unit: str, other: str) -> bool:
    """Say whether a number in `unit` can be told in `other`."""
    return unit == other or (unit in TIME and other in TIME)


def convert(amount: Quantity, unit: str) -> Decimal:
    """Return the number that `amount` is in `unit`; raise ValueError when it is in none."""
    if amount.unit == unit:
        return amount.value
    if not fits(amount.unit, unit):
        raise ValueError(f"{amount} is no number of {unit or 'a metric without a unit'}")
    return amount.value * TIME[amount.unit] / TIME[unit]
