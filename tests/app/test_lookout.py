"""Looking out for approvals beside a walk: now and then, one at a time, stopping nothing."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from mcm.app.lookout import EVERY, Lookout
from mcm.core.history.state import State
from mcm.core.history.turn import GateView, Hold, Turn
from mcm.core.verdict import Kind, Verdict

NOW = datetime(2026, 3, 18, 9, 0, tzinfo=UTC)


def turn(gate: str = "approval", *, is_open: bool = False) -> Turn:
    return Turn((), Hold(gate, "closed", None), (), (GateView(gate, is_open, "why"),))


class Post:
    """Counts looks; what is spawned runs when it is told to."""

    def __init__(self) -> None:
        self.looks = 0
        self.wrong = ""
        self.said: list[str] = []
        self.spawned: list[Callable[[], None]] = []
        self.lookout = Lookout(self._look, self.said.append, self.spawned.append, "origin")

    def _look(self) -> None:
        self.looks += 1
        if self.wrong:
            raise OSError(self.wrong)

    def turned(self, seconds: int, found: Turn | None = None, *, run: bool = True) -> None:
        self.lookout.turned(found or turn(), State(), NOW + timedelta(seconds=seconds))
        while run and self.spawned:
            self.spawned.pop()()


def test_it_looks_each_15_seconds_while_the_approval_is_closed() -> None:
    post = Post()
    for seconds in range(60):
        post.turned(seconds)

    assert (post.looks, EVERY.total_seconds()) == (4, 15)


def test_other_gates_and_an_open_one_ask_for_no_look() -> None:
    post = Post()
    post.turned(0, turn("window"))
    post.turned(20, turn(is_open=True))

    assert post.looks == 0


def test_it_looks_for_reports_while_somebody_may_report() -> None:
    post = Post()
    hears = Turn((), Hold("bake", "baking", None), (Verdict("person", Kind.PASS, "nobody"),), ())
    post.turned(0, hears)
    post.turned(20, hears)

    assert post.looks == 2


def test_a_slow_look_is_not_begun_twice_and_holds_nothing_up() -> None:
    post = Post()
    post.turned(0, run=False)
    post.turned(60, run=False)

    assert len(post.spawned) == 1


def test_a_failure_is_told_once_until_a_look_goes_well() -> None:
    post = Post()
    post.wrong = "no route"
    post.turned(0)
    post.turned(20)
    assert post.said[0] == "looking for what people sign on origin every 15 s"
    assert len(post.said) == 2
    assert "no route" in post.said[1]

    post.wrong = ""
    post.turned(40)
    post.wrong = "gone again"
    post.turned(60)
    assert len(post.said) == 3
