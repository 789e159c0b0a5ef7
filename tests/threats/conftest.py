"""The example project for attackers; its trust file is put back after each of them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Shop, _no_memory, running, shop
from tests.threats.ground import Ground

__all__ = ["_no_memory", "running", "shop"]


@pytest.fixture
def ground(shop: Shop, tmp_path: Path) -> Iterator[Ground]:
    """The project as new, in which nothing is planned."""
    keys = tmp_path / "keys"
    keys.mkdir()
    trust = shop.root / ".mcm" / "trust.yml"
    before = trust.read_bytes()
    yield Ground(shop, keys)
    for path in (trust, shop.root / ".mcm" / "journal.db"):
        if path.is_symlink() or not path.is_file():
            path.unlink(missing_ok=True)
    for path in trust.parent.glob("*.kept"):
        path.unlink()
    trust.unlink(missing_ok=True)
    trust.write_bytes(before)
    trust.parent.chmod(0o700)
    shutil.rmtree(trust.parent / "trust", ignore_errors=True)
