"""The faults that `mcm sandbox fault NAME` arranges, each met by a whole walk."""

from mcm.core.errors import Exit
from mcm.sandbox.faults import NAMED_FAULTS
from tests.faults import test_shadow_records
from tests.kit.wire import WiredWorld, told


def test_named_fault_5xx(world: WiredWorld) -> None:
    """The breach is seen, journaled and rolled back; the old content serves again."""
    plan = world.ready()
    world.when("bake_started", lambda: world.wire.fault("5xx"))

    ending = world.deploy(plan)

    assert ending.exit is Exit.ROLLED_BACK
    assert "photo-check-5xx" in ending.reason
    assert world.bodies("rollback_ended")[0]["verified"] == "yes"
    assert world.served()["EndpointConfigName"] == "photo-check-us-v6"
    assert "the old content is back" in told(ending)
    assert world.posts("RollbackStage") == 1


def test_named_fault_silent_rollback(world: WiredWorld) -> None:
    plan = world.ready()
    world.wire.fault("silent-rollback")

    ending = world.deploy(plan)

    assert ending.exit is Exit.FAILED
    assert "went back by itself" in ending.reason
    assert world.posts("RollbackStage") == 0


def test_named_fault_throttle(world: WiredWorld) -> None:
    """A minute without an answer is neither a pass nor a breach."""
    plan = world.ready()
    world.when("bake_started", lambda: world.wire.fault("throttle"), after=60)

    ending = world.deploy(plan)

    assert ending.exit is Exit.DONE
    assert [each["lost"] for each in world.bodies("sight")] == [True, False]
    assert world.posts("RollbackStage") == 0


def test_named_fault_lost_rollback_reply(world: WiredWorld) -> None:
    plan = world.ready()
    world.when("bake_started", world.scenario.raise_errors)
    world.wire.fault("lost-rollback-reply")

    ending = world.deploy(plan)

    assert ending.exit is Exit.ROLLED_BACK
    assert world.posts("RollbackStage") == 1
    assert [each["happened"] for each in world.bodies("settled")] == [True]


def test_named_fault_expired_credentials(world: WiredWorld) -> None:
    """Blind, with the way back for somebody else; the same command goes on with new ones."""
    plan = world.ready()
    world.when("bake_started", lambda: world.wire.fault("expired-credentials"), after=60)

    blind = world.deploy(plan)
    world.operator = "carol"
    seen = world.deploy(plan)

    assert (blind.exit, seen.exit) == (Exit.BLIND, Exit.DONE)
    assert "keeps running unwatched" in told(blind)
    assert world.posts("RollbackStage") == 0


def test_named_fault_deny_disable_transition(world: WiredWorld) -> None:
    """It stops no rollback; that the way in is open is said, with the line that closes it."""
    world.wire.fault("deny-disable-transition")
    world.console("EnableStageTransition", stageName="ProdUS", transitionType="Inbound")

    ending = world.roll_back()

    assert ending.exit is Exit.DONE
    assert "the transition into ProdUS is still open (AccessDenied" in ending.reason
    assert "`aws codepipeline disable-stage-transition" in ending.reason
    assert world.posts("RollbackStage") == 1


def test_named_fault_deploy_fails(world: WiredWorld) -> None:
    """The pipeline says no: no breach, nothing to roll back, and what to do next."""
    plan = world.ready()
    world.wire.fault("deploy-fails")

    ending = world.deploy(plan)

    assert ending.exit is Exit.FAILED
    assert "ProdUS is Failed for the pinned execution" in ending.reason
    assert "`mcm log CM-0001`" in told(ending)
    assert "breach" not in world.kinds()
    assert world.posts("RollbackStage") == 0


def test_every_named_fault_has_a_test() -> None:
    tests = (*globals(), *vars(test_shadow_records))
    here = {name.removeprefix("test_named_fault_").replace("_", "-") for name in tests}

    assert set(NAMED_FAULTS) <= here
