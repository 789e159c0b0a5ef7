"""The words of a comparison: what it is against, and which way is bad.

Apart from the statistics that use them, because each reading of `mcm.yaml` needs the words.
"""

from enum import StrEnum

BEFORE, LAST_WEEK, OTHER = "before", "last-week", "other"
AGAINST = (BEFORE, LAST_WEEK, OTHER)


class Worse(StrEnum):
    """Which way is bad."""

    HIGHER = "higher"
    LOWER = "lower"
    EITHER = "either"
