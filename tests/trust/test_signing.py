"""Signing goes through the real ssh-keygen, by its absolute path."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from mcm.core.errors import RefusedError, UsageError
from mcm.trust.signing import find_ssh_keygen, new_nonce, sign
from mcm.trust.verify import verify
from tests.trust.people import AWS, NOW, People, an_approval, make_key, public_line


def program(path: Path, text: str) -> Path:
    """Write a program that can be run."""
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_signature_verifies(people: People) -> None:
    trust = people.trust()

    envelope = sign(an_approval(trust), people.keys["bob"])

    assert verify(envelope.to_bytes(), trust, AWS, NOW).person == "bob"


def test_agent_signs_for_a_public_key(
    people: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the public half named, the private one may stay in an agent."""
    public = tmp_path / "bob.pub"
    public.write_text(public_line(people.keys["bob"]) + "\n", encoding="utf-8")
    socket = tmp_path / "agent"
    agent = subprocess.Popen(
        [find_ssh_keygen().with_name("ssh-agent"), "-D", "-a", socket], stdout=subprocess.PIPE
    )
    try:
        assert agent.stdout is not None
        agent.stdout.readline()  # it prints once it listens
        monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
        subprocess.run(
            [find_ssh_keygen().with_name("ssh-add"), "-q", people.keys["bob"]],
            check=True,
            capture_output=True,
        )
        envelope = sign(an_approval(people.trust()), public)
    finally:
        agent.terminate()
        agent.communicate()

    assert verify(envelope.to_bytes(), people.trust(), AWS, NOW).person == "bob"


def test_threat_59_program_in_path_or_here_is_not_used(
    people: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "ssh-keygen", "touch started; exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}.")
    monkeypatch.chdir(tmp_path)

    sign(an_approval(people.trust()), people.keys["bob"])

    assert not (tmp_path / "started").exists()


def test_threat_59_relative_program_is_refused(people: People) -> None:
    with pytest.raises(UsageError, match="absolute"):
        sign(an_approval(people.trust()), people.keys["bob"], ssh_keygen=Path("ssh-keygen"))


def test_program_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="ssh-keygen was not found"):
        find_ssh_keygen([tmp_path / "none", tmp_path])


@pytest.mark.parametrize("text", ["exit 0", "echo hello", "cat"])
def test_answer_that_is_no_signature_is_refused(people: People, tmp_path: Path, text: str) -> None:
    fake = program(tmp_path / "keygen", text)

    with pytest.raises(RefusedError) as refused:
        sign(an_approval(people.trust()), people.keys["bob"], ssh_keygen=fake)

    assert refused.value.code == "E_SIGNATURE"


def test_failure_says_what_the_program_said(people: People, tmp_path: Path) -> None:
    fake = program(tmp_path / "keygen", "printf 'no \\033[31mkey\\n' >&2; exit 1")

    with pytest.raises(UsageError, match="no \\[31mkey") as failed:
        sign(an_approval(people.trust()), people.keys["bob"], ssh_keygen=fake)

    assert "\x1b" not in str(failed.value)
    with pytest.raises(UsageError):
        sign(an_approval(people.trust()), tmp_path / "no-such-key")


def test_what_a_security_key_asks_is_seen_at_a_terminal(tmp_path: Path) -> None:
    """The touch is asked for on stderr; hidden there, nobody would know to touch."""
    fake = program(tmp_path / "keygen", "test -t 2 && echo touch the key >&2; exit 1")
    script = (
        "import sys; from pathlib import Path; from mcm.trust import signing;"
        "signing.run_ssh_keygen(Path(sys.argv[1]), 'x', Path('key'), b'')"
    )
    ours, theirs = pty.openpty()

    with pytest.raises(subprocess.CalledProcessError):
        subprocess.run([sys.executable, "-c", script, fake], stderr=theirs, check=True)
    os.close(theirs)
    shown = os.read(ours, 4096)
    os.close(ours)

    assert shown.startswith(b"touch the key")


def test_threat_61_secrets_do_not_reach_the_program(
    people: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = program(tmp_path / "keygen", f"/usr/bin/env > {tmp_path}/env; exit 1")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "example-token")

    with pytest.raises(UsageError):
        sign(an_approval(people.trust()), people.keys["bob"], ssh_keygen=fake)

    assert "example-token" not in (tmp_path / "env").read_text(encoding="utf-8")


def test_key_of_a_type_that_nobody_will_accept_is_refused_at_once(
    people: People, tmp_path: Path
) -> None:
    key = make_key(tmp_path, "key", "rsa")

    with pytest.raises(RefusedError) as refused:
        sign(an_approval(people.trust()), key)

    assert refused.value.code == "E_KEY_TYPE"


def test_nonces_are_128_bits_and_differ() -> None:
    nonces = {new_nonce() for _ in range(100)}

    assert len(nonces) == 100
    assert {len(nonce) for nonce in nonces} == {32}
