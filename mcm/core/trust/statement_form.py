"""The rules that a statement keeps, kind by kind.

A request covers a whole plan and lists its `stages`; an approval names exactly one stage;
so do a veto, a broken glass and its review; a rejection, a hold and a
report may name one. Ids and names are matched whole and in
ASCII only, so a line break, a fullwidth digit or a look-alike letter is no part of one.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from mcm.core import canonical
from mcm.core.errors import RefusedError
from mcm.core.trust.statement_fields import VERSION, StatementFields

DECISIONS: Mapping[str, tuple[str, ...]] = {
    "request": ("",),
    "approval": ("approve",),
    "rejection": ("reject",),
    "hold": ("hold", "resume"),
    "veto": ("veto",),
    "report": ("breach",),
    "breakglass": ("break",),
    "review": ("reviewed",),
}
"""The decisions that each kind of statement may carry."""

APPROVAL_LIFE = timedelta(hours=96)
"""The longest time from `not_before` to `expires` of an approval."""

GLASS_LIFE = timedelta(minutes=30)
"""The same of a broken glass."""

REASON_LEAST = 20
"""Characters that the reasons of a broken glass have at least, half of them letters."""

GLASS_OPENS = ("window", "check")
"""Gates that a broken glass may open besides; and `freeze:NAME`."""

_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
_PERSON = re.compile(r"[a-z][a-z0-9-]{1,31}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_STAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)
_PIPELINE = re.compile(r"[A-Za-z0-9.@_-]{1,100}", re.ASCII)
_FREEZE = re.compile(r"freeze:[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_NONCE = re.compile(r"[0-9a-f]{32,64}", re.ASCII)
_REALM = re.compile(
    r"aws:aws(-[a-z]+)*:[0-9]{12}:[a-z]{2}(-[a-z]+)+-[0-9]{1,2}|sandbox:[a-z0-9][a-z0-9-]{0,63}",
    re.ASCII,
)
_PRINTABLE_LIMIT = 512
_TEXTS = (
    *("kind", "realm", "change", "plan", "stage", "pipeline", "execution", "rollback_to"),
    *("request", "requester", "approver", "decision", "reason", "ticket", "nonce", "tool"),
)


def is_sandbox(realm: str) -> bool:
    """Say whether `realm` is a local sandbox: `sandbox:<id>`, never `aws:…`."""
    return bool(_REALM.fullmatch(realm)) and realm.startswith("sandbox:")


def is_person_id(text: str) -> bool:
    """Say whether `text` may be a person's id: ASCII `[a-z][a-z0-9-]{1,31}`."""
    return bool(_PERSON.fullmatch(text))


def is_stage_name(text: str) -> bool:
    """Say whether `text` may name a stage: ASCII letters, digits, `_` and `-`, at most 64."""
    return bool(_STAGE.fullmatch(text))


def namespace(kind: str) -> str:
    """Return the SSHSIG namespace of a kind (`approval.v1@mcm`); refuse an unknown kind."""
    if kind not in DECISIONS:
        raise refuse(f"unknown kind of statement {kind!r}")
    return f"{kind}.v{VERSION}@mcm"


def check(it: StatementFields) -> None:
    """Refuse a statement that breaks a rule: E_ID_CHARSET or E_STATEMENT."""
    _check_types(it)
    _check_names(it)
    _check_times(it)
    (_check_request if it.kind == "request" else _check_answer)(it)


def _check_types(it: StatementFields) -> None:
    texts: list[tuple[str, Any]] = [(name, getattr(it, name)) for name in _TEXTS]
    texts += [("trust.digest", it.trust.digest), ("journal.hash", it.journal.hash)]
    texts += [("stages", stage) for stage in it.stages]
    texts += [("exceptions", text) for e in it.exceptions for text in (e.gate, e.reason)]
    for name, text in texts:
        if not isinstance(text, str):
            raise refuse(f"{name} is not text")
    numbers: list[tuple[str, Any, int]] = [
        ("v", it.v, VERSION),
        ("edition", it.edition, 1),
        ("trust.version", it.trust.version, 1),
        ("journal.seq", it.journal.seq, 0),
    ]
    for name, number, least in numbers:
        if isinstance(number, bool) or not isinstance(number, int) or number < least:
            raise refuse(f"{name} is not a whole number of at least {least}")
    if it.v != VERSION:
        raise refuse(f"version {it.v} is not known to this mcm, which knows {VERSION}")


def _check_names(it: StatementFields) -> None:
    _one_of_kinds(it)
    if not _REALM.fullmatch(it.realm):
        raise refuse(f"realm {it.realm!r} is neither aws:PARTITION:ACCOUNT:REGION nor sandbox:ID")
    _charset("change", it.change, _NAME)
    _charset("pipeline", it.pipeline, _PIPELINE)
    for name, text, pattern in (
        ("stage", it.stage, _STAGE),
        ("execution", it.execution, _NAME),
        ("rollback_to", it.rollback_to, _NAME),
        ("requester", it.requester, _PERSON),
        ("approver", it.approver, _PERSON),
        *(("stages", stage, _STAGE) for stage in it.stages if stage),
    ):
        if text:
            _charset(name, text, pattern)
    for name, text in (("plan", it.plan), ("request", it.request), ("journal", it.journal.hash)):
        if text and not _HEX.fullmatch(text):
            raise refuse(f"{name} is not a SHA-256 in lower-case hex")
    if not _HEX.fullmatch(it.trust.digest) or not _NONCE.fullmatch(it.nonce):
        raise refuse("the trust digest or the nonce is not lower-case hex of the right length")
    openings = [("the reason of an exception", e.reason) for e in it.exceptions]
    for name, text in (
        ("reason", it.reason),
        ("ticket", it.ticket),
        ("tool", it.tool),
        *openings,
    ):
        if len(text) > _PRINTABLE_LIMIT or not text.isprintable():
            raise refuse(f"{name} is not one line of at most {_PRINTABLE_LIMIT} characters")


def _one_of_kinds(it: StatementFields) -> None:
    if it.kind not in DECISIONS:
        raise refuse(f"unknown kind of statement {it.kind!r}")
    if it.decision not in DECISIONS[it.kind]:
        raise refuse(f"decision {it.decision!r} in a statement of kind {it.kind}")


def _check_times(it: StatementFields) -> None:
    if it.expires <= it.not_before:
        raise refuse("it expires before it begins")
    if it.kind == "approval" and it.expires - it.not_before > APPROVAL_LIFE:
        raise refuse("an approval may live 96 h at most")
    if it.kind == "breakglass" and it.expires - it.not_before > GLASS_LIFE:
        raise refuse("a broken glass may live 30 min at most")
    if (it.journal.seq == 0) != (it.journal.hash == ""):
        raise refuse("a journal head has a hash, and only an empty journal has none")


def _check_request(it: StatementFields) -> None:
    for name in ("stage", "request", "approver", "rollback_to", "ticket", "exceptions"):
        if getattr(it, name):
            raise refuse(f"a request has no {name}")
    if not it.stages or len(set(it.stages)) != len(it.stages) or "" in it.stages:
        raise refuse("a request lists each of its stages once")
    _required(it, "plan", "execution", "requester")


def _check_answer(it: StatementFields) -> None:
    if it.stages:
        raise refuse("only a request lists stages")
    _required(it, "approver")
    if it.kind in ("approval", "rejection"):
        _required(it, "plan", "request", "requester")
    if it.kind in ("approval", "veto", "breakglass", "review"):
        _required(it, "stage", "execution")
    if it.kind == "review":
        _required(it, "plan", "request")
    if it.kind == "breakglass":
        _check_glass(it)
    elif it.ticket or it.exceptions:
        raise refuse(f"a {it.kind} has no ticket and no exceptions")
    if it.kind == "veto":
        _required(it, "plan", "reason")


def _check_glass(it: StatementFields) -> None:
    _required(it, "plan", "ticket")
    if it.request:
        raise refuse("a broken glass answers no request")
    if not says_why(it.reason):
        raise RefusedError("E_BREAKGLASS_REASON", f"statement refused: {TOO_SHORT}")
    gates = [each.gate for each in it.exceptions]
    if len(set(gates)) != len(gates):
        raise refuse("a broken glass names each gate once")
    for each in it.exceptions:
        if not may_open(each.gate):
            raise refuse(f"a broken glass does not open the gate {each.gate!r}")
        if not says_why(each.reason):
            raise RefusedError("E_BREAKGLASS_REASON", f"statement refused: {TOO_SHORT}")


TOO_SHORT = f"a reason has {REASON_LEAST} characters at least, half of them letters"


def says_why(reason: str) -> bool:
    """Say whether a reason for breaking the glass is long enough to be one."""
    words = reason.strip()
    return len(words) >= REASON_LEAST and sum(map(str.isalpha, words)) >= REASON_LEAST // 2


def may_open(gate: str) -> bool:
    """Say whether a broken glass may open `gate`: window, check or one freeze by name."""
    return gate in GLASS_OPENS or bool(_FREEZE.fullmatch(gate))


def _required(it: StatementFields, *names: str) -> None:
    for name in names:
        if not getattr(it, name):
            raise refuse(f"the {it.kind} has no {name}")


def _charset(name: str, text: str, pattern: re.Pattern[str]) -> None:
    if not pattern.fullmatch(text):
        raise RefusedError(
            "E_ID_CHARSET", f"statement refused: {name} {text!r} is not of the allowed characters"
        )


def exactly(value: Any, keys: set[str], where: str) -> Mapping[str, Any]:
    """Return `value` if it is an object with exactly these keys; else E_STATEMENT."""
    if not isinstance(value, Mapping):
        raise refuse(f"{where} is not an object")
    unknown, missing = sorted(set(value) - keys), sorted(keys - set(value))
    if unknown or missing:
        raise refuse(f"{where} has unknown keys {unknown} and lacks {missing}")
    return value


def instant(name: str, text: Any) -> datetime:
    """Read a canonical instant; else E_STATEMENT."""
    try:
        return canonical.parse_instant(text)
    except (TypeError, ValueError) as err:
        raise refuse(f"{name} is not a canonical instant") from err


def refuse(reason: str) -> RefusedError:
    """Return the refusal E_STATEMENT with its reason."""
    return RefusedError("E_STATEMENT", f"statement refused: {reason}")
