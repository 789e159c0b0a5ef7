"""What `mcm verify` reads besides: the tag in git, and a record that somebody hands in."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mcm.core.errors import McmError, UsageError

if TYPE_CHECKING:
    from mcm.app.evidence import Evidence
    from mcm.app.proof import Finding
    from mcm.cli.compose import Project
    from mcm.core.history.journal import Entry

_LIMIT = 16_000_000


def read_kept(project: "Project", change: str) -> "Evidence":
    """Return what lies here about `change`, the head that git's tag keeps among it."""
    from mcm.app.evidence import read_evidence
    from mcm.core.history import anchor
    from mcm.trust.tags import read_tag

    folder, trust = project.folder(change), project.trust_file
    found = read_evidence(change, project.journal, folder.read_plan, folder.statements, trust)
    tag = read_tag(project.root, change)
    head = anchor.read_tag(tag, change) if tag else None
    return replace(found, kept=(head,)) if head else found


def read_file(path: Path) -> bytes:
    """Return the bytes of a record; raise UsageError where there is no such file."""
    from mcm.trust.files import read_small

    try:
        return read_small(path, limit=_LIMIT)
    except OSError as err:
        raise UsageError(f"cannot read {path}: {err.strerror}") from err


def judge_file(
    project: "Project", evidence: "Evidence", name: str, data: bytes
) -> "Sequence[Finding]":
    """Return what is to be said of a record; where nobody can render one, that is missing."""
    from mcm.app.proof import Finding, Proof
    from mcm.app.record_check import PART, is_page, judge_record
    from mcm.cli.record import Page, current_record, render_change

    def render(entries: "Sequence[Entry]") -> bytes:
        if not is_page(data):
            return render_change(project, evidence.change, entries).encode()
        whole = len(entries) == len(evidence.entries)
        text = (
            current_record(project, evidence.change)
            if whole
            else render_change(project, evidence.change, entries).encode()
        )
        return Page(project, evidence.change, text).html()[1]

    unknown = evidence.journal_problem or evidence.journal_unread
    if unknown:
        return (Finding(PART, Proof.MISSING, f"{name} cannot be compared: {unknown}"),)
    plan = evidence.plan.digest if evidence.plan else ""
    try:
        return tuple(judge_record(data, name, evidence.change, evidence.entries, plan, render))
    except McmError as err:
        text = f"{name} cannot be compared, for none can be rendered here: {err}"
        return (Finding(PART, Proof.MISSING, text),)
