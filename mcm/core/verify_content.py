"""After a rollback: does the stage serve again what its target served? By content."""

from datetime import datetime, timedelta

from mcm.core.endpoint import Content, EndpointView, differences
from mcm.core.errors import Exit
from mcm.core.goal import GoBack
from mcm.core.journal import Draft
from mcm.core.query import EndpointQuery
from mcm.core.reading import Blindness, Readings, Unknown
from mcm.core.state import Rollback
from mcm.core.turn import Done, Turn, Wait

UNREADABLE = frozenset({Blindness.DENIED, Blindness.ABSENT})
"""Answers for which waiting does not help."""
SETTLING = timedelta(minutes=30)
"""How long an endpoint may take to come back into service before a person is called."""


def finish(goal: GoBack, rollback: Rollback, readings: Readings, now: datetime) -> Turn:
    """Return the end of a rollback whose execution succeeded, or a wait for its endpoints."""
    contents = {content.endpoint: content for content in goal.contents_of(rollback.target)}
    notes: list[str] = []
    wrong: list[str] = []
    if rollback.adopted and goal.signed and rollback.target != goal.signed:
        wrong.append(f"others went back to {rollback.target}, the plan says {goal.signed}")
    same = 0
    for place, name in goal.endpoints:
        query = EndpointQuery(place, name)
        view = readings.known(query, EndpointView)
        late = now - rollback.at > SETTLING
        reading = readings.get(query)
        why = reading.why if isinstance(reading, Unknown) else None
        hopeless = why in UNREADABLE
        if (view is None or not view.in_service) and not late and not hopeless:
            shown = view.status if view else readings.why_unknown(query)
            return Turn((), Wait(now + goal.poll, f"{name}: {shown}"))
        if why is Blindness.DENIED:
            notes.append(f"{name} may not be read, not verified: {readings.why_unknown(query)}")
            continue
        same += 1 if view and contents.get(name) else 0
        note, problem = _compare(name, view, contents.get(name), readings.why_unknown(query))
        notes.append(note)
        wrong += [problem] if problem else []
    if wrong:
        detail = "; ".join(wrong)
        drafts = (
            Draft("person_needed", {"stage": goal.stage, "reason": detail}, now),
            ended(goal, "rolled_back", "differs", detail, now),
        )
        return Turn(drafts, Done(Exit.NEEDS_PERSON, f"rolled back, but {detail}"))
    verified = "yes" if goal.endpoints and same == len(goal.endpoints) else "unverified"
    detail = "; ".join(notes) or "no endpoint is configured, so the content was not verified"
    return Turn(
        (ended(goal, "rolled_back", verified, detail, now),),
        Done(Exit.DONE, f"rolled back to {rollback.target}: {detail}"),
    )


def ended(goal: GoBack, outcome: str, verified: str, detail: str, now: datetime) -> Draft:
    """Return the entry that closes a rollback."""
    body = {"stage": goal.stage, "outcome": outcome, "verified": verified, "detail": detail}
    return Draft("rollback_ended", body, now)


def _compare(
    name: str, view: EndpointView | None, before: Content | None, why: str
) -> tuple[str, str]:
    """Return what to say of one endpoint, and what is wrong with it (empty when nothing)."""
    if view is None:
        return "", f"{name} cannot be read: {why}"
    if not view.in_service:
        return "", f"{name} is {view.status}"
    if before is None:
        return f"{name} in service; no snapshot to compare it with, not verified", ""
    found = differences(before, view.content)
    if found:
        return "", f"{name} is not what it was: {', '.join(found)}"
    return f"{name} serves its old content ({view.config_name})", ""
