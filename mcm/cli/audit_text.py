"""An audit for people, for spreadsheets and for scripts. Foreign text is cleaned here."""

import csv
import io
import textwrap
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from mcm.app.auditing import Report
from mcm.cli.show_json import VERSION
from mcm.core import canonical
from mcm.core.sanitize import clean
from mcm.core.sentences.sentence import shorten
from mcm.core.trust.audit import Audited, Finding

WIDTH = 80
COLUMNS = ("at", "stage", "execution", "kind", "findings", "change", "by", "approvers")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def audit_lines(report: Report) -> Iterator[str]:
    """Yield the report: what has no record first, what is matched last."""
    span = report.span
    count = len(report.entries)
    yield (
        f"{clean(report.pipeline, 40)}, production, {span.start:%Y-%m-%d %H:%M}Z to"
        f" {span.end:%Y-%m-%d %H:%M}Z"
    )
    bad = [each for each in report.entries if each.findings]
    entries = "1 entry" if count == 1 else f"{count} entries"
    if not count:
        yield "nothing entered a production stage"
    elif bad:
        yield f"{entries}: {len(bad)} to look at, {count - len(bad)} matched"
    else:
        yield f"{entries}, each with its record"
    for finding in Finding:
        mine = [each for each in report.entries if each.findings[:1] == (finding,)]
        if mine:
            yield ""
            yield finding.value.upper()
            for each in mine:
                yield from _entry(each)
    fine = [each for each in report.entries if not each.findings]
    if fine:
        yield ""
        yield "MATCHED"
        for each in fine:
            yield from _entry(each)
    yield from _unread(report)
    yield from _next(report)


def _entry(each: Audited) -> Iterator[str]:
    what = "rollback" if each.is_rollback else "deployment"
    yield clean(
        f"  {each.at:%Y-%m-%d %H:%M}Z  {each.stage}  {what} {shorten(each.execution)}", WIDTH
    )
    by = each.by.rsplit("/", 1)[-1]
    told = [
        f"record {each.change}" if each.change else "",
        f"by {by}" if by else "by whom AWS does not tell",
        f"approved by {', '.join(each.approvers)}" if each.approvers else "",
        *(f"also: {finding.value}" for finding in each.findings[1:]),
    ]
    text = clean("; ".join(part for part in told if part), 400)
    yield from textwrap.wrap(text, WIDTH, initial_indent="    ", subsequent_indent="    ")


def _unread(report: Report) -> Iterator[str]:
    if report.unread:
        yield ""
        yield "NOT READ, so this is not complete"
        for each in report.unread:
            yield from textwrap.wrap(
                clean(each, 400), WIDTH, initial_indent="  ", subsequent_indent="    "
            )


def _next(report: Report) -> Iterator[str]:
    found = {finding for each in report.entries for finding in each.findings}
    if Finding.UNREVIEWED in found:
        yield ""
        yield "Next: another person runs `mcm review CHANGE --stage STAGE` for each glass."
    if Finding.DOES_NOT_HOLD in found:
        yield ""
        yield "Next: `mcm verify CHANGE` says what does not hold."


def audit_csv(report: Report) -> str:
    """Return a table with a header; no cell begins as a formula of a spreadsheet does."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    for each in report.entries:
        found = "; ".join(finding.value for finding in each.findings) or "matched"
        cells = (
            canonical.instant(each.at),
            each.stage,
            each.execution,
            "rollback" if each.is_rollback else "deployment",
            found,
            each.change,
            each.by,
            ", ".join(each.approvers),
        )
        table.writerow(_cell(cell) for cell in cells)
    return out.getvalue()


def _cell(text: str) -> str:
    shown = clean(text, 1000)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


def audit_json(report: Report, now: datetime) -> dict[str, Any]:
    """Return the document of `mcm audit --json`."""
    return {
        "version": VERSION,
        "at": canonical.instant(now),
        "service": report.service,
        "pipeline": report.pipeline,
        "from": canonical.instant(report.span.start),
        "to": canonical.instant(report.span.end),
        "entries": [_entry_json(each) for each in report.entries],
        "unread": list(report.unread),
        "exit": int(report.exit),
    }


def _entry_json(each: Audited) -> dict[str, Any]:
    return {
        "at": canonical.instant(each.at),
        "stage": each.stage,
        "execution": each.execution,
        "kind": "rollback" if each.is_rollback else "deployment",
        "findings": [finding.value for finding in each.findings],
        "change": each.change,
        "by": each.by,
        "approvers": list(each.approvers),
    }
