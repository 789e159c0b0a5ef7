"""Which glasses were broken in a service, and who has reviewed them.

A glass is known by the journals and by the signed statements that lie in inboxes: taking
away either hides none. Only a verified statement by somebody else counts as its review.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from mcm.core.history.glass_told import Glass, told
from mcm.core.history.journal import Journal
from mcm.core.naming import ASIDE
from mcm.core.trust.glass import KIND, review_of
from mcm.core.trust.inbox import Inbox
from mcm.core.trust.statement import Verified


def find_glasses(
    journal: Journal, filed: Iterable[str], read_inbox: Callable[[str], Inbox]
) -> tuple[Glass, ...]:
    """Return every glass of the service, oldest first.

    `filed` names the changes in whose inbox a file is called one. Raises what the journal
    and the inboxes raise: who cannot look does not know that there is none.
    """
    known: dict[str, dict[str, Glass]] = {}
    for change in journal.changes():
        if not change.startswith(ASIDE):
            found = {each.statement: each for each in told(journal.entries(change), change)}
            if found:
                known[change] = found
    glasses: list[Glass] = []
    for change in sorted({*known, *filed}):
        verified = read_inbox(change).verified
        found = {each.digest: signed(each) for each in verified if each.statement.kind == KIND}
        every = (found | known.get(change, {})).values()
        glasses += [replace(each, reviewed_by=review_of(each, verified)) for each in every]
    return tuple(sorted(glasses, key=lambda each: (each.at, each.statement)))


def signed(each: Verified) -> Glass:
    """Return the glass that a verified statement is."""
    said = each.statement
    return Glass(
        said.change,
        said.stage,
        each.person,
        said.not_before,
        said.expires,
        each.digest,
        said.reason,
        said.ticket,
        tuple(f"{opening.gate}: {opening.reason}" for opening in said.exceptions),
    )
