"""One look before a rollback: what it would do, by AWS, the plans and the journals.

Nothing is written and nothing is decided that the loop would not decide by itself.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mcm.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcm.app.observing import Observer
    from mcm.cli.ground import Ground
    from mcm.core.history.goal import GoBack
    from mcm.core.history.journal import Journal
    from mcm.core.history.turn import Turn
    from mcm.core.reading import Readings
    from mcm.core.trust.inbox import Inbox


class GoneError(UsageError):
    """The pipeline, or the stage in it, is not there."""


@dataclass(frozen=True)
class Look:
    """What was seen before anything is done."""

    goal: "GoBack"
    """With all that plans and journals add to it."""
    journal: str
    """The change into whose journal the rollback is written."""
    begins: str
    """What would begin, in words; empty when it only adopts, goes on, waits or reports."""
    source: str
    """The execution that would be taken back; empty when that cannot be told."""
    target: str
    unsure: str
    """Why nobody can say yet what would begin; it may, once AWS can be read again."""
    readings: "Readings"
    vetoed: str = ""
    """Who vetoed mcm's own rollback of the breach, and why; empty if nobody did."""

    @property
    def asks(self) -> bool:
        """Whether something may begin that nobody has asked for by a key."""
        return bool(self.begins or self.unsure)


def prepare(
    ground: "Ground", observer: "Observer", journal: "Journal", *, for_people: bool = False
) -> Look:
    """Look once at AWS, the plans and the journals; nothing is written.

    `for_people` adds what only the screen needs, by the same calls to AWS. Raises GoneError
    when the pipeline, or a stage of that name in it, is not there.
    """
    from mcm.app.rolling_back import effective_now, look_back
    from mcm.cli.ground import warn
    from mcm.clock import SystemClock
    from mcm.core import commands
    from mcm.core.history import vetoed
    from mcm.core.history.fold import fold
    from mcm.core.history.state import State
    from mcm.core.walking import walk

    goal = ground.goal
    now = SystemClock().now()
    readings = _observe(goal, observer, for_people=for_people)
    if ground.project is None:
        named = _named_in(goal, readings)
        if named != goal:
            readings = _observe(named, observer, for_people=for_people)
        line = commands.rollback_of(
            named.pipeline, named.pipeline_stage, sandbox=ground.connect.in_sandbox
        )
        goal = replace(named, in_full=line)
    effective = effective_now(goal.pipeline, goal.pipeline_stage, readings)
    past = look_back(goal.stage, effective, ground.plans, journal, _inbox(ground), warn)
    goal = replace(goal, signed=past.signed, known=past.known, left_behind=past.left_behind)
    try:
        state = fold(journal.entries(past.journal))
    except Exception:  # noqa: BLE001 - `look_back` has said so; the writer goes on without it
        state = State()
    under_way = state.stage(goal.stage).rollback
    begins, source, target, unsure = "", "", "", ""
    if not under_way:
        turn = walk.decide(goal, state, readings, now)
        begins, source, target = _what_begins(turn)
        unsure = _what_is_unsure(turn)
    by = vetoed.who(state.stage(goal.stage))
    source = source or effective
    return Look(goal, past.journal, begins, source, target, unsure, readings, by)


def _observe(goal: "GoBack", observer: "Observer", *, for_people: bool) -> "Readings":
    from mcm.app.observing import deadline
    from mcm.core.history.state import State
    from mcm.core.walking import walk

    queries = walk.queries(goal, State())
    if for_people:
        from mcm.app.oncall import past_queries

        queries |= past_queries(goal)
    return observer.observe(queries, deadline(goal.poll))


def _named_in(goal: "GoBack", readings: "Readings") -> "GoBack":
    """Return the goal with the pipeline's own name of the stage that was typed."""
    from mcm.core.naming import find_stage
    from mcm.core.pipeline import PipelineView
    from mcm.core.query import PipelineQuery
    from mcm.core.reading import Blindness, Unknown

    query = PipelineQuery(goal.pipeline)
    reading, view = readings.get(query), readings.known(query, PipelineView)
    if isinstance(reading, Unknown) and reading.why is Blindness.ABSENT:
        where = goal.pipeline.place.region
        raise GoneError(
            f"there is no pipeline {goal.pipeline.name} in {where}",
            hint=f"Name another one: `mcm rollback --stage {goal.stage} --pipeline NAME`.",
        )
    if view is None or view.stage(goal.pipeline_stage) is not None:
        return goal
    try:
        name = find_stage(goal.stage, [each.name for each in view.stages], goal.pipeline.name)
    except UsageError as err:
        raise GoneError(str(err), hint=err.hint) from err
    return replace(goal, pipeline_stage=name, stage=name)


def _what_begins(turn: "Turn") -> tuple[str, str, str]:
    """Say what this first turn would set off, from where and to where.

    All empty when it only adopts, waits or reports.
    """
    for entry in turn.entries:
        if entry.kind == "rollback_started" and not entry.body["execution"]:
            source, target = str(entry.body["source"]), str(entry.body["target"])
            return f"roll back from {source} to {target}", source, target
    return "", "", ""


def _what_is_unsure(turn: "Turn") -> str:
    """Say what this turn waits to read before it can begin anything; empty when it does not."""
    from mcm.core.history.turn import Hold, Wait
    from mcm.core.rollback.adopt import WHY_HIDDEN

    step = turn.next
    begun = any(entry.kind != "sight" for entry in turn.entries)  # that one only tells of it
    if begun or not isinstance(step, Wait | Hold):
        return ""
    why, leaves = (step.why, False) if isinstance(step, Wait) else (step.reason, step.leave)
    # A rollback that is there already is only followed, whatever its target.
    return "" if leaves or why == WHY_HIDDEN else why


def _inbox(ground: "Ground") -> "Callable[[str], Inbox]":
    def read(change: str) -> "Inbox":
        assert ground.project is not None  # only a project has plans
        return ground.project.inbox(change)

    return read
