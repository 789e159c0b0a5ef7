"""What is wrong in files that people write: gathered, and told all at once.

A reader that stops at the first mistake makes its user run it ten times. Here each
part adds what it finds, and one `ConfigError` lists everything in the order of the file.
"""

from dataclasses import dataclass
from typing import Protocol

from mcm.core.errors import UsageError

_SHOWN = 50


class Place(Protocol):
    """Something with a position: a node or a problem. Lines and columns count from 1."""

    @property
    def file(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake and where it is."""

    file: str
    line: int
    column: int
    message: str
    """What is wrong, lower case and without a full stop."""
    hint: str | None = None
    """What to write instead, as a sentence."""
    rule: str = "config"
    """The rule of `mcm lint` that it breaks (docs/lint-rules.md)."""

    def __str__(self) -> str:
        said = f"{self.file}:{self.line}:{self.column}: {self.message}"
        return f"{said}. {self.hint}" if self.hint else said


class ConfigError(UsageError):
    """The files cannot be used as they stand; `problems` has every reason, in file order.

    `str` has one line for each, `file:line:column: message`; the command exits with 2.
    """

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        lines = [str(problem) for problem in problems[:_SHOWN]]
        if len(problems) > _SHOWN:
            lines.append(f"and {len(problems) - _SHOWN} more")
        super().__init__("\n".join(lines), hint="Mend the lines above, then run `mcm lint`.")
        self.problems = problems


class Problems:
    """Gathers problems; false while there are none."""

    def __init__(self) -> None:
        self._found: dict[Problem, None] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def add(
        self, place: Place, message: str, hint: str | None = None, rule: str = "config"
    ) -> None:
        """Add a problem at `place`; the same one twice is told once."""
        found = Problem(place.file, place.line, place.column, message, hint, rule)
        self._found.setdefault(found)

    def all(self) -> tuple[Problem, ...]:
        """Return the problems, file after file in the order met, each from its top."""
        files = list(dict.fromkeys(problem.file for problem in self._found))
        return tuple(sorted(self._found, key=lambda p: (files.index(p.file), p.line, p.column)))

    def raise_if_any(self) -> None:
        """Raise ConfigError with all problems, if there are any."""
        if self._found:
            raise ConfigError(self.all())
