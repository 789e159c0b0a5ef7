"""What entered production in a span of time, against the records: for auditors."""

from typing import TYPE_CHECKING, Annotated

import typer

from mcm.cli.options import Json, Profile
from mcm.core.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from mcm.app.auditing import Report, Sources
    from mcm.cli.compose import Project
    from mcm.cli.looking import View
    from mcm.core.trust.audit import Span

_HOW = "Write a day such as 2026-03-01, or an instant such as 2026-03-01T06:00Z."


def register(app: typer.Typer) -> None:
    """Add this module's command to `app`."""
    app.command()(audit)


def audit(
    since: Annotated[
        str, typer.Option("--from", metavar="DAY", help="The first day; else 30 days ago.")
    ] = "",
    to: Annotated[
        str, typer.Option("--to", metavar="DAY", help="The last day, all of it; else now.")
    ] = "",
    csv: Annotated[bool, typer.Option("--csv", help="Print a table for spreadsheets.")] = False,
    json: Json = False,
    profile: Profile = None,
) -> int:
    """Compare what entered production, by AWS, with the records; 4 when one is missing."""
    from mcm.app.auditing import make_audit
    from mcm.cli.lines import say
    from mcm.cli.looking import look_at

    if csv and json:
        raise UsageError("--csv and --json exclude each other", hint="Leave one of them out.")
    view = look_at("", "", profile, sandbox=False)
    assert view.project is not None
    assert view.service is not None
    now = view.clock.now()
    span = read_span(since, to, now)
    report = make_audit(view.service, span, _sources(view, view.project), now, say)
    _print(report, now, csv=csv, json=json)
    return report.exit


def _print(report: "Report", now: "datetime", *, csv: bool, json: bool) -> None:
    import sys

    from mcm.cli import audit_text
    from mcm.cli.lines import show

    if json:
        from mcm.cli.show_json import to_json

        print(to_json(audit_text.audit_json(report, now)))
        return
    if csv:
        sys.stdout.write(audit_text.audit_csv(report))
        return
    for line in audit_text.audit_lines(report):
        show(line)


def _sources(view: "View", project: "Project") -> "Sources":
    from mcm.app.auditing import Sources
    from mcm.app.evidence import read_evidence
    from mcm.app.verify import Verification, verify_change
    from mcm.cli.ground import warn
    from mcm.cli.pinned import glasses_of
    from mcm.core.errors import McmError
    from mcm.core.history.glass_told import Glass
    from mcm.core.plans.plan import Plan

    def read_plan(change: str) -> Plan | None:
        try:
            data = project.folder(change).read_plan()
        except McmError:
            return None  # its name is no change's: a rollback's own journal
        return Plan.from_bytes(data) if data is not None else None

    def verify(change: str) -> Verification:
        folder = project.folder(change)
        evidence = read_evidence(
            change, project.journal, folder.read_plan, folder.statements, project.trust_file
        )
        return verify_change(evidence)

    aliases: dict[str, frozenset[str]] = {}
    glasses: tuple[Glass, ...] = ()
    try:
        trust = project.trust()
        aliases = {person.id: frozenset(person.aliases) for person in trust.persons}
        glasses = glasses_of(project, trust)
    except McmError as err:
        warn(f"who is who, and who reviewed what, is not known: {err}")
    return Sources(view.observer, project.journal, read_plan, verify, aliases, glasses)


def read_span(since: str, to: str, now: "datetime") -> "Span":
    """Return the span that two options name; the day that `to` names is within it."""
    from datetime import timedelta

    from mcm.core.trust.audit import Span

    end = _moment(to, "--to", last=True) if to else now
    try:
        start = _moment(since, "--from", last=False) if since else end - timedelta(days=30)
    except OverflowError as err:
        raise UsageError(f"there are no 30 days before {to[:40]!a}", hint=_HOW) from err
    if start >= end:
        raise UsageError(
            f"the span from {start:%Y-%m-%d %H:%M}Z to {end:%Y-%m-%d %H:%M}Z holds nothing",
            hint="Name the earlier day as --from.",
        )
    if start >= now:
        raise UsageError("the span lies in the future", hint=_HOW)
    return Span(start, min(end, now + timedelta(minutes=1)))


def _moment(text: str, option: str, *, last: bool) -> "datetime":
    from datetime import UTC, date, datetime, time, timedelta

    try:
        if len(text) <= 10:
            day = date.fromisoformat(text) + timedelta(days=1 if last else 0)
            return datetime.combine(day, time(), UTC)
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError) as err:
        raise UsageError(f"{option} cannot be {text[:40]!a}", hint=_HOW) from err
    raise UsageError(f"{option} {text[:40]!a} has no zone", hint="Write Z for UTC behind it.")
