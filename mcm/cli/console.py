"""Approvals at the console: the plan, the people and AWS's answers of one turn, put together."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from mcm.core.errors import McmError
from mcm.core.pipeline import ActionRun
from mcm.core.query import ActionsQuery, Query
from mcm.core.reading import Known, Reading
from mcm.core.trust.inbox import Inbox
from mcm.core.trust.statement import Rejected, Verified

if TYPE_CHECKING:
    from mcm.cli.compose import Project
    from mcm.cli.pinned import PinnedInbox
    from mcm.core.plans.plan import Plan, StagePlan


class ConsoleAnswers:
    """Adds to an inbox what approvers answered in the pipeline, under the pinned trust file."""

    def __init__(self, project: "Project", pinned: "PinnedInbox") -> None:
        self._project = project
        self._pinned = pinned

    def __call__(self, change: str, inbox: Inbox, found: Mapping[Query, Reading]) -> Inbox:
        """Return `inbox` with them; as it is where anything that it takes is not known."""
        try:
            plan = self._project.plan(change)
        except (McmError, OSError):
            return inbox
        reading = found.get(ActionsQuery(plan.pipeline, plan.execution))
        if not isinstance(reading, Known):
            return inbox
        for stage in plan.stages:
            for run in answered(stage, reading.value):
                each = self._judge(plan, stage, run, inbox)
                if isinstance(each, Verified):
                    inbox = replace(inbox, verified=(*inbox.verified, each))
                elif isinstance(each, Rejected):
                    inbox = replace(inbox, rejected=(*inbox.rejected, each))
        return inbox

    def _judge(
        self, plan: "Plan", stage: "StagePlan", run: ActionRun, inbox: Inbox
    ) -> Verified | Rejected | None:
        from mcm.app.people import valid_until
        from mcm.core.gates.every_gate import promotion_of
        from mcm.core.history.anchor import read_console_line
        from mcm.core.history.goal import GoForward
        from mcm.trust.console import console_approval

        trust = self._pinned.trust
        if trust is None or run.updated is None:
            return None
        said = read_console_line(run.summary)
        shared = {s.name for s in plan.stages if s.gate.approve == stage.gate.approve}
        if said is None or (said.stage != stage.name and said.stage in shared):
            return None  # one approval for several stages says yes to the one that is named
        promotion = promotion_of(GoForward(plan, (stage.name,)), stage)
        life = valid_until(stage, plan, run.updated) - run.updated
        now = self._project.clock.now()
        return console_approval(run, promotion, inbox.verified, trust, now, life)


def console_lines(plan: "Plan") -> list[str]:
    """Return, for each stage that can be approved in the console, where and with what line."""
    from mcm.core.history.anchor import console_line

    lines = []
    for stage in plan.stages:
        approve = stage.gate.approve
        if approve is not None and stage.gate.open and not stage.touch:
            lines.append(f"or answers {approve.stage}/{approve.action} with this comment:")
            lines.append(f"  {console_line(plan.change, stage.name, plan.digest)}")
    return lines


def answered(stage: "StagePlan", runs: object) -> list[ActionRun]:
    """Return the newest run of the action that approvers of `stage` answer; none without one."""
    approve = stage.gate.approve
    if approve is None or not stage.gate.open or not isinstance(runs, tuple):
        return []
    where = (approve.stage, approve.action)
    ours = [r for r in runs if isinstance(r, ActionRun) and (r.stage, r.action) == where]
    return ours[:1]
