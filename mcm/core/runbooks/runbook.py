"""A runbook: its steps as values, and which step is next by what the journal says of it.

A run is folded from its own entries and from nothing else. A command step has an intent
before it and an outcome after; an intent without an outcome may have happened, so a person
is asked about it and it is never run again by itself. Several people may follow the same
run: whoever comes next goes on at the first step that is not done.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mcm.core import canonical, codec
from mcm.core.history.journal import Entry

COMMAND, CHECK, PROMPT, NOTE = "command", "check", "prompt", "note"
STARTED, INTENT, OUTCOME = "runbook_started", "runbook_intent", "runbook_outcome"
STEP, ENDED = "runbook_step", "runbook_ended"
DONE = frozenset({"read", "yes", "passed", "happened", "skipped"})
"""What may be said of a step, after which it is done; after anything else it is offered again."""


@dataclass(frozen=True)
class Step:
    number: int
    title: str
    kind: str
    """`command`, `check`, `prompt` or `note`."""
    text: str
    """What it does, what it cannot and what it leaves, for people."""
    block: str = ""
    """The shell line of a command or a check; the question of a prompt."""
    expects: str = ""
    """What a check that passes has seen."""
    auto: bool = False
    """Whether a command may run without a key: it changes nothing."""
    line: int = 0
    """Where it stands in its file; 0, as the other two, once facts are filled in."""
    text_line: int = 0
    block_line: int = 0


@dataclass(frozen=True)
class Runbook:
    name: str
    title: str
    when: str
    needs: tuple[str, ...]
    """The facts that its steps mention, each of `FACTS`."""
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Rendered:
    """A runbook with the facts filled in: what a person reads and what is run."""

    name: str
    title: str
    when: str
    steps: tuple[Step, ...]

    @property
    def digest(self) -> str:
        """Tells two runbooks, or the same one with other facts, apart."""
        return canonical.digest(codec.to_value(self))


@dataclass(frozen=True)
class Run:
    """What the journal says of the run that has not ended."""

    started: int
    digest: str
    facts: Mapping[str, Any]
    by: str
    said: Mapping[int, str] = field(default_factory=dict)
    """The newest word about each step."""
    doubt: int = 0
    """The intent without an outcome; 0 for none."""
    doubt_step: int = 0


@dataclass(frozen=True)
class Begin:
    """Nobody is following this runbook: begin it."""


@dataclass(frozen=True)
class Changed:
    """A run is under way, of a text or of facts that are no longer these."""

    run: Run


@dataclass(frozen=True)
class AskAbout:
    """A command was begun and nobody knows whether it happened: ask."""

    step: Step
    intent: int


@dataclass(frozen=True)
class Take:
    """This step is next; `before` is what was said of it when it did not get done."""

    step: Step
    before: str = ""


@dataclass(frozen=True)
class Finish:
    """All steps are done."""


Move = Begin | Changed | AskAbout | Take | Finish


def fold_run(entries: Iterable[Entry], name: str) -> Run | None:
    """Return the run of the runbook `name` that has not ended; None when there is none."""
    run: Run | None = None
    for entry in entries:
        if entry.kind in _KINDS and entry.body.get("runbook") == name:
            run = _apply(run, entry)
    return run


def next_move(run: Run | None, book: Rendered) -> Move:
    """Return what comes next."""
    if run is None:
        return Begin()
    if run.digest != book.digest:
        return Changed(run)
    known = {step.number: step for step in book.steps}
    if run.doubt:
        return AskAbout(known[run.doubt_step], run.doubt)
    step = next((s for s in book.steps if run.said.get(s.number, "") not in DONE), None)
    return Take(step, run.said.get(step.number, "")) if step is not None else Finish()


def place(run: Run | None, steps: Sequence[Step]) -> str:
    """Say how far a run is, in a few words."""
    if run is None:
        return "not begun"
    done = sum(1 for step in steps if run.said.get(step.number, "") in DONE)
    return f"{done} of {len(steps)} steps are done"


def _apply(run: Run | None, entry: Entry) -> Run | None:
    body = entry.body
    if entry.kind == STARTED:
        return Run(entry.seq, str(body["digest"]), body["facts"], str(body["by"]))
    if run is None or entry.kind == ENDED:
        return None
    number = int(body["step"])
    if entry.kind == INTENT:
        return replace(run, doubt=entry.seq, doubt_step=number)
    if entry.kind == OUTCOME:
        how = "passed" if body["status"] == 0 else f"not done: {body['why']}"
    else:
        how = str(body["how"])
    cleared = {"doubt": 0, "doubt_step": 0} if run.doubt_step == number else {}
    return replace(run, said={**run.said, number: how}, **cleared)  # type: ignore[arg-type]


_KINDS = frozenset({STARTED, INTENT, OUTCOME, STEP, ENDED})
