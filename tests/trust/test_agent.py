"""The keys of an agent: those that can sign here, and none where there is no agent."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcm.trust.agent import agent_lines
from tests.trust.people import make_key, public_line


@pytest.fixture
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Start an agent of our own; it ends with the test."""
    socket = tmp_path_factory.mktemp("a") / "s"
    with subprocess.Popen(
        ["/usr/bin/ssh-agent", "-D", "-a", str(socket)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()  # it prints its socket once that is there
        yield {"SSH_AUTH_SOCK": str(socket)}
        process.terminate()


def test_without_an_agent_there_are_no_keys(tmp_path: Path) -> None:
    assert agent_lines({}) == ()
    assert agent_lines({"SSH_AUTH_SOCK": str(tmp_path / "gone")}) == ()


def test_keys_that_mcm_accepts_are_listed(agent: dict[str, str], tmp_path: Path) -> None:
    """threat 22: an RSA key is passed over."""
    assert agent_lines(agent) == ()
    for kind in ("ed25519", "rsa", "ecdsa"):
        key = make_key(tmp_path, kind, kind)
        subprocess.run(
            ["/usr/bin/ssh-add", "-q", str(key)], env=agent, check=True, capture_output=True
        )

    assert set(agent_lines(agent)) == {
        public_line(tmp_path / "ed25519"),
        public_line(tmp_path / "ecdsa"),
    }
