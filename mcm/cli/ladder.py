"""The ladder below a rollback that the pipeline refuses: one key a rung.

The runbook `pipeline-cannot-roll-back` says what the rungs are and in what order; the ones
that mcm can climb it names by `mcm rollback --rung NAME`. They run in this process, the
others as in any runbook. Nothing is climbed without a key (AWS-RULES 39).
"""

import shlex
import sys
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from mcm.app import ladder
from mcm.core.errors import Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mcm.app.ladder import Rung
    from mcm.app.runbook import Shell
    from mcm.app.runner import Ending, Runner
    from mcm.cli.ground import Ground
    from mcm.cli.look_back import Look
    from mcm.core.history.goal import GoBack
    from mcm.core.history.journal import Journal
    from mcm.core.history.state import State
    from mcm.core.runbooks.runbook import Rendered, Runbook
    from mcm.core.runbooks.runbook_facts import Value
    from mcm.core.runbooks.shell import Ran

BOOK = "pipeline-cannot-roll-back"
RUNGS = ("redeploy", "endpoint")
_WITHIN = timedelta(seconds=10)


def is_needed(ending: "Ending", state: "State", stage: str) -> bool:
    """Say whether the walk of a rollback ended where only the ladder leads on."""
    if ending.exit is not Exit.NEEDS_PERSON:
        return False
    last = next(reversed(state.stage(stage).rollbacks), None)
    refused = last is not None and last.outcome == "failed" and last.detail == ending.reason
    return ending.gate == "rollback-target" or refused


@dataclass(frozen=True)
class Reached:
    """A rung that brought the stage back."""

    rung: str
    what: str
    """What it did, in words."""
    began: "datetime"


@dataclass
class Ladder:
    """The rungs of one stage, and what it takes to climb them."""

    ground: "Ground"
    seen: "Look"
    """The look before it: what is to go back, and in whose journal that is written."""
    runner: "Runner"
    journal: "Journal"
    reached: "Reached | None" = field(default=None, init=False)
    """The rung that brought the stage back."""

    @property
    def goal(self) -> "GoBack":
        """The rollback that the pipeline refused."""
        return self.seen.goal

    @property
    def change(self) -> str:
        """In whose journal everything is written."""
        return self.seen.journal

    def look(self) -> "list[Rung]":
        """Read AWS and the journals again, and return what the rungs would do now."""
        readings = self.runner.observer.observe(ladder.queries(self.goal), _WITHIN)
        known = ladder.read_journals(self.journal, self.goal.stage)
        return ladder.rungs(self.goal, known, readings, self.change, self._last())

    def climb(self, name: str) -> "Ending":
        """Climb one rung, which a person has pressed a key for; return how it ended."""
        from mcm.app.runner import Ending
        from mcm.app.writer import Writer
        from mcm.cli.lines import say

        rung = next(each for each in self.look() if each.name == name)
        if not rung.goals:
            return Ending(Exit.NEEDS_PERSON, " ".join(rung.lines))
        ending = Ending(Exit.NEEDS_PERSON, "nothing was done")
        began, done = self.runner.clock.now(), []
        for goal in rung.goals:
            kept = self.ground.project is not None
            lost = self.runner.listener.lost
            writer = Writer(self.journal, self.change, lost, from_nothing=True, kept=kept)
            ending = self.runner.run(goal, writer)
            say(f"{self.goal.stage}: {ending.reason}")
            if ending.hint:
                say(ending.hint)
            if ending.exit is not Exit.DONE:
                return ending
            done.append(ending.reason)
        self.reached = Reached(name, "; ".join(done), began)
        return ending

    def print_ticket(self) -> None:
        """Print the summary for the ticket, where a rung brought the stage back."""
        from mcm.cli.ticket import print_rung

        if self.reached is not None:
            rung, what, began = self.reached.rung, self.reached.what, self.reached.began
            print_rung(self.ground, self.seen, rung, what, began, self.runner)

    def _last(self) -> int:
        from mcm.core.errors import McmError

        try:
            return len(self.journal.entries(self.change))
        except McmError:
            return 0


class RungShell:
    """Climbs a rung in this process where a step's command names one; else a shell."""

    def __init__(self, steps: Ladder, shell: "Shell") -> None:
        self._ladder = steps
        self._shell = shell

    def run(self, command: str, within: timedelta) -> "Ran":
        """See `Shell.run`."""
        from mcm.core.runbooks.shell import Ran

        name = rung_of(command)
        if not name:
            return self._shell.run(command, within)
        ending = self._ladder.climb(name)
        why = "" if ending.exit is Exit.DONE else ending.reason
        return Ran(int(ending.exit), "", why)


def rung_of(command: str) -> str:
    """Return the rung that a command of the runbook climbs; empty when it climbs none."""
    try:
        words = shlex.split(command)
    except ValueError:
        return ""
    if words[:2] != ["mcm", "rollback"] or "--rung" not in words[:-1]:
        return ""
    return words[words.index("--rung") + 1]


def go_down(steps: Ladder, *, no_input: bool) -> int:
    """Lead down the ladder; return the exit code. Why, the journal's last entry has said."""
    from mcm.cli.lines import say

    say(f"{steps.goal.stage}: the pipeline cannot roll back; what is left, one key a rung:")
    rungs = {rung.name: rung.lines for rung in steps.look()}
    book, facts = _book(steps)
    if no_input or not sys.stdin.isatty():
        _print(book, rungs)
        say(f"Next: `{steps.goal.command}` at a terminal climbs it, one key a rung.")
        return Exit.NEEDS_PERSON
    from mcm.app.runbook import Following, Notebook
    from mcm.cli.follow import Terminal, lost, make_shell

    notes = {s.number: rungs[name] for s in book.steps if (name := rung_of(s.block)) in rungs}
    notebook = Notebook(steps.journal, steps.change, steps.runner.clock, lost)
    shell = RungShell(steps, make_shell(steps.ground.project, facts, None))
    person = Terminal(book, notes)
    person.begin()
    followed = Following(
        book,
        facts,
        steps.goal.stage,
        _by(steps.ground),
        notebook,
        shell,
        person,
        lambda: steps.reached is not None,
    ).follow()
    say(f"{steps.goal.stage}: {followed.reason}")
    if steps.reached is not None:
        steps.print_ticket()
        return Exit.DONE
    say(f"Next: `{steps.goal.command}` goes on at the first rung not done.")
    return Exit.NEEDS_PERSON


def climb_one(steps: Ladder, name: str) -> int:
    """Show one rung, ask for a key and climb it; return the exit code."""
    from mcm.cli import keys
    from mcm.cli.lines import DeclinedError, say

    if name not in RUNGS:
        raise UsageError(f"no rung {name[:64]!a}: there are {', '.join(RUNGS)}")
    if not sys.stdin.isatty():
        raise UsageError(
            f"the rung {name} is not climbed: nobody at a terminal can be asked",
            hint=f"Read it: `mcm runbook show {BOOK} --stage {steps.goal.stage}`.",
        )
    rung = next(each for each in steps.look() if each.name == name)
    for line in rung.lines:
        say(line)
    if not rung.goals:
        return Exit.NEEDS_PERSON
    with keys.listening():
        say("Press y to do it, any other key to leave. ", end="")
        try:
            key = keys.pressed()
        except EOFError:
            key = ""
    say("y" if key in ("y", "Y") else "")
    if key not in ("y", "Y"):
        raise DeclinedError(f"{steps.goal.stage}: nothing was done")
    ending = steps.climb(name)
    steps.print_ticket()
    return ending.exit


def _book(steps: Ladder) -> "tuple[Rendered, dict[str, Value]]":
    """Return the runbook with this stage's facts, from readings and files that are known."""
    from mcm.core import commands
    from mcm.record.runbook import render_runbook

    goal = steps.goal
    place = goal.endpoints[0][0] if goal.endpoints else goal.pipeline.place
    known: dict[str, Value] = {
        "stage": goal.stage,
        "pipeline": goal.pipeline.name,
        "pipeline_stage": goal.pipeline_stage,
        "region": goal.pipeline.place.region,
        "stage_region": place.region,
        "endpoints": tuple(name for _, name in goal.endpoints),
        "aws_close_line": commands.aws_rollback(goal.pipeline, goal.pipeline_stage, "")[0],
        "aws_open_line": commands.aws_reopen(goal.pipeline, goal.pipeline_stage),
    }
    book = _load(steps, known)
    facts = {name: known[name] for name in book.needs}
    return render_runbook(book, facts), facts


def _load(steps: Ladder, known: "Mapping[str, Value]") -> "Runbook":
    """Return the project's own ladder, where it can be used with these facts; else mcm's."""
    from mcm.app.runbook import FOLDER, load
    from mcm.cli.ground import warn
    from mcm.core.errors import McmError

    project = steps.ground.project
    try:
        book = load(BOOK, project.root / FOLDER if project is not None else None)
        missing = ", ".join(sorted(set(book.needs) - set(known)))
        why = f"it needs {missing}, which a rollback does not know" if missing else ""
    except McmError as err:
        why = str(err)
    if not why:
        return book
    warn(f"the project's own ladder is passed over: {why}")
    return load(BOOK)


def _print(book: "Rendered", rungs: "Mapping[str, tuple[str, ...]]") -> None:
    """Print the ladder: what each rung is, and whether it is possible."""
    from mcm.cli.lines import say

    for step in book.steps:
        say(f"  {step.number}. {step.title}")
        for line in rungs.get(rung_of(step.block), ()):
            say(f"     {line}")
    say(f"`mcm runbook show {BOOK}` says what each takes back, cannot, and leaves.")


def _by(ground: "Ground") -> str:
    from mcm.cli.runbook import said_by_whom

    return said_by_whom(ground.project, None)
