"""The files that `mcm close` leaves: the frozen record, the evidence beside it, git's tag."""

import os
import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mcm.cli.folder import replace_file
from mcm.core.errors import McmError, UsageError
from mcm.core.history.journal import Entry

if TYPE_CHECKING:
    from mcm.app.export import Bundle
    from mcm.cli.compose import Project

EVIDENCE = "evidence"
_RECORD_LIMIT = 16_000_000
_PARTIAL = f".{EVIDENCE}-"


class ClosingShelf:
    """See `mcm.app.closing.Shelf`."""

    def __init__(self, project: "Project", change: str) -> None:
        self._project = project
        self._change = change
        self._folder = project.folder(change)
        self._evidence = self._folder.path / EVIDENCE

    def read_record(self) -> bytes | None:
        from mcm.trust.files import read_small

        try:
            return read_small(self._folder.record_file, limit=_RECORD_LIMIT)
        except FileNotFoundError:
            return None

    def write_record(self, data: bytes) -> None:
        replace_file(self._folder.record_file, data)

    def has_evidence(self) -> bool:
        return os.path.lexists(self._evidence)

    def changed_evidence(self, entries: Sequence[Entry]) -> tuple[str, ...]:
        from mcm.app.export import differing

        bundle = read_bundle(self._project, self._change, entries)
        return differing(bundle, self._read_evidence())

    def _read_evidence(self) -> dict[str, bytes]:
        """Return the files that are there; one that cannot be read is as good as another one."""
        from mcm.trust.files import read_small

        found = {}
        for path in self._evidence.rglob("*"):
            if path.is_symlink() or not path.is_dir():
                try:
                    data = read_small(path, limit=_RECORD_LIMIT)
                except (OSError, McmError):
                    data = b""
                found[path.relative_to(self._evidence).as_posix()] = data
        return found

    def write_evidence(self, entries: Sequence[Entry]) -> None:
        """Write beside and rename: a folder that is there is whole."""
        from mcm.app.export import write_bundle

        for left in self._folder.path.glob(f"{_PARTIAL}*"):  # of a process that was killed
            shutil.rmtree(left)
        beside = self._folder.path / f"{_PARTIAL}{os.getpid()}"
        write_bundle(read_bundle(self._project, self._change, entries), beside)
        try:
            beside.rename(self._evidence)
        except OSError as err:
            raise UsageError(f"cannot write {self._evidence}: {err.strerror}") from err

    def put_tag(self, message: str) -> None:
        from mcm.trust.tags import put_tag

        put_tag(self._project.root, self._change, message)


def read_bundle(project: "Project", change: str, entries: Sequence[Entry]) -> "Bundle":
    """Return all it takes to verify `change` by these entries, without mcm."""
    from mcm.app import export
    from mcm.core.errors import McmError
    from mcm.core.plans.plan import Plan
    from mcm.core.trust.statement import is_sandbox

    folder = project.folder(change)
    plan = folder.read_plan()
    try:
        sandbox = plan is not None and is_sandbox(Plan.from_bytes(plan).realm)
    except McmError:
        sandbox = False  # the script says what is wrong with it
    trust, value = export.read_trust(project.trust_file, sandbox=sandbox)
    envelopes = export.read_envelopes(folder.statements)
    return export.build_bundle(entries, plan, envelopes, trust, value)
