"""The files of one change: read safely, replaced whole."""

import os
from collections.abc import Sequence
from pathlib import Path

from mcm.core.errors import RefusedError, UsageError
from mcm.core.naming import check_change_id

CONFIG = "mcm.yaml"
CHANGES = "changes"
STATE = ".mcm"

_NAMED = 8


def is_change_id(name: str) -> bool:
    """Say whether a folder of that name can be a change's."""
    try:
        return bool(check_change_id(name))
    except RefusedError:
        return False


class Folder:
    """The files of one change; `change_file` where it lies somewhere else."""

    def __init__(self, path: Path, change_file: Path | None = None) -> None:
        self.path = path
        self._change_file = change_file

    @property
    def change_file(self) -> Path:
        return self._change_file or self.path / "change.yaml"

    @property
    def plan_file(self) -> Path:
        return self.path / "plan.json"

    @property
    def record_file(self) -> Path:
        return self.path / "record.md"

    @property
    def statements(self) -> Path:
        return self.path / "statements"

    def read_change(self) -> bytes:
        """Return the bytes of change.yaml.

        Raises RefusedError(E_UNSAFE_FILE) for anything but a plain file, UsageError if
        there is none.
        """
        from mcm.trust.files import read_small

        try:
            return read_small(self.change_file, limit=1_000_000)
        except FileNotFoundError as err:
            raise UsageError(f"{self.path.name} has no change.yaml") from err

    def read_plan(self) -> bytes | None:
        """Return the bytes of plan.json as they lie there, None when there is none."""
        from mcm.trust.files import read_small

        try:
            return read_small(self.plan_file, limit=4_000_000)
        except FileNotFoundError:
            return None

    def write_plan(self, data: bytes) -> None:
        """Put the plan in place, whole or not at all."""
        replace_file(self.plan_file, data)


def no_change(named: str, known: Sequence[str]) -> UsageError:
    """Return the error that no change is called `named`; of the `known` the last few are told."""
    if not known:
        return UsageError(
            f"no change {named}: there are none", hint=f"Begin it: `mcm new {named}`."
        )
    cut = ("…", *known[-_NAMED:]) if len(known) > _NAMED else known
    return UsageError(
        f"no change {named}: there are {', '.join(cut)}",
        hint=f"`mcm list` shows all; `mcm new {named}` begins it.",
    )


def replace_file(path: Path, data: bytes) -> None:
    """Write `data` beside `path` and put it in its place, so that no reader sees half of it."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as err:
        raise UsageError(f"cannot write {path}: {err.strerror}") from err
    finally:
        beside.unlink(missing_ok=True)
