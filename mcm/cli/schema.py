"""mcm schema: the JSON Schema of mcm.yaml and change.yaml, for editors and other programs."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mcm.core.errors import Exit, UsageError

_HINT = "# yaml-language-server: $schema="
_FOLDER = ".mcm"


class File(StrEnum):
    """The files that have a schema, as people name them."""

    SERVICE = "service"
    CHANGE = "change"


SERVICE_HINT = f"{_HINT}{_FOLDER}/{File.SERVICE}.schema.json"
"""First line of mcm.yaml: editors that know it check the file while it is written."""
CHANGE_HINT = f"{_HINT}../../{_FOLDER}/{File.CHANGE}.schema.json"
"""First line of changes/ID/change.yaml."""


def register(app: typer.Typer) -> None:
    """Add this module's command to `app`."""
    app.command()(schema)


def schema(
    file: Annotated[
        File | None, typer.Argument(metavar="[service|change]", help="mcm.yaml or change.yaml.")
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write both into .mcm/ of this directory.")
    ] = False,
) -> int:
    """Print the JSON Schema of mcm.yaml (service) or change.yaml (change)."""
    if write == (file is not None):
        raise UsageError(
            "nothing to print or to write"
            if file is None
            else "one schema is printed, both are written",
            hint="Run `mcm schema service`, `mcm schema change` or `mcm schema --write`.",
        )
    if file is not None:
        print(schema_text(file, _project_root()), end="")
        return Exit.DONE
    for path in write_schemas(Path.cwd()):
        print(path.relative_to(Path.cwd()))
    return Exit.DONE


def schema_text(file: File, root: Path) -> str:
    """Return the schema as it is printed and written, with the checks of the project in `root`."""
    from json import dumps

    from mcm.app.own_checks import project_definitions
    from mcm.config.schema import change_schema, service_schema

    make = {File.SERVICE: service_schema, File.CHANGE: change_schema}
    found = make[file](project_definitions(root))
    return dumps(found, indent=2) + "\n"


def _project_root() -> Path:
    """Return the root of the project here, or this directory, which then has no checks."""
    from mcm.cli.compose import find_root

    try:
        return find_root(Path.cwd())
    except UsageError:
        return Path.cwd()


def write_schemas(root: Path) -> list[Path]:
    """Write both schemas into `.mcm/` of `root`, where the hints above look for them."""
    from mcm.cli.folder import replace_file

    try:
        (root / _FOLDER).mkdir(mode=0o700, exist_ok=True)
    except OSError as err:
        raise UsageError(f"cannot write {root / _FOLDER}: {err.strerror}") from err
    written = []
    for file in File:
        path = root / _FOLDER / f"{file}.schema.json"
        replace_file(path, schema_text(file, root).encode())
        written.append(path)
    return written
