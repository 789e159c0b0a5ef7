"""SSH keys and signatures put together by hand: security keys, odd hashes, other namespaces."""

import base64
import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mcm.trust.sshsig import ECDSA, ED25519, SK_ECDSA, SK_ED25519

KINDS = (ED25519, ECDSA, SK_ED25519, SK_ECDSA)
TOUCHED = 1


def wire(*parts: bytes) -> bytes:
    """Return SSH strings, one after another."""
    return b"".join(len(part).to_bytes(4) + part for part in parts)


def armour(blob: bytes) -> str:
    """Return a signature's armoured text."""
    text = base64.b64encode(blob).decode()
    lines = "\n".join(text[at : at + 70] for at in range(0, len(text), 70))
    return f"-----BEGIN SSH SIGNATURE-----\n{lines}\n-----END SSH SIGNATURE-----\n"


def unarmour(text: str) -> bytes:
    """Return the bytes within the armour."""
    return base64.b64decode("".join(text.splitlines()[1:-1]))


def mpint(number: int, pad: bytes = b"") -> bytes:
    """Return a number as SSH writes it, or with needless bytes in front."""
    return pad + number.to_bytes(number.bit_length() // 8 + 1)


@dataclass(frozen=True)
class HandKey:
    """A key of one of the four kinds whose private half is known here."""

    kind: str = SK_ED25519
    number: int = 7
    application: bytes = b"ssh:"

    @property
    def is_security_key(self) -> bool:
        return self.kind in (SK_ED25519, SK_ECDSA)

    @property
    def blob(self) -> bytes:
        """The public half in wire form."""
        tail = (self.application,) if self.is_security_key else ()
        if self.kind in (ED25519, SK_ED25519):
            return wire(self.kind.encode(), self._edwards().public_key().public_bytes_raw(), *tail)
        public = self._curve().public_key()
        point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return wire(self.kind.encode(), b"nistp256", point, *tail)

    @property
    def line(self) -> str:
        """The public half as a line of a key file."""
        return f"{self.kind} {base64.b64encode(self.blob).decode()}"

    def sign(
        self, message: bytes, space: str, *, hashed: str = "sha512", flags: int = TOUCHED
    ) -> str:
        """Return the armoured signature; `flags` are what a security key says of itself."""
        named = (space.encode(), b"", hashed.encode())
        signed = b"SSHSIG" + wire(*named, hashlib.new(hashed, message).digest())
        extra = b""
        if self.is_security_key:
            extra = bytes([flags]) + (9).to_bytes(4)
            application = hashlib.sha256(self.application).digest()
            signed = application + extra + hashlib.sha256(signed).digest()
        proof = wire(self.kind.encode(), self._value(signed)) + extra
        return armour(b"SSHSIG" + (1).to_bytes(4) + wire(self.blob, *named, proof))

    def _value(self, signed: bytes) -> bytes:
        if self.kind in (ED25519, SK_ED25519):
            return self._edwards().sign(signed)
        r, s = decode_dss_signature(self._curve().sign(signed, ec.ECDSA(SHA256())))
        return wire(mpint(r), mpint(s))

    def _edwards(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(bytes([self.number]) * 32)

    def _curve(self) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(self.number, ec.SECP256R1())
