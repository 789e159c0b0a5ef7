"""A runbook's steps with a change's facts in them.

The steps are templates; facts are data and never a template. In a command every fact that
is not a command itself is quoted for the shell, whatever the step's author remembered,
so none may stand inside quotes of the author's own. In prose facts are plain text.
"""

import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, UndefinedError, meta
from jinja2.sandbox import SandboxedEnvironment

from mcm.core.errors import UsageError
from mcm.core.runbooks.runbook import CHECK, COMMAND, Rendered, Runbook, Step
from mcm.core.runbooks.runbook_facts import FACTS, Facts
from mcm.core.sanitize import clean

_LONGEST = 400
_MISTAKES = (TemplateError, TypeError, ValueError, AttributeError, LookupError, ArithmeticError)
_CODE = re.compile(r"(`[^`\n]+`)")
_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


class _Line(str):
    """A command that is quoted already."""

    __slots__ = ()


def mistakes(book: Runbook) -> Iterator[tuple[int, str]]:
    """Yield each mistake in the templates of `book`: the line in its file, and why."""
    environment = _environment(str)
    used: set[str] = set()
    for step in book.steps:
        for line, source in _sources(step):
            try:
                names = meta.find_undeclared_variables(environment.parse(source))
            except TemplateSyntaxError as err:
                yield line + err.lineno - 1, f"step {step.number}: {err.message}"
                continue
            used |= names
            for name in sorted(names - set(book.needs)):
                known = "`needs` does not name it" if name in FACTS else "there is no such fact"
                yield line, f"step {step.number} uses {name}: {known}"
        if step.kind in (COMMAND, CHECK) and _quotes_a_fact(step.block):
            why = "a fact stands inside quotes, where a shell would read into it"
            yield step.block_line, f"step {step.number}: {why}"
    for name in sorted(set(book.needs) - used):
        yield 1, f"`needs` has {name}, which no step uses"


def render_runbook(book: Runbook, facts: Facts) -> Rendered:
    """Return `book` with `facts` filled in.

    Raises UsageError that names each step and each fact that it lacks.
    """
    lacking = [
        f"step {step.number} ({step.title}) needs {', '.join(missing)}"
        for step in book.steps
        if (missing := [name for name in _used(step) if name not in facts])
    ]
    if lacking:
        raise UsageError(
            "\n".join([f"the runbook {book.name} cannot be filled in", *lacking]),
            hint="Name a change, --stage, or the fact itself: --fact NAME=VALUE.",
        )
    given = {name: _value(name, facts[name]) for name in book.needs if name in facts}
    steps = tuple(_render_step(book, step, given) for step in book.steps)
    return Rendered(book.name, book.title, book.when, steps)


def _used(step: Step) -> list[str]:
    environment = _environment(str)
    found: set[str] = set()
    for _, source in _sources(step):
        found |= meta.find_undeclared_variables(environment.parse(source))
    return sorted(found)


def _sources(step: Step) -> Iterator[tuple[int, str]]:
    yield step.line, step.title
    yield step.text_line, step.text
    if step.block:
        yield step.block_line + 1, step.block
    if step.expects:
        yield step.block_line + 1, step.expects


def _value(name: str, value: Any) -> Any:
    if isinstance(value, tuple | list):
        return tuple(clean(str(each), _LONGEST) for each in value)
    if FACTS[name].kind == "line":
        return _Line(clean(str(value), 4 * _LONGEST))
    return clean(str(value), _LONGEST)


def _render_step(book: Runbook, step: Step, facts: dict[str, Any]) -> Step:
    is_shell = step.kind in (COMMAND, CHECK)
    try:
        return replace(
            step,
            title=_fill(step.title, facts, _plain),
            text=_prose(step.text, facts),
            block=_fill(step.block, facts, _quoted if is_shell else _plain),
            expects=_fill(step.expects, facts, _plain),
            line=0,
            text_line=0,
            block_line=0,
        )
    except _MISTAKES as err:
        why = err.message if isinstance(err, UndefinedError) else str(err)
        raise UsageError(
            f"the runbook {book.name} cannot be filled in at step {step.number}: {why}",
            hint=f"Mend step {step.number} of runbooks/{book.name}.md, in line {step.line}.",
        ) from err


def _prose(source: str, facts: dict[str, Any]) -> str:
    """Fill in text for people; what stands between backquotes is copied into a shell."""
    parts = _CODE.split(source)
    filled = (_fill(p, facts, _quoted if _CODE.fullmatch(p) else _plain) for p in parts)
    return "".join(filled).strip()


def _fill(source: str, facts: dict[str, Any], written: Callable[[Any], str]) -> str:
    return _environment(written).from_string(source).render(facts)


def _environment(written: Callable[[Any], str]) -> SandboxedEnvironment:
    # What it makes is no HTML: `written` is what quotes it, for a shell or for a reader.
    env = SandboxedEnvironment(
        undefined=StrictUndefined,
        finalize=written,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    env.filters, env.globals = {}, {}
    return env


def _plain(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(str(each) for each in value)
    return str(value)


def _quoted(value: Any) -> str:
    if isinstance(value, tuple):
        return " ".join(shlex.quote(str(each)) for each in value)
    return str(value) if isinstance(value, _Line) else shlex.quote(str(value))


def _quotes_a_fact(command: str) -> bool:
    """Say whether a tag of the template begins inside quotes of the shell."""
    quote, at = "", 0
    while at < len(command):
        tag = _TAG.match(command, at)
        if tag is not None:
            if quote:
                return True
            at = tag.end()
            continue
        char = command[at]
        if char == "\\" and quote != "'":
            at += 2
            continue
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"`":
            quote = char
        at += 1
    return False
