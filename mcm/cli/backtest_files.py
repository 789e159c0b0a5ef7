"""The files that a back-test reads: those that somebody names, and incidents.yaml."""

from pathlib import Path
from typing import TYPE_CHECKING

from mcm.core.errors import UsageError

if TYPE_CHECKING:
    from mcm.cli.compose import Project
    from mcm.config.incidents_file import KnownIncident
    from mcm.core.windows.window import Span

_MOST_BYTES = 256_000_000
_SHORTER = "Write fewer periods, or longer ones; a million are replayed at most."


def read_spans(path: Path | None, series: str) -> "tuple[Span, ...]":
    """Return the incidents of a file that somebody named; none without one."""
    from mcm.app.series_file import read_incidents

    return read_incidents(read_file(path), path.name, series) if path is not None else ()


def read_known(project: "Project") -> "tuple[KnownIncident, ...]":
    """Return what incidents.yaml beside mcm.yaml has; nothing without one.

    Raises ConfigError, UsageError and RefusedError (E_UNSAFE_FILE) for one that is no good.
    """
    from mcm.config.incidents_file import FILE, LIMIT, load_incidents
    from mcm.trust.files import read_small

    try:
        data = read_small(project.root / FILE, limit=LIMIT)
    except FileNotFoundError:
        return ()
    except OSError as err:
        raise UsageError(f"{FILE} cannot be read: {err.strerror}") from err
    return load_incidents(data, FILE, [each.name for each in project.service.stages])


def read_file(path: Path) -> str:
    """Return the text of a file or pipe that somebody named; UsageError where there is none."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise UsageError(f"{path} is longer than {_MOST_BYTES} bytes", hint=_SHORTER)
        return data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as err:
        raise UsageError(f"{path} cannot be read: {err}") from err
