"""Reading groups beside each other, by a deadline."""

from datetime import timedelta
from threading import Event, current_thread

from mcm.aws.gather import beside
from mcm.aws.observe import GroupKey, Task
from mcm.core.query import Place

US = Place("111111111111", "us-east-1")


def test_what_hangs_is_left_out_and_keeps_no_command_alive() -> None:
    """The process may end while the call hangs: its thread is a daemon."""
    release, daemons = Event(), []

    def hangs() -> dict[object, object]:
        daemons.append(current_thread().daemon)
        release.wait(30)
        return {}

    tasks: dict[GroupKey, Task] = {(US, "firing"): hangs, (US, "identity"): dict}  # type: ignore[dict-item]
    found = beside(tasks, timedelta(milliseconds=50))
    release.set()

    assert found == {(US, "identity"): {}}
    assert daemons == [True]
