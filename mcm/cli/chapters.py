"""The commands of mcm: which module has each, and the chapters in which `mcm --help` lists them."""

from importlib import import_module
from typing import TYPE_CHECKING

from typer.core import TyperGroup

if TYPE_CHECKING:
    import typer
    from typer._click import Context, HelpFormatter

CHAPTERS = {
    "When it goes wrong": {
        "rollback": "back",
        "hold": "halt",
        "resume": "halt",
        "abort": "halt",
        "retry": "walk",
        "reopen": "reopen",
        "report": "report",
        "runbook": "runbook",
    },
    "Write a change": {
        "init": "init",
        "new": "new",
        "lint": "write",
        "plan": "write",
        "render": "write",
        "schema": "schema",
    },
    "Get it approved": {
        "request": "people",
        "approve": "people",
        "reject": "people",
        "break-glass": "glass",
        "review": "glass",
        "inbox": "inbox",
    },
    "Promote it": {"deploy": "walk", "tick": "tick", "watch": "watch", "drill": "drill"},
    "Know before": {
        "doctor": "doctor",
        "checks": "checks",
        "windows": "windows",
        "backtest": "backtest",
    },
    "Look back": {
        "status": "look",
        "log": "look",
        "list": "look",
        "verify": "look",
        "note": "close",
        "close": "close",
        "audit": "audit",
    },
    "Set up and try": {
        "trust": "trust",
        "iam-policy": "iam",
        "sandbox": "sandbox",
        "demo": "demo",
    },
}
"""What on-call looks for comes first."""
MODULES = {name: module for names in CHAPTERS.values() for name, module in names.items()}


def register(app: "typer.Typer", word: str = "") -> None:
    """Put the command `word` into `app`; all of them when it is empty or nobody's name.

    Reading fifty command lines to run one would take a quarter of a quick command's time.
    """
    if word == "--version":
        return
    only = MODULES.get(word)
    for module in [only] if only else dict.fromkeys(MODULES.values()):
        import_module(f"mcm.cli.{module}").register(app)


class Chapters(TyperGroup):
    """The root command."""

    def format_commands(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        """Write each chapter's commands with the first clause of their help."""
        del ctx
        wide = max(map(len, MODULES))
        for title, names in CHAPTERS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(wide), self._brief(name)) for name in names])

    def _brief(self, name: str) -> str:
        whole = self.commands[name].get_short_help_str(limit=1000).rstrip(".")
        return whole.split(";")[0].split(": ")[0]
