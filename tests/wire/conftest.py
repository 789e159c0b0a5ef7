"""A bare remote and two clones for each test."""

from pathlib import Path

import pytest

from tests.wire.repositories import Repositories


@pytest.fixture
def repositories(tmp_path: Path) -> Repositories:
    """Return a bare remote with two clones, alice's and bob's."""
    found = Repositories(tmp_path)
    found.clone("alice")
    found.clone("bob")
    return found
