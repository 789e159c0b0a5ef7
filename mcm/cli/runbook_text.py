"""How runbooks look: a list, a page, and one step on the screen."""

import textwrap
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mcm.core.runbooks.runbook import CHECK, COMMAND, PROMPT, Rendered, Runbook, Step
from mcm.core.sanitize import clean

if TYPE_CHECKING:
    from mcm.core.runbooks.runbook_facts import Value

WIDTH = 80
_WORDS = {COMMAND: "command", CHECK: "check", PROMPT: "question"}


def list_lines(books: Iterable[Runbook], own: Collection[str] = ()) -> Iterator[str]:
    """Yield a line for each runbook and one for when it helps; `own` are the project's."""
    for book in books:
        yield f"{book.name}  {book.title}{'  (this project)' if book.name in own else ''}"
        yield f"    {book.when}"


def list_value(books: Iterable[Runbook], own: Collection[str] = ()) -> dict[str, Any]:
    """Return the same as data."""
    found = [
        {
            "name": book.name,
            "title": book.title,
            "when": book.when,
            "needs": list(book.needs),
            "steps": len(book.steps),
            "own": book.name in own,
        }
        for book in books
    ]
    return {"version": 1, "runbooks": found}


def book_lines(book: Rendered) -> Iterator[str]:
    """Yield a runbook as Markdown."""
    yield f"# {book.title}"
    yield ""
    yield book.when
    for step in book.steps:
        yield ""
        yield f"## {step.number}. {step.title}"
        yield ""
        yield step.text
        if step.block:
            yield ""
            yield f"```{step.kind}{' auto' if step.auto else ''}"
            yield step.block
            if step.expects:
                yield f"expect: {step.expects}"
            yield "```"


def book_value(
    book: Rendered, facts: "Mapping[str, Value]", unknown: Sequence[str]
) -> dict[str, Any]:
    """Return a runbook as data; `unknown` are the facts that stand in capitals."""
    return {
        "version": 1,
        "name": book.name,
        "title": book.title,
        "when": book.when,
        "facts": {n: list(v) if isinstance(v, tuple) else v for n, v in sorted(facts.items())},
        "unknown": list(unknown),
        "steps": [
            {
                "number": step.number,
                "title": step.title,
                "kind": step.kind,
                "text": step.text,
                "block": step.block,
                "expects": step.expects,
                "auto": step.auto,
            }
            for step in book.steps
        ],
    }


def step_lines(step: Step, of: int, before: str) -> Iterator[str]:
    """Yield one step as it stands on the screen."""
    yield ""
    yield f"Step {step.number} of {of}: {step.title}"
    for paragraph in step.text.split("\n\n"):
        yield from _wrapped(paragraph)
    if step.kind in (COMMAND, CHECK):
        for line in step.block.split("\n"):
            yield f"  $ {clean(line, 2000)}"
    elif step.kind == PROMPT:
        yield from _wrapped(step.block)
    if step.expects:
        yield f"  expect: {step.expects}"
    if before:
        yield f"Last time: {clean(before, 200)}"


def _wrapped(paragraph: str) -> Iterator[str]:
    """Yield a paragraph in lines of a terminal; a list keeps its lines."""
    items = paragraph.split("\n") if paragraph.startswith("- ") else [paragraph]
    for item in items:
        text = " ".join(item.split())
        yield from textwrap.wrap(
            clean(text, 4000), WIDTH - 2, break_long_words=False, break_on_hyphens=False
        )
