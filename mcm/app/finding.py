"""Which pipeline is meant, when the person knows the stage's name and nothing else.

AWS has no list of stages, so the pipelines of one account and region are looked through,
at most `MOST` of them: whoever has more must name theirs. Names match as people write
them, with case and punctuation dropped. Nothing here chooses between several.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mcm.app.observing import Observer
from mcm.core.errors import BlindError, Exit, UsageError
from mcm.core.naming import fold
from mcm.core.past import Passage, PipelineNames, Structure
from mcm.core.pipeline import ROLLBACK
from mcm.core.query import (
    ExecutionsQuery,
    PassagesQuery,
    PipelineId,
    PipelinesQuery,
    Place,
    StructureQuery,
)
from mcm.core.reading import Blindness, Unknown

MOST = 50
RECENT = timedelta(hours=24)
_AT_ONCE = 10
_WITHIN = timedelta(seconds=20)
"""One step of the search: a list, or the structures of ten pipelines one after another."""


class CannotSearchError(UsageError):
    """The pipelines cannot be looked through, so nothing is known about them."""


class CannotListError(CannotSearchError):
    """AWS does not list them: it is out of reach, or does not let us."""

    exit_code = Exit.BLIND


@dataclass(frozen=True)
class Candidate:
    """A stage that may be the one that is meant."""

    pipeline: PipelineId
    stage: str
    """The pipeline's own name of it."""


@dataclass(frozen=True)
class Search:
    """The pipelines that a stage's name may mean."""

    candidates: tuple[Candidate, ...]
    looked: int
    """How many pipelines were looked at."""
    more: bool
    """Whether there are pipelines that were not."""
    unread: tuple[str, ...] = ()
    """Pipelines that could not be read, each with the reason."""


@dataclass(frozen=True)
class Promoted:
    """A stage that something was promoted into."""

    stage: str
    execution: str
    entered: datetime
    is_rollback: bool = False
    """Whether that was a rollback: then the stage has been taken back already."""


def list_pipelines(observer: Observer, place: Place) -> PipelineNames:
    """Return the pipelines of `place`, at most `MOST`.

    Raises BlindError without credentials, CannotSearchError when they cannot be listed.
    """
    query = PipelinesQuery(place, MOST)
    readings = observer.observe([query], _WITHIN)
    found = readings.known(query, PipelineNames)
    if found is not None:
        return found
    reading = readings.get(query)
    reason = readings.why_unknown(query)
    if isinstance(reading, Unknown) and reading.why is Blindness.AUTH:
        raise BlindError(
            f"no usable credentials for {place.region}: {reason}",
            hint="Log in again, or name other credentials with --profile.",
        )
    raise CannotListError(
        f"the pipelines of {place.region} cannot be listed: {reason}",
        hint="Name it, no list is needed then: `mcm rollback --stage STAGE --pipeline NAME"
        f" --region {place.region}`.",
    )


def find_stage(observer: Observer, place: Place, named: str, tell: Callable[[str], None]) -> Search:
    """Return every stage of `place` that `named` may mean; `tell` hears how far the search is."""
    pipelines = list_pipelines(observer, place)
    names = list(pipelines.names)
    found: list[Candidate] = []
    unread: list[str] = []
    for start in range(0, len(names), _AT_ONCE):
        if start:
            tell(f"looked through {start} of {len(names)} pipelines")
        queries = [StructureQuery(PipelineId(place, n)) for n in names[start : start + _AT_ONCE]]
        readings = observer.observe(queries, _WITHIN)
        for query in queries:
            structure = readings.known(query, Structure)
            if structure is None:
                unread.append(f"{query.pipeline.name} ({readings.why_unknown(query)})")
                continue
            found += [Candidate(query.pipeline, s) for s in matching(structure.stages, named)]
    return Search(tuple(found), len(names), pipelines.more, tuple(unread))


def matching(stages: Sequence[str], named: str) -> list[str]:
    """Return those of a pipeline's stages that `named` may mean: an exact one alone."""
    if named in stages:
        return [named]
    return [stage for stage in stages if fold(named) and fold(stage) == fold(named)]


def promoted(
    observer: Observer, pipeline: PipelineId, now: datetime
) -> tuple[tuple[Promoted, ...], tuple[str, ...], str]:
    """Return what was promoted in `RECENT`, newest first, all stages that deploy, and a reason.

    The reason says why it is not known; it is empty when it is.
    """
    query, runs = PassagesQuery(pipeline), ExecutionsQuery(pipeline)
    readings = observer.observe([query, runs], _WITHIN)
    passages = readings.known(query, tuple)
    if passages is None:
        return (), (), readings.why_unknown(query)
    stages = tuple(dict.fromkeys(p.stage for p in passages if p.deploys))
    rollbacks = {run.id for run in readings.known(runs, tuple) or () if run.type == ROLLBACK}
    return recent(passages, rollbacks, now), stages, ""


def recent(
    passages: Sequence[Passage], rollbacks: Collection[str], now: datetime
) -> tuple[Promoted, ...]:
    """Return what each stage that deploys got last, if that is not older than `RECENT`.

    `rollbacks` are the ids of the executions that went back.
    """
    last: dict[str, Promoted] = {}
    for passage in passages:
        if passage.deploys and now - passage.entered <= RECENT:
            back = passage.execution in rollbacks
            entry = Promoted(passage.stage, passage.execution, passage.entered, back)
            last.setdefault(passage.stage, entry)
    return tuple(sorted(last.values(), key=lambda each: each.entered, reverse=True))
