"""Statements keep one strict shape; what breaks it is refused, never mended."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mcm.core import canonical
from mcm.core.errors import RefusedError
from mcm.core.trust.statement import (
    JournalHead,
    Statement,
    TrustRef,
    file_name,
    is_sandbox,
    namespace,
)

NOW = datetime(2026, 3, 18, 9, 0, tzinfo=UTC)


def a_request(**changes: Any) -> Statement:
    """Return alice's request for two stages."""
    values: dict[str, Any] = {
        "kind": "request",
        "realm": "aws:aws:111111111111:us-east-1",
        "change": "MCM-2026-0001",
        "edition": 2,
        "plan": "a" * 64,
        "stages": ("prod-eu", "prod-us"),
        "pipeline": "ParcelPhotoCheck",
        "execution": "exec-7",
        "requester": "alice",
        "trust": TrustRef(1, "b" * 64),
        "not_before": NOW,
        "expires": NOW + timedelta(hours=24),
        "nonce": "0" * 32,
        "journal": JournalHead(3, "c" * 64),
        "tool": "mcm 0.1.0",
    }
    return Statement(**{**values, **changes})


def an_approval(**changes: Any) -> Statement:
    """Return bob's approval of one stage of that request."""
    values: dict[str, Any] = {
        "kind": "approval",
        "stage": "prod-us",
        "stages": (),
        "rollback_to": "exec-5",
        "request": a_request().digest,
        "approver": "bob",
        "decision": "approve",
        "nonce": "1" * 32,
    }
    return a_request(**{**values, **changes})


def a_veto(**changes: Any) -> Statement:
    veto = {"kind": "veto", "decision": "veto", "reason": "a false alarm"}
    return an_approval(**{**veto, **changes})


@pytest.mark.parametrize("name", ["plan", "stage", "execution", "reason", "approver"])
def test_a_veto_says_of_what_by_whom_and_why(name: str) -> None:
    assert a_veto().signer == "bob"
    with pytest.raises(RefusedError):
        a_veto(**{name: ""})


@pytest.mark.parametrize("statement", [a_request(), an_approval()])
def test_value_comes_back_the_same(statement: Statement) -> None:
    data = canonical.encode(statement.to_value())

    assert Statement.from_value(canonical.decode(data)) == statement
    assert statement.digest == canonical.digest_bytes(data)


def test_instants_are_cut_to_milliseconds_in_utc() -> None:
    """A statement equals what its canonical bytes say, whatever clock gave its times."""
    made = a_request(not_before=NOW + timedelta(microseconds=1999))

    assert made.not_before == NOW + timedelta(milliseconds=1)
    assert Statement.from_value(made.to_value()) == made


@pytest.mark.parametrize("name", sorted(a_request().to_value()))
def test_missing_key_is_refused(name: str) -> None:
    value = a_request().to_value()
    del value[name]

    with pytest.raises(RefusedError) as refused:
        Statement.from_value(value)

    assert refused.value.code == "E_STATEMENT"


@pytest.mark.parametrize("where", ["", "trust", "journal"])
def test_unknown_key_is_refused(where: str) -> None:
    value = a_request().to_value()
    (value[where] if where else value)["extra"] = "x"

    with pytest.raises(RefusedError, match="extra"):
        Statement.from_value(value)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("v", 2),
        ("v", True),
        ("edition", 0),
        ("edition", "2"),
        ("edition", True),
        ("plan", ""),
        ("plan", "A" * 64),
        ("realm", "emulator"),
        ("realm", "aws:aws:1111:us-east-1"),
        ("realm", "sandbox:"),
        ("realm", "sandbox:one\n"),
        ("nonce", "short"),
        ("stages", []),
        ("stages", ["prod-us", "prod-us"]),
        ("stages", [1]),
        ("stages", "prod-us"),
        ("stage", "prod-us"),
        ("approver", "bob"),
        ("decision", "approve"),
        ("kind", "wish"),
        ("requester", ""),
        ("execution", ""),
        ("expires", "2026-03-18T09:00:00.000Z"),
        ("expires", "tomorrow"),
        ("expires", None),
        ("reason", "two\nlines"),
        ("reason", "\x1b[2J"),
        ("reason", None),
        ("trust", {"version": 0, "digest": "b" * 64}),
        ("trust", {"version": 1, "digest": 7}),
        ("trust", None),
        ("journal", {"seq": 0, "hash": "c" * 64}),
        ("journal", {"seq": 3, "hash": ""}),
        ("journal", {"seq": -1, "hash": "c" * 64}),
    ],
)
def test_field_that_breaks_a_rule_is_refused(name: str, wrong: Any) -> None:
    with pytest.raises(RefusedError) as refused:
        Statement.from_value({**a_request().to_value(), name: wrong})

    assert refused.value.code == "E_STATEMENT"


@pytest.mark.parametrize(
    "changes",
    [
        {"request": ""},
        {"approver": ""},
        {"stage": ""},
        {"stages": ("prod-us",)},
        {"decision": "reject"},
        {"decision": ""},
        {"execution": ""},
        {"expires": NOW + timedelta(hours=96, milliseconds=1)},
    ],
)
def test_approval_that_leaves_something_open_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(RefusedError) as refused:
        an_approval(**changes)

    assert refused.value.code == "E_STATEMENT"


@pytest.mark.parametrize("name", ["not_before", "expires"])
def test_instant_without_a_zone_is_refused(name: str) -> None:
    with pytest.raises(RefusedError, match=name):
        a_request(**{name: NOW.replace(tzinfo=None)})


@pytest.mark.parametrize("kind", ["hold", "report"])
def test_hold_and_report_need_no_plan(kind: str) -> None:
    """What stops a change may be said before anything was planned or requested."""
    decision = {"hold": "hold", "report": "breach"}[kind]
    said = an_approval(kind=kind, decision=decision, plan="", request="", requester="", stage="")

    assert said.signer == "bob"


@pytest.mark.parametrize(
    "bad",
    [
        "../../x",
        "a/b",
        "a\0b",
        "MCM-2026-0001\n",
        "\uff2d\uff23\uff2d-1",
        "MCM-\u0661",
        ".hidden",
        "",
        "x" * 65,
    ],
)
def test_threat_17_change_id_outside_the_alphabet(bad: str) -> None:
    with pytest.raises(RefusedError) as refused:
        a_request(change=bad)

    assert refused.value.code == "E_ID_CHARSET"


@pytest.mark.parametrize("name", ["stage", "execution", "rollback_to", "approver", "requester"])
@pytest.mark.parametrize("bad", ["../x", "a/b", "bob\n", "\u0430lice", "\uff42ob", "bo\u200bb"])
def test_threat_9_and_17_names_outside_the_alphabet(name: str, bad: str) -> None:
    """Homoglyphs, fullwidth letters, zero-width characters and paths are no names."""
    with pytest.raises(RefusedError) as refused:
        an_approval(**{name: bad})

    assert refused.value.code == "E_ID_CHARSET"


def test_threat_20_each_kind_has_a_namespace_of_its_own() -> None:
    kinds = ("request", "approval", "rejection", "hold", "report")

    assert namespace("approval") == "approval.v1@mcm"
    assert len({namespace(kind) for kind in kinds}) == len(kinds)
    with pytest.raises(RefusedError):
        namespace("git")


@pytest.mark.parametrize(
    ("realm", "sandbox"),
    [
        ("sandbox:6f1c", True),
        ("aws:aws:111111111111:us-east-1", False),
        ("sandbox", False),
        ("sandbox:", False),
        ("aws:sandbox:", False),
        ("", False),
    ],
)
def test_threat_32_only_a_sandbox_realm_is_a_sandbox(realm: str, sandbox: bool) -> None:
    assert is_sandbox(realm) is sandbox


def test_file_names_say_what_is_inside() -> None:
    rejection = replace(an_approval(), kind="rejection", decision="reject", stage="")

    assert file_name(a_request()) == "request-2.json"
    assert file_name(an_approval()) == "approval-2-prod-us-bob.json"
    assert file_name(rejection) == "rejection-2-bob.json"
