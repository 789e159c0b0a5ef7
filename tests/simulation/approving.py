"""Invariant 1: who has really approved, by what people did and not by what mcm makes of it."""

from collections.abc import Callable

from mcm.core.history.glass_told import REVIEW_WITHIN
from mcm.core.history.journal import Entry
from mcm.core.plans.plan import Plan, StagePlan
from mcm.sandbox.pipeline_model import Execution
from tests.simulation.signers import ARNS, Paper, may_approve, may_break, trust_file
from tests.simulation.simulation import Simulation


class Approving:
    """Judges a promotion by the papers in the inboxes and by who answered in the pipeline."""

    def __init__(self, sim: Simulation, wrong: Callable[[str], None]) -> None:
        self._sim = sim
        self._wrong = wrong
        self._spent: dict[str, str] = {}

    def promotes(self) -> None:
        """Judge a promotion that AWS has accepted."""
        plan = self._sim.setting.plan
        stage = plan.stages[0]
        said = [each for each in self._sim.people.papers if self._is_about(each, plan)]
        if any(each.statement.kind == "rejection" for each in said):
            self._wrong("1: promoted although somebody rejected")
        asked = any(each.statement.kind == "request" and each.by == plan.requester for each in said)
        persons = {each.by for each in said if asked and self._approves(each, plan, stage)}
        alone = {each.by for each in said if _breaks_glass(each, stage)}
        if len(persons) < stage.approvals and not alone:
            self._wrong(f"1: promoted with {sorted(persons)} of {stage.approvals}")
        self._answered(persons | alone)
        if self._sim.people.looks_for_glass is not None:
            self._reviewed()

    def _is_about(self, paper: Paper, plan: Plan) -> bool:
        """Whether it is a person's own word, in force now, about this very plan."""
        said, now = paper.statement, self._sim.world.local.now()
        about = (said.realm, said.change, said.edition, said.plan, said.execution)
        return (
            paper.genuine
            and about == (plan.realm, plan.change, plan.edition, plan.digest, plan.execution)
            and said.not_before <= now < said.expires
            and said.trust == trust_file().ref
        )

    def _approves(self, paper: Paper, plan: Plan, stage: StagePlan) -> bool:
        wrote = stage.forbid_authors and any(f"<{paper.by}@" in name for name in plan.authors)
        return (
            (paper.statement.kind, paper.statement.stage) == ("approval", stage.name)
            and may_approve(paper.by, stage.name)
            and paper.by != plan.requester
            and not wrote
        )

    def _answered(self, persons: set[str]) -> None:
        """Whoever answered the pipeline's approval is one of those who signed."""
        run = self._sim.world.scenario.pipeline.execution(self._sim.setting.plan.execution)
        by = _answer_of(run) if run is not None else ""
        if by and ARNS.get(by) not in persons:
            self._wrong(f"1: {by} answered, and {sorted(persons)} signed")

    def _reviewed(self) -> None:
        """No glass of another change waits for its review any longer than a day."""
        papers, now = self._sim.people.papers, self._sim.world.local.now()
        reviews = [each for each in papers if each.statement.kind == "review"]
        for each in papers:
            is_old = now >= each.statement.not_before + REVIEW_WITHIN
            if each.statement.kind == "breakglass" and each.genuine and is_old and not reviews:
                self._wrong(f"1: promoted, and nobody reviewed what {each.by} did alone")

    def claimed(self, entries: list[Entry]) -> None:
        """Each approval is used for one purpose only."""
        for entry in entries:
            for claim in entry.body.get("claims", ()) if entry.kind == "intent" else ():
                holder = self._spent.setdefault(claim["nonce"], claim["holder"])
                if holder != claim["holder"]:
                    self._wrong(f"1: an approval of {holder} was used by {claim['holder']} too")


def _breaks_glass(paper: Paper, stage: StagePlan) -> bool:
    kind = (paper.statement.kind, paper.statement.stage)
    return kind == ("breakglass", stage.name) and may_break(paper.by)


def _answer_of(run: Execution) -> str:
    """Return who answered the approval in front of the stage."""
    here = run.runs.get("ApproveUS")
    return next((action.updated_by or "" for action in here.actions), "") if here else ""
