"""The picture in the README: one walk that breaches, as the terminal shows it.

`python -m tests.kit.picture` writes docs/walk.svg; a test compares the file with what the
code draws now.
"""

from datetime import timedelta
from pathlib import Path

from mcm.app.runner import Ending
from mcm.aws.port import Params
from mcm.cli.live import export_svg
from mcm.core.history.goal import GoForward
from tests.kit.world import ROOT, STAGE, World

PICTURE = ROOT / "docs" / "walk.svg"
SHOWN = 12
"""How many of the latest entries stand above the live area."""


def draw() -> str:
    """Play a walk whose live variant fails in the bake and draw the moment of the breach."""
    world = World()
    plan = world.plan()
    world.approve(plan)
    world.clock.pass_time(timedelta(minutes=2))
    world.before = lambda *call: _break(world, *call)
    ending: Ending = world.deploy(plan)
    assert ending.exit.name == "ROLLED_BACK"
    told = zip(world.listener.turns, world.listener.states, strict=True)
    turn, state = next(each for each in told if each[1].stage(STAGE).rollback is not None)
    seen = [entry for entry in world.listener.entries if entry.seq <= state.last]
    goal = GoForward(plan, (STAGE,))
    now = seen[-1].at
    return export_svg(goal, state, turn, now, sandbox=True, entries=seen[-SHOWN:])


def _break(world: World, service: str, operation: str, params: Params) -> None:
    del service, params
    if operation == "GetMetricData" and not world.listener.turns[-1].samples:
        world.scenario.raise_errors()


def main(path: Path = PICTURE) -> None:
    """Write the picture."""
    path.write_text(draw())


if __name__ == "__main__":
    main()
