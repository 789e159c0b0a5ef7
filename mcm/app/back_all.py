"""Taking a whole change back: which of its stages, in what order, and what cannot be known.

A stage counts when it holds the change's execution. Where that cannot be read, the
journal's word is enough to go on; without either nobody guesses, and that is said.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from mcm.app.fleet import Walk
from mcm.core.history.journal import Entry
from mcm.core.history.state import StageState, State
from mcm.core.place import Place
from mcm.core.sentences.sentence import shorten

LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Standing:
    """One stage of the change, as AWS and the journal show it."""

    stage: str
    place: Place
    source: str
    """The execution whose content it has; empty when that cannot be read."""
    known: StageState
    sent_at: datetime | None = None
    """When the promotion was sent or seen, says the journal."""


@dataclass(frozen=True)
class Picked:
    """What is to be done with one stage, and why."""

    standing: Standing
    goes_back: bool
    why: str
    is_known: bool = True
    """False when neither AWS nor the journal says whether the change is in it."""


def standing(stage: str, place: Place, source: str, state: State) -> Standing:
    """Return how a stage stands, with what the journal adds."""
    known = state.stage(stage)
    sent = [each.at for each in state.tries(stage, "promote") if each.happened is not False]
    at = sent[-1] if sent else known.entered_at
    return Standing(stage, place, source, known, at)


def pick(executions: Collection[str], found: Sequence[Standing]) -> list[Picked]:
    """Say for each stage whether it goes back; newest promotion first, then the last stage.

    `executions` are the change's own, `found` is in the order of the pipeline.
    """
    newest = sorted(
        enumerate(found), key=lambda each: (each[1].sent_at or LONG_AGO, each[0]), reverse=True
    )
    return [_pick(executions, each) for _, each in newest]


def _pick(executions: Collection[str], one: Standing) -> Picked:
    known = one.known
    last = known.rollbacks[-1] if known.rollbacks else None
    if known.rollback is not None:
        return Picked(one, True, "a rollback is under way and is gone on with")
    back = last is not None and (one.sent_at is None or last.at >= one.sent_at)
    if one.source:
        if one.source in executions:
            return Picked(one, True, f"it runs {shorten(one.source)}")
        if back and last is not None:
            return Picked(one, False, f"rolled back already, begun {last.at:%d %b %H:%M}Z")
        return Picked(one, False, f"it runs {shorten(one.source)}, which is not this change")
    if one.sent_at is not None and not back:
        return Picked(one, True, "what runs there cannot be read; the journal has it promoted")
    return Picked(one, False, "what runs there cannot be read", is_known=False)


def executions_of(entries: Iterable[Entry]) -> frozenset[str]:
    """Return the executions that the change was planned for, in any edition."""
    planned = (entry.body.get("execution") for entry in entries if entry.kind == "planned")
    return frozenset(each for each in planned if isinstance(each, str) and each)


def in_chains(walks: Sequence[tuple[Walk, Place]]) -> tuple[list[Walk], Mapping[Walk, Walk]]:
    """Return what begins at once, one for each place, and what follows what there."""
    first: list[Walk] = []
    last: dict[Place, Walk] = {}
    then: dict[Walk, Walk] = {}
    for walk, place in walks:
        if place in last:
            then[last[place]] = walk
        else:
            first.append(walk)
        last[place] = walk
    return first, then
