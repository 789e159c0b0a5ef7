"""What a journal's `drill` entry says, read so that nothing in it can be an error.

A drill may have been noted by another version of mcm, or by hand: what does not fit is
left out, and what is not known to have been right was not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from mcm.core.duration import spell


@dataclass(frozen=True)
class DrillNote:
    """One drill of one stage."""

    stage: str
    plan: str
    edition: int
    count: int
    """Scenarios played."""
    wrong: tuple[str, ...]
    """Names of those that did not end as they must."""
    back: timedelta | None
    """From the breach to the old content, at the longest; None when it never came back."""
    assumed: tuple[str, ...]

    def summary(self) -> str:
        """Say in one clause how it went; whoever prints it says that it was on a twin."""
        if not self.count:
            return "nothing was played"
        came = f"; breach to old content back in {spell(self.back)} at most" if self.back else ""
        plural = "scenario" if self.count == 1 else "scenarios"
        if not self.wrong:
            return f"{self.count} {plural}, all ended as they must{came}"
        return f"{len(self.wrong)} of {self.count} {plural} went wrong: {', '.join(self.wrong)}"


def read_drill(body: Mapping[str, Any]) -> DrillNote:
    """Read the body of a `drill` entry."""
    scenarios = [each for each in _list(body.get("scenarios")) if isinstance(each, Mapping)]
    times = [each["back_ms"] for each in scenarios if type(each.get("back_ms")) is int]
    edition = body.get("edition")
    return DrillNote(
        stage=_text(body.get("stage")),
        plan=_text(body.get("plan")),
        edition=edition if type(edition) is int else 0,
        count=len(scenarios),
        wrong=tuple(_text(each.get("name")) for each in scenarios if each.get("right") is not True),
        back=_span(max(times)) if times else None,
        assumed=tuple(_text(each) for each in _list(body.get("assumed"))),
    )


def _span(milliseconds: int) -> timedelta:
    """Round up to the second, within what a duration can hold."""
    return timedelta(seconds=min(-(-max(milliseconds, 0) // 1000), 10**9))


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) and value else "unknown"
