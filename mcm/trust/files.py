"""Reading and writing small files that somebody else may have prepared.

A file is opened once, without following a link, and read once: what was checked is what
is used. A link, a pipe, a device, a file with two names and an over-long file are
refused with E_UNSAFE_FILE, and a pipe does not make the reader wait.
"""

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mcm.core.errors import RefusedError, UsageError

_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


def read_small(name: str | Path, *, limit: int, dir_fd: int | None = None) -> bytes:
    """Return the bytes of a plain file of at most `limit` bytes.

    `name` is relative to the directory open as `dir_fd`, if given. Raises RefusedError
    (E_UNSAFE_FILE) for anything but a plain file with one name, FileNotFoundError if
    there is none.
    """
    try:
        fd = os.open(name, _OPEN, dir_fd=dir_fd)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as err:
        raise _unsafe(name, _said(err)) from err
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise _unsafe(name, "not a plain file")
        if status.st_nlink != 1:
            raise _unsafe(name, "it has another name too (hard link)")
        return _whole(fd, name, limit)
    except OSError as err:
        raise _unsafe(name, _said(err)) from err
    finally:
        os.close(fd)


@contextmanager
def open_directory(path: Path) -> Iterator[int]:
    """Open a directory, not through a link; yield its descriptor.

    Raises FileNotFoundError if there is none, RefusedError(E_UNSAFE_FILE) otherwise.
    """
    try:
        fd = os.open(path, _OPEN | os.O_DIRECTORY)
    except FileNotFoundError:
        raise
    except OSError as err:
        raise _unsafe(path, _said(err)) from err
    try:
        yield fd
    finally:
        os.close(fd)


def write_new(directory: Path, stem: str, suffix: str, data: bytes) -> Path:
    """Write `data` whole or not at all as `stem + suffix`; never over another file.

    A name that is taken by other bytes gets a number (`stem-2`), up to 99; one that holds
    the same bytes is left as it is. Writers take turns on a lock of the directory, which
    a crash releases. Raises UsageError if it cannot be written.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with open_directory(directory) as dir_fd:
            fcntl.flock(dir_fd, fcntl.LOCK_EX)
            for number in range(1, 100):
                name = f"{stem}{suffix}" if number == 1 else f"{stem}-{number}{suffix}"
                if _taken(name, data, dir_fd) is None:
                    _put(name, data, dir_fd)
                    return directory / name
                if _taken(name, data, dir_fd):
                    return directory / name
    except OSError as err:
        raise UsageError(f"cannot write in {directory}: {_said(err)}") from err
    raise UsageError(f"cannot write {stem}{suffix}: 99 files of that name are there already")


def _whole(fd: int, name: str | Path, limit: int) -> bytes:
    data = b""
    while part := os.read(fd, limit + 1 - len(data)):
        data += part
        if len(data) > limit:
            raise _unsafe(name, f"longer than {limit} bytes")
    return data


def _taken(name: str, data: bytes, dir_fd: int) -> bool | None:
    """True if the name holds these bytes, False if others, None if it is free."""
    try:
        return read_small(name, limit=len(data), dir_fd=dir_fd) == data
    except FileNotFoundError:
        return None
    except RefusedError:
        return False


def _put(name: str, data: bytes, dir_fd: int) -> None:
    passing = f".{name}.{os.getpid()}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(passing, flags, 0o644, dir_fd=dir_fd)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(fd)
        os.rename(passing, name, src_dir_fd=dir_fd, dst_dir_fd=dir_fd)
    except OSError:
        os.unlink(passing, dir_fd=dir_fd)
        raise
    os.fsync(dir_fd)


def _said(err: Exception) -> str:
    if isinstance(err, OSError) and err.errno in (errno.ELOOP, errno.EMLINK, errno.ENOTDIR):
        return "a symbolic link, or not a directory"
    return (err.strerror if isinstance(err, OSError) else None) or type(err).__name__


def _unsafe(name: str | Path, reason: str) -> RefusedError:
    return RefusedError("E_UNSAFE_FILE", f"file refused: {os.fspath(name)!r}: {reason}")
