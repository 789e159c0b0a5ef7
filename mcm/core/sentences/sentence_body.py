"""An entry's facts, as a sentence uses them."""

from collections.abc import Mapping
from typing import Any


class Body:
    """An entry's facts as text; what is not there reads as `unknown`."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self.facts = facts

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        return value or "unknown"

    def get(self, name: str) -> str:
        value = self.facts.get(name, "")
        return str(value) if isinstance(value, str | int) else ""

    def raw(self, name: str) -> Any:
        return self.facts.get(name)

    def each(self, name: str) -> list[Any]:
        """Return the items of a list; none where there is no list."""
        value = self.facts.get(name)
        return value if isinstance(value, list) else []

    def because(self, name: str = "reason") -> str:
        """Return `: reason`, or nothing when there is no reason."""
        reason = self.get(name)
        return f": {reason}" if reason else ""

    def at_stage(self) -> str:
        stage = self.get("stage")
        return f"{stage}: " if stage else ""
