"""Following a runbook: the journal before and after, one key a step, nothing run twice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mcm.app.runbook import Following, Notebook
from mcm.core.errors import Exit
from mcm.core.history.journal import Draft, Entry, Journal, StoreError
from mcm.core.runbooks import runbook
from mcm.core.runbooks.runbook import Rendered, Step
from mcm.core.runbooks.shell import Ran
from mcm.store.memory import MemoryJournal
from tests.kit.clock import VirtualClock

START = datetime(2026, 3, 18, 3, 0, tzinfo=UTC)
STEPS = (
    Step(1, "Look", runbook.NOTE, "look around"),
    Step(2, "Act", runbook.COMMAND, "does it", "act"),
    Step(3, "See", runbook.CHECK, "sees it", "see", "all is well"),
    Step(4, "Over?", runbook.PROMPT, "asks", "Is it over?"),
)
BOOK = Rendered("mend-it", "Mend it", "it is broken", STEPS)
NAME = "RUNBOOK-mend-it"


class Killed(BaseException):
    """The process is gone."""


@dataclass
class FakePerson:
    """Presses the keys it was given, in order; leaves when there are none left."""

    keys: Iterator[str]
    shown: list[tuple[int, str]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def show(self, step: Step, of: int, before: str) -> None:
        assert of == len(STEPS)
        self.shown.append((step.number, before))

    def ask(self, keys: Mapping[str, str]) -> str:
        key = next(self.keys, "q")
        assert key in keys
        return key

    def tell(self, text: str) -> None:
        self.told.append(text)


@dataclass
class FakeShell:
    """Keeps what it ran; ends as `ends` says, by default well."""

    ends: Mapping[str, Ran] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    dies: bool = False

    def run(self, command: str, within: timedelta) -> Ran:
        assert within > timedelta(0)
        self.ran.append(command)
        if self.dies:
            raise Killed
        return self.ends.get(command, Ran(0, "fine\n", ""))


class FullDisk(MemoryJournal):
    def append(
        self, change: str, drafts: Sequence[Draft], *, after: int, claims: Any = None
    ) -> tuple[Entry, ...]:
        raise StoreError("the disk is full")


@dataclass
class Scene:
    journal: Journal | None = field(default_factory=MemoryJournal)
    shell: FakeShell = field(default_factory=FakeShell)
    lost: list[tuple[int, str]] = field(default_factory=list)
    person: FakePerson = field(default_factory=lambda: FakePerson(iter("")))

    def follow(self, keys: str, book: Rendered = BOOK) -> Exit:
        self.person = FakePerson(iter(keys))
        clock = VirtualClock(START)
        notebook = Notebook(
            self.journal, NAME, clock, lambda e, why: self.lost.append((len(e), why))
        )
        following = Following(
            book, {"stage": "prod"}, "prod", "alice", notebook, self.shell, self.person
        )
        return following.follow().exit

    def kinds(self) -> list[str]:
        assert self.journal is not None
        return [entry.kind.removeprefix("runbook_") for entry in self.journal.entries(NAME)]


def test_every_step_takes_one_key_and_leaves_its_entries() -> None:
    scene = Scene()
    assert scene.follow("nyyy") is Exit.DONE
    assert scene.shell.ran == ["act", "see"]
    assert scene.kinds() == ["started", "step", "intent", "outcome", "outcome", "step", "ended"]


def test_who_leaves_goes_on_at_the_first_step_that_is_not_done() -> None:
    scene = Scene()
    assert scene.follow("ny") is Exit.ABORTED
    assert scene.follow("yy") is Exit.DONE
    assert scene.shell.ran == ["act", "see"]


def test_the_intent_is_there_before_the_command_runs() -> None:
    scene = Scene(shell=FakeShell(dies=True))
    with pytest.raises(Killed):
        scene.follow("ny")
    assert scene.kinds() == ["started", "step", "intent"]


@pytest.mark.parametrize(("answer", "again"), [("y", []), ("n", ["act"])])
def test_after_a_kill_it_asks_and_never_runs_by_itself(answer: str, again: list[str]) -> None:
    scene = Scene(shell=FakeShell(dies=True))
    with pytest.raises(Killed):
        scene.follow("ny")
    scene.shell = FakeShell()
    assert scene.follow("") is Exit.ABORTED
    assert scene.shell.ran == []
    assert scene.follow(answer + ("y" if again else "")) is Exit.ABORTED
    assert scene.shell.ran == again
    assert scene.person.shown[-1][0] == 3


def test_a_step_that_runs_by_itself_is_asked_about_too_and_then_takes_a_key() -> None:
    auto = replace(BOOK, steps=(replace(STEPS[1], number=1, auto=True), *STEPS[1:]))
    scene = Scene(shell=FakeShell(dies=True))
    with pytest.raises(Killed):
        scene.follow("", auto)
    scene.shell = FakeShell()
    assert scene.follow("n", auto) is Exit.ABORTED
    assert scene.shell.ran == []
    assert scene.follow("y", auto) is Exit.ABORTED
    assert scene.shell.ran == ["act"]


def test_a_failure_is_journaled_with_the_end_of_its_output_and_offered_again() -> None:
    scene = Scene(shell=FakeShell({"act": Ran(2, 'no\n"token": "abc"\n\x1b[2Jlast\n', "exit 2")}))
    assert scene.follow("nyq") is Exit.ABORTED
    assert scene.journal is not None
    body = scene.journal.entries(NAME)[-1].body
    assert (body["status"], body["why"]) == (2, "exit 2")
    assert body["tail"] == 'no / "token": *** / \\u{1b}[2Jlast'
    assert scene.person.shown[-1] == (2, "not done: exit 2")


def test_an_answer_of_no_stops_and_is_asked_again() -> None:
    scene = Scene()
    assert scene.follow("nyyn") is Exit.ABORTED
    assert scene.follow("y") is Exit.DONE


def test_other_facts_are_not_mixed_with_a_run_under_way() -> None:
    scene = Scene()
    scene.follow("ny")
    other = replace(BOOK, steps=(*STEPS[:3], replace(STEPS[3], block="Really?")))
    assert scene.follow("q", other) is Exit.ABORTED
    assert scene.follow("bnyyy", other) is Exit.DONE
    assert scene.shell.ran == ["act", "act", "see"]


@pytest.mark.parametrize("journal", [None, FullDisk()])
def test_a_journal_that_cannot_be_written_stops_nothing_and_all_is_told(
    journal: Journal | None,
) -> None:
    """A runbook may be somebody's way back (promise 1)."""
    scene = Scene(journal=journal)
    assert scene.follow("nyyy") is Exit.DONE
    assert scene.shell.ran == ["act", "see"]
    assert sum(count for count, _ in scene.lost) == 7
    assert any(why for _, why in scene.lost)


def test_without_a_journal_nothing_runs_without_a_key() -> None:
    auto = replace(BOOK, steps=(replace(STEPS[1], number=1, auto=True), *STEPS[1:]))
    scene = Scene(journal=None)
    assert scene.follow("", auto) is Exit.ABORTED
    assert scene.shell.ran == []


def test_two_people_do_not_run_the_same_step_twice() -> None:
    """Whoever presses the key second finds the other one's intent, and is asked."""
    scene = Scene()
    scene.follow("n")
    assert scene.journal is not None
    other = Scene(scene.journal)

    class Slow(FakePerson):
        def ask(self, keys: Mapping[str, str]) -> str:
            if not other.shell.ran:
                other.follow("y")
            return super().ask(keys)

    clock = VirtualClock(START)
    person = Slow(iter("yq"))
    notebook = Notebook(scene.journal, NAME, clock, lambda _e, _w: None)
    Following(BOOK, {}, "", "bob", notebook, scene.shell, person).follow()
    assert other.shell.ran == ["act"]
    assert scene.shell.ran == []
