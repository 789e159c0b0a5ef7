"""The verifier beside the real `ssh-keygen -Y verify`: where they agree and where they must not."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcm.core.errors import RefusedError
from mcm.trust import sshsig
from mcm.trust.signing import find_ssh_keygen, run_ssh_keygen
from tests.trust.handmade import KINDS, HandKey, armour, unarmour, wire
from tests.trust.people import make_key, public_line

SPACE = "approval.v1@mcm"
MESSAGE = b'{"a":1}'


@dataclass
class Both:
    """One signer known to both verifiers: as a line of `allowed_signers`, and as a key."""

    folder: Path

    def keygen(self, line: str, sig: str, message: bytes = MESSAGE, space: str = SPACE) -> bool:
        """Say whether `ssh-keygen -Y verify` takes it for bob, whose line this is."""
        signers, signature = self.folder / "signers", self.folder / "sig"
        signers.write_text(line + "\n", encoding="utf-8")
        signature.write_text(sig, encoding="ascii")
        command = [find_ssh_keygen(), "-Y", "verify", "-f", signers, "-I", "bob"]
        done = subprocess.run(
            [*map(str, command), "-n", space, "-s", str(signature)],
            input=message,
            capture_output=True,
            check=False,
        )
        return done.returncode == 0

    def agree(self, key: str, sig: str, message: bytes = MESSAGE, space: str = SPACE) -> bool:
        """Return what both say of the signature of bob's key; fail when they differ."""
        theirs = self.keygen(f"bob {key}", sig, message, space)
        assert ours(sig, message, space) == (key if theirs else ""), (theirs, key)
        return theirs


@pytest.fixture
def both(tmp_path: Path) -> Both:
    return Both(tmp_path)


def ours(sig: str, message: bytes = MESSAGE, space: str = SPACE, *, touch: bool = False) -> str:
    """Return the key's line when the signature is taken; empty when it is refused."""
    try:
        return sshsig.verify(sig, message, space, touch=touch).line
    except RefusedError:
        return ""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("hashed", ["sha256", "sha512"])
def test_they_agree_on_each_kind_of_key(both: Both, kind: str, hashed: str) -> None:
    """Also on another message, another namespace and another key of the same kind."""
    key = HandKey(kind)
    sig = key.sign(MESSAGE, SPACE, hashed=hashed)

    assert both.agree(key.line, sig)
    assert not both.agree(key.line, sig, MESSAGE + b"\n")
    assert not both.agree(key.line, sig, space="request.v1@mcm")
    assert not both.keygen(f"bob {HandKey(kind, 8).line}", sig)
    assert ours(sig) != HandKey(kind, 8).line


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
def test_they_agree_on_what_ssh_keygen_signs(both: Both, kind: str) -> None:
    path = make_key(both.folder, "key", kind)
    key = " ".join(public_line(path).split()[:2])

    assert both.agree(key, run_ssh_keygen(find_ssh_keygen(), SPACE, path, MESSAGE))


@settings(deadline=None, max_examples=8, database=None)
@given(spot=st.floats(0, 1, exclude_max=True), change=st.integers(1, 255))
@pytest.mark.parametrize("kind", KINDS)
def test_they_agree_on_a_changed_byte(
    tmp_path_factory: pytest.TempPathFactory, kind: str, spot: float, change: int
) -> None:
    """Of one changed byte ssh-keygen takes only version 0, which the verifier does not know."""
    both = Both(tmp_path_factory.mktemp("bent"))
    key = HandKey(kind)
    data = bytearray(unarmour(key.sign(MESSAGE, SPACE)))
    at = int(spot * len(data))
    data[at] ^= change
    sig = armour(bytes(data))

    assert both.keygen(f"bob {key.line}", sig) is (data[6:10] == bytes(4))
    assert ours(sig) == ""


@pytest.mark.parametrize("kind", KINDS)
def test_version_0_is_what_only_ssh_keygen_takes(both: Both, kind: str) -> None:
    """It is in no document, so the verifier does not know it."""
    key = HandKey(kind)
    data = bytearray(unarmour(key.sign(MESSAGE, SPACE)))
    data[6:10] = bytes(4)
    sig = armour(bytes(data))

    assert both.keygen(f"bob {key.line}", sig)
    assert ours(sig) == ""


def flipped(kind: str) -> str:
    """A touched signature that says of itself that nobody touched it."""
    data = bytearray(unarmour(HandKey(kind).sign(MESSAGE, SPACE)))
    data[-5] ^= 1
    return armour(bytes(data))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.startswith("sk-")])
def test_threat_23_only_the_verifier_asks_for_a_touch(both: Both, kind: str) -> None:
    """ssh-keygen takes a signature that nobody touched; a stage with `touch` does not."""
    key = HandKey(kind)
    untouched, touched = (key.sign(MESSAGE, SPACE, flags=flags) for flags in (0, 1))

    assert both.agree(key.line, untouched)
    assert (ours(untouched, touch=True), ours(touched, touch=True)) == ("", key.line)
    assert not both.agree(key.line, flipped(kind))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("hashed", ["md5", "sha1", "sha384"])
def test_threat_21_they_agree_that_other_hashes_are_none(
    both: Both, kind: str, hashed: str
) -> None:
    key = HandKey(kind)

    assert not both.agree(key.line, key.sign(MESSAGE, SPACE, hashed=hashed))


def rsa(folder: Path) -> tuple[str, str]:
    path = make_key(folder, "key", "rsa")
    return public_line(path), run_ssh_keygen(find_ssh_keygen(), SPACE, path, MESSAGE)


def p384(folder: Path) -> tuple[str, str]:
    path = folder / "key"
    command = [str(find_ssh_keygen()), "-q", "-t", "ecdsa", "-b", "384", "-N", "", "-f", str(path)]
    subprocess.run(command, check=True)
    return public_line(path), run_ssh_keygen(find_ssh_keygen(), SPACE, path, MESSAGE)


@pytest.mark.parametrize("make", [rsa, p384])
def test_threat_22_kinds_that_only_ssh_keygen_takes(
    both: Both, make: Callable[[Path], tuple[str, str]]
) -> None:
    line, sig = make(both.folder)

    assert both.keygen(f"bob {line}", sig)
    assert ours(sig) == ""


def test_threat_22_dsa_keys_are_refused(both: Both) -> None:
    """OpenSSH gave them up as well; where one can still be made, it is refused here."""
    numbers = [wire(b"\1" * 20) for _ in range(4)]
    blob = wire(b"ssh-dss") + b"".join(numbers)
    with pytest.raises(RefusedError) as refused:
        sshsig.SshKey.from_blob(blob)

    assert refused.value.code == "E_KEY_TYPE"


def test_threat_22_certificates_are_what_only_ssh_keygen_takes(both: Both) -> None:
    """One `cert-authority` line would make everybody an approver whom that key certifies."""
    authority, path = make_key(both.folder, "ca"), make_key(both.folder, "key")
    command = [find_ssh_keygen(), "-q", "-s", authority, "-I", "bob", "-n", "bob", f"{path}.pub"]
    subprocess.run(command, check=True)
    sig = run_ssh_keygen(find_ssh_keygen(), SPACE, both.folder / "key-cert.pub", MESSAGE)

    assert both.keygen(f"bob cert-authority {public_line(authority)}", sig)
    assert ours(sig) == ""


@pytest.mark.parametrize("principal", ["*", "b*", "b?b", "*,!alice"])
def test_threat_24_patterns_are_what_only_ssh_keygen_takes(both: Both, principal: str) -> None:
    """In `allowed_signers` a pattern is a principal; a key line of the trust file has none."""
    key = HandKey(KINDS[0])

    assert both.keygen(f"{principal} {key.line}", key.sign(MESSAGE, SPACE))
    with pytest.raises(RefusedError) as refused:
        sshsig.SshKey.from_line(f"{principal} {key.line}")
    assert refused.value.code in ("E_TRUST_SYNTAX", "E_KEY_TYPE")


def test_threat_19_time_is_not_the_signers_to_choose(both: Both) -> None:
    """ssh-keygen believes a time that it is told; the verifier takes none from anybody."""
    key = HandKey(KINDS[0])
    sig = key.sign(MESSAGE, SPACE)
    line = f'bob valid-before="20200101" {key.line}'

    assert not both.keygen(line, sig)
    signers, signature = both.folder / "signers", both.folder / "sig"
    command = [find_ssh_keygen(), "-Y", "verify", "-f", signers, "-I", "bob", "-n", SPACE]
    done = subprocess.run(
        [*map(str, command), "-s", str(signature), "-Overify-time=20190101"],
        input=MESSAGE,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
