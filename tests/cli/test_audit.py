"""audit for people, spreadsheets and scripts; spans as people write them; hostile names."""

import csv
import json
from datetime import UTC, datetime, timedelta

import pytest

from mcm.app.auditing import Report
from mcm.cli.audit import read_span
from mcm.cli.audit_text import COLUMNS, WIDTH, audit_csv, audit_json, audit_lines
from mcm.core.errors import UsageError
from mcm.core.trust.audit import Audited, Finding, Span
from tests.cli.conftest import Shop
from tests.cli.test_show_json import documented, objects

NOW = datetime(2026, 3, 18, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
EVIL = "\x1b[2J<script>\u202e"


def entry(*findings: Finding, **fields: object) -> Audited:
    values: dict[str, object] = {
        "at": NOW,
        "stage": "prod-us",
        "execution": "e1",
        "is_rollback": False,
        "change": "CM-1",
        "by": "arn:aws:iam::111111111111:user/alice",
        "approvers": ("bob",),
        **fields,
    }
    return Audited(findings=findings, **values)  # type: ignore[arg-type]


def report(*entries: Audited, unread: tuple[str, ...] = ()) -> Report:
    return Report("parcel-photo-check", "P", Span(NOW - DAY, NOW), entries, unread)


def text(*entries: Audited, unread: tuple[str, ...] = ()) -> str:
    return "\n".join(audit_lines(report(*entries, unread=unread)))


def test_what_has_no_record_comes_first() -> None:
    shown = text(entry(), entry(Finding.NO_RECORD, change="", by="", approvers=()))

    assert "2 entries: 1 to look at, 1 matched" in shown
    assert shown.index("NO RECORD") < shown.index("MATCHED")
    assert "by whom AWS does not tell" in shown
    assert "record CM-1; by alice; approved by bob" in shown


def test_an_empty_span_and_a_clean_one_say_so() -> None:
    assert "nothing entered a production stage" in text()
    assert "1 entry, each with its record" in text(entry())


def test_what_was_not_read_is_said_to_leave_gaps() -> None:
    assert "NOT READ, so this is not complete\n  CM-2: torn" in text(unread=("CM-2: torn",))


def test_hostile_names_come_out_as_text() -> None:
    evil = entry(*Finding, stage=EVIL, execution=EVIL, change=EVIL, by=EVIL * 30, approvers=(EVIL,))
    for shown in (
        text(evil, unread=(EVIL,)),
        audit_csv(report(evil)),
        json.dumps(audit_json(report(evil), NOW)),
    ):
        assert "\x1b" not in shown
        assert "\u202e" not in shown
    assert all(len(line) <= WIDTH for line in text(evil).splitlines())


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_no_cell_is_a_formula(start: str) -> None:
    evil = entry(by=f"{start}cmd|' /C calc'!A0")

    (header, row) = csv.reader(audit_csv(report(evil)).splitlines())

    assert tuple(header) == COLUMNS
    assert row[COLUMNS.index("by")].startswith(f"'{start}")
    assert row[COLUMNS.index("findings")] == "matched"


def test_the_page_lists_the_keys_that_are_printed() -> None:
    document = json.loads(json.dumps(audit_json(report(entry(Finding.NO_RECORD)), NOW)))

    found = dict(objects("audit", document, {"entries": "audit_entry"}))

    assert found == {n: k for n, k in documented().items() if n.startswith("audit")}


def test_days_are_whole_and_the_last_one_is_within() -> None:
    assert read_span("2026-03-01", "2026-03-02", NOW) == Span(
        datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC)
    )
    assert read_span("", "", NOW).start == NOW - 30 * DAY
    assert read_span("2026-03-18T08:00+01:00", "", NOW).start == NOW - timedelta(hours=3)
    assert read_span("2026-03-01", "2026-12-31", NOW).end <= NOW + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("since", "to"),
    [
        ("yesterday", ""),
        ("2026-03-02", "2026-03-01"),
        ("2026-03-01T06:00", ""),
        ("2027-01-01", "2027-02-01"),
        ("", "9999-12-31"),
        ("0001-01-01", "0001-01-01T00:00Z"),
        ("", "0001-01-05"),
        ("", "0001-01-01T00:00+14:00"),
        ("9999-12-31T23:00-14:00", ""),
    ],
)
def test_a_span_that_is_none_is_refused(since: str, to: str) -> None:
    with pytest.raises(UsageError):
        read_span(since, to, NOW)


def test_over_the_sandbox(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """Everything in the example's past went in at the console."""
    assert shop.mcm("audit --json") == 4
    told = json.loads(capsys.readouterr().out)
    assert {each["stage"] for each in told["entries"]} == {"prod-eu", "prod-fe", "prod-us"}
    assert all(each["findings"] == ["no record"] for each in told["entries"])

    assert shop.mcm("audit --from 2026-01-01 --to 2026-01-02") == 0
    assert "nothing entered" in capsys.readouterr().out
    assert shop.mcm("audit --csv --json") == 2
