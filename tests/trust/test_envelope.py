"""An envelope has one spelling; every other is refused before anything in it is used."""

import json
from typing import Any

import pytest

from mcm.core.errors import RefusedError
from mcm.trust.envelope import LIMIT, Envelope, Proof

GOOD = Envelope("approval", b'{"a":1}', (Proof("ssh", "-----BEGIN\n"),))


def code(data: bytes) -> str:
    """Return the code with which these bytes are refused."""
    with pytest.raises(RefusedError) as refused:
        Envelope.from_bytes(data)
    return refused.value.code


def spelled(**changes: Any) -> bytes:
    """Return GOOD's spelling with other values."""
    return (json.dumps({**json.loads(GOOD.to_bytes()), **changes}, indent=1) + "\n").encode()


@pytest.mark.parametrize("envelope", [GOOD, Envelope("request", b"\0\xff", ())])
def test_envelope_comes_back_the_same(envelope: Envelope) -> None:
    assert Envelope.from_bytes(envelope.to_bytes()) == envelope


def test_type_names_the_kind_and_the_version() -> None:
    value = json.loads(GOOD.to_bytes())

    assert value["payloadType"] == "application/vnd.mcm.approval.v1+json"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff",
        b"\xef\xbb\xbf" + GOOD.to_bytes(),
        GOOD.to_bytes() + b" ",
        GOOD.to_bytes().replace(b"\n", b"\r\n"),
        GOOD.to_bytes().replace(b'"payload":', b'"payload": "eA==",\n "payload":'),
        GOOD.to_bytes().replace(b"BEGIN", b"\\u0042EGIN"),
        b'{"a":' * 20_000,
        b"[" * 60_000,
        b"9" * 5000,
    ],
)
def test_threat_53_other_spellings(data: bytes) -> None:
    """Double keys, escapes, a byte order mark, deep nesting and huge numbers."""
    assert code(data) in ("E_CANONICAL", "E_ENVELOPE")


def test_threat_53_too_long_is_not_even_parsed() -> None:
    assert code(b" " * (LIMIT + 1)) == "E_ENVELOPE"


@pytest.mark.parametrize("value", ["NaN", "1e400", "null", "[]", '"x"', "1"])
def test_threat_53_json_that_is_no_object(value: str) -> None:
    assert code(value.encode()) == "E_ENVELOPE"


@pytest.mark.parametrize(
    "changes",
    [
        {"extra": 1},
        {"payload": None},
        {"payload": 7},
        {"payload": "eA"},
        {"payload": "\u00e9"},
        {"proofs": None},
        {"proofs": {}},
        {"proofs": [{"type": "ssh", "sig": "x"}] * 2},
        {"proofs": [{"type": "ssh"}]},
        {"proofs": [{"type": "ssh", "sig": "x", "keyid": "bob"}]},
        {"proofs": [{"type": "ssh", "sig": None}]},
        {"proofs": [{"type": "none", "sig": "x"}]},
        {"proofs": ["ssh"]},
    ],
)
def test_other_shapes_are_refused(changes: dict[str, Any]) -> None:
    assert code(spelled(**changes)) == "E_ENVELOPE"


@pytest.mark.parametrize("payload", ["eB==", "eA==\n", " eA=="])
def test_payload_has_one_spelling(payload: str) -> None:
    """Base64 with loose last bits or spaces would give the same bytes another name."""
    assert code(spelled(payload=payload)) in ("E_CANONICAL", "E_ENVELOPE")


@pytest.mark.parametrize(
    "kind",
    [
        "application/vnd.mcm.wish.v1+json",
        "application/vnd.mcm.approval.v2+json",
        "application/vnd.mcm.approval.v1+json\n",
        "application/vnd.in-toto+json",
        "",
        None,
    ],
)
def test_threat_20_other_payload_types(kind: str | None) -> None:
    assert code(spelled(payloadType=kind)) == "E_NAMESPACE"
