"""`--at` and `--expires`: times as people type them at a stage's clock."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Annotated

import typer

from mcm.core.errors import UsageError

if TYPE_CHECKING:
    from mcm.cli.compose import Project
    from mcm.core.plans.plan import Plan, StagePlan

At = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="TIME",
        help="Promote not before: 02:30 or 2026-03-18T02:30 by the stage's clock, or `now`.",
    ),
]
Expires = Annotated[
    str | None,
    typer.Option("--expires", metavar="TIME", help="And not after: a time, or a span such as 4h."),
]
NOW = "now"
_FARTHEST = timedelta(days=31)


def read_times(
    at: str | None, expires: str | None, zone: tzinfo, now: datetime
) -> tuple[datetime | None, datetime | None]:
    """Return not before and not after; raise UsageError for what cannot be meant."""
    start = None if at in (None, NOW) else read_moment("--at", str(at), zone, now)
    end = None if expires is None else read_end(expires, zone, start or now)
    if end is not None and end <= (start or now):
        raise UsageError("--expires must be after --at, and in the future")
    return start, end


def read_end(text: str, zone: tzinfo, since: datetime) -> datetime:
    """Return the end of a span from `since` on, or a time."""
    from mcm.core.duration import parse

    try:
        return since + parse(text)
    except ValueError:
        return read_moment("--expires", text, zone, since)


def read_moment(option: str, text: str, zone: tzinfo, now: datetime) -> datetime:
    """Return an instant of the month after `now`; a time of day is the next one there is."""
    found = _clock_time(text, zone, now) if len(text) == 5 else _instant(text, zone)
    if found is None:
        raise UsageError(
            f"{option} cannot be {text[:40]!r}",
            hint=f"Write {option} 02:30, {option} 2026-03-18T02:30 or, with a zone, …T09:30Z.",
        )
    if found < now - timedelta(minutes=1):
        first = f"{now:%Y-%m-%d %H:%M}Z"
        raise UsageError(f"{option} {text[:40]} is too early: it counts from {first} on")
    if found > now + _FARTHEST:
        raise UsageError(f"{option} {text[:40]} is more than {_FARTHEST.days} days ahead")
    return found


def _clock_time(text: str, zone: tzinfo, now: datetime) -> datetime | None:
    try:
        wanted = datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - a time of day
    except ValueError:
        return None
    today = now.astimezone(zone).date()
    for ahead in range(3):
        found = datetime.combine(today + timedelta(days=ahead), wanted, tzinfo=zone)
        if found.astimezone(UTC) >= now:
            return found.astimezone(UTC)
    return None


def _instant(text: str, zone: tzinfo) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def keep(
    project: "Project",
    plan: "Plan",
    stage: "StagePlan",
    by: str,
    at: str | None,
    expires: str | None,
) -> None:
    """Journal what was asked for, and say it; nothing without either option."""
    from mcm.app.notebook import note
    from mcm.cli.lines import say
    from mcm.core.history.schedule import Schedule, draft
    from mcm.core.windows.hours import zone_of
    from mcm.core.windows.zone import spell_local

    if at is None and expires is None:
        return
    now, zone = project.clock.now(), zone_of(stage.window, plan.calendars)
    start, end = read_times(at, expires, zone, now)
    note(
        project.journal, plan.change, draft(stage.name, Schedule(by, start, end, plan.digest), now)
    )
    since = f"not before {spell_local(start, zone, now)}" if start else "at once"
    until = f", not after {spell_local(end, zone, now)}" if end else ""
    say(f"{stage.name} is to be promoted {since}{until}; `mcm deploy --at now` changes that")
