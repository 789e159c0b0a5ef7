"""The checks of a project: mcm's, and what lies in its folder `checks` beside mcm.yaml.

One there stands in for mcm's of the same name, as with runbooks. Whatever is wrong in one
of them is told with its place, and nothing goes forward by mcm.yaml until it is mended: a
guardrail that was left out because its file is broken would be a guardrail less. A
rollback does not need them.
"""

from collections.abc import Callable
from pathlib import Path

from mcm.config.definitions import CHECK_NAME, Definition, builtin_definitions, load_definition
from mcm.config.problems import ConfigError, Problem, Problems
from mcm.core.errors import McmError, UsageError

FOLDER = "checks"
LIMIT = 262_144
"""The longest definition of a project in bytes."""
_ENDING = ".yaml"
_OTHER_ENDINGS = (".yml", ".YAML", ".YML")


def project_definitions(
    root: Path, passed_over: Callable[[McmError], None] | None = None
) -> dict[str, Definition]:
    """Return mcm's checks and those of the project in `root`, by name; the project's win.

    For a rollback, which needs none of them, whatever is wrong is told to `passed_over`
    and mcm's own are left. Otherwise raises ConfigError with everything that is wrong in
    the project's, and RefusedError (E_UNSAFE_FILE) for one that is no plain file.
    """
    shipped = builtin_definitions()
    try:
        own, problems = _read_all(root, shipped)
        if problems:
            raise ConfigError(problems)
    except McmError as err:
        if passed_over is None:
            raise
        passed_over(err)
        return shipped
    return shipped | own


def own_names(root: Path) -> tuple[str, ...]:
    """Return what the project's checks are called by their files, sorted; nothing is read."""
    bare = (name.removesuffix(_ENDING) for name in _files(root) if name.endswith(_ENDING))
    return tuple(name for name in bare if CHECK_NAME.fullmatch(name))


def _read_all(
    root: Path, shipped: dict[str, Definition]
) -> tuple[dict[str, Definition], tuple[Problem, ...]]:
    found: dict[str, Definition] = {}
    problems: list[Problem] = []
    for file in _files(root):
        try:
            definition = _load(root, file, shipped)
        except ConfigError as err:
            problems += err.problems
        else:
            found[definition.name] = definition
    return found, tuple(problems)


def _files(root: Path) -> list[str]:
    """Return the names of files that are, or were meant to be, definitions."""
    try:
        names = sorted(each.name for each in (root / FOLDER).iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as err:
        raise UsageError(f"the checks of this project cannot be read: {err}") from err
    shown = (name for name in names if not name.startswith("."))
    return [name for name in shown if name.endswith((_ENDING, *_OTHER_ENDINGS))]


def _load(root: Path, name: str, shipped: dict[str, Definition]) -> Definition:
    from mcm.trust.files import read_small

    file = f"{FOLDER}/{name}"
    problems = Problems()
    if not name.endswith(_ENDING):
        bare = name.rpartition(".")[0]
        problems.add(_Top(file), f"the file must be called {bare}.yaml to be a check")
        problems.raise_if_any()
    try:
        text = read_small(root / FOLDER / name, limit=LIMIT)
    except OSError as err:
        problems.add(_Top(file), f"cannot be read: {err}")
        problems.raise_if_any()
        raise
    found = load_definition(text, file, shipped)
    if name != f"{found.name}{_ENDING}":
        hint = f"Call the file {found.name}.yaml, or the check {name.removesuffix(_ENDING)}."
        problems.add(_Top(file), f"the check in it is called {found.name}", hint)
    problems.raise_if_any()
    return found


class _Top:
    """The beginning of a file, for messages."""

    def __init__(self, file: str) -> None:
        self.file, self.line, self.column = file, 1, 1
