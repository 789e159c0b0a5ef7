"""Reading groups beside each other, with a deadline: the `Gather` of a real run."""

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import timedelta
from threading import Lock, Thread
from time import monotonic

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


def beside(tasks: Mapping[GroupKey, Task], within: timedelta) -> Mapping[GroupKey, Result]:
    """Run groups in threads that keep no command alive: for what is nice to know.

    A pool's threads are waited for when the process ends, and a call that hangs would hold
    up the person who only wanted to leave.
    """
    results: dict[GroupKey, Result] = {}
    lock = Lock()

    def run(key: GroupKey, task: Task) -> None:
        found = task()
        with lock:
            results[key] = found

    threads = [Thread(target=run, args=item, daemon=True) for item in tasks.items()]
    for thread in threads:
        thread.start()
    started = monotonic()
    for thread in threads:
        thread.join(max(0.0, within.total_seconds() - (monotonic() - started)))
    with lock:
        return dict(results)
