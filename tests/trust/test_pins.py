"""The pin of a trust file: unknown, broken or another one means no, going forward."""

from pathlib import Path
from typing import Any

import pytest

from mcm.core.errors import RefusedError
from mcm.trust.persons import TrustFile
from mcm.trust.pins import (
    Pins,
    TrustPinError,
    check_digest,
    check_pin,
    default_path,
    differences,
    refuse_older,
)
from tests.trust.people import NOW, People

NONE = Path("no-signatures")
"""A basic file needs none."""
NAME = "git@example.com:shop.git"
FORGED = '{"version": 1, "digest": "00", "highest": 1, "trust": "{}"}'


def version(people: People, number: int, **changed: Any) -> TrustFile:
    """Return a version of the example's trust file, with bob's entry changed."""
    value = people.value() | {"version": number}
    value["persons"][1] |= changed
    return TrustFile.from_value(value)


@pytest.fixture
def pins(tmp_path: Path) -> Pins:
    return Pins(tmp_path / "config" / "mcm" / "pins.json")


def test_the_first_file_is_pinned_without_delay(people: People, pins: Pins) -> None:
    trust = people.trust()

    assert check_pin(pins, NAME, trust, NONE, NOW) is None
    assert check_pin(pins, NAME, trust, NONE, NOW) == ()
    assert (pins.path.stat().st_mode & 0o777, pins.path.parent.stat().st_mode & 0o777) == (
        0o600,
        0o700,
    )


def test_threat_27_another_file_than_the_pinned_is_refused_with_the_difference(
    people: People, pins: Pins
) -> None:
    check_pin(pins, NAME, people.trust(), NONE, NOW)
    brought = version(people, 2, email="bob@evil.example")

    with pytest.raises(TrustPinError) as caught:
        check_pin(pins, NAME, brought, NONE, NOW)
    assert caught.value.code == "E_TRUST_PIN"
    assert "e-mail of bob: none → bob@evil.example" in caught.value.details
    assert f"`mcm trust pin {brought.digest[:12]}`" in str(caught.value.hint)
    with pytest.raises(TrustPinError):  # nothing was pinned on the way
        check_pin(pins, NAME, brought, NONE, NOW)


def test_one_project_knows_nothing_of_another(people: People, pins: Pins) -> None:
    check_pin(pins, NAME, people.trust(), NONE, NOW)

    assert check_pin(pins, "another", version(people, 5), NONE, NOW) is None
    assert check_pin(pins, NAME, people.trust(), NONE, NOW) == ()


def test_threat_29_a_version_below_the_highest_is_refused(people: People, pins: Pins) -> None:
    """Not by another pin either: what was taken away stays away."""
    old = people.trust()
    check_pin(pins, NAME, version(people, 3), NONE, NOW)

    for act in (
        lambda: check_pin(pins, NAME, old, NONE, NOW),
        lambda: refuse_older(pins.read(NAME), old),
    ):
        with pytest.raises(RefusedError, match="E_TRUST_CHAIN"):
            act()


def test_the_highest_version_outlives_other_pins(people: People, pins: Pins) -> None:
    pins.write(NAME, version(people, 3))
    pins.write(NAME, people.trust())
    found = pins.read(NAME)

    assert found is not None
    assert (found.version, found.highest) == (1, 3)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{",
        '{"format": 2, "pins": {}}',
        '{"format": 1, "pins": []}',
        '{"format": 1, "pins": {"git@example.com:shop.git": {}}}',
        '{"format": 1, "pins": {"git@example.com:shop.git": {"version": 1, "digest": "00"}}}',
        f'{{"format": 1, "pins": {{"{NAME}": {FORGED}}}}}',
    ],
)
def test_threat_27_pins_that_cannot_be_read_refuse(
    people: People, pins: Pins, content: str
) -> None:
    """An unknown pin is no first time."""
    pins.path.parent.mkdir(parents=True, mode=0o700)
    pins.path.write_text(content)
    pins.path.chmod(0o600)

    with pytest.raises(RefusedError, match="E_TRUST_PIN") as caught:
        check_pin(pins, NAME, people.trust(), NONE, NOW)
    assert "mcm trust pin" in str(caught.value.hint)


def test_threat_60_pins_that_others_may_write_refuse(people: People, pins: Pins) -> None:
    check_pin(pins, NAME, people.trust(), NONE, NOW)
    pins.path.chmod(0o666)

    with pytest.raises(RefusedError, match="E_TRUST_PIN"):
        check_pin(pins, NAME, people.trust(), NONE, NOW)


def test_threat_16_pins_behind_a_link_refuse(people: People, pins: Pins, tmp_path: Path) -> None:
    check_pin(pins, NAME, people.trust(), NONE, NOW)
    pins.path.rename(tmp_path / "elsewhere.json")
    pins.path.symlink_to(tmp_path / "elsewhere.json")

    with pytest.raises(RefusedError, match="E_TRUST_PIN"):
        check_pin(pins, NAME, people.trust(), NONE, NOW)


def test_pins_that_cannot_be_kept_refuse(people: People, tmp_path: Path) -> None:
    """Else each time would be the first one."""
    (tmp_path / "config").write_text("no directory")

    with pytest.raises(RefusedError, match="E_TRUST_PIN"):
        check_pin(Pins(tmp_path / "config" / "mcm" / "pins.json"), NAME, people.trust(), NONE, NOW)


def test_only_the_files_own_digest_pins(people: People) -> None:
    trust = people.trust()

    check_digest(trust.digest, trust)
    check_digest(trust.digest[:12], trust)
    for wrong in (trust.digest[:11], "0" * 64, "", f"{trust.digest}0"):
        with pytest.raises(RefusedError, match="E_TRUST_PIN"):
            check_digest(wrong, trust)


def test_nothing_differs_from_what_is_pinned(people: People, pins: Pins) -> None:
    pins.write(NAME, people.trust())

    assert differences(pins.read(NAME), people.trust()) == ()
    assert differences(None, people.trust()) == ()


def test_pins_lie_where_xdg_says() -> None:
    home = Path("/h")

    assert default_path({}, home) == home / ".config/mcm/pins.json"
    assert default_path({"XDG_CONFIG_HOME": "/c"}, home) == Path("/c/mcm/pins.json")
    assert default_path({"XDG_CONFIG_HOME": "relative"}, home) == home / ".config/mcm/pins.json"
