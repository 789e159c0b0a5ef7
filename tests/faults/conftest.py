"""A world over HTTP for each test, and one server for those of a module."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.kit.wire import Wire, WiredWorld, open_wire

Worlds = Callable[..., WiredWorld]


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    with open_wire(tmp_path_factory.mktemp("wire")) as wire:
        yield wire


@pytest.fixture
def make_world(wire: Wire) -> Iterator[Worlds]:
    """Build a world over HTTP; afterwards nothing was said that AWS would not say."""

    def make(**given: Any) -> WiredWorld:
        return WiredWorld(wire, **given)

    yield make
    assert wire.defects == []


@pytest.fixture
def world(make_world: Worlds) -> WiredWorld:
    return make_world()
