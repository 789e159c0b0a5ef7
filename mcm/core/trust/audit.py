"""The audit: each entry of an execution into a production stage against the records.

Pure. AWS says what entered; journals say what mcm let in, by whose word. The two are
matched by stage and execution, since an execution enters a stage once. What the journals
claim is not proven here: `mcm verify` proves it, and its answer can be handed in.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mcm.core.errors import Exit, most_severe
from mcm.core.past import Passage, Past
from mcm.core.pipeline import ROLLBACK


class Finding(StrEnum):
    """What is to be said of one entry, the worst first; without any it is matched."""

    NO_RECORD = "no record"
    BY_CONSOLE = "by console"
    """A record pins or follows it, and somebody else let it in."""
    DOES_NOT_HOLD = "record does not hold"
    NOT_IN_AWS = "not in AWS"
    """A record says that it was let in, and AWS shows no such entry."""
    APPROVER_IS_AUTHOR = "approver is author"
    UNREVIEWED = "break-glass unreviewed"


class Way(StrEnum):
    """How something came into a stage, says a record."""

    PROMOTION = "promotion"
    ROLLBACK = "rollback"
    REDEPLOYMENT = "redeployment"
    OTHERS = "others"
    """It was let in, or rolled back, by somebody else, and mcm saw it."""


@dataclass(frozen=True)
class Claim:
    """What one journal says of one execution in one stage."""

    change: str
    stage: str
    """The pipeline's own name; empty for a redeployment, which goes through all of them."""
    execution: str
    way: Way
    at: datetime
    by: str = ""
    """Who ran the walk; empty when the journal does not say."""
    approvers: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    """Those of them who wrote part of it, or asked for it."""
    glass: str = ""
    """Who broke the glass for it; empty for nobody."""
    reviewed: bool = False
    """Whether another person has reviewed that."""


@dataclass(frozen=True)
class Audited:
    """One entry, with what is to be said of it."""

    at: datetime
    stage: str
    """As mcm.yaml has it."""
    execution: str
    is_rollback: bool
    change: str
    """Whose record tells of it; empty for none."""
    by: str
    """Who let it in: by the record, else as far as AWS tells."""
    approvers: tuple[str, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Span:
    """`[start, end)`, aware UTC."""

    start: datetime
    end: datetime

    def holds(self, at: datetime) -> bool:
        return self.start <= at < self.end


def audit(
    past: Past,
    claims: Iterable[Claim],
    stages: Mapping[str, str],
    span: Span,
    broken: frozenset[str] = frozenset(),
) -> tuple[Audited, ...]:
    """Return every entry within `span`, oldest first.

    `stages` are the production stages: the pipeline's name to mcm.yaml's. `broken` are the
    changes whose record does not hold.
    """
    known = list(claims)
    entered = [p for p in past.passages if p.stage in stages and span.holds(p.entered)]
    found = [_judge(each, past, known, stages, broken) for each in entered if _is_entry(each)]
    if not past.cut:
        found += _not_seen(past, known, stages, span)
    return tuple(sorted(found, key=lambda each: (each.at, each.stage, each.execution)))


def exit_of(found: Iterable[Audited], *, complete: bool) -> Exit:
    """Return 4 when an entry has no record that holds, 3 for a review that is due.

    7 when part of AWS or of the records could not be read, as that may hide anything.
    """
    codes = [_EXITS.get(each, Exit.REFUSED) for one in found for each in one.findings]
    return most_severe([*codes, *([] if complete else [Exit.INCONCLUSIVE])])


_EXITS = {Finding.UNREVIEWED: Exit.HELD}


def _is_entry(passage: Passage) -> bool:
    """A stage that has only been asked about (an approval that waits in it) is not entered."""
    return passage.deploys


def _judge(
    passage: Passage,
    past: Past,
    claims: Iterable[Claim],
    stages: Mapping[str, str],
    broken: frozenset[str],
) -> Audited:
    run = past.execution(passage.execution)
    claim = _claim(passage, claims)
    findings = tuple(_findings(claim, broken))
    by = claim.by if claim and claim.way is not Way.OTHERS else ""
    return Audited(
        at=passage.entered,
        stage=stages[passage.stage],
        execution=passage.execution,
        is_rollback=bool(run and run.type == ROLLBACK),
        change=claim.change if claim else "",
        by=by or _who(passage, past),
        approvers=claim.approvers if claim else (),
        findings=findings,
    )


def _claim(passage: Passage, claims: Iterable[Claim]) -> Claim | None:
    """Return what says most of the entry: that mcm let it in, before that others did."""
    mine = [
        each
        for each in claims
        if each.execution == passage.execution and each.stage in (passage.stage, "")
    ]
    return min(mine, key=lambda each: (list(Way).index(each.way), each.at), default=None)


def _findings(claim: Claim | None, broken: frozenset[str]) -> Iterator[Finding]:
    if claim is None:
        yield Finding.NO_RECORD
        return
    if claim.way is Way.OTHERS:
        yield Finding.BY_CONSOLE
    if claim.change in broken:
        yield Finding.DOES_NOT_HOLD
    if claim.own:
        yield Finding.APPROVER_IS_AUTHOR
    if claim.glass and not claim.reviewed:
        yield Finding.UNREVIEWED


def _who(passage: Passage, past: Past) -> str:
    """Return who let it in as far as AWS tells: who answered its approval, else who began it."""
    answers = [
        who
        for other in past.passages
        if other.execution == passage.execution and other.entered <= passage.entered
        for _, who in other.answers
    ]
    answers += [who for _, who in passage.answers]
    run = past.execution(passage.execution)
    return answers[-1] if answers else run.started_by if run else ""


def _not_seen(
    past: Past, claims: Iterable[Claim], stages: Mapping[str, str], span: Span
) -> list[Audited]:
    """Promotions and rollbacks that only a record tells of."""
    seen = {(each.stage, each.execution) for each in past.passages}
    return [
        Audited(
            claim.at,
            stages[claim.stage],
            claim.execution,
            claim.way is Way.ROLLBACK,
            claim.change,
            claim.by,
            claim.approvers,
            (Finding.NOT_IN_AWS,),
        )
        for claim in claims
        if claim.way in (Way.PROMOTION, Way.ROLLBACK)
        and claim.stage in stages
        and span.holds(claim.at)
        and (claim.stage, claim.execution) not in seen
    ]
