"""`mcm demo`: the main job in six steps, each a command of its own on a local AWS.

It types what a person would type and nothing else: the commands are those of the
documents, the approval goes through a pseudo-terminal, and AWS is the sandbox over HTTP.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mcm.clock import SystemClock
from mcm.core.errors import Exit, UsageError

if TYPE_CHECKING:
    from mcm.cli.stage_hand import StageHand

STAGE = "prod-us"
FIRST, SECOND = "CM-0001", "CM-0002"
_ASKED = "anything else to leave: "
_KEY = "any other key to leave. "


def register(app: typer.Typer) -> None:
    """Add this module's command to `app`."""
    app.command()(demo)


def demo(
    out: Annotated[
        Path, typer.Option("--out", help="Each run gets a directory of its own in it.")
    ] = Path("demo-out"),
) -> int:
    """Deploy, catch a breach and roll back on a local AWS; no account is needed."""
    from mcm.cli.stage_hand import StageHand

    started = SystemClock().now()
    folder = next_folder(out)
    hand = StageHand(folder)
    try:
        _first_change(hand)
        _second_change(hand)
        _on_call(hand)
        _records(hand)
    finally:
        hand.take_down()
    took = (SystemClock().now() - started).total_seconds()
    hand.say(f"That took {took:.0f} s. The records, with their timelines:")
    for change in (FIRST, SECOND):
        hand.say(f"  {folder / 'changes' / change / 'record.md'}")
    hand.say(f"The journal and the signatures are in {folder}; the sandbox is down.")
    return Exit.DONE


def next_folder(out: Path) -> Path:
    """Make and return the first of `run-1`, `run-2`, … in `out` that is not there yet."""
    for number in range(1, 1000):
        folder = out.absolute() / f"run-{number}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise UsageError(f"a thousand demos are in {out}", hint="Remove the old ones.")


def _first_change(hand: "StageHand") -> None:
    hand.title("0. a local AWS, and an example project in an empty directory")
    hand.run("mcm sandbox up")
    hand.title("1. the change record, as Markdown")
    hand.run(f"mcm lint {FIRST}")
    hand.run(f"mcm render {FIRST}")
    hand.show_file(f"changes/{FIRST}/record.md", lines=24)
    hand.title("2. the plan; a second person approves exactly that")
    hand.run(f"mcm plan {FIRST}")
    hand.run(f"mcm request {FIRST}")
    hand.type(f"mcm approve {FIRST} --profile alice", f"{FIRST}\n", _ASKED, Exit.REFUSED)
    hand.type(f"mcm approve {FIRST} --profile bob", f"{FIRST}\n", _ASKED)
    hand.title("3. promotion, and a watchful bake")
    # The next release can be on its way as soon as this one has left the approval.
    hand.run(
        f"mcm deploy {FIRST} --stage {STAGE}",
        meanwhile=(FIRST, "bake_started", "mcm sandbox release"),
    )


def _second_change(hand: "StageHand") -> None:
    hand.title("4. a second change, whose bake goes wrong")
    hand.run(f"mcm plan {SECOND}", until=Exit.DONE)
    hand.run(f"mcm request {SECOND}")
    hand.type(f"mcm approve {SECOND} --profile bob", f"{SECOND}\n", _ASKED)
    hand.run(
        f"mcm deploy {SECOND} --stage {STAGE}",
        Exit.ROLLED_BACK,
        meanwhile=(SECOND, "bake_started", "mcm sandbox fault 5xx"),
    )


def _on_call(hand: "StageHand") -> None:
    hand.title("5. on call, at three in the morning")
    hand.run(f"mcm rollback --stage {STAGE} --no-input")
    hand.type(f"mcm rollback --stage {STAGE} --further", "r", _KEY)


def _records(hand: "StageHand") -> None:
    hand.title("6. what is left: records, journal, signatures")
    hand.run(f"mcm log {SECOND}")
    for change in (FIRST, SECOND):
        hand.run(f"mcm render {change}")
        hand.run(f"mcm verify {change}")
    hand.run("mcm list")
