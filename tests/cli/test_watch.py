"""watch: from another terminal, without a trace."""

import signal

import pytest

from tests.cli.conftest import Shop


def test_without_a_walk_it_says_how_one_begins(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.ready()
    capsys.readouterr()

    assert shop.mcm("watch CM-0001") == 0
    assert "`mcm deploy CM-0001` begins one" in capsys.readouterr().err


def test_it_follows_a_walk_that_another_process_drives(shop: Shop) -> None:
    """To its end, with exit 0; who drives is named, and nothing is added to what is done."""
    shop.edit("mcm.yaml", "{for: 1s, min_samples: 1}", "{for: 5s, min_samples: 1}")
    shop.ready()
    with shop.start("deploy CM-0001 --stage prod-us") as driver:
        shop.wait_for("bake_started")
        with shop.start("watch CM-0001") as onlooker:
            out, said = onlooker.communicate(timeout=40)
        driver.communicate(timeout=40)

    assert (driver.returncode, onlooker.returncode) == (0, 0), said
    assert f"by alice (mcm deploy, pid {driver.pid} on " in out
    assert "prod-us: deployed; the bake begins" in out
    assert "prod-us: succeeded" in out
    assert "the walk has ended: succeeded: prod-us" in said
    assert shop.kinds().count("walk_started") == 1
    assert shop.sent("EnableStageTransition") == 1


def test_nobody_drives_is_said_with_what_goes_on(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.ready()
    shop.mcm("deploy CM-0001 --stage prod-us --detach")
    before = shop.entries()
    capsys.readouterr()

    assert shop.mcm("watch CM-0001 --no-follow") == 0
    assert "nobody drives it: `mcm deploy CM-0001 --stage prod-us`" in capsys.readouterr().out
    assert shop.entries() == before
    assert shop.sent("EnableStageTransition") == 0


def test_ctrl_c_leaves_the_walk_as_it_is(shop: Shop) -> None:
    shop.edit("mcm.yaml", "{for: 1s, min_samples: 1}", "{for: 6s, min_samples: 1}")
    shop.ready()
    with shop.start("deploy CM-0001 --stage prod-us") as driver:
        shop.wait_for("bake_started")
        with shop.start("watch CM-0001") as onlooker:
            assert onlooker.stdout is not None
            onlooker.stdout.readline()
            onlooker.send_signal(signal.SIGINT)
            onlooker.communicate(timeout=20)
        _, said = driver.communicate(timeout=40)

    assert onlooker.returncode == 130
    assert driver.returncode == 0, said
