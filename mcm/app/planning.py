"""Planning a change: look at AWS, freeze what will happen, and keep it honest afterwards.

`plan_change` writes the next edition; `check_current` refuses a plan that the files no
longer agree with. Where the files are is the business of `Shelf`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from mcm.app.driving import is_out_there
from mcm.app.local_source import ReadCalendars, no_calendars
from mcm.app.notebook import note
from mcm.app.observing import Observer
from mcm.app.unheard import alarm_warnings
from mcm.core.commits.commit_link import links_of_revisions
from mcm.core.commits.commit_range import CommitRange, heads_range, keep_known
from mcm.core.errors import BlindError, McmError, RefusedError, UsageError
from mcm.core.history.fold import fold
from mcm.core.history.journal import Draft, Journal
from mcm.core.history.state import State
from mcm.core.pipeline import PipelineView, StageHistory
from mcm.core.plans.change import Change
from mcm.core.plans.difference import plan_differences
from mcm.core.plans.guardrails import Definitions
from mcm.core.plans.plan import Package, Plan
from mcm.core.plans.planning import (
    build_plan,
    more_queries,
    named_calendars,
    plan_queries,
    plan_warnings,
    replan,
)
from mcm.core.plans.pushed import with_heads
from mcm.core.plans.service import Service
from mcm.core.query import ExecutionsQuery, HistoryQuery, PipelineQuery, Query
from mcm.core.reading import Readings
from mcm.core.revision import Revision
from mcm.core.rollback import rehearsal
from mcm.core.rollback.rehearsal import Proof
from mcm.core.target import Target, target_after
from mcm.core.trust.authorship import (
    Approvers,
    Written,
    author_problems,
    author_warnings,
    with_authors,
)
from mcm.core.windows.hours import Calendar, until_of

PATIENCE = timedelta(seconds=10)
"""How long one look at AWS may take while planning."""


class People(Protocol):
    """Who wrote what is new, and who may approve it."""

    def wrote(self, packages: tuple[Package, ...]) -> Written:
        """Return who wrote these ranges, and what of it is unknown."""
        ...

    def ranges(
        self, packages: tuple[Package, ...], revisions: tuple[Revision, ...]
    ) -> tuple[CommitRange, ...]:
        """Return the commits of these ranges, `revisions` being the pinned execution's."""
        ...

    def approvers(self, plan: Plan, authors: tuple[str, ...]) -> Mapping[str, Approvers]:
        """Return by stage who may approve; without a stage whose approvers are unknown."""
        ...


class Nobody:
    """Knows no clone and no trust file; the plan says that its authors are unknown."""

    def wrote(self, packages: tuple[Package, ...]) -> Written:
        """Return that nobody looked."""
        return Written((), "nobody looked" if packages else "")

    def ranges(
        self, packages: tuple[Package, ...], revisions: tuple[Revision, ...]
    ) -> tuple[CommitRange, ...]:
        """Return that nobody looked: AWS's heads take the place."""
        links = {p.name: links_of_revisions(p.name, revisions) for p in packages}
        return tuple(
            heads_range(name, (), links=found, unknown="nobody looked")
            for name, found in links.items()
        )

    def approvers(self, plan: Plan, authors: tuple[str, ...]) -> Mapping[str, Approvers]:
        """Return nothing."""
        del plan, authors
        return {}


class Shelf(Protocol):
    """Where the frozen plan of one change lies."""

    def read_plan(self) -> bytes | None:
        """Return the bytes of `plan.json`, None when there is none."""
        ...

    def write_plan(self, data: bytes) -> None:
        """Put `data` in place of `plan.json`, whole or not at all."""
        ...


@dataclass(frozen=True)
class Files:
    """What the files say, read and checked."""

    service: Service
    change: Change
    definitions: Definitions
    realm: str
    read_calendars: ReadCalendars = no_calendars


@dataclass(frozen=True)
class Planned:
    plan: Plan
    is_new: bool
    """False when the edition that was there says the same."""
    differences: tuple[str, ...] = ()
    """What the edition before said otherwise."""
    warnings: tuple[str, ...] = ()
    """What stands in nobody's way, but somebody should know."""
    proofs: tuple[Proof, ...] = ()
    """The way back of each stage, as it looks now."""


class NoPlanError(McmError):
    """There can be no plan; `details` has every reason."""

    def __init__(self, change: str, details: tuple[str, ...]) -> None:
        self.details = details
        count = "one thing stands" if len(details) == 1 else f"{len(details)} things stand"
        super().__init__(
            f"{change} cannot be planned: {count} in the way",
            hint="Mend what is listed, then run `mcm plan` again.",
        )


class PlanChangedError(RefusedError):
    """The plan is not what the files say, or not what was written; `details` has how."""

    def __init__(self, plan: Plan, details: tuple[str, ...]) -> None:
        self.details = details
        super().__init__(
            "E_PLAN_CHANGED",
            f"the plan of {plan.change} is not the one that was made from its files",
            hint=f"Run `mcm plan {plan.change}`, then `mcm request` and have it approved again.",
        )


def plan_change(
    files: Files, observer: Observer, shelf: Shelf, journal: Journal, people: People | None = None
) -> Planned:
    """Plan the change by what AWS says now; write and journal it when it is a new edition.

    Raises NoPlanError with every problem, BlindError without usable credentials, and
    RefusedError(E_UNDER_WAY) while a stage is out there by the plan of now: a walk is turned
    by its plan, and with another edition nobody would watch that stage any more.
    """
    _refuse_while_out_there(files.change.id, shelf, journal)
    first = observer.observe(plan_queries(files.service, files.change), PATIENCE)
    second = observer.observe(more_queries(files.service, files.change, first), PATIENCE)
    readings = _together(first, second)
    if readings.blind():
        raise BlindError(f"cannot plan: {readings.blind()}")
    warnings = plan_warnings(files.service, files.change, readings)
    people = people or Nobody()
    before = _readable(shelf.read_plan())
    newest = max(before.edition if before else 0, _newest_edition(journal, files.change.id))
    until = until_of(readings.oldest(), before.calendars if before else ())
    edition = before.edition if before else newest + 1
    found = _build(files, readings, people, until, edition=edition)
    found = _with_ranges(found, before, observer, people)
    warnings += alarm_warnings(found, observer)
    if before is not None and before == found:
        warnings += _author_warnings(before, people)
        proofs = prove_ways_back(before, observer)
        return Planned(before, is_new=False, warnings=warnings, proofs=proofs)
    plan = replace(found, edition=newest + 1)
    warnings += _author_warnings(plan, people)
    # First the journal: an edition that never reached its file is followed by another one.
    body = {"edition": plan.edition, "plan": plan.digest, "execution": plan.execution}
    note(journal, plan.change, Draft("planned", body, readings.oldest()))
    shelf.write_plan(plan.to_bytes())
    differences = plan_differences(before, plan) if before else ()
    return Planned(plan, True, differences, warnings, prove_ways_back(plan, observer))


def _refuse_while_out_there(change: str, shelf: Shelf, journal: Journal) -> None:
    state = fold(journal.entries(change))
    there = (name for name in state.stages if is_out_there(state, name))
    out = [name for name in there if not _went_back(state, name)]
    if not out:
        return
    try:
        load_plan(shelf, change)
    except McmError:
        hint = (
            "Its plan.json cannot be read: put the one back that was approved, or run"
            f" `mcm rollback --stage {out[0]}`; then plan anew."
        )
    else:
        hint = (
            f"Wait for its end (`mcm watch {change}`), or give it up with `mcm abort {change}`"
            " or `mcm rollback`; then plan anew."
        )
    what = f"{', '.join(out)} is out there by the plan of now"
    raise RefusedError("E_UNDER_WAY", f"{what}: with another one nobody would watch it", hint=hint)


def _went_back(state: State, stage: str) -> bool:
    """Say whether a stage was taken back, which no walk may have noted for want of its plan."""
    known = state.stage(stage)
    last = known.rollbacks[-1] if known.rollbacks else None
    if last is None or last.outcome != "rolled_back":
        return False
    came_again = known.entered_at is not None and known.entered_at > last.at
    return not (came_again or state.tries(stage, "promote", after=last.started))


def prove_ways_back(plan: Plan, observer: Observer, only: str = "") -> tuple[Proof, ...]:
    """Look at what each stage, or `only` one, would go back to; prove that it would get there."""
    stages = [stage for stage in plan.stages if only in ("", stage.name)]
    wanted = {query for stage in stages for query in rehearsal.queries(plan, stage)}
    readings = observer.observe(wanted, PATIENCE)
    at = readings.oldest()
    return tuple(rehearsal.prove(plan, stage, readings, at) for stage in stages)


def load_plan(shelf: Shelf, change: str) -> Plan:
    """Return the frozen plan of `change`; raise UsageError when there is none."""
    data = shelf.read_plan()
    if data is None:
        raise UsageError(f"{change} has no plan yet", hint=f"Run `mcm plan {change}` first.")
    try:
        return Plan.from_bytes(data)
    except RefusedError as err:
        again = f"`mcm plan {change}` makes a new one, which has to be approved anew."
        err.hint = f"Another version of mcm wrote it, or somebody edited it: {again}"
        raise


def check_current(files: Files, plan: Plan, journal: Journal) -> None:
    """Refuse a plan that was edited, or that the files have moved away from.

    Raises RefusedError(E_PLAN_CHANGED) with what differs. What AWS said is not asked
    again here: the gates do that at the moment of acting. A freeze that mcm.yaml got since
    voids no signature: the gates read it live, and it can only close. One that is gone or
    has other times was signed as it was, so it counts. Where a stage is out there, the hint
    is not to plan anew: nobody would watch it any more.
    """
    try:
        _check_current(files, plan, journal)
    except PlanChangedError as err:
        state = fold(journal.entries(plan.change))
        out = [each.name for each in plan.stages if is_out_there(state, each.name)]
        if out and state.plan == plan.digest:
            err.hint = (
                f"{', '.join(out)} is out there: `mcm tick {plan.change}` watches it by this plan"
                " and goes back on a breach. Plan anew once that is over."
            )
        raise


def _check_current(files: Files, plan: Plan, journal: Journal) -> None:
    if plan.is_older:
        raise PlanChangedError(plan, ("an earlier mcm wrote it, which knew less than this one",))
    for entry in journal.entries(plan.change):
        known = entry.kind == "planned" and entry.body["edition"] == plan.edition
        if known and entry.body["plan"] != plan.digest:
            raise PlanChangedError(
                plan, (f"plan.json is not edition {plan.edition} as it was written",)
            )
    now = replan(files.service, files.change, files.definitions, plan, realm=files.realm)
    if isinstance(now, tuple):
        raise PlanChangedError(plan, now)
    signed = {freeze.name for freeze in plan.freezes}
    now = replace(now, freezes=tuple(each for each in now.freezes if each.name in signed))
    if now != plan:
        raise PlanChangedError(plan, plan_differences(plan, now))


def _author_warnings(plan: Plan, people: People) -> tuple[str, ...]:
    return tuple(author_warnings(plan, people.approvers(plan, plan.authors)))


def _read_calendars(files: Files, until: datetime) -> tuple[Calendar, ...]:
    """Read the calendars that the change's stages name, up to the local time `until`."""
    sources = named_calendars(files.service, files.change)
    if not sources:
        return ()
    try:
        return files.read_calendars(tuple(each.name for each in sources), until)
    except (McmError, OSError, ValueError) as err:
        raise NoPlanError(files.change.id, (f"a calendar cannot be read: {err}",)) from err


def _with_ranges(plan: Plan, before: Plan | None, observer: Observer, people: People) -> Plan:
    """Add the commits: as an edition of equal packages had them, else from git, else AWS."""
    ranges = people.ranges(plan.packages, plan.revisions)
    if before is not None and before.packages == plan.packages:
        ranges = keep_known(ranges, before.ranges)
    if any(each.unknown and not each.commits for each in ranges):
        query = ExecutionsQuery(plan.pipeline)
        listed = observer.observe({query}, PATIENCE).known(query, tuple) or ()
        ranges = with_heads(ranges, plan.packages, plan.revisions, plan.execution, listed)
    return replace(plan, ranges=ranges)


def _build(
    files: Files, readings: Readings, people: People, until: datetime, *, edition: int
) -> Plan:
    calendars = _read_calendars(files, until)
    found = build_plan(
        files.service,
        files.change,
        files.definitions,
        readings,
        realm=files.realm,
        edition=edition,
        targets=_targets(files, readings, files.change.execution),
    )
    if isinstance(found, tuple):
        raise NoPlanError(files.change.id, found)
    targets = _targets(files, readings, found.execution)
    again = build_plan(
        files.service,
        files.change,
        files.definitions,
        readings,
        realm=files.realm,
        edition=edition,
        targets=targets,
        calendars=calendars,
    )
    assert isinstance(again, Plan)  # only the targets differ
    written = people.wrote(again.packages)
    approvers = people.approvers(again, written.authors)
    again = with_authors(again, files.service, written, approvers)
    problems = tuple(author_problems(again, files.service, approvers))
    if problems:
        raise NoPlanError(files.change.id, problems)
    return Plan.from_bytes(again.to_bytes())


def _targets(files: Files, readings: Readings, pinned: str) -> dict[str, str]:
    """Where a rollback of each stage would go once `pinned` is in it; empty for nowhere."""
    pipeline = files.service.pipeline
    view = readings.known(PipelineQuery(pipeline), PipelineView)
    found: dict[str, str] = {}
    for stage in files.service.stages:
        if stage.name not in files.change.stages:
            continue
        history = readings.known(HistoryQuery(pipeline, stage.pipeline_stage), StageHistory)
        if view is None or history is None:
            found[stage.name] = ""  # build_plan names the unknown reading as a problem
            continue
        target = target_after(view, history, stage.pipeline_stage, pinned)
        found[stage.name] = target.execution if isinstance(target, Target) else ""
    return found


def _together(first: Readings, second: Readings) -> Readings:
    answers: dict[Query, object] = {**first.items(), **second.items()}
    return Readings(answers, first.oldest())  # type: ignore[arg-type]


def _newest_edition(journal: Journal, change: str) -> int:
    planned = (e.body["edition"] for e in journal.entries(change) if e.kind == "planned")
    return max(planned, default=0)


def _readable(data: bytes | None) -> Plan | None:
    """A plan that somebody broke is no edition to keep; a new one takes its place.

    So it does with one of an earlier mcm, by which nothing goes forward.
    """
    try:
        plan = None if data is None else Plan.from_bytes(data)
    except RefusedError:
        return None
    return plan if plan is not None and not plan.is_older else None
