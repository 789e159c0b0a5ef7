"""What an endpoint answered to a sample."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class InvocationView:
    """What one invocation of an endpoint was answered."""

    answer: str
    """The beginning of the body as text; foreign, never shown unsanitised."""
    variant: str
    """Which variant answered; empty where AWS does not say."""
    took: timedelta
    failed: str = ""
    """What the model's container said instead of an answer; empty for an answer."""
