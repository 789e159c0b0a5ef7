"""Breaking the glass, and reviewing it afterwards: two signed words of two persons.

Both are checked before anything is signed, by the rules that the guard has; the journal
is written first, then the statement is filed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from mcm.app.desk import Desk, about
from mcm.app.notebook import note
from mcm.app.refusals import NotedRefusalError, note_refused
from mcm.core import canonical
from mcm.core.errors import RefusedError, UsageError
from mcm.core.gates.every_gate import holder_of, promotion_of
from mcm.core.history.fold import fold
from mcm.core.history.glass_told import Glass
from mcm.core.history.goal import GoForward
from mcm.core.history.journal import Draft, Entry, Journal
from mcm.core.plans.plan import Plan, StagePlan
from mcm.core.trust import glass
from mcm.core.trust.guard import GrantedByGlass, Refused, guard
from mcm.core.trust.statement import Opening, Statement, Verified
from mcm.core.trust.statement_form import GLASS_LIFE, TOO_SHORT, may_open, says_why
from mcm.core.walking import notes

REVIEW_LIFE = timedelta(days=3650)
"""A review says what was; it does not lapse."""


@dataclass(frozen=True)
class Broken:
    """A glass that was broken, or the one of before that is open still."""

    statement: Verified
    file: str
    entries: tuple[Entry, ...]


def check_words(reason: str, ticket: str, opens: Iterable[Opening]) -> None:
    """Refuse what says nothing: E_BREAKGLASS_REASON; a gate that stays shut: UsageError."""
    if not ticket.strip():
        raise RefusedError("E_BREAKGLASS_REASON", "the glass is not broken without a ticket")
    for each in opens:
        if not may_open(each.gate):
            raise UsageError(
                f"a broken glass does not open the gate {each.gate}",
                hint="It opens window, check and freeze:NAME; all else needs a second person.",
            )
    if not all(says_why(text) for text in (reason, *(each.reason for each in opens))):
        raise RefusedError(
            "E_BREAKGLASS_REASON",
            f"the glass is not broken: {TOO_SHORT}",
            hint="Say what is broken and why it cannot wait: others will read it tomorrow.",
        )


def check_allowed(
    plan: Plan, stage: StagePlan, glasses: Iterable[Glass], journal: Journal, by: str, now: datetime
) -> None:
    """Refuse, before anything is typed, a glass that would not count."""
    known = tuple(glasses)
    refused = None
    if not stage.break_glass:
        reason = f"the plan lets nobody break the glass for {stage.name}"
        refused = Refused("E_BREAKGLASS_NEVER", reason)
    refused = refused or glass.overdue(known, now) or glass.open_already(known, now)
    if refused is not None:
        raise _refuse(journal, plan.change, stage.name, by, refused, now)


def break_glass(
    plan: Plan,
    stage: StagePlan,
    desk: Desk,
    journal: Journal,
    words: tuple[str, str, tuple[Opening, ...]],
    now: datetime,
    tool: str,
) -> Broken:
    """Sign, journal and file a broken glass of one stage, once the guard takes it.

    `words` are the reason, the ticket and the gates that it opens.
    """
    reason, ticket, opens = words
    statement = Statement(
        **about(plan, desk, journal, tool),
        kind=glass.KIND,
        stage=stage.name,
        rollback_to=stage.rollback_target,
        requester=plan.requester,
        approver=desk.person,
        decision="break",
        reason=reason,
        ticket=ticket,
        exceptions=opens,
        not_before=now,
        expires=now + GLASS_LIFE,
    )
    verified, file = desk.sign(statement)
    answer = _ask(plan, stage, desk, verified, journal, now)
    if not isinstance(answer, GrantedByGlass) or answer.glass != verified:
        second = Refused("E_BREAKGLASS_SECOND", "another glass is open: one at a time")
        refused = answer if isinstance(answer, Refused) else second
        raise _refuse(journal, plan.change, stage.name, desk.person, refused, now)
    entries = note(journal, plan.change, notes.glass_broken(statement, verified.digest, now))
    return Broken(verified, file(), entries)


def to_review(glasses: Iterable[Glass], change: str, stage: str) -> Glass:
    """Return the oldest glass of a stage that waits for its review; else UsageError."""
    own = [each for each in glasses if (each.change, each.stage) == (change, stage)]
    waiting = [each for each in own if not each.reviewed_by]
    if waiting:
        return waiting[0]
    if own:
        raise UsageError(f"{own[-1].reviewed_by} has reviewed the broken glass of {stage} already")
    raise UsageError(f"nobody broke the glass of {change} for {stage}")


def check_reviewer(found: Glass, desk: Desk, journal: Journal, now: datetime) -> None:
    """Refuse, before anything is typed, whoever broke the glass themselves."""
    refused = glass.review_problem(found, (desk.person, *desk.aliases))
    if refused is not None:
        raise _refuse(journal, found.change, found.stage, desk.person, refused, now)


def review(
    plan: Plan,
    found: Glass,
    desk: Desk,
    reason: str,
    journal: Journal,
    now: datetime,
    tool: str,
) -> str:
    """Sign, file and journal that somebody else has looked at a broken glass."""
    check_reviewer(found, desk, journal, now)
    statement = Statement(
        **about(plan, desk, journal, tool),
        kind="review",
        stage=found.stage,
        request=found.statement,
        requester=plan.requester,
        approver=desk.person,
        decision="reviewed",
        reason=reason,
        not_before=now,
        expires=now + REVIEW_LIFE,
    )
    file: Callable[[], str]
    verified, file = desk.sign(statement)
    name = file()
    body: dict[str, canonical.Value] = {
        "stage": found.stage,
        "by": desk.person,
        "reason": reason,
        "edition": plan.edition,
        "glass": found.statement,
        "statement": verified.digest,
    }
    note(journal, plan.change, Draft("glass_reviewed", body, now))
    return name


def _ask(
    plan: Plan, stage: StagePlan, desk: Desk, mine: Verified, journal: Journal, now: datetime
) -> object:
    """Ask the guard as a walk would, without the approvals that might do instead."""
    holder = holder_of(plan, stage)
    state = fold(journal.entries(plan.change))
    used = frozenset(nonce for nonce, user in state.consumed.items() if user != holder)
    inbox = desk.inbox()
    said = [each for each in inbox.verified if each.statement.kind != "approval"]
    promotion = promotion_of(GoForward(plan, (stage.name,)), stage)
    return guard(promotion, [*said, mine], inbox.rejected, used, now)


def _refuse(
    journal: Journal, change: str, stage: str, person: str, refused: Refused, now: datetime
) -> NotedRefusalError:
    note_refused(journal, change, stage, person, refused.code, refused.reason, now)
    hint = None
    if refused.code == "E_BREAKGLASS_OPEN":
        hint = "Let somebody else review it first: `mcm review CHANGE --stage STAGE`."
    return NotedRefusalError(refused.code, f"refused: {refused.reason}", hint=hint)
