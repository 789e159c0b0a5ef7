"""The envelope: a statement's canonical bytes and the proofs that a person stands by them.

The shape is DSSE's, but the signed bytes are the bare payload under an SSH namespace, so
`ssh-keygen -Y verify` can check an exported payload without mcm. An envelope has one
spelling: bytes that would be written differently are refused.
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any

from mcm.core.errors import RefusedError
from mcm.core.trust.statement import DECISIONS, VERSION

LIMIT = 65536
"""The longest envelope in bytes that is read at all."""

_TYPE = re.compile(r"application/vnd\.mcm\.([a-z]+)\.v([0-9]+)\+json", re.ASCII)


@dataclass(frozen=True, slots=True)
class Proof:
    """One proof; this version knows the type `ssh` with an armoured SSH signature."""

    type: str
    sig: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """`payload` as it was signed; nothing in here is trusted before `mcm.trust.verify`."""

    kind: str
    """The kind in the payload's type; it chooses the namespace of the signature."""
    payload: bytes
    proofs: tuple[Proof, ...]

    def to_bytes(self) -> bytes:
        """Return the envelope's one spelling: indented JSON with a final newline."""
        value = {
            "payloadType": f"application/vnd.mcm.{self.kind}.v{VERSION}+json",
            "payload": base64.b64encode(self.payload).decode(),
            "proofs": [{"type": proof.type, "sig": proof.sig} for proof in self.proofs],
        }
        return (json.dumps(value, indent=1, ensure_ascii=True) + "\n").encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Envelope":
        """Read what `to_bytes` wrote.

        Raises RefusedError: E_CANONICAL for bytes that are no JSON of the one spelling
        (double keys, NaN, deep nesting among them), E_ENVELOPE for another shape,
        E_NAMESPACE for a payload type that is no kind of statement.
        """
        if len(data) > LIMIT:
            raise _refuse(f"longer than {LIMIT} bytes")
        try:
            value = json.loads(data.decode("utf-8"))
        except (ValueError, RecursionError) as err:
            raise _not_canonical(f"not JSON: {type(err).__name__}") from err
        envelope = cls._from_value(value)
        if envelope.to_bytes() != data:
            raise _not_canonical("not in its one spelling")
        return envelope

    @classmethod
    def _from_value(cls, value: Any) -> "Envelope":
        _keys(value, {"payloadType", "payload", "proofs"})
        proofs = value["proofs"]
        if not isinstance(proofs, list) or len(proofs) > 1:
            raise _refuse("one proof at most")
        for proof in proofs:
            _keys(proof, {"type", "sig"})
            if proof["type"] != "ssh" or not isinstance(proof["sig"], str):
                raise _refuse(f"a proof of type {proof['type']!r} is not known")
        try:
            payload = base64.b64decode(value["payload"], validate=True)
        except (TypeError, ValueError, binascii.Error) as err:
            raise _refuse("the payload is not base64") from err
        read = tuple(Proof(proof["type"], proof["sig"]) for proof in proofs)
        return cls(_kind(value["payloadType"]), payload, read)


def _kind(text: Any) -> str:
    match = _TYPE.fullmatch(text) if isinstance(text, str) else None
    if match is None or match[1] not in DECISIONS or match[2] != str(VERSION):
        raise RefusedError("E_NAMESPACE", f"envelope refused: payload type {text!r}")
    return match[1]


def _keys(value: Any, keys: set[str]) -> None:
    if not isinstance(value, dict) or set(value) != keys:
        raise _refuse(f"not an object with exactly {sorted(keys)}")


def _refuse(reason: str) -> RefusedError:
    return RefusedError("E_ENVELOPE", f"envelope refused: {reason}")


def _not_canonical(reason: str) -> RefusedError:
    return RefusedError("E_CANONICAL", f"envelope refused: {reason}")
