"""Pins: which trust file this user has seen, kept outside the repository (threat 27).

A pull request, a checkout or a bundle can bring another trust file; it cannot bring a
pin. The whole file as it was seen is kept, so that the difference can be told in words.
An unreadable pin refuses whoever goes forward; going back never asks for one.
"""

import fcntl
import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mcm.core import canonical
from mcm.core.errors import McmError, RefusedError
from mcm.trust.chain import check_chain
from mcm.trust.changes import trust_differences
from mcm.trust.files import open_directory, read_small
from mcm.trust.persons import TrustFile

LIMIT = 16_000_000
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Pin:
    """What was seen last of one project's trust file."""

    version: int
    digest: str
    highest: int
    """The highest version that was ever pinned; none below it is taken."""
    content: bytes
    """The file's canonical bytes."""

    def trust(self) -> TrustFile:
        """Return the trust file that was seen."""
        return TrustFile.from_value(canonical.decode(self.content), sandbox=True)


class TrustPinError(RefusedError):
    """The trust file is not the one that was pinned; `details` has the difference."""

    def __init__(self, trust: TrustFile, details: tuple[str, ...]) -> None:
        self.details = details
        super().__init__(
            "E_TRUST_PIN",
            f"the trust file has changed since you last used it here (version {trust.version})",
            hint="If that is as it should be, say so with"
            f" `mcm trust pin {trust.digest[:12]}`, then go on.",
        )


class Pins:
    """The pins of one user, in one file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, project: str) -> Pin | None:
        """Return the pin of `project`, None when there is none.

        Raises RefusedError(E_TRUST_PIN) when the file cannot be read or trusted.
        """
        found = self._load().get(project)
        if found is None:
            return None
        try:
            content = found["trust"].encode()
            pin = Pin(int(found["version"]), found["digest"], int(found["highest"]), content)
        except (KeyError, TypeError, ValueError, AttributeError) as err:
            raise self._broken("it is not as mcm writes it") from err
        if canonical.digest_bytes(content) != pin.digest:
            raise self._broken("a pin does not match its own digest")
        return pin

    def write(self, project: str, trust: TrustFile) -> None:
        """Pin `trust`; raise RefusedError(E_TRUST_PIN) when that cannot be kept."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open_directory(self.path.parent) as dir_fd:
                fcntl.flock(dir_fd, fcntl.LOCK_EX)
                pins = dict(self._load())
                before = self.read(project)
                pins[project] = {
                    "version": trust.version,
                    "digest": trust.digest,
                    "highest": max(trust.version, before.highest if before else 0),
                    "trust": trust.content.decode(),
                }
                self._put(json.dumps({"format": FORMAT, "pins": pins}, indent=1), dir_fd)
        except OSError as err:
            raise self._broken(f"it cannot be written: {err.strerror}") from err

    def _load(self) -> Mapping[str, Any]:
        try:
            self._check()
            data = json.loads(read_small(self.path, limit=LIMIT))
        except FileNotFoundError:
            return {}
        except (RefusedError, ValueError, RecursionError, OSError) as err:
            raise self._broken(str(err) or type(err).__name__) from err
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise self._broken(f"it is not of format {FORMAT}")
        pins = data.get("pins")
        if not isinstance(pins, dict):
            raise self._broken("it holds no pins")
        return pins

    def _check(self) -> None:
        """Only we may write the file and its folder."""
        for path in (self.path.parent, self.path):
            info = path.lstat()
            if info.st_uid != os.geteuid() or info.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                raise self._broken(f"others own or may write {path}")

    def _put(self, text: str, dir_fd: int) -> None:
        passing = f".{self.path.name}.{os.getpid()}.tmp"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        fd = os.open(passing, flags, 0o600, dir_fd=dir_fd)
        try:
            with os.fdopen(fd, "w", encoding="utf-8") as file:
                file.write(text + "\n")
                file.flush()
                os.fsync(fd)
            os.rename(passing, self.path.name, src_dir_fd=dir_fd, dst_dir_fd=dir_fd)
        except OSError:
            os.unlink(passing, dir_fd=dir_fd)
            raise

    def _broken(self, why: str) -> RefusedError:
        text = why.removesuffix(" [E_TRUST_PIN]")
        return RefusedError(
            "E_TRUST_PIN",
            f"the pins in {self.path} cannot be used: {text}",
            hint=f"Find out why; else `mv {self.path} {self.path}.old`, look at the people and"
            " the digest with `mcm trust list`, then `mcm trust pin DIGEST`.",
        )


def default_path(environment: Mapping[str, str], home: Path) -> Path:
    """Return `mcm/pins.json` in XDG_CONFIG_HOME, which is ~/.config if it says nothing."""
    configured = environment.get("XDG_CONFIG_HOME", "")
    folder = Path(configured) if configured.startswith("/") else home / ".config"
    return folder / "mcm" / "pins.json"


def differences(pin: Pin | None, trust: TrustFile) -> tuple[str, ...]:
    """Return what changed since the pin; empty when nothing did or nothing was pinned."""
    if pin is None or pin.digest == trust.digest:
        return ()
    try:
        return trust_differences(pin.trust(), trust)
    except McmError:
        return ("what was pinned cannot be read any more: take everybody as added",)


def check_pin(
    pins: Pins, project: str, trust: TrustFile, folder: Path, now: datetime
) -> tuple[str, ...] | None:
    """Let go forward only by the pinned trust file, or by one that its roots signed.

    Returns None when this was the first time and the file is pinned now, else what
    differs from the pin, which has moved on. `folder` has the signatures. Raises
    RefusedError: E_TRUST_PIN where the file is another one than the pinned,
    `TrustPinError` with the difference; as `refuse_older` and `check_chain`.
    """
    pin = pins.read(project)
    check_change(pin, trust, folder, now)
    if pin is None:
        pins.write(project, trust)
        return None
    if pin.digest == trust.digest:
        return ()
    changed = differences(pin, trust)
    if pin.trust().profile != "strict":
        raise TrustPinError(trust, changed)
    pins.write(project, trust)
    return changed


def check_change(pin: Pin | None, trust: TrustFile, folder: Path, now: datetime) -> None:
    """Refuse a file that no word of this user could make good: older, or not signed."""
    if pin is not None and pin.digest == trust.digest:
        return
    refuse_older(pin, trust)
    known = pin.trust() if pin else None
    if trust.profile == "strict" or (known is not None and known.profile == "strict"):
        check_chain(folder, trust, known, now)


def refuse_older(pin: Pin | None, trust: TrustFile) -> None:
    """Refuse a version below the highest that was pinned: E_TRUST_CHAIN."""
    if pin is not None and trust.version < pin.highest:
        raise RefusedError(
            "E_TRUST_CHAIN",
            f"the trust file is version {trust.version}, but you have used version {pin.highest}",
            hint="Fetch the newest one. What it took away can come back in a higher version only.",
        )


def check_digest(given: str, trust: TrustFile) -> None:
    """Refuse a digest, or beginning of one, that is not the trust file's: E_TRUST_PIN."""
    if not re.fullmatch(r"[0-9a-f]{12,64}", given) or not trust.digest.startswith(given):
        raise RefusedError(
            "E_TRUST_PIN",
            f"not pinned: the trust file's digest is {trust.digest}, not {given[:64]!r}",
            hint="Compare both with a colleague; give at least 12 digits.",
        )
