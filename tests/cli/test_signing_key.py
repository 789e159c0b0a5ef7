"""Which key signs: named, git's, or the agent's only one; never guessed between several."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcm.cli.compose import Project
from mcm.cli.signing_key import find_key
from mcm.clock import SystemClock
from mcm.core.errors import McmError, UsageError
from mcm.sandbox.example import example_files
from mcm.trust.draft import Newcomer, trust_text
from mcm.trust.signing import sign
from mcm.trust.sshsig import SshKey
from mcm.trust.verify import verify
from tests.trust.people import NOW, a_request, make_key, public_line

NAMES = ("alice", "bob", "mallory")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A clone for a real account, in which alice and bob are known; no key is set in git."""
    root = tmp_path / "shop"
    (root / ".mcm").mkdir(parents=True)
    text = example_files(SystemClock().now())["mcm.yaml"]
    head, tail = text.split("defaults:", 1)
    text = head.replace("realm: sandbox\n", "") + tail.split("\n\n", 1)[1]
    (root / "mcm.yaml").write_text(text.replace("period: 1s", "period: 1m"))
    lines = {who: public_line(make_key(tmp_path, who)) for who in NAMES}
    people = [
        Newcomer("alice", ("requester",), (lines["alice"],)),
        Newcomer("bob", ("approver",), (lines["bob"],)),
    ]
    (root / ".mcm/trust.yml").write_text(trust_text(people))
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return Project(root)


@pytest.fixture
def agent(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, project: Project
) -> Iterator[Project]:
    """The project, and an agent that holds no key yet; it ends with the test."""
    socket = tmp_path_factory.mktemp("a") / "s"
    with subprocess.Popen(
        ["/usr/bin/ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()  # it prints its socket once that is there
        monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
        yield project
        process.terminate()


def add(project: Project, who: str) -> None:
    """Put a key into the agent, and take its file away."""
    path = project.root.parent / who
    subprocess.run(["/usr/bin/ssh-add", "-q", str(path)], check=True, capture_output=True)
    path.unlink()


def of(project: Project, who: str) -> SshKey:
    return SshKey.from_line(public_line(project.root.parent / who))


def test_without_any_key_the_ways_to_have_one_are_named(project: Project) -> None:
    with pytest.raises(UsageError) as caught:
        find_key(project, None, None)

    assert "ssh-add" in str(caught.value.hint)


def test_the_agents_only_known_key_signs(agent: Project) -> None:
    """With no file of the private key anywhere; a stranger's key beside it is no choice."""
    add(agent, "mallory")
    with pytest.raises(UsageError, match="none that is in the trust file"):
        find_key(agent, None, None)
    add(agent, "alice")
    found = find_key(agent, None, None)
    trust = agent.trust()
    with found.file() as path:
        envelope = sign(a_request(trust), path)

    assert found.public.blob == of(agent, "alice").blob
    assert verify(envelope.to_bytes(), trust, a_request(trust).realm, NOW).person == "alice"
    assert not path.exists()


def test_of_several_keys_in_the_agent_one_must_be_named(agent: Project) -> None:
    add(agent, "alice")
    add(agent, "bob")
    with pytest.raises(UsageError, match="which key to sign with"):
        find_key(agent, None, None)

    bob = of(agent, "bob")
    assert find_key(agent, bob.fingerprint, None).public.blob == bob.blob
    with pytest.raises(UsageError, match="no key SHA256:none"):
        find_key(agent, "SHA256:none", None)


@pytest.mark.parametrize("form", ["file", "pub", "literal", "key::literal"])
def test_gits_signing_key_comes_before_the_agent(agent: Project, form: str) -> None:
    add(agent, "alice")
    bob = agent.root.parent / "bob"
    line = public_line(bob)
    value = {"file": str(bob), "pub": f"{bob}.pub", "literal": line, "key::literal": f"key::{line}"}
    subprocess.run(
        ["git", "-C", str(agent.root), "config", "user.signingkey", value[form]], check=True
    )

    assert find_key(agent, None, None).public.blob == of(agent, "bob").blob


def test_an_openpgp_id_in_git_is_no_ssh_key(agent: Project) -> None:
    subprocess.run(
        ["git", "-C", str(agent.root), "config", "user.signingkey", "ABCDEF0123456789"], check=True
    )
    add(agent, "alice")

    assert find_key(agent, None, None).public.blob == of(agent, "alice").blob


@pytest.mark.parametrize("named", ["missing", "", "ssh-rsa AAAA", "key::ssh-ed25519 A"])
def test_what_is_no_key_is_refused(project: Project, named: str) -> None:
    with pytest.raises(McmError):
        find_key(project, named, None)
