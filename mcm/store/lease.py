"""Leases on one machine: a lock of the kernel's for each change, and one in memory.

The kernel lets go of a lock when its holder ends, however it ends, and never before: so
nobody guesses by age whether a driver is dead. What the file says is for people only.
"""

import errno
import fcntl
import json
import os
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from mcm.clock import SystemClock
from mcm.core.errors import RefusedError
from mcm.core.history.lease import UNREADABLE, DrivenError, Driver, LeaseError
from mcm.core.naming import check_change_id
from mcm.store.safe_file import check_file, check_folder, create_private, identity

_LONGEST = 4096
_LOOKS = 5
_BETWEEN = timedelta(milliseconds=20)
"""Whoever asks who drives holds the lock for a moment: that is no driver."""


class FileLease:
    """A lease that this process holds until `free`, or until it ends."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def free(self) -> None:
        """Let go; more than once is no error. The file stays: deleting it would race."""
        if self._handle >= 0:
            with suppress(OSError):
                os.ftruncate(self._handle, 0)
            os.close(self._handle)
            self._handle = -1


class FileLeases:
    """Leases in `folder`, one file for each change; nothing is created until the first.

    Both methods raise RefusedError (E_UNSAFE_FILE, E_PERMISSIONS) for a file or folder
    that is not this user's alone, and LeaseError for one that cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._clock = SystemClock()

    def take(self, change: str, driver: Driver) -> FileLease:
        """See `Leases.take`."""
        path = self._path(change)
        try:
            for look in range(_LOOKS):
                if look:
                    self._clock.sleep_until(self._clock.now() + _BETWEEN)
                handle = self._lock(path)
                if handle is not None:
                    _describe(handle, driver)
                    return FileLease(handle)
            raise DrivenError(change, _read(path), driver.since)
        except OSError as err:
            raise _unusable(change, path, err) from err

    def driver(self, change: str) -> Driver | None:
        """See `Leases.driver`."""
        path = self._path(change)
        try:
            if not self._folder.exists() or not check_file(path):
                return None
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _read(path)
            finally:
                os.close(handle)
        except OSError as err:
            raise _unusable(change, path, err) from err
        return None

    def _path(self, change: str) -> Path:
        return self._folder / f"{check_change_id(change)}.lock"

    def _lock(self, path: Path) -> int | None:
        """Return the locked file; None while another holds it or the file was replaced."""
        create_private(path)
        check_folder(self._folder)
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(path, handle):
                return handle
        except BlockingIOError:
            pass
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)
        return None


class MemoryLeases:
    """Leases of several processes in one: for tests and the simulator.

    `broken` says why none can be made or read; `end` is the death of a process.
    """

    def __init__(self) -> None:
        self.broken = ""
        self._held: dict[str, Driver] = {}

    def take(self, change: str, driver: Driver) -> "MemoryLease":
        """See `Leases.take`."""
        found = self.driver(change)
        if found is not None:
            raise DrivenError(change, found, driver.since)
        self._held[change] = driver
        return MemoryLease(self._held, change, driver)

    def driver(self, change: str) -> Driver | None:
        """See `Leases.driver`."""
        if self.broken:
            raise LeaseError(f"whether {change} is driven cannot be told: {self.broken}")
        return self._held.get(check_change_id(change))

    def end(self, pid: int) -> None:
        """Let go of all that the process held, as the kernel does when it dies."""
        for change in [name for name, each in self._held.items() if each.pid == pid]:
            del self._held[change]


class MemoryLease:
    """A lease of `MemoryLeases`."""

    def __init__(self, held: dict[str, Driver], change: str, driver: Driver) -> None:
        self._held = held
        self._change = change
        self._driver = driver

    def free(self) -> None:
        """Let go; more than once is no error."""
        if self._held.get(self._change) is self._driver:
            del self._held[self._change]


def _is_at(path: Path, handle: int) -> bool:
    info = os.fstat(handle)
    return identity(path) == (info.st_dev, info.st_ino)


def _describe(handle: int, driver: Driver) -> None:
    """Say who drives, for people: the lock holds all the same when the disk is full."""
    with suppress(OSError):
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(driver.to_value()).encode() + b"\n", 0)


def _read(path: Path) -> Driver:
    try:
        with path.open("rb") as file:
            return Driver.from_value(json.loads(file.read(_LONGEST)))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return UNREADABLE


def _unusable(change: str, path: Path, err: OSError) -> LeaseError | RefusedError:
    if err.errno == errno.ELOOP:
        return RefusedError("E_UNSAFE_FILE", f"{path} is not used: it is a symbolic link")
    return LeaseError(
        f"whether {change} is driven cannot be told: {path}: {err.strerror or err}",
        hint="Only one driver may promote. See that this folder can be written, then try again.",
    )
