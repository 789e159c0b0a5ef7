"""The pages of the documentation that are made from the code: one a command, and lint's rules.

`make docs` writes them, and a test compares them with what stands in docs/. What is said
here in prose is what `--help` has no room for: an example, and where to read on.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from mcm.app.lint import RULES
from mcm.cli.chapters import CHAPTERS
from mcm.cli.examples import EXAMPLES

FOLDER = "docs/commands"
LINT_RULES = "docs/lint-rules.md"
_LINT_LEAD = (
    "A finding names its rule at its end, in square brackets. An *error* ends with exit code 2;"
    " a *warning* alone does not. The names stay what they are. Without `--aws` nothing but the"
    " files here is read. `--json` and `--sarif` give the same list to programs."
)
MADE = "<!-- Made by `make docs` from the commands themselves: edit those. -->"


def pages() -> dict[str, str]:
    """Return every page that is made, by its path in the project."""
    commands = _commands()
    found = {f"{FOLDER}/{name}.md": _page(name, command) for name, command in commands.items()}
    return {
        **found,
        f"{FOLDER}/README.md": _index(commands),
        LINT_RULES: _lint_rules(),
    }


def _commands() -> dict[str, Any]:
    # Imported here: it imports every module of commands.
    from mcm.cli.main import build_app

    return dict(get_command(build_app()).commands)  # type: ignore[attr-defined]


def _index(commands: dict[str, Any]) -> str:
    lines = [
        MADE,
        "",
        "# Commands",
        "",
        "Each has `--help`. What they promise: [design.md](../design.md).",
    ]
    for title, names in CHAPTERS.items():
        lines += ["", f"## {title}", "", "| | |", "| --- | --- |"]
        lines += [
            f"| [`mcm {name}`]({name}.md) | {_cell(_first(commands[name]))} |" for name in names
        ]
    return "\n".join(lines) + "\n"


def _page(name: str, command: Any) -> str:
    lines = [MADE, "", f"# mcm {name}", "", *_about(command)]
    inner = getattr(command, "commands", {})
    if not inner or command.invoke_without_command:
        lines += _usage(f"mcm {name}", command)
    for each in inner:
        lines += ["", f"## mcm {name} {each}", "", *_about(inner[each])]
        lines += _usage(f"mcm {name} {each}", inner[each])
    if name in EXAMPLES:
        lines += ["", "## Example" + "s" * (len(EXAMPLES[name]) > 1), ""]
        lines += ["```sh", *(_example(*each) for each in EXAMPLES[name]), "```"]
    lines += [
        "",
        "Exit codes: [design.md](../design.md#exit-codes). All commands: [README.md](README.md).",
    ]
    return "\n".join(lines) + "\n"


def _example(line: str, about: str) -> str:
    return f"{line}  # {about}" if about else line


def _about(command: Any) -> list[str]:
    """Return what a command's help says, its paragraphs as such."""
    text = (command.help or "").strip()
    paragraphs = [" ".join(each.split()) for each in re.split(r"\n\s*\n", text)]
    lines: list[str] = []
    for each in paragraphs:
        lines += [*([""] if lines else []), _text(each)]
    return lines


def _usage(name: str, command: Any) -> list[str]:
    words = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and not p.hidden]
    shown = " ".join([name, *(_metavar(each) for each in words), *(["[OPTIONS]"] * bool(options))])
    lines = ["", "```", shown, "```"]
    rows = [(_metavar(each), each) for each in words]
    rows += [(_option(each), each) for each in sorted(options, key=lambda each: not each.required)]
    if rows:
        lines += ["", "| | |", "| --- | --- |"]
        lines += [f"| `{_code(left)}` | {_cell(_said(each))} |" for left, each in rows]
    return lines


def _metavar(word: Any) -> str:
    found = word.metavar or word.name.upper()
    return found if word.required or found.startswith("[") else f"[{found}]"


def _option(option: Any) -> str:
    value = "" if option.is_flag else f" {option.metavar or _kind(option)}"
    return ", ".join((*option.opts, *option.secondary_opts)) + value


def _kind(option: Any) -> str:
    choices = getattr(option.type, "choices", None)
    return "|".join(map(str, choices)) if choices else option.name.upper()


def _said(param: Any) -> str:
    parts = [param.help or ""]
    if param.required and param.param_type_name == "option":
        parts.append("Must be given.")
    if getattr(param, "multiple", False):
        parts.append("May be given more than once.")
    return " ".join(part for part in parts if part)


def _first(command: Any) -> str:
    return " ".join((command.help or "").strip().split("\n\n")[0].split())


def _text(text: str) -> str:
    """Escape what Markdown would read in a line of help; code spans stay."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(p if p.startswith("`") else re.sub(r"([\\*_<>\[\]])", r"\\\1", p) for p in parts)


def _cell(text: str) -> str:
    return _text(" ".join(text.split())).replace("|", "\\|")


def _code(text: str) -> str:
    return text.replace("|", "\\|")


def _lint_rules() -> str:
    lines = [
        "<!-- Made by `make docs` from the table in mcm/app/lint.py: edit that. -->",
        "",
        "# What `mcm lint` looks for",
        "",
        _LINT_LEAD,
        "",
        "| rule | level | |",
        "| --- | --- | --- |",
        *(f"| [`{r.id}`](#{r.id}) | {r.level} | {_cell(r.about)} |" for r in RULES),
    ]
    for rule in RULES:
        lines += ["", f"## {rule.id}", "", _text(rule.about), "", _text(rule.why)]
    return "\n".join(lines) + "\n"


def _changed(root: Path) -> Iterator[str]:
    made = pages()
    for path in sorted((root / FOLDER).glob("*.md")):
        if f"{FOLDER}/{path.name}" not in made:
            path.unlink()
            yield f"removed {FOLDER}/{path.name}"
    for name, text in made.items():
        path = root / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            yield f"wrote {name}"


if __name__ == "__main__":
    for line in _changed(Path(sys.argv[1] if len(sys.argv) > 1 else ".")):
        print(line)
