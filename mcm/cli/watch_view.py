"""What an onlooker sees: the views of a walk, with who drives it."""

import sys
from typing import TYPE_CHECKING, Self

from mcm.cli.live import LineView, LiveView
from mcm.core.sanitize import clean

if TYPE_CHECKING:
    from rich.console import RenderableType


class Area(LiveView):
    """The live view, and below it who drives."""

    _driver = ""

    def driven(self, text: str) -> None:
        """Show it from the next frame on."""
        self._driver = clean(text, 300)

    def _frame(self) -> "RenderableType":
        from rich.console import Group
        from rich.text import Text

        frame = super()._frame()
        return Group(frame, Text(self._driver, style="dim")) if self._driver else frame


class Lines(LineView):
    """Plain lines on stdout: what happened is what was asked for. Who drives is told anew
    when that changes.
    """

    def __init__(self) -> None:
        super().__init__(sys.stdout)
        self._driver = ""

    def __enter__(self) -> Self:
        return self

    def driven(self, text: str) -> None:
        """Print it if it is news; the times of ticks are none."""
        if text.partition(",")[0] != self._driver.partition(",")[0] and text:
            self._print(clean(text, 300))
        self._driver = text
