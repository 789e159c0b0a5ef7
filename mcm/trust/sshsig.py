"""Verify SSH signatures strictly, in process.

Source of the format: OpenSSH's PROTOCOL.sshsig and PROTOCOL.u2f. Taken are ed25519 and
ECDSA P-256 keys, plain or on a security key, with SHA-256 or SHA-512. Refused is what
`ssh-keygen -Y verify` or a lax reader would let pass: certificates, RSA, older hashes,
trailing bytes, another spelling of the same signature, and, where a touch is asked
for, a security key that nobody touched.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from mcm.core.errors import RefusedError

ED25519 = "ssh-ed25519"
ECDSA = "ecdsa-sha2-nistp256"
SK_ED25519 = "sk-ssh-ed25519@openssh.com"
SK_ECDSA = "sk-ecdsa-sha2-nistp256@openssh.com"
_TYPES = (ED25519, ECDSA, SK_ED25519, SK_ECDSA)
_HASHES = {b"sha256": hashlib.sha256, b"sha512": hashlib.sha512}
_MAGIC = b"SSHSIG"
_LIMIT = 8192
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----\n", "\n-----END SSH SIGNATURE-----\n"
_LINE = re.compile(r"(\S+) (\S+)(?: ([^\r\n]*))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class SshKey:
    """A public key, told apart by its exact bytes; comments play no part."""

    type: str
    point: bytes
    """The key itself: 32 bytes of ed25519, or an uncompressed P-256 point of 65."""
    application: bytes
    """The security key's application; empty for a plain key."""
    blob: bytes
    """The key in SSH's wire form."""

    @property
    def fingerprint(self) -> str:
        """`SHA256:…` as `ssh-keygen -l` prints it."""
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")

    @property
    def line(self) -> str:
        """The key as `TYPE BASE64`, the way public key files spell it."""
        return f"{self.type} {base64.b64encode(self.blob).decode()}"

    @property
    def on_security_key(self) -> bool:
        return self.type in (SK_ED25519, SK_ECDSA)

    @classmethod
    def from_blob(cls, blob: bytes) -> "SshKey":
        """Read a key in wire form; raise RefusedError(E_KEY_TYPE) for any other kind."""
        reader = _Reader(blob, "E_KEY_TYPE")
        kind = reader.string().decode("ascii", "replace")
        if kind not in _TYPES:
            raise RefusedError("E_KEY_TYPE", f"key refused: type {kind!r} is not accepted")
        curve = reader.string() if kind in (ECDSA, SK_ECDSA) else None
        point = reader.string()
        application = reader.string() if kind in (SK_ED25519, SK_ECDSA) else b""
        reader.end()
        good = len(point) == 32 if curve is None else len(point) == 65 and point[0] == 4
        if curve not in (None, b"nistp256") or not good:
            raise RefusedError("E_KEY_TYPE", "key refused: not of its type's length and form")
        return cls(kind, point, application, blob)

    @classmethod
    def from_line(cls, line: str) -> "SshKey":
        """Read `TYPE BASE64 [COMMENT]`, a line of a public key file.

        Options, patterns and `cert-authority` are refused (E_TRUST_SYNTAX), as are key
        types outside the four accepted ones (E_KEY_TYPE).
        """
        match = _LINE.fullmatch(line)
        if match is None or not re.fullmatch(r"[a-z0-9@.-]+", match[1], re.ASCII):
            raise RefusedError("E_TRUST_SYNTAX", f"key line refused: {line[:40]!r}…")
        if match[1] not in _TYPES:
            raise RefusedError("E_KEY_TYPE", f"key refused: type {match[1]!r} is not accepted")
        key = cls.from_blob(_base64(match[2], "E_TRUST_SYNTAX"))
        if key.type != match[1]:
            raise RefusedError("E_KEY_TYPE", "key refused: its line names another type")
        return key


def verify(signature: str, message: bytes, namespace: str, *, touch: bool = False) -> SshKey:
    """Return the key that signed `message` under `namespace`, as `inspect` does.

    With `touch`, only a security key that was touched counts, else E_TOUCH_REQUIRED.
    """
    key, touched = inspect(signature, message, namespace)
    if touch and not touched:
        raise RefusedError("E_TOUCH_REQUIRED", "signature refused: no touch of a security key")
    return key


def inspect(signature: str, message: bytes, namespace: str) -> tuple[SshKey, bool]:
    """Return the key that signed `message` under `namespace`, and whether it was touched.

    `signature` is the armoured text that `ssh-keygen -Y sign` writes, exactly so. Whose
    the key is, is not asked here. Raises RefusedError: E_NAMESPACE, E_KEY_TYPE, and
    E_SIGNATURE for everything else.
    """
    reader = _Reader(_unarmour(signature), "E_SIGNATURE")
    if reader.take(len(_MAGIC)) != _MAGIC or reader.number() != 1:
        raise _bad("not an SSH signature of version 1")
    blob, space, reserved = reader.string(), reader.string(), reader.string()
    hashed, proof = reader.string(), reader.string()
    reader.end()
    key = SshKey.from_blob(blob)
    if space != namespace.encode():
        shown = space.decode("utf-8", "replace")
        raise RefusedError("E_NAMESPACE", f"signature refused: made for {shown!r}, not {namespace}")
    if reserved or hashed not in _HASHES:
        raise _bad(f"hash {hashed.decode('ascii', 'replace')!r} or a reserved field")
    parts = (space, reserved, hashed, _HASHES[hashed](message).digest())
    signed = _MAGIC + b"".join(len(part).to_bytes(4) + part for part in parts)
    return key, _check(key, proof, signed)


def _check(key: SshKey, proof: bytes, signed: bytes) -> bool:
    """Check the signature itself; return whether a security key says that it was touched."""
    reader = _Reader(proof, "E_SIGNATURE")
    if reader.string() != key.type.encode():
        raise _bad("signature and key are of different types")
    value = reader.string()
    touched = False
    if key.on_security_key:
        flags, counter = reader.take(1), reader.take(4)
        touched = bool(flags[0] & 1)
        application = hashlib.sha256(key.application).digest()
        signed = application + flags + counter + hashlib.sha256(signed).digest()
    reader.end()
    if key.type in (ED25519, SK_ED25519):
        _check_ed25519(key.point, value, signed)
    else:
        _check_ecdsa(key.point, value, signed)
    return touched


def _check_ed25519(point: bytes, value: bytes, signed: bytes) -> None:
    # Imported here: loading cryptography must not slow the commands that verify nothing.
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(point).verify(value, signed)
    except (InvalidSignature, ValueError) as err:
        raise _bad("it does not match the signed bytes") from err


def _check_ecdsa(point: bytes, value: bytes, signed: bytes) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    reader = _Reader(value, "E_SIGNATURE")
    r, s = reader.positive(), reader.positive()
    reader.end()
    try:
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        public.verify(encode_dss_signature(r, s), signed, ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError) as err:
        raise _bad("it does not match the signed bytes") from err


def _unarmour(text: str) -> bytes:
    if len(text) > _LIMIT or not (text.startswith(_BEGIN) and text.endswith(_END)):
        raise _bad("not an armoured SSH signature")
    lines = text[len(_BEGIN) : -len(_END)].split("\n")
    if any(len(line) != 70 for line in lines[:-1]) or not 0 < len(lines[-1]) <= 70:
        raise _bad("its lines are not as ssh-keygen writes them")
    return _base64("".join(lines), "E_SIGNATURE")


def _base64(text: str, code: str) -> bytes:
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (ValueError, binascii.Error) as err:
        raise RefusedError(code, "not base64") from err
    if base64.b64encode(data).decode() != text:
        raise RefusedError(code, "not base64 in its one spelling")
    return data


def _bad(reason: str) -> RefusedError:
    return RefusedError("E_SIGNATURE", f"signature refused: {reason}")


class _Reader:
    """Reads SSH's wire types off bytes; running short or over is a refusal with `code`."""

    def __init__(self, data: bytes, code: str) -> None:
        self._rest = data
        self._code = code

    def take(self, count: int) -> bytes:
        if len(self._rest) < count:
            raise RefusedError(self._code, "SSH data refused: cut short")
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken

    def number(self) -> int:
        return int.from_bytes(self.take(4))

    def string(self) -> bytes:
        return self.take(self.number())

    def positive(self) -> int:
        """Read an mpint that is above zero and spelled without needless bytes."""
        data = self.string()
        number = int.from_bytes(data)
        if number == 0 or data != number.to_bytes(number.bit_length() // 8 + 1):
            raise RefusedError(self._code, "SSH data refused: a number is not positive or minimal")
        return number

    def end(self) -> None:
        if self._rest:
            raise RefusedError(self._code, "SSH data refused: bytes left over")
