"""Following a runbook: one step, one key, and the journal before and after each command.

The core says what is next (`mcm.core.runbooks.runbook`); here a person is asked, the shell is
called and the journal is written. A journal that cannot be written stops no runbook,
because a runbook may be somebody's way back: what it does not take goes to `lost`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from mcm.app.ports import Clock
from mcm.config.problems import Problems
from mcm.config.runbook_file import RUNBOOK_NAME, At, load_runbook
from mcm.core.errors import Exit, McmError, UsageError
from mcm.core.history.journal import Draft, Entry, Journal, JournalMoved, chain_all
from mcm.core.naming import OF_RUNBOOKS
from mcm.core.runbooks import runbook
from mcm.core.runbooks.runbook import (
    AskAbout,
    Begin,
    Changed,
    Finish,
    Rendered,
    Run,
    Runbook,
    Step,
    Take,
    fold_run,
    next_move,
)
from mcm.core.runbooks.shell import Ran, kept_tail
from mcm.data import data_names, read_data
from mcm.record.runbook import mistakes
from mcm.trust.files import read_small

COMMAND_WITHIN = timedelta(hours=2)
"""A deployment with its bake, or a rollback that waits for a stop, takes its time."""
CHECK_WITHIN = timedelta(minutes=2)
LEAVE = "q"
FOLDER = "runbooks"
"""Of a project, beside its mcm.yaml; a runbook there stands in for mcm's of the same name."""
LIMIT = 262_144
"""The longest runbook of a project in bytes."""


class Shell(Protocol):
    """Runs one shell line, once."""

    def run(self, command: str, within: timedelta) -> Ran:
        """Run `command` for at most `within`; never raises for what becomes of it."""
        ...


class Person(Protocol):
    """Whoever follows the runbook, at a terminal."""

    def show(self, step: Step, of: int, before: str) -> None:
        """Show a step; `before` is what was said of it when it did not get done."""
        ...

    def ask(self, keys: Mapping[str, str]) -> str:
        """Return the key that was pressed, one of `keys`, whose values say what each means.

        A terminal that is gone is `LEAVE`.
        """
        ...

    def tell(self, text: str) -> None:
        """Say one line."""
        ...


@dataclass(frozen=True)
class Followed:
    exit: Exit
    reason: str


def load(name: str, own: Path | None = None) -> Runbook:
    """Return the runbook `name`: the project's, in its folder `own`, before mcm's.

    Raises ConfigError with everything that is wrong in it, RefusedError(E_UNSAFE_FILE) and
    UsageError with the names that there are.
    """
    if name not in names(own):
        raise UsageError(f"no runbook {name[:64]!a}: there are {', '.join(names(own))}")
    file = f"{FOLDER}/{name}.md"
    if own is None or name not in own_names(own):
        return read(read_data("runbooks", f"{name}.md"), file)
    try:
        text = read_small(own / f"{name}.md", limit=LIMIT).decode("utf-8")
    except (OSError, UnicodeDecodeError) as err:
        raise UsageError(f"the runbook {file} of this project cannot be read: {err}") from err
    return read(text, file)


def names(own: Path | None = None) -> tuple[str, ...]:
    """Return the names of mcm's runbooks and of those in the project's folder `own`, sorted."""
    shipped = {n.removesuffix(".md") for n in data_names("runbooks") if n.endswith(".md")}
    return tuple(sorted(shipped | set(own_names(own))))


def own_names(own: Path | None) -> tuple[str, ...]:
    """Return the names of the runbooks in the project's folder `own`, sorted; it may be missing."""
    try:
        found = [each.name for each in own.iterdir()] if own is not None else []
    except OSError:
        return ()
    bare = (each.removesuffix(".md") for each in found if each.endswith(".md"))
    return tuple(sorted(each for each in bare if RUNBOOK_NAME.fullmatch(each)))


def read(text: str, file: str) -> Runbook:
    """Read the runbook `text`; raise ConfigError with everything that is wrong in it."""
    problems = Problems()
    book = load_runbook(text, file, problems)
    if book is not None:
        for line, why in mistakes(book):
            problems.add(At(file, line), why)
    problems.raise_if_any()
    assert book is not None  # else there was a problem
    return book


def own_journal(name: str) -> str:
    """Return the name of the journal of a runbook that is followed for no change."""
    return f"{OF_RUNBOOKS}{name}"


class Notebook:
    """The entries of one journal, as far as it can be read, and a place for new ones."""

    def __init__(
        self,
        journal: Journal | None,
        change: str,
        clock: Clock,
        lost: Callable[[Sequence[Entry], str], None],
    ) -> None:
        self._journal = journal
        self.change = change
        self._clock = clock
        self._lost = lost
        self._entries: tuple[Entry, ...] = ()
        if journal is None:
            self._lost((), "there is no project here to keep a journal in")
        self.read()

    @property
    def is_kept(self) -> bool:
        """Whether entries are stored, so that another process can see them."""
        return self._journal is not None

    def read(self) -> tuple[Entry, ...]:
        """Return all entries, those that could not be stored included."""
        if self._journal is not None:
            try:
                self._entries = self._journal.entries(self.change)
            except McmError as err:
                self._drift((), str(err))
        return self._entries

    def add(self, kind: str, body: Mapping[str, Any], *, after: int | None = None) -> Entry | None:
        """Append one entry; with `after`, only if nobody else has appended since: else None."""
        drafts = (Draft(kind, body, self._clock.now()),)
        while self._journal is not None:
            seen = len(self._entries) if after is None else after
            try:
                added = self._journal.append(self.change, drafts, after=seen, claims={})
            except JournalMoved:
                self.read()
                if after is not None:
                    return None
            except McmError as err:
                self._drift((), str(err))
            else:
                self._entries += added
                return added[0]
        added = chain_all(self._entries[-1] if self._entries else None, drafts)
        self._entries += added
        self._lost(added, "")
        return added[0]

    def _drift(self, entries: Sequence[Entry], why: str) -> None:
        self._journal = None
        self._lost(entries, why)


@dataclass(frozen=True)
class Following:
    """Everything that one person needs who follows one runbook."""

    book: Rendered
    facts: Mapping[str, Any]
    stage: str
    by: str
    notebook: Notebook
    shell: Shell
    person: Person
    is_enough: Callable[[], bool] = lambda: False
    """Whether what was done so far is all that was wanted: then the rest is left out."""

    def follow(self) -> Followed:
        """Go on to the end, or to where the person leaves; a key for every step."""
        while True:
            if self.is_enough():
                self._note(runbook.ENDED, outcome="done")
                return Followed(Exit.DONE, "that is enough; the other steps are not needed")
            entries = self.notebook.read()
            run = fold_run(entries, self.book.name)
            move = next_move(run, self.book)
            ended = None
            if isinstance(move, Begin):
                self._begin(len(entries))
            elif isinstance(move, Changed):
                ended = self._over(move.run)
            elif isinstance(move, AskAbout):
                ended = self._ask_about(move)
            elif isinstance(move, Finish):
                self._note(runbook.ENDED, outcome="done")
                return Followed(Exit.DONE, f"all {len(self.book.steps)} steps are done")
            else:
                ended = self._take(move, len(entries))
            if ended is not None:
                return ended

    def _note(self, kind: str, *, after: int | None = None, **body: Any) -> Entry | None:
        at_stage = {"stage": self.stage} if self.stage else {}
        whole = {"runbook": self.book.name, **at_stage, **body}
        return self.notebook.add(kind, whole, after=after)

    def _begin(self, after: int) -> None:
        facts = {n: list(v) if isinstance(v, tuple) else v for n, v in self.facts.items()}
        body = {"digest": self.book.digest, "facts": facts, "by": self.by}
        self._note(runbook.STARTED, after=after, **body)

    def _over(self, run: Run) -> Followed | None:
        """Another text or other facts than those that were begun with: never mixed."""
        done = runbook.place(run, self.book.steps)
        self.person.tell(f"{run.by} began this runbook before it, or a fact in it, changed: {done}")
        if run.doubt:
            doubt = f"its step {run.doubt_step} was begun and nobody saw how it ended"
            self.person.tell(f"{doubt}: look before you do it again")
        if self.person.ask({"b": "give that run up and begin anew", LEAVE: "leave"}) == "b":
            self._note(runbook.ENDED, outcome="given_up")
            return None
        return Followed(Exit.ABORTED, "an earlier run is under way with other facts")

    def _ask_about(self, move: AskAbout) -> Followed | None:
        step = move.step
        self.person.show(step, len(self.book.steps), "begun, and nobody saw how it ended")
        self.person.tell("It may have happened. Look before you answer: did it happen?")
        keys = {"y": "it did: go on", "n": "it did not: offer it again", LEAVE: "leave"}
        key = self.person.ask(keys)
        if key == LEAVE:
            return self._left(step)
        how = "happened" if key == "y" else "did not happen"
        self._note(runbook.STEP, step=step.number, title=step.title, how=how, by=self.by)
        return None

    def _take(self, move: Take, after: int) -> Followed | None:
        step = move.step
        self.person.show(step, len(self.book.steps), move.before)
        if step.kind == runbook.COMMAND and step.auto and not move.before and self.notebook.is_kept:
            self._command(step, after)
            return None
        key = self.person.ask(_KEYS[step.kind])
        if key == LEAVE:
            return self._left(step)
        if key == "y" and step.kind == runbook.COMMAND:
            self._command(step, after)
        elif key == "y" and step.kind == runbook.CHECK:
            self._outcome(step, 0, self.shell.run(step.block, CHECK_WITHIN))
        else:
            how = {"y": "yes", "n": "no" if step.kind == runbook.PROMPT else "read"}.get(
                key, "skipped"
            )
            self._note(runbook.STEP, step=step.number, title=step.title, how=how, by=self.by)
            if how == "no":
                reason = f"the answer to step {step.number} is no: {step.title}"
                return Followed(Exit.ABORTED, reason)
        return None

    def _command(self, step: Step, after: int) -> None:
        body = {"step": step.number, "title": step.title, "command": step.block, "by": self.by}
        intent = self._note(runbook.INTENT, after=after, **body)
        if intent is None:
            self.person.tell("somebody else wrote to the journal meanwhile: nothing was run")
            return
        self._outcome(step, intent.seq, self.shell.run(step.block, COMMAND_WITHIN))

    def _outcome(self, step: Step, intent: int, ran: Ran) -> None:
        body: dict[str, Any] = {"step": step.number, "title": step.title, "status": ran.status}
        if intent:
            body["intent"] = intent
        self._note(runbook.OUTCOME, **body, why=ran.why, tail=kept_tail(ran.tail))
        expected = f"; expected: {step.expects}" if ran.why and step.expects else ""
        self.person.tell(f"step {step.number}: {ran.why or 'done'}{expected}")

    def _left(self, step: Step) -> Followed:
        return Followed(Exit.ABORTED, f"left at step {step.number} of {len(self.book.steps)}")


_KEYS: Mapping[str, Mapping[str, str]] = {
    runbook.NOTE: {"n": "next", LEAVE: "leave"},
    runbook.PROMPT: {"y": "yes", "n": "no", LEAVE: "leave"},
    runbook.CHECK: {"y": "check", "s": "go on without it", LEAVE: "leave"},
    runbook.COMMAND: {"y": "run it", "s": "go on without it", LEAVE: "leave"},
}
