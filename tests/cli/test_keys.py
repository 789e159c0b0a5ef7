"""Waiting for a key."""

import fcntl
import os

from mcm.cli.keys import readable


def test_a_descriptor_of_any_number_can_be_waited_for() -> None:
    """A process that has opened much gets numbers that `select` does not take."""
    reading, writing = os.pipe()
    high = fcntl.fcntl(reading, fcntl.F_DUPFD, 1100)
    try:
        assert not readable(high, 0)
        os.write(writing, b"r")
        assert readable(high, 0)
    finally:
        for number in (reading, writing, high):
            os.close(number)
