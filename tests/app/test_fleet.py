"""Many walks: one observation, going back first, and each one's trouble is its own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from mcm.app.fleet import Ending, Fleet, Lane, Trouble, Walk
from mcm.app.observing import Observer
from mcm.app.runner import start_walk
from mcm.app.writer import Writer
from mcm.aws.perform import Performer
from mcm.core import canonical
from mcm.core.errors import Exit
from mcm.core.history.goal import Goal, GoBack, GoForward
from mcm.core.history.instruction import Instruction, Outcome
from mcm.core.history.journal import Draft, Entry, Journal, StoreError
from mcm.core.history.state import State
from mcm.core.history.turn import Turn
from mcm.core.query import EndpointQuery, Place, Query
from mcm.core.reading import Blindness, Reading, Unknown
from tests.kit.world import PIPELINE, STAGE, US, Recorder, World

MINUTE = timedelta(minutes=1)
ELSEWHERE = Place(US.account, "eu-west-1")


class Watched:
    """A source that counts how often it is asked, and may be unable to see a region."""

    def __init__(self, world: World, blind: str = "") -> None:
        self._source = world.runner().observer
        self._blind = blind
        self.asked: list[frozenset[Query]] = []
        self.raises = ""

    def answers(self, query: Query) -> bool:
        return True

    def read(self, queries: Iterable[Query], within: timedelta) -> dict[Query, Reading]:
        wanted = frozenset(queries)
        self.asked.append(wanted)
        if self.raises and any(self.raises in str(each) for each in wanted):
            raise ValueError(f"cannot parse {self.raises}")
        found = dict(self._source.observe(wanted, within).items())
        for query, reading in found.items():
            if isinstance(query, EndpointQuery) and query.place.region == self._blind:
                found[query] = Unknown(Blindness.AUTH, "the token has expired", reading.at)
        return found


class Noted:
    """A performer that keeps what it carries out, and may take its time."""

    def __init__(self, world: World, takes: timedelta = timedelta(0)) -> None:
        self._inner = Performer(world.connect, world.clock.now)
        self._world, self._takes = world, takes
        self.sent: list[Instruction] = []

    def perform(self, instruction: Instruction) -> Outcome:
        self.sent.append(instruction)
        outcome = self._inner.perform(instruction)
        self._world.clock.pass_time(self._takes)
        return outcome


class Broken(Journal):
    """A journal of which one change cannot be read."""

    def __init__(self, journal: Journal, change: str) -> None:
        self._journal, self._change = journal, change

    def entries(self, change: str) -> tuple[Entry, ...]:
        if change == self._change:
            raise StoreError("the disk is gone")
        return self._journal.entries(change)

    def append(
        self,
        change: str,
        drafts: Sequence[Draft],
        *,
        after: int,
        claims: Mapping[str, str] = {},
    ) -> tuple[Entry, ...]:
        return self._journal.append(change, drafts, after=after, claims=claims)

    def changes(self) -> tuple[str, ...]:
        return self._journal.changes()


class Failing(Recorder):
    """A listener with a fault of its own."""

    def turned(self, turn: Turn, state: State, now: object) -> None:
        raise ZeroDivisionError("a fault in a listener")


def back(stage: str, **changes: object) -> GoBack:
    """Return the goal of taking one of the example's stages back."""
    name = f"prod-{stage.removeprefix('Prod').lower()}"
    goal = GoBack(PIPELINE, stage, name, "on-call asked", poll=30 * timedelta(seconds=1))
    return replace(goal, settle=MINUTE, **changes)  # type: ignore[arg-type]


def a_walk(world: World, goal: Goal, change: str, listener: Recorder | None = None) -> Walk:
    """Return a walk over `world`'s journal; one that goes forward is begun."""
    told = listener or Recorder()
    going_back = isinstance(goal, GoBack)
    writer = Writer(world.journal, change, told.lost, from_nothing=going_back)
    if isinstance(goal, GoForward):
        start_walk(writer, goal, "alice", world.clock)
    return Walk(goal, writer, told)


def forward(world: World) -> Walk:
    return a_walk(world, GoForward(world.ready(), (STAGE,)), "CM-0001")


def fleet(world: World, source: Watched | None = None, performer: Noted | None = None) -> Fleet:
    observer = Observer([source], world.clock) if source else world.runner().observer
    return Fleet(observer, performer or Noted(world), world.clock)


def exits(ended: Mapping[Walk, Ending | Trouble]) -> dict[str, Exit]:
    ends = {walk: end.ending() if isinstance(end, Trouble) else end for walk, end in ended.items()}
    return {
        walk.goal.stage if isinstance(walk.goal, GoBack) else STAGE: end.exit
        for walk, end in ends.items()
    }


def test_no_walk_is_no_work() -> None:
    assert fleet(World()).run([]) == {}


def test_a_turn_asks_once_for_all() -> None:
    """What two walks both want to see is one question."""
    world = World()
    source = Watched(world)
    walks = [a_walk(world, back(name), f"ROLLBACK-{name}") for name in ("ProdEU", "ProdFE")]

    fleet(world, source).turn(walks)

    (asked,) = source.asked
    assert sum(type(query).__name__ == "PipelineQuery" for query in asked) == 1
    assert sum(type(query).__name__ == "HistoryQuery" for query in asked) == 2


def test_each_reaches_its_own_end() -> None:
    world = World()
    walks = [forward(world), a_walk(world, back("ProdEU"), "ROLLBACK-prod-eu")]

    assert exits(fleet(world).run(walks)) == {STAGE: Exit.DONE, "prod-eu": Exit.DONE}
    assert world.sent("EnableStageTransition") == 1
    assert world.sent("RollbackStage") == 1


def test_what_goes_back_acts_first() -> None:
    """Though the walk that promotes was named first, and is ready to."""
    world = World()
    performer = Noted(world)
    walks = [forward(world), a_walk(world, back("ProdEU"), "ROLLBACK-prod-eu")]
    together = fleet(world, performer=performer)
    together.turn(walks[:1])
    together.turn(walks)

    assert [each.stage for each in performer.sent] == ["ProdEU", "ProdUS"]


def test_nothing_is_promoted_on_what_others_acts_made_old() -> None:
    """A rollback that took 11 s of the turn leaves the promotion for the next one."""
    world = World()
    performer = Noted(world, takes=timedelta(seconds=11))
    walks = [forward(world), a_walk(world, back("ProdEU"), "ROLLBACK-prod-eu")]
    together = fleet(world, performer=performer)
    together.turn(walks[:1])

    assert exits(together.run(walks))[STAGE] is Exit.DONE
    opened = next(e for e in world.entries() if e.kind == "gates_open")
    intent = next(e for e in world.entries() if e.kind == "intent")
    assert canonical.instant(intent.at - timedelta(seconds=10)) <= opened.body["read_at"]


def test_a_journal_that_breaks_ends_its_own_walk_only() -> None:
    world = World()
    walks = [forward(world), a_walk(world, back("ProdEU"), "ROLLBACK-prod-eu")]
    other = GoForward(world.plan(), (STAGE,))
    broken = Broken(world.journal, "CM-0002")
    walks.append(Walk(other, Writer(broken, "CM-0002", world.listener.lost), Recorder()))

    ended = fleet(world).run(walks)

    trouble = ended[walks[2]]
    assert isinstance(trouble, Trouble)
    assert trouble.ending() == Ending(Exit.BLIND, "the disk is gone")
    assert [ended[each] for each in walks[:2]] != []
    assert world.stage_state()["latestExecution"]["pipelineExecutionId"] == other.plan.execution
    assert world.sent("RollbackStage") == 1


def test_a_fault_of_our_own_in_one_walk_stops_no_rollback() -> None:
    world = World()
    odd = a_walk(world, back("ProdFE"), "ROLLBACK-prod-fe", Failing())
    walks = [odd, a_walk(world, back("ProdEU"), "ROLLBACK-prod-eu")]

    ended = fleet(world).run(walks)

    assert exits(ended) == {"prod-fe": Exit.BUG, "prod-eu": Exit.DONE}
    assert "ZeroDivisionError" in ended[odd].ending().reason  # type: ignore[union-attr]


def test_a_reading_that_cannot_be_made_ends_whose_question_it_was() -> None:
    world = World()
    source = Watched(world)
    source.raises = "ProdFE"
    walks = [a_walk(world, back(name), f"ROLLBACK-{name}") for name in ("ProdFE", "ProdEU")]

    assert exits(fleet(world, source).run(walks)) == {"prod-fe": Exit.BUG, "prod-eu": Exit.DONE}


def test_one_walks_expired_credentials_blind_no_other() -> None:
    """The readings of all come together; each walk judges its own."""
    world = World()
    source = Watched(world, blind=ELSEWHERE.region)
    blind = back("ProdFE", endpoints=((ELSEWHERE, "photo-check-fe"),))
    walks = [forward(world), a_walk(world, blind, "ROLLBACK-prod-fe")]

    ended = fleet(world, source).run(walks)

    assert exits(ended) == {STAGE: Exit.DONE, "prod-fe": Exit.NEEDS_PERSON}


def test_a_walk_that_waits_at_a_gate_keeps_no_other_waiting() -> None:
    world = World()
    held = GoForward(world.plan(), (STAGE,))
    walks = [
        a_walk(world, held, "CM-0001"),
        a_walk(world, back("ProdEU"), "ROLLBACK-prod-eu"),
    ]
    started = world.clock.now()

    ended = fleet(world).run(walks, patience=timedelta(hours=1))

    assert exits(ended) == {STAGE: Exit.HELD, "prod-eu": Exit.DONE}
    over = next(e for e in world.entries("ROLLBACK-prod-eu") if e.kind == "rollback_ended")
    assert over.at - started < timedelta(minutes=10)
    assert world.clock.now() - started >= timedelta(hours=1)


def test_a_machine_that_slept_in_the_bake_begins_it_again() -> None:
    """Forty minutes in which nobody looked are no bake."""
    world = World()
    plan = world.ready()
    world.when("bake_started", lambda: world.clock.pass_time(40 * MINUTE), after=120)

    assert world.deploy(plan).exit is Exit.DONE
    times = {kind: [e.at for e in world.entries() if e.kind == kind] for kind in world.kinds()}
    assert len(times["unwatched"]) == 1
    assert times["stage_ended"][0] - times["bake_started"][1] >= plan.stages[0].bake.lasts


def test_rule_37_looks_are_put_off_a_little_and_what_is_due_at_once_is_not() -> None:
    plain, spread = World(), World()
    asked: list[timedelta] = []

    def jitter(most: timedelta) -> timedelta:
        asked.append(most)
        return most

    for world, more in ((plain, {}), (spread, {"jitter": jitter})):
        walk = forward(world)
        ended = replace(fleet(world), **more).run([walk])  # type: ignore[arg-type]
        assert exits(ended) == {STAGE: Exit.DONE}

    assert set(asked) == {timedelta(seconds=3)}  # a tenth of the poll
    assert spread.clock.now() != plain.clock.now()


def test_rule_37_what_goes_back_looks_and_acts_by_a_lane_of_its_own_and_first() -> None:
    """Its reads wait behind nobody's; what goes forward never uses that lane."""
    world = World()
    common, apart = Watched(world), Watched(world)
    hands, own_hands = Noted(world), Noted(world)
    together = replace(
        fleet(world, common, hands), lane=Lane(Observer([apart], world.clock), own_hands)
    )
    walks = [forward(world), a_walk(world, back("ProdEU"), "ROLLBACK-prod-eu")]

    together.turn(walks[:1])
    assert not apart.asked
    together.turn(walks)

    assert [each.stage for each in own_hands.sent] == ["ProdEU"]
    assert [each.stage for each in hands.sent] == ["ProdUS"]
    assert len(apart.asked) == 1
    assert not any("ProdEU" in str(query) for asked in common.asked for query in asked)


def test_rule_37_a_walk_that_breaches_changes_into_that_lane() -> None:
    world = World()
    common, own_hands = Noted(world), Noted(world)
    lane = Lane(world.runner().observer, own_hands)
    world.when("bake_started", world.scenario.raise_errors)

    goal = GoForward(world.ready(), (STAGE,))
    walk = a_walk(world, goal, "CM-0001", world.listener)
    ended = replace(fleet(world, performer=common), lane=lane).run([walk])

    assert exits(ended) == {STAGE: Exit.ROLLED_BACK}
    assert "RollBackStage" not in {type(each).__name__ for each in common.sent}
    assert "RollBackStage" in {type(each).__name__ for each in own_hands.sent}
