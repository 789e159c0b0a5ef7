"""The files that somebody names for a back-test."""

from pathlib import Path
from typing import TYPE_CHECKING

from mcm.core.errors import UsageError

if TYPE_CHECKING:
    from mcm.core.windows.window import Span


def read_spans(path: Path | None, series: str) -> "tuple[Span, ...]":
    """Return the incidents of a file that somebody named; none without one."""
    from mcm.app.series_file import read_incidents

    return read_incidents(read_file(path), path.name, series) if path is not None else ()


def read_file(path: Path) -> str:
    """Return the text of a file that somebody named; raise UsageError where there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as err:
        raise UsageError(f"{path} cannot be read: {err}") from err
