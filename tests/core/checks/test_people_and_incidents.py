"""The checks `person` and `open-incidents`, on readings built by hand."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from mcm.config.definitions import builtin_definitions
from mcm.core.checks.kinds import judge, queries
from mcm.core.checks.watch import Watch
from mcm.core.incident import Incident, Incidents
from mcm.core.plans.plan import Guardrail
from mcm.core.query import InboxQuery
from mcm.core.reading import Blindness, Known, Readings, Unknown
from mcm.core.trust.inbox import Inbox
from mcm.core.trust.statement import Statement, TrustRef, Verified
from mcm.core.verdict import Kind, Verdict
from tests.kit.readings import NOW
from tests.kit.world import REALM, STAGE, stage_plan

PLAN = "a" * 64
SINCE = NOW - timedelta(minutes=10)
WATCH = Watch(stage_plan("old"), SINCE, True, {}, 500, change="CM-0001", plan=PLAN)
BUILTIN = builtin_definitions()


def report(**fields: object) -> Verified:
    values: dict[str, object] = {
        "kind": "report",
        "realm": REALM,
        "change": "CM-0001",
        "edition": 1,
        "plan": PLAN,
        "stage": STAGE,
        "pipeline": "ParcelPhotoCheck",
        "approver": "carol",
        "decision": "breach",
        "reason": "the auditors see wrong answers",
        "trust": TrustRef(1, "0" * 64),
        "not_before": NOW - timedelta(minutes=1),
        "expires": NOW + timedelta(hours=1),
        "nonce": "1" * 32,
        **fields,
    }
    statement = Statement(**values)  # type: ignore[arg-type]
    return Verified(statement, "carol", statement.digest, "key-of-carol")


def said(*reports: Verified, watch: Watch = WATCH) -> Verdict:
    guardrail = Guardrail("person", "person", {}, "roll_back")
    inbox = Known(Inbox(reports, ()), NOW)
    return judge(guardrail, watch, Readings({InboxQuery("CM-0001"): inbox}, NOW))


def test_a_signed_report_is_a_breach_with_its_evidence() -> None:
    found = said(report())

    assert found.kind is Kind.BREACH
    assert "carol reports at 09:59:00Z: the auditors see wrong answers" in found.reason
    assert said(report(stage="")).kind is Kind.BREACH


@pytest.mark.parametrize(
    "fields",
    [
        {"stage": "prod-eu"},
        {"change": "CM-0002"},
        {"plan": "b" * 64},
        {"not_before": SINCE - timedelta(seconds=1)},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_a_report_of_something_else_does_not_count(fields: dict[str, object]) -> None:
    assert said(report(**fields)).kind is Kind.PASS


def test_before_the_promotion_a_report_holds_the_start() -> None:
    assert said(report(), watch=replace(WATCH, since=None)).kind is Kind.BREACH


def test_an_inbox_that_cannot_be_read_and_a_try_without_a_change_are_errors() -> None:
    guardrail = Guardrail("person", "person", {}, "roll_back")
    dark = Readings({InboxQuery("CM-0001"): Unknown(Blindness.FAILED, "no disk", NOW)}, NOW)

    assert judge(guardrail, WATCH, dark).kind is Kind.ERROR
    assert judge(guardrail, replace(WATCH, change=""), Readings({}, NOW)).kind is Kind.ERROR
    assert queries(guardrail, replace(WATCH, change="")) == frozenset()


def incident(opened_at: datetime, name: str = "oi-1") -> Incident:
    return Incident(name, "photos are lost", "1", opened_at)


def seen(*items: Incident, more: bool = False, since: datetime | None = SINCE) -> Verdict:
    guardrail = Guardrail(
        "open-incidents", "open-incidents", BUILTIN["open-incidents"].example, "roll_back"
    )
    watch = replace(WATCH, since=since)
    (query,) = queries(guardrail, watch)
    return judge(guardrail, watch, Readings({query: Known(Incidents(items, more), NOW)}, NOW))


def test_an_incident_since_the_promotion_is_a_breach_and_an_older_one_is_told() -> None:
    new, old = incident(NOW - timedelta(minutes=2)), incident(SINCE - timedelta(hours=1), "oi-0")

    assert seen(new, old).kind is Kind.BREACH
    assert "oi-1 (severity 1" in seen(new, old).reason
    assert seen(old).kind is Kind.PASS
    assert "1 since before" in seen(old).reason


def test_before_the_promotion_any_open_incident_counts() -> None:
    assert seen(incident(SINCE - timedelta(days=3)), since=None).kind is Kind.BREACH
    assert seen(since=None).kind is Kind.PASS


def test_more_than_was_read_does_not_pass() -> None:
    assert seen(more=True).kind is Kind.INCONCLUSIVE
