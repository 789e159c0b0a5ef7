"""Statements: the signed words of persons, and what became of reading them.

A statement is plain data with one canonical form (`mcm.core.canonical`); a signature
covers those bytes under the namespace of the statement's kind, so a request can never
be passed off as an approval. This module knows the shape only. Whether a signature
holds and whose it is, `mcm.trust` finds out; it alone builds `Verified`.

Field rules follow the kind: a request covers a whole plan and lists its `stages`; an
approval names exactly one stage; a rejection, a hold and a report may name one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from mcm.core import canonical
from mcm.core.errors import RefusedError

VERSION = 1
"""The version of this shape; another one is refused, never guessed at."""

DECISIONS: Mapping[str, tuple[str, ...]] = {
    "request": ("",),
    "approval": ("approve",),
    "rejection": ("reject",),
    "hold": ("hold", "resume"),
    "report": ("breach",),
}
"""The decisions that each kind of statement may carry."""

APPROVAL_LIFE = timedelta(hours=96)
"""The longest time from `not_before` to `expires` of an approval."""

_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
_PERSON = re.compile(r"[a-z][a-z0-9-]{1,31}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_STAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)
_PIPELINE = re.compile(r"[A-Za-z0-9.@_-]{1,100}", re.ASCII)
_NONCE = re.compile(r"[0-9a-f]{32,64}", re.ASCII)
_REALM = re.compile(
    r"aws:aws(-[a-z]+)*:[0-9]{12}:[a-z]{2}(-[a-z]+)+-[0-9]{1,2}|sandbox:[a-z0-9][a-z0-9-]{0,63}",
    re.ASCII,
)
_PRINTABLE_LIMIT = 512
_TEXTS = (
    *("kind", "realm", "change", "plan", "stage", "pipeline", "execution", "rollback_to"),
    *("request", "requester", "approver", "decision", "reason", "nonce", "tool"),
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
        raise _refuse(f"unknown kind of statement {kind!r}")
    return f"{kind}.v{VERSION}@mcm"


@dataclass(frozen=True, slots=True)
class TrustRef:
    """The trust file under which a statement was signed."""

    version: int
    digest: str


@dataclass(frozen=True, slots=True)
class JournalHead:
    """The newest journal entry the signer saw; `seq` 0 with an empty hash for none."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What one person said about one change; invalid ones cannot be built.

    Raises RefusedError: E_ID_CHARSET for an id or name outside its alphabet (checked
    with `fullmatch`, ASCII only), E_STATEMENT for any other broken rule. Instants are
    cut to milliseconds in UTC, as the canonical form spells them.
    """

    kind: str
    realm: str
    change: str
    edition: int
    plan: str
    """SHA-256 of the plan's canonical bytes; "" only in a hold or report."""
    stage: str = ""
    stages: tuple[str, ...] = ()
    """The stages a request covers, in the plan's order; empty in all other kinds."""
    pipeline: str = ""
    execution: str = ""
    rollback_to: str = ""
    """The execution to return to; "" in a request (the plan has one per stage) or for none."""
    request: str = ""
    """SHA-256 of the request's payload that this answers; "" in a request."""
    requester: str = ""
    approver: str = ""
    """The person who signs, unless this is a request."""
    decision: str = ""
    reason: str = ""
    """Free text for people, one line; it decides nothing."""
    trust: TrustRef
    not_before: datetime
    expires: datetime
    nonce: str
    journal: JournalHead = field(default=JournalHead(0, ""))
    tool: str = ""
    v: int = VERSION

    def __post_init__(self) -> None:
        for name in ("not_before", "expires"):
            moment = getattr(self, name)
            if not isinstance(moment, datetime) or moment.tzinfo is None:
                raise _refuse(f"{name} is not an instant with a zone")
            moment = moment.astimezone(UTC)
            whole = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
            object.__setattr__(self, name, whole)
        _check_types(self)
        _check_names(self)
        _check_times(self)
        (_check_request if self.kind == "request" else _check_answer)(self)

    @property
    def signer(self) -> str:
        """The person whose signature this needs."""
        return self.requester if self.kind == "request" else self.approver

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical bytes: what an approval's `request` refers to."""
        return canonical.digest(self.to_value())

    def to_value(self) -> dict[str, Any]:
        """Return the canonical value: every field, always."""
        value = {item.name: getattr(self, item.name) for item in fields(self)}
        value["stages"] = list(self.stages)
        value["trust"] = {"version": self.trust.version, "digest": self.trust.digest}
        value["journal"] = {"seq": self.journal.seq, "hash": self.journal.hash}
        value["not_before"] = canonical.instant(self.not_before)
        value["expires"] = canonical.instant(self.expires)
        return value

    @classmethod
    def from_value(cls, value: Any) -> "Statement":
        """Read what `to_value` wrote; refuse an unknown or missing key (E_STATEMENT)."""
        own = {item.name for item in fields(cls)}
        data = dict(_exactly(value, own, "statement"))
        trust = _exactly(data["trust"], {"version", "digest"}, "trust")
        journal = _exactly(data["journal"], {"seq", "hash"}, "journal")
        if not isinstance(data["stages"], list):
            raise _refuse("stages is not a list")
        data["stages"] = tuple(data["stages"])
        data["trust"] = TrustRef(trust["version"], trust["digest"])
        data["journal"] = JournalHead(journal["seq"], journal["hash"])
        for name in ("not_before", "expires"):
            data[name] = _instant(name, data[name])
        return cls(**data)


@dataclass(frozen=True, slots=True)
class Verified:
    """A statement whose signature held and whose signer is a person in the trust file.

    Only `mcm.trust` may build one (a test reads the package's source to see to it).
    """

    statement: Statement
    person: str
    """The signer's id, exactly as in the trust file."""
    digest: str
    """SHA-256 of the signed bytes."""
    key: str
    """Fingerprint of the signing key; "" for an unsigned statement of a sandbox."""
    aliases: frozenset[str] = frozenset()
    """The signer's other names (e-mail, AWS session); they serve to deny, never to grant."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A file in the inbox that is not a verified statement."""

    source: str
    """The file's name; untrusted text."""
    code: str
    reason: str


def file_name(statement: Statement) -> str:
    """Return the name of a statement's file: `approval-2-prod-us-bob.json`."""
    parts = [statement.kind, str(statement.edition)]
    if statement.kind != "request":
        parts += [part for part in (statement.stage, statement.approver) if part]
    return "-".join(parts) + ".json"


def _check_types(it: Statement) -> None:
    texts: list[tuple[str, Any]] = [(name, getattr(it, name)) for name in _TEXTS]
    texts += [("trust.digest", it.trust.digest), ("journal.hash", it.journal.hash)]
    texts += [("stages", stage) for stage in it.stages]
    for name, text in texts:
        if not isinstance(text, str):
            raise _refuse(f"{name} is not text")
    numbers: list[tuple[str, Any, int]] = [
        ("v", it.v, VERSION),
        ("edition", it.edition, 1),
        ("trust.version", it.trust.version, 1),
        ("journal.seq", it.journal.seq, 0),
    ]
    for name, number, least in numbers:
        if isinstance(number, bool) or not isinstance(number, int) or number < least:
            raise _refuse(f"{name} is not a whole number of at least {least}")
    if it.v != VERSION:
        raise _refuse(f"version {it.v} is not known to this mcm, which knows {VERSION}")


def _check_names(it: Statement) -> None:
    _one_of_kinds(it)
    if not _REALM.fullmatch(it.realm):
        raise _refuse(f"realm {it.realm!r} is neither aws:PARTITION:ACCOUNT:REGION nor sandbox:ID")
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
            raise _refuse(f"{name} is not a SHA-256 in lower-case hex")
    if not _HEX.fullmatch(it.trust.digest) or not _NONCE.fullmatch(it.nonce):
        raise _refuse("the trust digest or the nonce is not lower-case hex of the right length")
    for name, text in (("reason", it.reason), ("tool", it.tool)):
        if len(text) > _PRINTABLE_LIMIT or not text.isprintable():
            raise _refuse(f"{name} is not one line of at most {_PRINTABLE_LIMIT} characters")


def _one_of_kinds(it: Statement) -> None:
    if it.kind not in DECISIONS:
        raise _refuse(f"unknown kind of statement {it.kind!r}")
    if it.decision not in DECISIONS[it.kind]:
        raise _refuse(f"decision {it.decision!r} in a statement of kind {it.kind}")


def _check_times(it: Statement) -> None:
    if it.expires <= it.not_before:
        raise _refuse("it expires before it begins")
    if it.kind == "approval" and it.expires - it.not_before > APPROVAL_LIFE:
        raise _refuse("an approval may live 96 h at most")
    if (it.journal.seq == 0) != (it.journal.hash == ""):
        raise _refuse("a journal head has a hash, and only an empty journal has none")


def _check_request(it: Statement) -> None:
    for name in ("stage", "request", "approver", "rollback_to"):
        if getattr(it, name):
            raise _refuse(f"a request has no {name}")
    if not it.stages or len(set(it.stages)) != len(it.stages) or "" in it.stages:
        raise _refuse("a request lists each of its stages once")
    _required(it, "plan", "execution", "requester")


def _check_answer(it: Statement) -> None:
    if it.stages:
        raise _refuse("only a request lists stages")
    _required(it, "approver")
    if it.kind in ("approval", "rejection"):
        _required(it, "plan", "request", "requester")
    if it.kind == "approval":
        _required(it, "stage", "execution")


def _required(it: Statement, *names: str) -> None:
    for name in names:
        if not getattr(it, name):
            raise _refuse(f"the {it.kind} has no {name}")


def _charset(name: str, text: str, pattern: re.Pattern[str]) -> None:
    if not pattern.fullmatch(text):
        raise RefusedError(
            "E_ID_CHARSET", f"statement refused: {name} {text!r} is not of the allowed characters"
        )


def _exactly(value: Any, keys: set[str], where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _refuse(f"{where} is not an object")
    unknown, missing = sorted(set(value) - keys), sorted(keys - set(value))
    if unknown or missing:
        raise _refuse(f"{where} has unknown keys {unknown} and lacks {missing}")
    return value


def _instant(name: str, text: Any) -> datetime:
    try:
        return canonical.parse_instant(text)
    except (TypeError, ValueError) as err:
        raise _refuse(f"{name} is not a canonical instant") from err


def _refuse(reason: str) -> RefusedError:
    return RefusedError("E_STATEMENT", f"statement refused: {reason}")
