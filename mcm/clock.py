"""The one clock outside tests: the system's, without offsets and without rates."""

import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    """Real time. The simulator and the tests bring a virtual clock of the same shape."""

    def now(self) -> datetime:
        """Return the current instant, aware UTC."""
        return datetime.now(UTC)

    def sleep_until(self, moment: datetime) -> None:
        """Sleep until `moment`; return at once when it has passed."""
        left = (moment - self.now()).total_seconds()
        if left > 0:
            time.sleep(left)


def jitter(most: timedelta) -> timedelta:
    """Return some time up to `most`, so that many who wait for the same do not come at once."""
    import random  # only who waits for AWS needs it

    return most * random.random()  # noqa: S311 - spreads calls; nothing secret
