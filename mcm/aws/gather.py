"""Reading groups beside each other, with a deadline: the `Gather` of a real run."""

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import timedelta

from mcm.aws.observe import GroupKey, Task
from mcm.core.query import Query
from mcm.core.reading import Reading

Result = Mapping[Query, Reading]


class ThreadedGather:
    """Runs groups in threads; a group that still runs from before is not started again."""

    def __init__(self, workers: int = 16) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="observe")
        self._under_way: dict[GroupKey, Future[Result]] = {}

    def __call__(
        self, tasks: Mapping[GroupKey, Task], within: timedelta
    ) -> Mapping[GroupKey, Result]:
        """Return the results that are back in time."""
        fresh: dict[GroupKey, Future[Result]] = {}
        for key, task in tasks.items():
            before = self._under_way.get(key)
            if before is None or before.done():
                fresh[key] = self._pool.submit(task)
        self._under_way.update(fresh)
        wait(fresh.values(), timeout=within.total_seconds())
        return {key: future.result() for key, future in fresh.items() if future.done()}

    def close(self) -> None:
        """Let go of the threads without waiting for calls that hang."""
        self._pool.shutdown(wait=False, cancel_futures=True)
