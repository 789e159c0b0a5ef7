"""The summary of a rollback, printed for a ticket: data, so on stdout."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from mcm.app.oncall import Facts, Scene, build_facts
from mcm.app.ticket import Ending, tells_of, ticket_lines
from mcm.cli.lines import say
from mcm.cli.streams import offer
from mcm.core.pipeline import Identity, PipelineView
from mcm.core.query import HistoryQuery, IdentityQuery, PipelineQuery

if TYPE_CHECKING:
    from mcm.app.runner import Runner
    from mcm.cli.ground import Ground
    from mcm.cli.look_back import Look
    from mcm.core.state import Rollback

_WITHIN = timedelta(seconds=3)


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
    caller, view = readings.known(who, Identity), readings.known(state, PipelineView)
    stage = view.stage(goal.pipeline_stage) if view else None
    ending = Ending(
        now=runner.clock.now(),
        caller=caller.arn if caller else "",
        way_in_closed=None if stage is None else not stage.transition_enabled,
        journal=look.journal if ground.project is not None else "",
    )
    say("For the ticket:")
    offer(ticket_lines(goal, rollback, replace(facts, caller=caller), ending))
