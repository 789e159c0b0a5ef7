"""An entry's facts, as a sentence uses them."""

from collections.abc import Mapping
from typing import Any


class Body:
    """An entry's facts as text; what is not there reads as `unknown`."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self._facts = facts

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        return value or "unknown"

    def get(self, name: str) -> str:
        value = self._facts.get(name, "")
        return str(value) if isinstance(value, str | int) else ""

    def raw(self, name: str) -> Any:
        return self._facts.get(name)

    def because(self, name: str = "reason") -> str:
        """Return `: reason`, or nothing when there is no reason."""
        reason = self.get(name)
        return f": {reason}" if reason else ""

    def at_stage(self) -> str:
        stage = self.get("stage")
        return f"{stage}: " if stage else ""
