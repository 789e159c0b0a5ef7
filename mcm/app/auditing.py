"""`mcm audit`: what entered production, by AWS, against what the journals here say.

Reads only. A journal that cannot be read is named, and what it may hide is not called
clean. Signatures are proven by `verify`, for the changes that matter.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mcm.app.observing import Observer
from mcm.app.verify import Verdict, Verification
from mcm.core.errors import BlindError, Exit, McmError
from mcm.core.history import attempts
from mcm.core.history.fold import fold
from mcm.core.history.glass_told import Glass
from mcm.core.history.journal import Entry, Journal
from mcm.core.history.state import State
from mcm.core.naming import OF_RUNBOOKS
from mcm.core.past import Past
from mcm.core.plans.plan import Plan
from mcm.core.plans.service import Service
from mcm.core.query import PastQuery
from mcm.core.trust import counting
from mcm.core.trust.audit import Audited, Claim, Span, Way, audit, exit_of

KEPT = timedelta(days=365)
"""How long AWS keeps what ran in a pipeline."""
_WITHIN = timedelta(minutes=5)
_LATE = timedelta(minutes=10)
"""How long after its promotion an execution enters at the latest, by any clock."""


@dataclass(frozen=True)
class Sources:
    """Where an audit reads."""

    observer: Observer
    journal: Journal
    read_plan: Callable[[str], Plan | None]
    """The frozen plan of a change; None when there is none. May raise McmError."""
    verify: Callable[[str], Verification]
    aliases: Mapping[str, frozenset[str]]
    """Each person's other names, by the trust file."""
    glasses: tuple[Glass, ...] = ()
    """Broken glasses, with their verified reviews."""


@dataclass(frozen=True)
class Report:
    service: str
    pipeline: str
    span: Span
    entries: tuple[Audited, ...]
    unread: tuple[str, ...]
    """What could not be read, each with the reason: the report is not complete then."""

    @property
    def exit(self) -> Exit:
        return exit_of(self.entries, complete=not self.unread)


def make_audit(
    service: Service, span: Span, sources: Sources, now: datetime, tell: Callable[[str], None]
) -> Report:
    """Audit the production stages of `service`; raise BlindError when AWS cannot be asked."""
    stages = {each.pipeline_stage: each.name for each in service.stages if each.production}
    tell(f"reading what ran in {service.pipeline.name} since {span.start:%Y-%m-%d}")
    past = _past(service, span, sources.observer)
    unread = [f"AWS: {past.cut}"] if past.cut else []
    if span.start < now - KEPT:
        unread.append(f"AWS keeps {KEPT.days} days: what ran before is not listed")
    tell("reading the journals here")
    claims: list[Claim] = []
    for change in _changes(sources.journal):
        try:
            claims += _claims(change, service, sources)
        except McmError as err:
            unread.append(f"{change}: {str(err).splitlines()[0]}")
    broken = _broken(past, claims, stages, span, sources)
    found = audit(past, claims, stages, span, broken)
    return Report(service.name, service.pipeline.name, span, found, tuple(unread))


def _past(service: Service, span: Span, observer: Observer) -> Past:
    query = PastQuery(service.pipeline, span.start - _LATE)
    readings = observer.observe([query], _WITHIN)
    past = readings.known(query, Past)
    if past is not None:
        return past
    raise BlindError(
        f"what ran in {service.pipeline.name} cannot be read: {readings.why_unknown(query)}",
        hint=readings.next_step(query, "`mcm doctor` prints the policy to add."),
    )


def _changes(journal: Journal) -> tuple[str, ...]:
    return tuple(name for name in journal.changes() if not name.startswith(OF_RUNBOOKS))


def _claims(change: str, service: Service, sources: Sources) -> list[Claim]:
    entries = sources.journal.entries(change)
    state = fold(entries)
    bound = {each.name: each.pipeline_stage for each in service.stages}
    plan = sources.read_plan(change)
    if plan is not None:
        bound |= {each.name: each.pipeline_stage for each in plan.stages}
    return [
        *_promotions(change, state, entries, bound, plan, sources),
        *_rollbacks(change, state, bound),
        *_redeployments(change, state),
    ]


def _promotions(
    change: str,
    state: State,
    entries: tuple[Entry, ...],
    bound: Mapping[str, str],
    plan: Plan | None,
    sources: Sources,
) -> Iterator[Claim]:
    for attempt in state.attempts:
        if attempt.purpose == attempts.PROMOTE and attempt.happened is not False:
            evidence = _evidence(entries, attempt.stage, attempt.intent)
            approvers = tuple(_persons(evidence.get("approvals")))
            alone = next(iter(_persons(evidence.get("glass"))), "")
            yield Claim(
                change=change,
                stage=bound.get(attempt.stage, attempt.stage),
                execution=str(attempt.spelled.get("execution", "")),
                way=Way.PROMOTION,
                at=attempt.at,
                by=_operator(entries, attempt.intent),
                approvers=approvers,
                own=_own(approvers, plan, attempt.at, entries, sources.aliases),
                glass=alone,
                reviewed=_is_reviewed(change, attempt.stage, attempt.at, sources.glasses),
            )
    for name, known in state.stages.items():
        if known.entered_by == "others" and known.entered_at is not None:
            yield Claim(
                change, bound.get(name, name), _pinned(entries, state), Way.OTHERS, known.entered_at
            )


def _rollbacks(change: str, state: State, bound: Mapping[str, str]) -> Iterator[Claim]:
    for name, known in state.stages.items():
        for each in known.rollbacks:
            if each.execution:
                way = Way.OTHERS if each.adopted else Way.ROLLBACK
                yield Claim(change, bound.get(name, name), each.execution, way, each.at)


def _redeployments(change: str, state: State) -> Iterator[Claim]:
    for attempt in state.attempts:
        if attempt.spelled.get("op") == "start_execution" and attempt.execution:
            yield Claim(change, "", attempt.execution, Way.REDEPLOYMENT, attempt.at)


def _evidence(entries: Iterable[Entry], stage: str, intent: int) -> Mapping[str, Any]:
    """Return the body that says by whose word the promotion of entry `intent` went."""
    mine = [
        e
        for e in entries
        if e.kind == "gates_open" and e.seq < intent and e.body.get("stage") == stage
    ]
    return mine[-1].body if mine else {}


def _persons(told: object) -> Iterator[str]:
    for each in told if isinstance(told, list | tuple) else ():
        if isinstance(each, Mapping) and each.get("person"):
            yield str(each["person"])


def _operator(entries: Iterable[Entry], before: int) -> str:
    walks = [e for e in entries if e.kind == "walk_started" and e.seq < before]
    return str(walks[-1].body.get("operator", "")) if walks else ""


def _pinned(entries: Iterable[Entry], state: State) -> str:
    """Return the execution that the walk's plan pins, by the entry that tells of the plan."""
    planned = [
        e for e in entries if e.kind == "planned" and e.body.get("plan") in (state.plan, None)
    ]
    return str(planned[-1].body.get("execution", "")) if planned else ""


def _own(
    approvers: Iterable[str],
    plan: Plan | None,
    at: datetime,
    entries: Iterable[Entry],
    aliases: Mapping[str, frozenset[str]],
) -> tuple[str, ...]:
    """Return the approvers who wrote or requested what they approved.

    The plan that lies here must be the one that was promoted: another one has other authors.
    """
    walks = [e for e in entries if e.kind == "walk_started" and e.at <= at]
    if plan is None or not walks or walks[-1].body.get("plan") != plan.digest:
        return ()
    excluded = {*counting.spellings(plan.authors), counting.loosely(plan.requester)}
    return tuple(
        each
        for each in approvers
        if {counting.loosely(name) for name in (each, *aliases.get(each, ()))} & excluded
    )


def _is_reviewed(change: str, stage: str, at: datetime, glasses: Iterable[Glass]) -> bool:
    mine = [g for g in glasses if (g.change, g.stage) == (change, stage) and g.at <= at]
    return bool(mine) and bool(mine[-1].reviewed_by)


def _broken(
    past: Past,
    claims: Iterable[Claim],
    stages: Mapping[str, str],
    span: Span,
    sources: Sources,
) -> frozenset[str]:
    """Return the changes that matter here and whose record does not hold."""
    entered = {p.execution for p in past.passages if p.stage in stages and span.holds(p.entered)}
    matter = {each.change for each in claims if each.execution in entered}
    return frozenset(
        change for change in matter if sources.verify(change).verdict is Verdict.BROKEN
    )
