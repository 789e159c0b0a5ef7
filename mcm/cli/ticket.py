"""The summary of a rollback, printed for a ticket: data, so on stdout."""

import sys
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from mcm.app.oncall import Facts, Scene, build_facts
from mcm.app.ticket import Ending, rung_lines, tells_of, ticket_lines
from mcm.cli.lines import fitted, say
from mcm.cli.streams import offer
from mcm.core.pipeline import Identity, PipelineView
from mcm.core.query import HistoryQuery, IdentityQuery, PipelineQuery

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from mcm.app.runner import Runner
    from mcm.cli.ground import Ground
    from mcm.cli.look_back import Look
    from mcm.core.history.state import Rollback, State
    from mcm.core.reading import Readings

_WITHIN = timedelta(seconds=3)
_DEEP = 8
"""Columns before the words of a summary."""


def is_of_now(state: "State", stage: str, began: "datetime") -> "Rollback | None":
    """Return the rollback of `stage` that came to its end since `began`; None without one."""
    last = next(reversed(state.stage(stage).rollbacks), None)
    ended = last is not None and last.ended_at is not None and last.ended_at >= began
    return last if ended else None


def print_ticket(
    ground: "Ground", look: "Look", rollback: "Rollback", facts: Facts | None, runner: "Runner"
) -> None:
    """Print the summary of `rollback`; what cannot be read any more is said to be unknown."""
    goal = look.goal
    who, state = IdentityQuery(goal.pipeline.place), PipelineQuery(goal.pipeline)
    history = HistoryQuery(goal.pipeline, goal.pipeline_stage)
    scene = Scene(goal, rollback.source or look.source, rollback.target, runner.clock.now())
    if facts is None or not tells_of(facts, rollback):
        facts = build_facts(scene, look.readings)
    missing = {history} if facts.commits is None else set()
    readings = runner.observer.observe([who, state, *missing], _WITHIN)
    if missing:  # the look before was blind; both executions still stand in the history
        facts = build_facts(scene, readings)
    ending = _ending(ground, look, readings, runner.clock.now())
    caller = readings.known(who, Identity)
    _print(ticket_lines(goal, rollback, replace(facts, caller=caller), ending))


def print_rung(
    ground: "Ground", look: "Look", rung: str, what: str, began: "datetime", runner: "Runner"
) -> None:
    """Print the summary of a rung that put the stage back; see `print_ticket`."""
    who, state = IdentityQuery(look.goal.pipeline.place), PipelineQuery(look.goal.pipeline)
    readings = runner.observer.observe([who, state], _WITHIN)
    ending = _ending(ground, look, readings, runner.clock.now())
    _print(rung_lines(look.goal, rung, what, look.source, began, ending))


def _ending(ground: "Ground", look: "Look", readings: "Readings", now: "datetime") -> Ending:
    goal = look.goal
    caller = readings.known(IdentityQuery(goal.pipeline.place), Identity)
    view = readings.known(PipelineQuery(goal.pipeline), PipelineView)
    stage = view.stage(goal.pipeline_stage) if view else None
    return Ending(
        now=now,
        caller=caller.arn if caller else "",
        way_in_closed=None if stage is None else not stage.transition_enabled,
        journal=look.journal if ground.project is not None else "",
    )


def _print(lines: "Iterable[str]") -> None:
    say("For the ticket:")
    offer(
        [part for line in lines for part in fitted(line, _DEEP)] if sys.stdout.isatty() else lines
    )
