"""`mcm --help`: the commands in the order of their use, in chapters, a line for each."""

from typing import TYPE_CHECKING

from typer.core import TyperGroup

if TYPE_CHECKING:
    from typer._click import Context, HelpFormatter

CHAPTERS = {
    "When it goes wrong": (
        "rollback",
        "hold",
        "resume",
        "abort",
        "retry",
        "reopen",
        "report",
        "runbook",
    ),
    "Write a change": ("init", "new", "lint", "plan", "render", "schema"),
    "Get it approved": ("request", "approve", "reject", "break-glass", "review", "inbox"),
    "Promote it": ("deploy", "tick", "watch", "drill"),
    "Know before": ("doctor", "checks", "windows", "backtest"),
    "Look back": ("status", "log", "list", "verify", "note", "close", "audit"),
    "Set up and try": ("trust", "iam-policy", "sandbox", "demo"),
}
"""What on-call looks for comes first."""
OTHER = "More"


class Chapters(TyperGroup):
    """The root command. A command that no chapter names stands in the last one."""

    def format_commands(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        """Write each chapter's commands with the first clause of their help."""
        shown = [name for name in self.list_commands(ctx) if not self.commands[name].hidden]
        placed = {name for names in CHAPTERS.values() for name in names}
        rest = tuple(name for name in shown if name not in placed)
        wide = max(map(len, shown), default=0)
        for title, names in (*CHAPTERS.items(), (OTHER, rest)):
            rows = [(name.ljust(wide), self._brief(name)) for name in names if name in shown]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def _brief(self, name: str) -> str:
        whole = self.commands[name].get_short_help_str(limit=1000).rstrip(".")
        return whole.split(";")[0].split(": ")[0]
