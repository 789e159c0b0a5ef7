"""One frame of the live view: what a walk is doing, at most 20 lines of 80 columns.

Pure: the same arguments give the same frame, so tests read it as text. Foreign text goes
through `clean` into `Text`, never through rich's markup. Colour is never the only sign:
each state has a mark and a word.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mcm.app.phase import OUTCOMES, Phase, is_in, walk_phase
from mcm.cli.waiting import opens, waiting_for
from mcm.core import commands
from mcm.core.duration import spell_wait
from mcm.core.errors import Exit
from mcm.core.history.goal import Goal, GoBack, GoForward, current_stage
from mcm.core.history.state import Attempt, Rollback, StageState, State
from mcm.core.history.turn import ABANDON, Done, GateView, Turn
from mcm.core.plans.plan import StagePlan
from mcm.core.sanitize import clean
from mcm.core.sentences.sentence import shorten
from mcm.core.verdict import Kind

ROWS = 13
"""Gates, guardrails or steps that are shown; the rest is counted."""
_BAR = 20
_MARKS = {"done": "✔", "now": "▶", "ahead": "○", "bad": "✖", "unsure": "?"}
_ASCII = {"done": "x", "now": ">", "ahead": ".", "bad": "!", "unsure": "?"}
_STYLES = {"done": "green", "now": "bold cyan", "ahead": "dim", "bad": "bold red"}
_VERDICTS = {
    Kind.PASS: ("done", "green"),
    Kind.INCONCLUSIVE: ("unsure", "yellow"),
    Kind.ERROR: ("bad", "magenta"),
    Kind.BREACH: ("bad", "bold red"),
}
_STEPS = {
    "close_transition": "close the way into the stage",
    "stop_execution": "stop what runs in the stage",
    "roll_back_stage": "roll the stage back",
    "open_transition": "let the rollback in",
    "answer_approval": "approve the rollback",
}
Row = tuple[str, str, str, str, str]
"""Mark, style, name, word, reason."""


def view(
    goal: Goal,
    state: State,
    turn: Turn,
    now: datetime,
    sandbox: bool,
    *,
    ascii_only: bool = False,
    keys: bool = False,
    expected: timedelta | None = None,
) -> RenderableType:
    """Return the frame for `turn`, decided on `state`, as it looks at `now`.

    `ascii_only` is for terminals that cannot show more. `now` may be later than the turn:
    the bake's time goes on between turns. `keys` says that somebody listens to the keyboard,
    `expected` how long a rollback is likely to take.
    """
    marks = _ASCII if ascii_only else _MARKS
    stage = _stage_of(goal, state)
    name = stage.name if isinstance(stage, StagePlan) else stage
    phase = (walk_phase(state, name) or (Phase.GATES, None))[0]
    known = state.stage(name)
    parts: list[RenderableType] = [
        _header(goal, name, sandbox),
        _phases(goal, state, turn, name, phase, marks),
        Text(),
    ]
    rollback = known.rollbacks[-1] if known.rollbacks else None
    back = phase in {Phase.ROLLING_BACK, Phase.ROLLED_BACK, Phase.ERRORED}
    if rollback is not None and (back or not isinstance(goal, GoForward)):
        parts.append(_table(list(_steps(state, name, rollback)), marks))
    elif turn.gates and phase is Phase.GATES:
        parts.append(_table([_gate_row(gate, now) for gate in turn.gates], marks))
    elif isinstance(stage, StagePlan) and phase is not Phase.GATES:
        if known.baking_since is not None:
            parts.append(_bake(stage, known, turn, now, "#" if ascii_only else "━"))
        parts.append(_table(_guardrails(turn, known), marks))
    parts += [Text(), _waiting(turn, now)]
    if rollback is not None and rollback.ended_at is None:
        parts.append(_gone(rollback, now, expected))
    if keys and ABANDON in turn.offers:
        parts.append(Text("press a to abandon what still runs in the stage", style="bold"))
    if not isinstance(goal, GoForward) or _may_be_in(state, name):
        parts += _way_back(goal, name, turn)
    return Group(*parts)


def _stage_of(goal: Goal, state: State) -> StagePlan | str:
    if not isinstance(goal, GoForward):
        return goal.stage
    walked = [each for each in goal.stages if state.stage(each).started_at]
    last = (walked or list(goal.stages))[-1]
    return current_stage(goal, state) or goal.plan.stage(last) or last


def _header(goal: Goal, stage: str, sandbox: bool) -> Text:
    line = Text(no_wrap=True, overflow="ellipsis")
    if sandbox:
        line.append(" SANDBOX ", style="black on yellow").append("  ")
    if isinstance(goal, GoForward):
        place = f" ({goal.stages.index(stage) + 1} of {len(goal.stages)})"
        line.append(clean(goal.plan.change, 64), style="bold")
        line.append(f"  {clean(stage, 64)}{place if len(goal.stages) > 1 else ''}", style="bold")
        return line.append(f"  {clean(goal.plan.title, 200)}")
    line.append(f"rollback of {clean(stage, 64)}", style="bold")
    return line.append(f"  {clean(goal.why, 200)}")


def _phases(
    goal: Goal, state: State, turn: Turn, name: str, phase: Phase, marks: dict[str, str]
) -> Text:
    known = state.stage(name)
    over = turn.next.exit if isinstance(turn.next, Done) else None
    line = Text(no_wrap=True, overflow="ellipsis")
    for number, (word, kind) in enumerate(_path(goal, known, phase, over)):
        line.append("  " if number else "")
        line.append(f"{marks[kind]} {word}", style=_STYLES.get(kind, ""))
    return line


def _path(
    goal: Goal, known: StageState, phase: Phase, over: Exit | None
) -> Iterator[tuple[str, str]]:
    """Yield each step of the way with `done`, `now`, `ahead` or `bad`.

    `over` is how the command ends, None before that: a rollback may have been there already.
    """
    last = known.rollbacks[-1] if known.rollbacks else None
    back = phase in {Phase.ROLLING_BACK, Phase.ROLLED_BACK} or (
        phase is Phase.ERRORED and last is not None
    )
    if isinstance(goal, GoForward):
        order = [Phase.GATES, Phase.PROMOTED, Phase.DEPLOYING, Phase.BAKING]
        reached = _reached(known, phase)
        for each in order[: reached + 1] if back or phase in OUTCOMES else order:
            place = order.index(each)
            going = place == reached and phase is each
            kind = "now" if going else ("done" if place <= reached else "ahead")
            yield each.value, kind
        if phase is Phase.BREACHED:
            yield "BREACH: held for a person", "bad"
            return
        if not back:
            if phase in OUTCOMES and phase is not Phase.SUCCEEDED:
                yield phase.value.upper(), "bad"
            else:
                yield "done", "done" if phase is Phase.SUCCEEDED else "ahead"
            return
        yield "BREACH", "bad"
    yield from _path_back(last, over)


def _path_back(last: Rollback | None, over: Exit | None) -> Iterator[tuple[str, str]]:
    if last is None and over in (Exit.DONE, Exit.NEEDS_PERSON):
        yield "rolled back", "done"
        if over is Exit.NEEDS_PERSON:
            yield "NEEDS A PERSON", "bad"
    elif last is None or last.ended_at is None:
        yield "rolling back", "now"
        yield "verified", "ahead"
    elif last.outcome != "rolled_back":
        yield "ROLLBACK FAILED", "bad"
    else:
        yield "rolled back", "done"
        words = {"yes": ("verified", "done"), "differs": ("CONTENT DIFFERS", "bad")}
        yield words.get(last.verified, ("not verified", "unsure"))


def _reached(known: StageState, phase: Phase) -> int:
    if known.baking_since is not None:
        return 3
    if known.entered_at is not None:
        return 2
    return 1 if phase is Phase.PROMOTED else 0


def _gate_row(gate: GateView, now: datetime) -> Row:
    when = opens(gate.until, now, gate.reason).removeprefix("; ") if not gate.open else ""
    reason = f"{when}: {gate.reason}" if when else gate.reason
    word, kind = ("open", "done") if gate.open else ("CLOSED", "bad")
    return kind, _STYLES[kind] if not gate.open else "", gate.name, word, reason


def _guardrails(turn: Turn, known: StageState) -> list[Row]:
    """The last verdict of each guardrail: this turn's, else the one last noted."""
    found = {name: (note.kind, note.reason) for name, note in known.verdicts.items()}
    found |= {verdict.check: (verdict.kind, verdict.reason) for verdict in turn.verdicts}
    rows = []
    for name, (kind, reason) in sorted(found.items(), key=lambda item: -item[1][0]):
        mark, style = _VERDICTS[kind]
        rows.append((mark, style, name, kind.name, reason))
    return rows


def _steps(state: State, name: str, rollback: Rollback) -> Iterator[Row]:
    target = rollback.target or "a target that is not shown yet"
    yield "done", "", "target", "", target
    for attempt in state.tries(name, "roll_back", after=rollback.started):
        yield _step_row(attempt)
    for note in rollback.notes:
        yield "unsure", "yellow", "note", "", note
    if rollback.execution and rollback.ended_at is None:
        yield "now", "bold cyan", "follow the rollback", "under way", rollback.execution
    if rollback.ended_at is not None:
        bad = rollback.outcome != "rolled_back" or rollback.verified == "differs"
        word = rollback.outcome.replace("_", " ")
        yield "bad" if bad else "done", "bold red" if bad else "", "end", word, rollback.detail


def _step_row(attempt: Attempt) -> Row:
    outcome = attempt.outcome
    name = _STEPS.get(attempt.instruction.op, attempt.instruction.op)
    if attempt.happened is None:
        return "unsure", "yellow", name, "in doubt", outcome.detail if outcome else "no reply yet"
    detail = outcome.detail if outcome else ""
    if attempt.happened:
        return "done", "", name, "done", detail
    return "bad", "yellow", name, "not done", detail


def _table(rows: Sequence[Row], marks: dict[str, str]) -> Table:
    """Return rows of one line each; what does not fit is cut, and rows too many are counted."""
    table = Table.grid(padding=(0, 1), expand=True)
    for width in (1, None, None):
        table.add_column(no_wrap=True, overflow="ellipsis", max_width=28, width=width)
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    shown = list(rows)
    if len(shown) > ROWS:
        # Of what is well the window is asked for most.
        last = sorted(shown, key=lambda row: (row[0] == "done", row[2] != "window"))
        shown = last[: ROWS - 1]
    for kind, style, name, word, reason in shown:
        cells = (marks[kind], clean(name, 60), word, clean(shorten(reason), 300))
        table.add_row(*(Text(cell, style=style) for cell in cells[:3]), Text(cells[3]))
    if len(rows) > len(shown):
        table.add_row("", Text(f"and {len(rows) - len(shown)} more"), "", "")
    return table


def _bake(stage: StagePlan, known: StageState, turn: Turn, now: datetime, full: str) -> Text:
    """The bar ends with the bake's time; requests and verdicts may make it last longer."""
    assert known.baking_since is not None  # the caller looked
    lasts = stage.bake.lasts
    gone = min(max(now - known.baking_since, timedelta(0)), lasts)
    filled = int(gone / lasts * _BAR) if lasts else _BAR
    left = known.baking_since + lasts - now
    limit = (known.bakes_since or known.baking_since) + stage.bake.limit
    rest = max(limit - now, timedelta(0))
    if known.outcome or known.breach:
        words = "over"
    elif left > timedelta(0):
        words = f"{spell_wait(left)} left"
    else:
        words = f"extended, limit in {spell_wait(rest)}"
    line = Text("bake ", no_wrap=True, overflow="ellipsis")
    line.append(f"[{full * filled}{'-' * (_BAR - filled)}]", style="cyan")
    return line.append(f" {words}{_samples(stage, turn, over=words == 'over')}")


def _samples(stage: StagePlan, turn: Turn, *, over: bool) -> str:
    """Say how many requests were seen; once the bake is over nobody counts any more."""
    wanted = stage.bake.min_samples
    if turn.samples is None and over:
        return ""
    if turn.samples is None:
        return f", requests not counted, {wanted} needed" if wanted else ""
    state = " (enough)" if turn.samples >= wanted else " (NOT ENOUGH)"
    return (
        f", {turn.samples} of {wanted} requests{state}" if wanted else f", {turn.samples} requests"
    )


def _waiting(turn: Turn, now: datetime) -> Text:
    return Text(clean(shorten(waiting_for(turn, now)), 150), overflow="fold")


def _gone(rollback: Rollback, now: datetime, expected: timedelta | None) -> Text:
    """Say for how long the rollback has been going, and how long it took before."""
    gone = max(now - rollback.at, timedelta(0))
    line = f"{spell_wait(gone)} so far, since {rollback.at:%H:%M:%SZ}"
    if expected is not None:
        until = f"so until {rollback.at + expected:%H:%M:%SZ}"
        line += f"; usually {spell_wait(expected)}, {until if gone <= expected else 'now longer'}"
    return Text(line, no_wrap=True, overflow="ellipsis")


def _may_be_in(state: State, stage: str) -> bool:
    """Say whether the change may be in the stage: before, a rollback takes back another one."""
    return is_in(state, stage) or state.stage(stage).rollback is not None


def _way_back(goal: Goal, stage: str, turn: Turn) -> Iterator[Text]:
    """Yield the command that goes back from here; none where it would find nothing to do."""
    forward = isinstance(goal, GoForward)
    over = (Exit.DONE, Exit.NEEDS_PERSON, Exit.REFUSED)
    back = (Exit.ROLLED_BACK,) if forward else over
    if isinstance(turn.next, Done) and turn.next.exit in back:
        return
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append("to roll back: " if forward else "to go on: ", style="dim")
    command = goal.command if isinstance(goal, GoBack) else commands.rollback(stage)
    yield line.append(clean(command, 200), style="bold")
