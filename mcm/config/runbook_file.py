"""Runbook files: Markdown with YAML in front, one `## N. Title` for each step.

Below a title stand prose and at most one fenced block, whose first word says what the step
is: `command` (`command auto` runs without a key), `check` (a command and, in its last
line, `expect: …`) or `prompt` (a question). Without a block the step is a note. What a
step may mention of a change is `mcm.core.runbooks.runbook_facts`' business, and its templates are
judged by `mcm.record.runbook`.
"""

import re
from dataclasses import dataclass

from mcm.config.fields import Fields
from mcm.config.problems import Problems
from mcm.config.strict_yaml import load
from mcm.core.runbooks.runbook import CHECK, COMMAND, NOTE, PROMPT, Runbook, Step
from mcm.core.runbooks.runbook_facts import FACTS

RUNBOOK_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", re.ASCII)
_KINDS = {"command": (COMMAND, False), "command auto": (COMMAND, True)} | {
    kind: (kind, False) for kind in (CHECK, PROMPT)
}
_TITLE = re.compile(r"## +(\d+)\. +(\S.*)")
_TAG = re.compile(r"\{%.*%\}")
_FENCE = "```"
_EDGE = "---"
_EXPECT = "expect:"


@dataclass(frozen=True)
class At:
    """A line of the file, for messages."""

    file: str
    line: int
    column: int = 1


@dataclass
class _Draft:
    """A step while its lines are read."""

    line: int
    title: str
    prose: list[str]
    kind: str = NOTE
    auto: bool = False
    block: list[str] | None = None
    block_line: int = 0


def load_runbook(text: str, file: str, problems: Problems) -> Runbook | None:
    """Read one runbook; None, with every mistake noted, when it cannot be used."""
    lines = text.replace("\r\n", "\n").split("\n")
    end = next((n for n, line in enumerate(lines[1:], 1) if line == _EDGE), None)
    if lines[0] != _EDGE or end is None:
        problems.add(At(file, 1), "there is no front matter", "Begin with YAML between two ---.")
        return None
    before = len(problems)
    # The blank line in place of the first `---` keeps the numbers of the lines.
    fields = Fields(load("\n".join(["", *lines[1:end]]), file), problems)
    name = fields.text("name", form=RUNBOOK_NAME, like="roll-back")
    title, when = fields.text("title"), fields.text("when")
    needs = fields.texts("needs")
    fields.done()
    for unknown in sorted(set(needs) - set(FACTS)):
        hint = f"There are {', '.join(FACTS)}."
        problems.add(fields.place_of("needs"), f"{unknown} is no fact", hint)
    if name and file.rpartition("/")[2] != f"{name}.md":
        problems.add(fields.place_of("name"), f"the file is not called {name}.md")
    steps = _steps(lines, end + 1, file, problems)
    if len(problems) > before:
        return None
    return Runbook(name, title, when, tuple(needs), steps)


def _steps(lines: list[str], start: int, file: str, problems: Problems) -> tuple[Step, ...]:
    drafts: list[_Draft] = []
    open_block: _Draft | None = None
    for number, line in enumerate(lines[start:], start + 1):
        if open_block is not None:
            if line.strip() == _FENCE:
                open_block = None
            elif open_block.block is not None:
                open_block.block.append(line)
        elif line.startswith("## "):
            drafts.append(_title(line, number, len(drafts) + 1, file, problems))
        elif line.startswith(_FENCE):
            open_block = _open(drafts, line, number, file, problems)
        elif drafts:
            drafts[-1].prose.append(line)
        elif line.strip():
            problems.add(At(file, number), "text before the first step", "Put it into a step.")
    if open_block is not None:
        problems.add(At(file, open_block.block_line), "the block is not closed")
    if not drafts:
        problems.add(At(file, start), "there are no steps", "Write `## 1. Title`.")
    return tuple(_finish(d, n, file, problems) for n, d in enumerate(drafts, 1))


def _title(line: str, number: int, expected: int, file: str, problems: Problems) -> _Draft:
    found = _TITLE.fullmatch(line.rstrip())
    if found is None or int(found[1]) != expected:
        problems.add(At(file, number), f"this is step {expected}", f"Write `## {expected}. Title`.")
    return _Draft(number, found[2] if found else line, [])


def _open(
    drafts: list[_Draft], line: str, number: int, file: str, problems: Problems
) -> _Draft | None:
    info = line[len(_FENCE) :].strip()
    if not drafts or drafts[-1].block is not None:
        why = "a step has one block at most" if drafts else "a block before the first step"
        problems.add(At(file, number), why, "Make it a step of its own.")
        return _Draft(number, "", [], block=[], block_line=number)
    draft = drafts[-1]
    if info not in _KINDS:
        problems.add(
            At(file, number), f"a block of the kind {info or '?'}", f"Say {', '.join(_KINDS)}."
        )
    draft.kind, draft.auto = _KINDS.get(info, (NOTE, False))
    draft.block, draft.block_line = [], number
    return draft


def _finish(draft: _Draft, number: int, file: str, problems: Problems) -> Step:
    text = "\n".join(draft.prose).strip()
    above = next((n for n, line in enumerate(draft.prose) if line.strip()), 0)
    if not text:
        problems.add(At(file, draft.line), "the step says nothing", "Say what it does and leaves.")
    block = [line for line in draft.block or [] if line.strip()]
    expects = ""
    at = At(file, draft.block_line or draft.line)
    if draft.kind == CHECK:
        if block and block[-1].startswith(_EXPECT):
            expects = block.pop()[len(_EXPECT) :].strip()
        if not expects:
            problems.add(at, "the check does not say what it expects", "End it with `expect: …`.")
    if draft.kind != NOTE and not block:
        problems.add(at, "the block is empty")
    lines = [line for line in block if not _TAG.fullmatch(line.strip())]
    if draft.kind in (COMMAND, CHECK) and any(not line.endswith("\\") for line in lines[:-1]):
        problems.add(at, "more than one command", "One in a step; end a line that goes on with \\.")
    joined = "\n".join(block)
    return Step(
        number,
        draft.title,
        draft.kind,
        text,
        joined,
        expects,
        draft.auto,
        draft.line,
        draft.line + 1 + above,
        draft.block_line,
    )
