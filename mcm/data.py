"""Where the data folders are: templates, runbooks and checks.

A wheel carries them inside the package, in `mcm/_data`. A working tree has them at its
root, where they are edited; an editable install reads them there. Nothing but this
module knows the difference. It reads files by name and judges nothing in them.
"""

import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Literal, get_args

from mcm.core.errors import UsageError

Kind = Literal["templates", "runbooks", "checks"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", re.ASCII)


def data_path(kind: Kind, name: str, *, package: Traversable | None = None) -> Traversable:
    """Return the file `name` of one data folder; `name` is a bare file name.

    `package` is the folder of the installed package, by default mcm's own.
    Raises UsageError for a name that could lead out of the folder and for a file that
    is not there, with the names that are.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"bad name {name!r}: want a file name without a folder")
    found = _folder(kind, package) / name
    if not found.is_file():
        known = ", ".join(data_names(kind, package=package)) or "nothing"
        raise UsageError(f"no {name} among mcm's {kind}: it holds {known}")
    return found


def read_data(kind: Kind, name: str, *, package: Traversable | None = None) -> str:
    """Return the text of a data file, UTF-8. Raises UsageError as `data_path` does."""
    return data_path(kind, name, package=package).read_text(encoding="utf-8")


def data_names(kind: Kind, *, package: Traversable | None = None) -> tuple[str, ...]:
    """Return the names of the files in one data folder, sorted; empty if there are none."""
    folder = _folder(kind, package)
    if not folder.is_dir():
        return ()
    return tuple(sorted(each.name for each in folder.iterdir() if _is_data(each)))


def _is_data(entry: Traversable) -> bool:
    return entry.is_file() and _NAME.fullmatch(entry.name) is not None


def _folder(kind: Kind, package: Traversable | None) -> Traversable:
    if kind not in KINDS:
        raise UsageError(f"no data folder {kind!r}: want one of {', '.join(KINDS)}")
    root = files("mcm") if package is None else package
    inside = root / "_data"
    if inside.is_dir():
        return inside / kind
    return root / ".." / kind
