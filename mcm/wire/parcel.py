"""What travels about one change, and what of a tree that others made may be taken for it.

A parcel holds plain files by name: statements, the plan, the change file and the journal's
exported lines. `statements/` only grows. The names are those of the tree, so that
whoever has git at hand can read a parcel without mcm.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from mcm.core.errors import RefusedError

STATEMENTS = "statements/"
PLAN, CHANGE, JOURNAL = "plan.json", "change.yaml", "journal.jsonl"
MOST_STATEMENTS = 500
LIMITS = {PLAN: 4_000_000, CHANGE: 1_000_000, JOURNAL: 16_000_000}
STATEMENT_LIMIT = 65_536
MOST_BYTES = 32_000_000
"""More than this in all is no parcel, however it is split."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,194}\.json", re.ASCII)
_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class Parcel:
    """The files that lie at one ref; empty bytes for a file that is not there."""

    statements: Mapping[str, bytes] = field(default_factory=dict)
    plan: bytes = b""
    change: bytes = b""
    journal: bytes = b""

    def files(self) -> dict[str, bytes]:
        """Return path and bytes of each file."""
        single = {PLAN: self.plan, CHANGE: self.change, JOURNAL: self.journal}
        named = {f"{STATEMENTS}{name}": data for name, data in self.statements.items()}
        return {**{path: data for path, data in single.items() if data}, **named}

    @classmethod
    def of(cls, files: Mapping[str, bytes]) -> "Parcel":
        """Return the parcel with these files, whose paths were checked."""
        start = len(STATEMENTS)
        statements = {p[start:]: data for p, data in files.items() if p.startswith(STATEMENTS)}
        single = [files.get(path, b"") for path in (PLAN, CHANGE, JOURNAL)]
        return cls(statements, *single)

    def with_statements(self, more: Mapping[str, bytes]) -> "Parcel":
        """Return it with the statements of `more` added: none is lost, none replaced.

        A name that is taken by other bytes gets a number, as in the inbox; the same bytes
        under another name are not added again.
        """
        found = dict(self.statements)
        for name, data in sorted(more.items()):
            if data in found.values():
                continue
            stem, number, free = name.removesuffix(".json"), 1, name
            while free in found:
                number += 1
                free = f"{stem}-{number}.json"
            found[free] = data
        return replace(self, statements=found)


@dataclass(frozen=True)
class TreeFile:
    """One line of a tree, as git lists it: untrusted in every field."""

    mode: str
    kind: str
    id: str
    size: int
    path: str


def check_tree(listed: Iterable[TreeFile]) -> tuple[TreeFile, ...]:
    """Return the files of a tree if all of it is a parcel; refuse the whole of any other.

    Raises RefusedError: E_UNSAFE_FILE for links, programs, submodules, what is too long
    and too many; E_ID_CHARSET for a path that is not one of a parcel's.
    """
    files = tuple(listed)
    if len(files) > MOST_STATEMENTS + len(LIMITS):
        raise _unsafe(f"{len(files)} files, more than {MOST_STATEMENTS} statements")
    for each in files:
        limit = _limit(each.path)
        if each.mode != "100644" or each.kind != "blob" or not _ID.fullmatch(each.id):
            raise _unsafe(f"{each.path!a} is not a plain file (mode {each.mode})")
        if not 0 <= each.size <= limit:
            raise _unsafe(f"{each.path!a} has {each.size} bytes, more than {limit}")
    if sum(each.size for each in files) > MOST_BYTES:
        raise _unsafe(f"more than {MOST_BYTES} bytes in all")
    return files


def _limit(path: str) -> int:
    if path in LIMITS:
        return LIMITS[path]
    if path.startswith(STATEMENTS) and _NAME.fullmatch(path[len(STATEMENTS) :]):
        return STATEMENT_LIMIT
    raise RefusedError("E_ID_CHARSET", f"parcel refused: it holds {path[:200]!a}")


def _unsafe(reason: str) -> RefusedError:
    return RefusedError("E_UNSAFE_FILE", f"parcel refused: {reason}")
