"""SSH signatures: what ssh-keygen makes is taken, and nothing that bends it."""

import base64
import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mcm.core.errors import RefusedError
from mcm.trust.signing import find_ssh_keygen
from mcm.trust.sshsig import SK_ED25519, SshKey, verify
from tests.trust.handmade import armour, mpint, unarmour, wire
from tests.trust.people import make_key, public_line

SPACE = "approval.v1@mcm"
MESSAGE = b'{"a":1}'


def keygen_sign(key: Path, message: bytes = MESSAGE, space: str = SPACE, *more: str) -> str:
    """Sign with the real program."""
    command = [str(find_ssh_keygen()), "-Y", "sign", "-n", space, "-f", str(key), *more]
    return subprocess.run(command, input=message, capture_output=True, check=True).stdout.decode()


def made(
    *,
    key: Ed25519PrivateKey | None = None,
    hashed: bytes = b"sha512",
    digest: bytes | None = None,
    reserved: bytes = b"",
    space: bytes = SPACE.encode(),
    flags: int | None = None,
    version: int = 1,
    tail: bytes = b"",
) -> str:
    """Sign MESSAGE by hand; with `flags` as a security key would."""
    key = key or Ed25519PrivateKey.from_private_bytes(b"\7" * 32)
    point = key.public_key().public_bytes_raw()
    digest = hashlib.sha512(MESSAGE).digest() if digest is None else digest
    signed = b"SSHSIG" + wire(space, reserved, hashed, digest)
    if flags is None:
        blob, kind, extra = wire(b"ssh-ed25519", point), b"ssh-ed25519", b""
    else:
        blob, kind = wire(SK_ED25519.encode(), point, b"ssh:"), SK_ED25519.encode()
        extra = bytes([flags]) + (9).to_bytes(4)
        signed = hashlib.sha256(b"ssh:").digest() + extra + hashlib.sha256(signed).digest()
    proof = wire(kind, key.sign(signed)) + extra + tail
    return armour(b"SSHSIG" + version.to_bytes(4) + wire(blob, space, reserved, hashed, proof))


def code(check: Callable[..., object], *given: object) -> str:
    """Return the code with which `check` refuses what it is given."""
    with pytest.raises(RefusedError) as refused:
        check(*given)
    return refused.value.code


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
@pytest.mark.parametrize("hashed", ["sha256", "sha512"])
def test_signature_by_ssh_keygen_is_taken(tmp_path: Path, kind: str, hashed: str) -> None:
    key = make_key(tmp_path, "key", kind)

    signer = verify(keygen_sign(key, MESSAGE, SPACE, "-O", f"hashalg={hashed}"), MESSAGE, SPACE)

    assert signer == SshKey.from_line(public_line(key))
    shown = subprocess.run(
        [find_ssh_keygen(), "-l", "-f", key], capture_output=True, text=True, check=True
    )
    assert signer.fingerprint in shown.stdout


@pytest.mark.parametrize("size", [0, 1, 100_000])
def test_any_length_of_message_is_taken(tmp_path: Path, size: int) -> None:
    key = make_key(tmp_path, "key")
    message = b"x" * size

    assert verify(keygen_sign(key, message), message, SPACE).type == "ssh-ed25519"


def test_ecdsa_signatures_with_short_and_long_numbers_are_taken(tmp_path: Path) -> None:
    """The two numbers of a signature vary in length; each spelling must be read."""
    key = make_key(tmp_path, "key", "ecdsa")

    for number in range(12):
        message = str(number).encode()
        assert verify(keygen_sign(key, message), message, SPACE).type == "ecdsa-sha2-nistp256"


def ecdsa_signature(pad: bytes = b"", more_r: int = 0, more_s: int = 0) -> str:
    """Sign MESSAGE with P-256 by hand, and bend its two numbers."""
    key = ec.derive_private_key(7, ec.SECP256R1())
    public = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    signed = b"SSHSIG" + wire(SPACE.encode(), b"", b"sha512", hashlib.sha512(MESSAGE).digest())
    r, s = decode_dss_signature(key.sign(signed, ec.ECDSA(SHA256())))
    value = wire(mpint(r + more_r, pad), mpint(s + more_s, pad))
    kind = b"ecdsa-sha2-nistp256"
    blob, proof = wire(kind, b"nistp256", public), wire(kind, value)
    return armour(b"SSHSIG\0\0\0\1" + wire(blob, SPACE.encode(), b"", b"sha512", proof))


def test_threat_5_ecdsa_numbers_have_one_spelling() -> None:
    """Padded, shifted by the curve's order, or zero: each would be a second signature."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

    assert verify(ecdsa_signature(), MESSAGE, SPACE).type == "ecdsa-sha2-nistp256"
    for bent in (
        ecdsa_signature(pad=b"\0"),
        ecdsa_signature(more_r=order),
        ecdsa_signature(more_s=order),
    ):
        assert code(verify, bent, MESSAGE, SPACE) == "E_SIGNATURE"


@pytest.mark.parametrize("flags", [None, 0, 1])
def test_signature_made_by_hand_is_what_ssh_keygen_takes(tmp_path: Path, flags: int | None) -> None:
    """The signatures that the tests below bend are right before they are bent."""
    signature = tmp_path / "sig"
    signature.write_text(made(flags=flags), encoding="ascii")
    command = [
        *map(str, (find_ssh_keygen(), "-Y", "check-novalidate", "-n", SPACE, "-s", signature))
    ]

    done = subprocess.run(command, input=MESSAGE, capture_output=True, check=False)

    assert done.returncode == 0, done.stderr
    assert verify(made(flags=flags), MESSAGE, SPACE).on_security_key is (flags is not None)


def test_changed_message_is_refused(tmp_path: Path) -> None:
    signature = keygen_sign(make_key(tmp_path, "key"))

    assert code(lambda: verify(signature, MESSAGE + b"\n", SPACE)) == "E_SIGNATURE"
    assert code(lambda: verify(signature, b"", SPACE)) == "E_SIGNATURE"


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
def test_every_changed_byte_is_refused(tmp_path: Path, kind: str) -> None:
    """No byte of a signature is free: each bit matters, so there is one spelling of it."""
    blob = unarmour(keygen_sign(make_key(tmp_path, "key", kind)))

    for at in range(len(blob)):
        bent = blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :]
        assert code(verify, armour(bent), MESSAGE, SPACE).startswith("E_")


def test_every_cut_is_refused(tmp_path: Path) -> None:
    blob = unarmour(keygen_sign(make_key(tmp_path, "key")))

    for length in range(1, len(blob)):
        short = armour(blob[:length])
        assert code(verify, short, MESSAGE, SPACE) in (
            "E_SIGNATURE",
            "E_KEY_TYPE",
        )


@pytest.mark.parametrize("space", ["git", "file", "request.v1@mcm", "approval.v1@mcm ", ""])
def test_threat_20_signature_from_another_namespace(space: str) -> None:
    assert code(lambda: verify(made(space=space.encode()), MESSAGE, SPACE)) == "E_NAMESPACE"


def test_threat_20_namespace_is_part_of_what_is_signed(tmp_path: Path) -> None:
    """Writing our namespace over another one in the blob does not help."""
    blob = unarmour(keygen_sign(make_key(tmp_path, "key"), MESSAGE, "another.v1@mcm_"))
    forged = blob.replace(wire(b"another.v1@mcm_"), wire(SPACE.encode()))

    assert forged != blob
    assert code(lambda: verify(armour(forged), MESSAGE, SPACE)) == "E_SIGNATURE"


@pytest.mark.parametrize("name", ["md5", "sha1", "sha384", "SHA512", ""])
def test_threat_21_other_hashes_are_refused(name: str) -> None:
    known = name.lower() if name.lower() in hashlib.algorithms_available else "sha512"
    digest = hashlib.new(known, MESSAGE).digest()

    signature = made(hashed=name.encode(), digest=digest)

    assert code(lambda: verify(signature, MESSAGE, SPACE)) == "E_SIGNATURE"


def test_threat_22_rsa_key_is_refused(tmp_path: Path) -> None:
    key = make_key(tmp_path, "key", "rsa")

    assert code(lambda: verify(keygen_sign(key), MESSAGE, SPACE)) == "E_KEY_TYPE"
    assert code(lambda: SshKey.from_line(public_line(key))) == "E_KEY_TYPE"


def test_threat_22_certificate_is_refused(tmp_path: Path) -> None:
    ca, key = make_key(tmp_path, "ca"), make_key(tmp_path, "key")
    subprocess.run(
        [find_ssh_keygen(), "-q", "-s", ca, "-I", "bob", "-n", "bob", f"{key}.pub"], check=True
    )
    line = (tmp_path / "key-cert.pub").read_text(encoding="utf-8").rstrip("\n")
    blob = unarmour(keygen_sign(key))
    forged = blob.replace(
        wire(SshKey.from_line(public_line(key)).blob), wire(base64.b64decode(line.split()[1]))
    )

    assert code(lambda: SshKey.from_line(line)) == "E_KEY_TYPE"
    assert forged != blob
    assert code(lambda: verify(armour(forged), MESSAGE, SPACE)) == "E_KEY_TYPE"


def test_threat_22_other_curve_is_refused(tmp_path: Path) -> None:
    key = tmp_path / "key"
    command = [str(find_ssh_keygen()), "-q", "-t", "ecdsa", "-b", "384", "-N", "", "-f", str(key)]
    subprocess.run(command, check=True)

    assert code(lambda: verify(keygen_sign(key), MESSAGE, SPACE)) == "E_KEY_TYPE"


@pytest.mark.parametrize(
    "prefix",
    ["cert-authority ", "* ", "*@corp ", 'namespaces="x" ', "bob ", "restrict,", " ", "\t"],
)
def test_threat_22_and_24_options_and_patterns_in_a_key_line(tmp_path: Path, prefix: str) -> None:
    line = prefix + public_line(make_key(tmp_path, "key"))

    assert code(lambda: SshKey.from_line(line)) in ("E_TRUST_SYNTAX", "E_KEY_TYPE")


def test_key_line_is_one_line_in_one_spelling(tmp_path: Path) -> None:
    kind, text, comment = public_line(make_key(tmp_path, "key")).split(" ")
    key = SshKey.from_line(f"{kind} {text}")

    assert key == SshKey.from_line(f"{kind} {text} {comment}, with more words")
    for bad in (f"{kind} {text}\n", f"{kind} {text}=", f"{kind}  {text}", kind, "", f"{kind} !!"):
        assert code(SshKey.from_line, bad) == "E_TRUST_SYNTAX"
    other = f"ecdsa-sha2-nistp256 {text}"
    assert code(lambda: SshKey.from_line(other)) == "E_KEY_TYPE"


def test_threat_22_compressed_point_is_no_second_spelling_of_a_key(tmp_path: Path) -> None:
    key = SshKey.from_line(public_line(make_key(tmp_path, "key", "ecdsa")))
    short = bytes([2 + key.point[64] % 2]) + key.point[1:33]
    blob = wire(b"ecdsa-sha2-nistp256", b"nistp256", short)

    assert code(lambda: SshKey.from_blob(blob)) == "E_KEY_TYPE"


def test_threat_23_touch_is_asked_for() -> None:
    """ssh-keygen takes a signature that nobody touched; a touch stage does not."""
    untouched, touched, plain = made(flags=0), made(flags=1), made()

    assert verify(touched, MESSAGE, SPACE, touch=True).on_security_key
    assert code(lambda: verify(untouched, MESSAGE, SPACE, touch=True)) == "E_TOUCH_REQUIRED"
    assert code(lambda: verify(plain, MESSAGE, SPACE, touch=True)) == "E_TOUCH_REQUIRED"
    assert verify(untouched, MESSAGE, SPACE).on_security_key


def test_threat_23_touch_flag_is_signed() -> None:
    blob = unarmour(made(flags=0))
    forged = blob[:-5] + b"\1" + blob[-4:]

    assert code(lambda: verify(armour(forged), MESSAGE, SPACE, touch=True)) == "E_SIGNATURE"


@pytest.mark.parametrize(
    "signature",
    [
        made(tail=b"\0"),
        made(reserved=b"x"),
        made(version=2),
        armour(unarmour(made()) + b"\0"),
        armour(b"SSHSIX" + unarmour(made())[6:]),
        armour(b"SSHSIG" + b"\0\0\0\1" + b"\xff\xff\xff\xff"),
        made() + "\n",
        "\n" + made(),
        made() + made(),
        made().replace("\n", "\r\n"),
        made().replace("SIGNATURE", "SIGNATURe"),
        made().replace("U1NIU0lH", "U1NIU0lH "),
        made().replace("\n-----END", "=\n-----END"),
        "-----BEGIN SSH SIGNATURE-----\n\n-----END SSH SIGNATURE-----\n",
        "",
        "x" * 10_000,
        made().replace("U", "\uff35", 1),
    ],
)
def test_signature_in_any_other_spelling_is_refused(signature: str) -> None:
    assert code(lambda: verify(signature, MESSAGE, SPACE)) == "E_SIGNATURE"


def test_reading_keys_does_not_load_cryptography() -> None:
    """`mcm --help` and reads stay quick: only a verification loads the library."""
    script = (
        "import sys, mcm.trust.inbox, mcm.trust.identity, mcm.trust.signing;"
        "sys.exit('cryptography' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
