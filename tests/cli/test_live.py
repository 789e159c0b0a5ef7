"""The live view and the plain lines: all that matters is there, in 80 columns, as words."""

import io
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from rich.console import Console

from mcm.cli.live import LineView, LiveView, export_svg
from mcm.cli.live_frame import view
from mcm.core.errors import Exit
from mcm.core.history.goal import Goal, GoBack, GoForward
from mcm.core.history.journal import Entry, chain
from mcm.core.history.state import State
from mcm.core.history.turn import Done, GateView, Hold, Turn, Wait
from mcm.core.plans.plan import Plan
from mcm.core.verdict import Kind, Verdict
from tests.kit.clock import START, VirtualClock
from tests.kit.world import PIPELINE, STAGE, Recorder, World

HOURS = timedelta(hours=2)
SECOND = timedelta(seconds=1)
Seen = tuple[Turn, State, datetime]


class Keeper(Recorder):
    """Keeps what each frame would be drawn from."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Seen] = []

    def turned(self, turn: Turn, state: State, now: datetime) -> None:
        super().turned(turn, state, now)
        self.seen.append((turn, state, now))


def text_of(
    goal: Goal, seen: Seen, *, later: timedelta = timedelta(0), ascii_only: bool = False
) -> str:
    turn, state, now = seen
    console = Console(width=80, height=24, file=io.StringIO(), color_system=None)
    console.print(view(goal, state, turn, now + later, sandbox=True, ascii_only=ascii_only))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.fixture(scope="module")
def forward() -> tuple[GoForward, list[Seen]]:
    """Every turn of a walk that holds, is approved, promoted, baked and succeeds."""
    world, keeper = World(), Keeper()
    world.listener = keeper
    plan = world.plan()
    world.deploy(plan)
    world.approve(plan)
    world.deploy(plan, patience=HOURS)
    return GoForward(plan, (STAGE,)), keeper.seen


@pytest.fixture(scope="module")
def breached() -> tuple[GoForward, list[Seen]]:
    """Every turn of a walk that breaches in its bake and goes back."""
    world, keeper = World(), Keeper()
    world.listener = keeper
    plan = world.plan()
    world.approve(plan)
    world.clock.at(world.clock.now() + timedelta(minutes=10), world.scenario.raise_errors)
    world.deploy(plan, patience=HOURS)
    return GoForward(plan, (STAGE,)), keeper.seen


@pytest.fixture(scope="module")
def back() -> tuple[GoBack, list[Seen]]:
    world, keeper = World(), Keeper()
    world.listener = keeper
    world.roll_back()
    return GoBack(PIPELINE, "ProdUS", STAGE, "on-call asked"), keeper.seen


def test_each_frame_fits(
    forward: tuple[GoForward, list[Seen]],
    breached: tuple[GoForward, list[Seen]],
    back: tuple[GoBack, list[Seen]],
) -> None:
    """At most 20 lines of 80 columns, whatever the walk does; the way back while there is
    one."""
    for goal, seen in (forward, breached, back):
        assert seen
        for each in seen:
            lines = text_of(goal, each).splitlines()
            assert len(lines) <= 20
            assert max(map(len, lines)) <= 80
            assert "SANDBOX" in lines[0]
            step = each[0].next
            gone = isinstance(step, Done) and "rolled back" in step.reason
            sent = each[1].tries(STAGE, "promote") or isinstance(goal, GoBack)
            if gone or not sent:
                assert "mcm rollback" not in "".join(lines)
            else:
                assert lines[-1].endswith("mcm rollback --stage prod-us")


def test_closed_gates_are_named_with_their_reason(forward: tuple[GoForward, list[Seen]]) -> None:
    goal, seen = forward
    held = next(each for each in seen if isinstance(each[0].next, Hold))

    text = text_of(goal, held)

    assert "▶ gates" in text
    assert re.search(r"✖ approval +CLOSED 0 of 1 persons approved", text)
    assert re.search(r"✔ window +open ", text)
    assert "held at the gate execution: waits at ApproveUS/Approve" in text


def test_before_its_promotion_no_way_back_is_offered(
    forward: tuple[GoForward, list[Seen]],
) -> None:
    """It would take back what was there before."""
    goal, seen = forward
    held = next(each for each in seen if isinstance(each[0].next, Hold))
    baking = next(each for each in seen if each[1].stage(STAGE).baking_since is not None)

    assert "mcm rollback" not in text_of(goal, held)
    assert "to roll back: mcm rollback --stage prod-us" in text_of(goal, baking)


def test_a_gate_that_opens_says_when(forward: tuple[GoForward, list[Seen]]) -> None:
    goal, seen = forward
    _, state, now = next(each for each in seen if isinstance(each[0].next, Hold))
    until = datetime(2026, 3, 19, 9, 0, tzinfo=now.tzinfo)
    gate = GateView("window", False, "outside quiet-us", until)
    hold = Turn((), Hold("window", gate.reason, until), gates=(gate,))

    text = text_of(goal, (hold, state, now))

    assert "CLOSED opens Thu 19 Mar 09:00Z, in 23h20m: outside quiet-us" in text
    assert "held at the gate window: outside quiet-us; opens Thu 19 Mar 09:00Z" in text


def test_a_window_says_once_when_it_opens(forward: tuple[GoForward, list[Seen]]) -> None:
    """Its reason does, in its own zone; the same instant in UTC beside it reads as another."""
    goal, (_, state, now) = forward[0], forward[1][1]
    until = now + timedelta(hours=23, minutes=20)
    reason = "window quiet-us opens Thu 19 Mar 02:00 PDT (in 23h20m)"
    gates = (GateView("window", False, reason, until),)
    text = text_of(goal, (Turn((), Hold("window", reason, until), gates=gates), state, now))

    assert "held at the gate window: window quiet-us opens Thu 19 Mar 02:00 PDT" in text
    assert "09:00Z" not in text


def bake_of(forward: tuple[GoForward, list[Seen]]) -> tuple[GoForward, Seen]:
    goal, seen = forward
    return goal, next(each for each in seen if each[1].stage(STAGE).baking_since)


def test_the_bake_goes_on_between_turns(forward: tuple[GoForward, list[Seen]]) -> None:
    """Its time comes from the clock, so nobody thinks that the view hangs."""
    goal, seen = bake_of(forward)

    assert "[--------------------] 30m left" in text_of(goal, seen)
    assert "[━━━━━━━━━━----------] 15m left" in text_of(goal, seen, later=timedelta(minutes=15))
    extended = text_of(goal, seen, later=timedelta(minutes=31))
    assert "[━━━━━━━━━━━━━━━━━━━━] extended, limit in 1h29m" in extended


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (None, "requests not counted, 100 needed"),
        (12, "12 of 100 requests (NOT ENOUGH)"),
        (812, "812 of 100 requests (enough)"),
    ],
)
def test_requests_are_counted_or_said_to_be_unknown(
    samples: int | None, words: str, forward: tuple[GoForward, list[Seen]]
) -> None:
    goal, (turn, state, now) = bake_of(forward)

    assert words in text_of(goal, (replace(turn, samples=samples), state, now))


def test_after_the_bake_nobody_misses_requests(forward: tuple[GoForward, list[Seen]]) -> None:
    """The last turn asks for none any more; the frame that stays must not look like a failure."""
    goal, seen = forward
    text = text_of(goal, seen[-1])

    assert "bake [━━━━━━━━━━━━━━━━━━━━] over" in text
    assert "not counted" not in text


@pytest.mark.parametrize(
    ("code", "words"),
    [(Exit.DONE, "✔ rolled back"), (Exit.NEEDS_PERSON, "✔ rolled back  ✖ NEEDS A PERSON")],
)
def test_a_rollback_that_was_there_already_is_not_under_way(code: Exit, words: str) -> None:
    """Nor is there a command that would do nothing."""
    goal = GoBack(PIPELINE, "ProdUS", STAGE, "on-call asked")
    text = text_of(goal, (Turn((), Done(code, "already rolled back at 09:00")), State(), START))

    assert words in text
    assert "rolling back" not in text
    assert "mcm rollback" not in text


def test_verdicts_are_words_and_the_worst_comes_first(
    forward: tuple[GoForward, list[Seen]],
) -> None:
    goal, (turn, state, now) = bake_of(forward)
    verdicts = tuple(Verdict(f"check-{kind.name}", kind, f"why {kind.name}") for kind in Kind)

    text = text_of(goal, (replace(turn, verdicts=verdicts), state, now))

    found = re.findall(r"^([✔✖?]) check-\w+ +(\w+) +why", text, re.MULTILINE)
    assert found == [("✖", "BREACH"), ("✖", "ERROR"), ("?", "INCONCLUSIVE"), ("✔", "PASS")]


def test_a_turn_without_verdicts_shows_the_last_ones(
    forward: tuple[GoForward, list[Seen]],
) -> None:
    goal, (turn, state, now) = bake_of(forward)

    text = text_of(goal, (replace(turn, verdicts=()), state, now))

    assert re.search(r"alarms +PASS +2 OK", text)


def test_success_is_the_last_word(forward: tuple[GoForward, list[Seen]]) -> None:
    goal, seen = forward

    text = text_of(goal, seen[-1])

    assert "✔ gates  ✔ promoted  ✔ deploying  ✔ baking  ✔ done" in text
    assert "done: succeeded: prod-us" in text


def test_a_breach_turns_the_way_around(breached: tuple[GoForward, list[Seen]]) -> None:
    goal, seen = breached
    texts = [text_of(goal, each) for each in seen]

    going = next(text for text in texts if "follow the rollback" in text)
    assert re.search(r"✖ BREACH  ▶ rolling back  ○ verified", going)
    assert re.search(r"✔ roll the stage back +done", going)
    assert "✖ BREACH  ✔ rolled back  ✔ verified" in texts[-1]


def test_a_rollback_by_hand_shows_its_steps(back: tuple[GoBack, list[Seen]]) -> None:
    goal, seen = back

    text = text_of(goal, seen[-2])

    assert "rollback of prod-us  on-call asked" in text
    assert "▶ rolling back  ○ verified" in text
    assert re.search(r"▶ follow the rollback +under way", text)
    assert "to go on: mcm rollback --stage prod-us" in text


@pytest.mark.parametrize(
    ("outcome", "verified", "words"),
    [
        ("rolled_back", "yes", "✔ rolled back  ✔ verified"),
        ("rolled_back", "differs", "✔ rolled back  ✖ CONTENT DIFFERS"),
        ("rolled_back", "unverified", "✔ rolled back  ? not verified"),
        ("rolled_back", "in a word of tomorrow", "✔ rolled back  ? not verified"),
        ("failed", "unverified", "✖ ROLLBACK FAILED"),
    ],
)
def test_the_end_of_a_rollback_claims_only_what_was_seen(
    outcome: str, verified: str, words: str, back: tuple[GoBack, list[Seen]]
) -> None:
    goal, (turn, state, now) = back[0], back[1][-1]
    known = state.stage(STAGE)
    end = replace(known.rollbacks[-1], ended_at=now, outcome=outcome, verified=verified)
    ended = replace(state, stages={STAGE: replace(known, rollbacks=(end,))})

    assert words in text_of(goal, (turn, ended, now))


def test_many_gates_are_cut_and_no_closed_one_is_lost(
    forward: tuple[GoForward, list[Seen]],
) -> None:
    goal, seen = forward
    _, state, now = next(each for each in seen if isinstance(each[0].next, Hold))
    gates = (
        *(GateView(f"open-{number}", True, "fine") for number in range(20)),
        GateView("freeze:peak", False, "peak season"),
    )
    turn = Turn((), Hold("freeze:peak", "peak season", None), gates=gates)

    text = text_of(goal, (turn, state, now))

    assert "freeze:peak" in text
    assert "and 9 more" in text
    assert len(text.splitlines()) <= 20


def test_foreign_text_is_neither_markup_nor_an_escape(
    forward: tuple[GoForward, list[Seen]],
) -> None:
    goal, (turn, state, now) = bake_of(forward)
    evil = "[red]x[/red]\x1b[2J\u202e" + "long " * 100
    goal = replace(goal, plan=replace(goal.plan, title=evil))
    turn = replace(turn, next=Wait(now, evil), verdicts=(Verdict("c", Kind.ERROR, evil),))

    text = text_of(goal, (turn, state, now))

    assert text.count("[red]x[/red]\\u{1b}[2J\\u{202e}long") == 3
    assert "\x1b" not in text
    assert len(text.splitlines()) <= 20


def test_a_plain_terminal_gets_plain_letters(
    forward: tuple[GoForward, list[Seen]], breached: tuple[GoForward, list[Seen]]
) -> None:
    for goal, seen in (forward, breached):
        for each in seen:
            mine = text_of(goal, each, ascii_only=True)
            assert not set("✔▶○✖━") & set(mine)


class Screen(io.StringIO):
    """A terminal that can go away."""

    gone = False

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self.gone:
            raise OSError(5, "Input/output error")
        return super().write(text)


def terminal(screen: Screen, **environment: str) -> Console:
    return Console(
        file=screen,
        width=80,
        height=24,
        force_terminal=True,
        _environ={"TERM": "xterm-256color", **environment},
    )


def walk_with(listener: LiveView | LineView, world: World, plan: Plan) -> str:
    world.listener = listener  # type: ignore[assignment]
    return world.deploy(plan, patience=HOURS).reason


def test_sentences_scroll_above_and_the_last_frame_stays() -> None:
    world = World()
    plan = world.plan()
    world.approve(plan)
    screen = Screen()
    live = LiveView(
        GoForward(plan, (STAGE,)), terminal(screen, NO_COLOR="1"), world.clock, sandbox=True
    )

    with live:
        walk_with(live, world, plan)

    shown = screen.getvalue()
    assert "10:12:00Z  prod-us: succeeded: baked 30m" in shown
    assert shown.rindex("✔ done") > shown.rindex("10:12:00Z  prod-us: succeeded")
    assert not re.search(r"\x1b\[[0-9;]*(3[0-7]|4[0-7]|38;5)[0-9;]*m", shown), "NO_COLOR"


def test_a_terminal_that_went_away_stops_no_walk() -> None:
    world = World()
    plan = world.plan()
    world.approve(plan)
    screen = Screen()
    live = LiveView(GoForward(plan, (STAGE,)), terminal(screen), world.clock, sandbox=False)

    with live:
        screen.gone = True
        reason = walk_with(live, world, plan)

    assert reason == "succeeded: prod-us"


def test_a_frame_that_cannot_be_drawn_stops_no_walk() -> None:
    """Here: a turn of a kind that the view does not know."""
    world = World()
    goal = GoForward(world.plan(), (STAGE,))
    screen = Screen()
    odd = Turn((), None)  # type: ignore[arg-type]

    with LiveView(goal, terminal(screen), world.clock, sandbox=False) as live:
        live.turned(odd, State(), START)

    assert "the walk goes on" in screen.getvalue()


def entry(kind: str, **body: object) -> Entry:
    return chain(None, kind, {"stage": STAGE, **body}, START)


def test_what_the_journal_lost_is_printed_whole() -> None:
    stream, screen = io.StringIO(), Screen()
    lost = entry("warned", reason="odd")

    LineView(stream).lost([lost], "no space left on device")
    goal = GoBack(PIPELINE, "ProdUS", STAGE, "on-call asked")
    with LiveView(goal, terminal(screen), VirtualClock(), sandbox=False) as live:
        live.lost([lost], "no space left on device")

    assert lost.hash in stream.getvalue()
    assert "no space left on device" in stream.getvalue()
    assert lost.hash in screen.getvalue().replace("\r\n", "").replace("\n", "")


def lines_of(turns: Sequence[Turn]) -> list[str]:
    stream = io.StringIO()
    lines = LineView(stream)
    for number, turn in enumerate(turns):
        lines.turned(turn, State(), START + number * SECOND)
    return stream.getvalue().splitlines()


def test_waiting_is_told_when_its_reason_changes() -> None:
    """Time and requests that count on are no news, nor is what is done; another reason is."""
    soon = START + timedelta(minutes=1)
    turns = [
        Turn((), Wait(soon, "baking, 12m left")),
        Turn((), Wait(soon, "baking, 11m30s left")),
        Turn((), Wait(START, "the way in was opened")),
        Turn((), Hold("window", "outside quiet-us", START)),
        Turn((), Hold("window", "outside quiet-us", START)),
        Turn((), Done(Exit.DONE, "over")),
        Turn((), Wait(soon, "baking, 9m left")),
    ]

    assert lines_of(turns) == [
        "09:30:00Z  waiting for: baking, 12m left",
        "09:30:03Z  held at the gate window: outside quiet-us; opens Wed 18 Mar 09:30Z",
        "09:30:06Z  waiting for: baking, 9m left",
    ]


def test_plain_lines_tell_each_entry_with_its_time() -> None:
    stream = io.StringIO()
    LineView(stream).wrote([entry("bake_started")])

    assert stream.getvalue() == "09:30:00Z  prod-us: deployed; the bake begins\n"


def test_plain_lines_into_a_closed_pipe_stop_no_walk() -> None:
    world = World()
    plan = world.plan()
    world.approve(plan)
    screen = Screen()
    screen.gone = True

    assert walk_with(LineView(screen), world, plan) == "succeeded: prod-us"


def test_the_picture_is_the_same_each_time_and_loads_nothing(
    forward: tuple[GoForward, list[Seen]],
) -> None:
    goal, (turn, state, now) = bake_of(forward)
    told = [entry("bake_started"), Entry(1, 2, "", START, "moon_rose", {}, "")]

    first, second = (
        export_svg(goal, state, turn, now, sandbox=True, entries=told) for _ in range(2)
    )

    assert first == second
    assert "url(http" not in first.replace('"', "").replace("'", "")
    assert "href" not in first
    assert "@import" not in first
    assert "moon" in first


def test_an_entry_that_the_turn_knew_changes_no_frame() -> None:
    """`apply` must see entries in order only: an old one changes no frame."""
    world = World()
    goal = GoForward(world.plan(), (STAGE,))
    screen = Screen()
    with LiveView(goal, terminal(screen), world.clock, sandbox=False) as live:
        live.turned(Turn((), Wait(START, "x")), State(last=9), START)
        live.wrote([entry("stage_ended", outcome="failed", reason="old")])

    assert "FAILED" not in screen.getvalue()
