"""May this file be trusted to be ours alone? Asked before a journal is opened.

A journal that another user can write, or that is a link to something else, proves
nothing, so it is refused rather than mended (docs/security-design.md, threats 16 and 60).
"""

import os
import stat
from pathlib import Path

from mcm.core.errors import RefusedError

_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


def check_folder(folder: Path) -> None:
    """Refuse a folder that is a link, another user's, or writable by others."""
    info = folder.lstat()
    if not stat.S_ISDIR(info.st_mode):
        raise _unsafe(folder, "it is not a plain folder")
    _check_owner(folder, info)


def check_file(path: Path) -> bool:
    """Return whether there is a file at `path`.

    Raises RefusedError: E_UNSAFE_FILE if it is a symbolic link, a hard link, a device or
    anything else but a regular file; E_PERMISSIONS if another user owns or may write it.
    """
    try:
        info = path.lstat()
    except FileNotFoundError:
        return False
    if not stat.S_ISREG(info.st_mode):
        raise _unsafe(path, "it is not a regular file")
    if info.st_nlink > 1:
        raise _unsafe(path, "it has a second name (hard link)")
    _check_owner(path, info)
    return True


def identity(path: Path) -> tuple[int, int] | None:
    """Return what tells this file from another one put in its place; None if there is none."""
    try:
        info = path.lstat()
    except FileNotFoundError:
        return None
    return info.st_dev, info.st_ino


def create_private(path: Path) -> None:
    """Create an empty file (mode 0600) and its missing folders (0700); keep one that is there."""
    for folder in reversed([f for f in path.parents if not f.exists()]):
        folder.mkdir(mode=0o700, exist_ok=True)
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        os.close(os.open(path, flags, 0o600))
    except FileExistsError:
        check_file(path)


def read_private(path: Path, limit: int) -> bytes:
    """Return the bytes of a file that is this user's alone; none if there is no such file.

    Raises RefusedError as `check_file` and `check_folder` do, and for more than `limit`.
    """
    if not path.parent.exists() or not check_file(path):
        return b""
    check_folder(path.parent)
    data = read_plain(path, limit + 1)
    if len(data) > limit:
        raise _unsafe(path, f"it is longer than {limit} bytes")
    return data


def read_plain(path: Path, limit: int) -> bytes:
    """Return the first `limit` bytes of a plain file, whoever owns it; none of anything else.

    No link is followed and no pipe waited for. Raises OSError if there is no such file.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        return file.read(limit) if stat.S_ISREG(os.fstat(handle).st_mode) else b""


def _check_owner(path: Path, info: os.stat_result) -> None:
    if info.st_uid != os.geteuid():
        raise _permissions(path, "another user owns it")
    if info.st_mode & _OTHERS_MAY_WRITE:
        raise _permissions(path, f"others may write it (mode {stat.S_IMODE(info.st_mode):04o})")


def _unsafe(path: Path, why: str) -> RefusedError:
    return RefusedError(
        "E_UNSAFE_FILE",
        f"{path} is not used: {why}",
        hint=f"Find out who put it there, then move it away: `ls -la {path.parent}`.",
    )


def _permissions(path: Path, why: str) -> RefusedError:
    return RefusedError(
        "E_PERMISSIONS",
        f"{path} is not used: {why}",
        hint=f"If nobody else has written it, run `chmod go-w {path}` as its owner.",
    )
