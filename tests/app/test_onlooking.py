"""Looking on: sees what another process does, says who does it, and leaves no trace."""

from datetime import timedelta

import pytest

from mcm.app.onlooking import Onlooker, Scene, find_scene
from mcm.core.errors import RefusedError
from mcm.core.history.fold import fold
from mcm.core.history.goal import GoBack
from mcm.core.history.journal import Draft
from mcm.core.history.lease import Driver
from mcm.core.history.turn import Act
from tests.app.test_ticking import CHANGE, Cron, begun
from tests.kit.world import STAGE, Recorder, World

MINUTE = timedelta(minutes=1)


class Seen(Recorder):
    """A view that keeps what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.drivers: list[str] = []

    def driven(self, text: str) -> None:
        if not self.drivers or self.drivers[-1] != text:
            self.drivers.append(text)


def scene_of(cron: Cron) -> Scene:
    found = find_scene(cron.plan, fold(cron.world.journal.entries(CHANGE)))
    assert found is not None
    return found


def onlooker(cron: Cron, view: Seen) -> Onlooker:
    world = cron.world
    observer = world.runner().observer
    scene = scene_of(cron)
    return Onlooker(CHANGE, scene, observer, world.journal, cron.leases, world.clock, view)


def ticking(cron: Cron, minutes: int = 60) -> Cron:
    """Let cron tick each minute from now on, whoever sleeps."""
    now = cron.world.clock.now()
    for number in range(1, minutes):
        cron.world.clock.at(now + number * MINUTE, lambda: cron.tick() and None)
    return cron


def times(view: Seen, kind: str) -> int:
    return view.kinds().count(kind)


def test_without_a_walk_there_is_nothing_to_see() -> None:
    world = World()

    assert find_scene(world.ready(), fold(())) is None


def test_it_shows_the_walk_to_its_end_and_writes_nothing() -> None:
    """What it saw is what the ticks wrote, entry by entry."""
    cron, view = ticking(begun()), Seen()

    assert onlooker(cron, view).follow() == f"succeeded: {STAGE}"
    assert [e.seq for e in view.entries] == [e.seq for e in cron.world.entries()]
    assert cron.world.sent("EnableStageTransition") == 1


def test_what_others_will_do_is_shown_as_theirs() -> None:
    """All gates are open: who looks on sees the next step and does not take it."""
    cron, view = begun(), Seen()
    look = onlooker(cron, view)
    look.follow(once=True)
    cron.world.journal.append(
        CHANGE,
        [Draft("stage_started", {"stage": STAGE}, cron.world.clock.now())],
        after=len(cron.world.entries()),
    )
    look.follow(once=True)

    assert not any(isinstance(turn.next, Act) for turn in view.turns)
    assert view.turns[-1].next.why.startswith("the next step: ")  # type: ignore[union-attr]
    assert cron.world.sent("EnableStageTransition") == 0


def test_a_breach_is_seen_to_the_end_of_its_rollback() -> None:
    cron, view = ticking(begun()), Seen()
    cron.world.when("bake_started", cron.world.scenario.raise_errors)

    assert "was rolled back" in onlooker(cron, view).follow()
    assert times(view, "rollback_ended") == 1
    assert cron.world.sent("RollbackStage") == 1


def test_nobody_drives_is_said_with_the_command_that_goes_on() -> None:
    cron, view = begun(), Seen()

    assert onlooker(cron, view).follow(once=True) == ""
    (said,) = view.drivers
    assert said.startswith("nobody drives it: `mcm deploy CM-0001 --stage prod-us` goes on")


def test_who_drives_is_said() -> None:
    cron, view = begun(), Seen()
    cron.leases.take(CHANGE, Driver("bob", "mcm deploy", 7, "laptop", cron.world.clock.now()))

    onlooker(cron, view).follow(once=True)
    assert view.drivers == ["driven since 09:42Z by bob (mcm deploy, pid 7 on laptop)"]


def test_between_two_ticks_of_a_bake_it_is_turned_by_ticks() -> None:
    cron, view = begun(), Seen()
    while "watched" not in cron.world.kinds():
        cron.tick()
        cron.world.clock.pass_time(MINUTE)

    onlooker(cron, view).follow(once=True)
    assert view.drivers[0].startswith("turned by ticks, the last at ")


def test_not_knowing_who_drives_is_said_and_stops_nothing() -> None:
    cron, view = begun(), Seen()
    cron.leases.broken = "read-only file system"

    onlooker(cron, view).follow(once=True)
    assert view.drivers[0].startswith("who drives it is unknown: ")


def test_what_has_ended_is_shown_at_once() -> None:
    cron, view = begun(), Seen()
    cron.until_the_end()
    started = cron.world.clock.now()

    assert onlooker(cron, view).follow() == f"succeeded: {STAGE}"
    assert cron.world.clock.now() == started


def test_a_rollback_after_the_end_is_a_scene_of_its_own() -> None:
    """By hand, into the change's journal; begun and left by a process that died."""
    cron, view = begun(), Seen()
    cron.until_the_end()
    body = {
        "stage": STAGE,
        "source": cron.plan.execution,
        "target": cron.plan.stages[0].rollback_target,
        "why": "asked",
        "seen": [],
        "execution": "",
    }
    draft = Draft("rollback_started", body, cron.world.clock.now())
    cron.world.journal.append(CHANGE, [draft], after=len(cron.world.entries()))
    look = onlooker(cron, view)
    look.follow(once=True)

    assert isinstance(look.scene.goal, GoBack)
    assert "`mcm rollback --stage prod-us` goes on with it" in view.drivers[0]
    cron.world.clock.at(
        cron.world.clock.now() + MINUTE, lambda: cron.world.roll_back(CHANGE) and None
    )
    assert "in service" in look.follow()
    assert times(view, "rollback_ended") == 1


def test_a_walk_of_another_plan_is_not_guessed_at() -> None:
    cron = begun()
    cron.plan = cron.world.plan(edition=2)

    with pytest.raises(RefusedError):
        scene_of(cron)


def test_of_several_stages_what_is_out_there_comes_first() -> None:
    cron = begun()
    cron.tick()
    state = fold(cron.world.journal.entries(CHANGE))

    found = find_scene(cron.plan, state)
    assert found is not None
    assert found.stage == STAGE
    assert find_scene(cron.plan, state, "nowhere") is None
