"""What every keeper of leases promises, run over each of them."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mcm.app.ports import Leases
from mcm.core.errors import Exit, RefusedError
from mcm.core.history.lease import DrivenError, Driver
from mcm.store.lease import FileLeases, MemoryLeases

NOON = datetime(2026, 3, 18, 14, 2, tzinfo=UTC)
ALICE = Driver("alice", "mcm deploy", 123, "laptop", NOON)
BOB = Driver("bob", "mcm tick", 456, "ci", NOON)


def in_memory(folder: Path) -> Leases:
    return MemoryLeases()


def in_files(folder: Path) -> Leases:
    return FileLeases(folder / "state" / "leases")


@pytest.fixture(params=[in_memory, in_files])
def leases(request: pytest.FixtureRequest, tmp_path: Path) -> Leases:
    build: Callable[[Path], Leases] = request.param
    return build(tmp_path)


def test_nobody_drives_at_first(leases: Leases) -> None:
    assert leases.driver("CM-0001") is None


def test_a_second_driver_is_turned_away_with_what_the_first_says(leases: Leases) -> None:
    """Exit 3, who drives since when, and the command that shows it."""
    leases.take("CM-0001", ALICE)

    with pytest.raises(DrivenError) as caught:
        leases.take("CM-0001", BOB)
    assert caught.value.driver == ALICE
    assert caught.value.exit_code is Exit.HELD
    assert "driven since 14:02Z by alice (mcm deploy, pid 123 on laptop)" in str(caught.value)
    assert "`mcm watch CM-0001`" in str(caught.value.hint)


def test_who_asks_is_told_and_takes_nothing(leases: Leases) -> None:
    leases.take("CM-0001", ALICE)

    assert leases.driver("CM-0001") == ALICE
    assert leases.driver("CM-0001") == ALICE


def test_freed_it_can_be_taken_by_another(leases: Leases) -> None:
    """Also more than once; the first owner's late word frees nothing of the second's."""
    first = leases.take("CM-0001", ALICE)
    first.free()
    leases.take("CM-0001", BOB)
    first.free()

    assert leases.driver("CM-0001") == BOB


def test_changes_are_apart(leases: Leases) -> None:
    leases.take("CM-0001", ALICE)

    leases.take("CM-0002", BOB)
    assert leases.driver("CM-0001") == ALICE
    assert leases.driver("CM-0002") == BOB


def test_a_name_that_climbs_folders_is_refused(leases: Leases) -> None:
    with pytest.raises(RefusedError):
        leases.driver("../CM-0001")
    with pytest.raises(RefusedError):
        leases.take("../CM-0001", ALICE)
