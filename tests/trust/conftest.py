"""Real keys, made once for all tests of this folder."""

from pathlib import Path

import pytest

from tests.trust.people import People, make_key


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    """Return alice, bob, carol and mallory with an ed25519 key each, bob with a second."""
    directory: Path = tmp_path_factory.mktemp("keys")
    names = ("alice", "bob", "carol", "mallory", "bob-two")
    return People({name: make_key(directory, name) for name in names})
