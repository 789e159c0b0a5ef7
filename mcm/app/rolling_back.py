"""Going back with whatever there is: no plan, record, journal or trust file is needed.

What is there helps: the journal of the change that is being taken back, a target that a
second person signed, and what earlier executions served. What is broken is told and
passed over; nothing here may stop a rollback (promise 1).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcm.core import codec
from mcm.core.endpoint import Content
from mcm.core.errors import McmError
from mcm.core.history.fold import fold
from mcm.core.history.journal import Draft, Entry, Journal, JournalMoved, StoreError
from mcm.core.pipeline import PipelineView, StageHistory
from mcm.core.plans.plan import Plan
from mcm.core.query import HistoryQuery, PipelineId, PipelineQuery
from mcm.core.reading import Readings
from mcm.core.rollback.left_behind import left_behind
from mcm.core.target import effective_execution

if TYPE_CHECKING:
    from mcm.core.trust.inbox import Inbox  # statements are loaded when a plan has some

Warn = Callable[[str], None]
NO_CLAIMS: Mapping[str, str] = {}
Known = tuple[tuple[str, tuple[Content, ...]], ...]


class AnyJournal:
    """A journal whose every trouble is a StoreError, which a rollback's writer outlives."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def entries(self, change: str) -> tuple[Entry, ...]:
        """See `Journal.entries`; entries that cannot be folded are as good as unreadable."""
        try:
            entries = self._journal.entries(change)
            fold(entries)
            return entries
        except McmError:
            raise
        except Exception as err:
            raise StoreError(f"the journal cannot be read: {err}") from err

    def append(
        self,
        change: str,
        drafts: Sequence[Draft],
        *,
        after: int,
        claims: Mapping[str, str] = NO_CLAIMS,
    ) -> tuple[Entry, ...]:
        """See `Journal.append`; a refusal is a StoreError here."""
        try:
            return self._journal.append(change, drafts, after=after, claims=claims)
        except (JournalMoved, StoreError):
            raise
        except Exception as err:
            raise StoreError(f"the journal cannot be written: {err}") from err

    def changes(self) -> tuple[str, ...]:
        """See `Journal.changes`."""
        return self._journal.changes()


@dataclass(frozen=True)
class Past:
    """What the journals tell about one stage."""

    journal: str
    """The change into whose journal the rollback is written."""
    signed: str
    """The target that a second person signed, empty when none verifies."""
    known: Known
    left_behind: frozenset[str]
    """Executions that a redeployment of the stage took back."""


def own_journal(stage: str) -> str:
    """Return the name of the journal of rollbacks that belong to no change of ours."""
    return f"ROLLBACK-{stage}"


def look_back(
    stage: str,
    effective: str,
    plans: Mapping[str, Plan],
    journal: Journal,
    inbox: "Callable[[str], Inbox]",
    warn: Warn,
) -> Past:
    """Gather what plans, journals and inboxes know of `stage`, which now runs `effective`."""
    entries = dict(_all_entries(journal, warn))
    known = _known_contents(stage, entries.values())
    under_way = [c for c, found in entries.items() if fold(found).stage(stage).rollback]
    owner = next((c for c, plan in plans.items() if _pins(plan, stage, effective)), None)
    signed = _signed(plans[owner], stage, effective, inbox, warn) if owner else ""
    # A plan that cannot be read any more: its journal still says what it promoted.
    walked = (c for c, found in entries.items() if _promoted(found, stage, effective))
    owner = owner or next(walked, None)
    # One that was begun is finished where it was begun, whatever the stage runs by now.
    home = under_way[0] if under_way else owner or own_journal(stage)
    taken = frozenset[str]().union(*(left_behind(found, stage) for found in entries.values()))
    return Past(home, signed, known, taken)


def promoted_by(journal: Journal, change: str) -> str:
    """Return who walked `change` last, says its journal; empty when it does not say."""
    try:
        entries = journal.entries(change)
    except Exception:  # noqa: BLE001 - as above
        return ""
    walks = [entry for entry in entries if entry.kind == "walk_started"]
    return str(walks[-1].body.get("operator", "")) if walks else ""


def effective_now(pipeline: PipelineId, pipeline_stage: str, readings: Readings) -> str:
    """Return what the stage runs by these readings; empty when they do not tell."""
    view = readings.known(PipelineQuery(pipeline), PipelineView)
    history = readings.known(HistoryQuery(pipeline, pipeline_stage), StageHistory)
    seen = view.stage(pipeline_stage) if view else None
    return effective_execution(seen, history) if seen is not None and history else ""


def _all_entries(journal: Journal, warn: Warn) -> Iterable[tuple[str, tuple[Entry, ...]]]:
    try:
        names = journal.changes()
    except Exception as err:  # noqa: BLE001 - as above
        warn(f"the journal cannot be read: {err}")
        return
    for name in names:
        try:
            yield name, journal.entries(name)
        except Exception as err:  # noqa: BLE001 - as above
            warn(f"the journal of {name} cannot be read: {err}")


def _known_contents(stage: str, journals: Iterable[tuple[Entry, ...]]) -> Known:
    """What executions served in `stage`, the newest snapshot of each."""
    found: dict[str, tuple[Content, ...]] = {}
    for entries in journals:
        for entry in entries:
            if entry.kind != "baseline" or entry.body.get("stage") != stage:
                continue
            try:
                contents = tuple(codec.from_value(Content, c) for c in entry.body["contents"])
                found[str(entry.body["effective"])] = contents
            except (McmError, KeyError, TypeError, ValueError):
                continue  # written by another version: no snapshot, and that is said later
    found.pop("", None)
    return tuple(sorted(found.items()))


def _promoted(entries: Sequence[Entry], stage: str, effective: str) -> bool:
    """Say whether this journal's change let `effective` into the stage."""
    sent = (a for a in fold(entries).tries(stage, "promote") if a.happened is not False)
    return bool(effective) and any(each.spelled.get("execution") == effective for each in sent)


def _pins(plan: Plan, stage: str, effective: str) -> bool:
    return bool(effective) and plan.execution == effective and plan.stage(stage) is not None


def _signed(
    plan: Plan, stage: str, effective: str, inbox: "Callable[[str], Inbox]", warn: Warn
) -> str:
    """The target in an approval that verifies for this very plan, stage and execution."""
    try:
        found = inbox(plan.change)
        digest = plan.digest
    except Exception as err:  # noqa: BLE001 - as above
        warn(f"the approvals of {plan.change} cannot be verified: {err}")
        return ""
    for each in found.verified:
        said = each.statement
        about = (said.kind, said.plan, said.stage, said.execution)
        if about == ("approval", digest, stage, effective):
            return said.rollback_to
    warn(f"no approval of {plan.change} verifies: the computed target is used")
    return ""
