"""Where rollbacks found their pipelines before: a small file of names, nothing else.

It spares whoever types `mcm rollback` again the search for a pipeline. It is never
trusted for more: each name in it is looked up at AWS before anything is done, and a file
that is broken, foreign or gone is as good as an empty one. No credentials, no targets.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mcm.core.errors import McmError
from mcm.store.safe_file import check_file, check_folder, create_private

_VERSION = 1
_MOST = 20
_BYTES = 64_000
_NAME = re.compile(r"[A-Za-z0-9.@_-]{1,100}", re.ASCII)
_REGION = re.compile(r"[a-z0-9-]{1,32}", re.ASCII)


@dataclass(frozen=True)
class Answer:
    """Which pipeline a stage was found in."""

    stage: str
    """The stage's name for people; the pipeline's own where there was no mcm.yaml."""
    pipeline_stage: str
    pipeline: str
    region: str
    sandbox: bool = False
    """Whether it was one on this machine: the two are never taken for each other."""


def file_of(environ: Mapping[str, str]) -> Path:
    """Return where the file is: under XDG_STATE_HOME when that is absolute, else at home."""
    given = environ.get("XDG_STATE_HOME", "")
    base = Path(given) if Path(given).is_absolute() else Path.home() / ".local" / "state"
    return base / "mcm" / "rollbacks.json"


def recall(path: Path) -> tuple[Answer, ...]:
    """Return what is remembered, the newest first; nothing when the file is not to be used."""
    try:
        if not check_file(path):
            return ()
        check_folder(path.parent)
        with path.open("rb") as file:
            data = json.loads(file.read(_BYTES))
        if data["version"] != _VERSION:
            return ()
        return tuple(_answers(data["answers"]))[:_MOST]
    except (McmError, OSError, ValueError, LookupError, TypeError, RecursionError):
        return ()


def remember(path: Path, answer: Answer) -> None:
    """Put `answer` in front of what is remembered; where that cannot be done, nothing is."""
    if not _is_well_formed(asdict(answer)):
        return  # a name that would not be read back
    others = [each for each in recall(path) if each != answer]
    kept = [asdict(each) for each in [answer, *others][:_MOST]]
    with suppress(McmError, OSError, RuntimeError):
        _replace(path, json.dumps({"version": _VERSION, "answers": kept}, indent=1).encode())


def _replace(path: Path, data: bytes) -> None:
    """Write a file of our own beside it and put that in its place."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    create_private(beside)
    try:
        check_folder(path.parent)
        check_file(path)
        beside.write_bytes(data)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _answers(items: Any) -> Iterator[Answer]:
    """Yield those that are well formed; whatever else is in the file says nothing."""
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict) and _is_well_formed(item):
            yield Answer(**item)


def _is_well_formed(item: Mapping[str, Any]) -> bool:
    if set(item) != {"stage", "pipeline_stage", "pipeline", "region", "sandbox"}:
        return False
    names = [item[name] for name in ("stage", "pipeline_stage", "pipeline", "region")]
    return (
        all(isinstance(name, str) and _NAME.fullmatch(name) for name in names)
        and bool(_REGION.fullmatch(item["region"]))
        and isinstance(item["sandbox"], bool)
    )
