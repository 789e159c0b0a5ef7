"""Taking a change back everywhere: which stages, in what order, one region beside another."""

from datetime import timedelta

import pytest

from mcm.app.back_all import Picked, Standing, executions_of, in_chains, pick, standing
from mcm.app.fleet import Walk
from mcm.core.errors import Exit
from mcm.core.history.journal import Draft, chain_all
from mcm.core.history.state import StageState, State
from mcm.core.query import Place
from tests.app.test_fleet import Failing, a_walk, back, exits, fleet
from tests.kit.readings import NOW, Notebook
from tests.kit.world import World

US, EU = Place("1", "us-east-1"), Place("2", "eu-west-1")
OURS, OTHER = "ours", "other"
MINUTE = timedelta(minutes=1)


def at(stage: str, source: str, state: State | None = None, place: Place = US) -> Standing:
    return standing(stage, place, source, state or State())


def promoted(stage: str, minutes: int = 0) -> Notebook:
    body = {"stage": stage, "by": "mcm"}
    return Notebook().take([Draft("entered", body, NOW + minutes * MINUTE)])


def only(found: Standing) -> Picked:
    (one,) = pick({OURS}, [found])
    return one


def test_what_holds_the_changes_execution_goes_back() -> None:
    """Whoever promoted it, and whether the journal knows or not."""
    assert only(at("prod-us", OURS)).goes_back
    assert not only(at("prod-us", OTHER)).goes_back
    assert only(at("prod-us", OTHER)).is_known


@pytest.mark.parametrize(("known", "goes"), [(True, True), (False, False)])
def test_what_cannot_be_read_goes_back_if_the_journal_has_it_promoted(
    known: bool, goes: bool
) -> None:
    """Without either nobody guesses, and that is said."""
    state = promoted("prod-us").state if known else State()
    found = only(at("prod-us", "", state))

    assert (found.goes_back, found.is_known) == (goes, known)
    assert "cannot be read" in found.why


def test_what_was_rolled_back_since_stays() -> None:
    ended = {"stage": "prod-us", "outcome": "rolled_back", "verified": "yes", "detail": ""}
    started = {
        "stage": "prod-us",
        "source": OURS,
        "target": OTHER,
        "why": "",
        "seen": [],
        "execution": "",
    }
    going = promoted("prod-us").take([Draft("rollback_started", started, NOW + MINUTE)])
    assert only(at("prod-us", OTHER, going.state)).goes_back

    over = going.take([Draft("rollback_ended", ended, NOW + 2 * MINUTE)]).state
    for source in (OTHER, ""):
        assert not only(at("prod-us", source, over)).goes_back
    assert "rolled back already" in only(at("prod-us", OTHER, over)).why


def test_the_newest_promotion_comes_first() -> None:
    """By the journal; what it does not know comes last, against the pipeline's order."""
    found = [
        at("prod-eu", OURS),
        at("prod-fe", OURS),
        at("prod-us", OURS, promoted("prod-us", 1).state),
        at("prod-ap", OURS, promoted("prod-ap", 9).state),
    ]

    order = [each.standing.stage for each in pick({OURS}, found)]
    assert order == ["prod-ap", "prod-us", "prod-fe", "prod-eu"]


def test_each_editions_execution_is_the_changes() -> None:
    book = Notebook().add("planned", edition=1, plan="a", execution="first")
    book = book.add("planned", edition=2, plan="b", execution="second")

    assert executions_of(chain_all(None, book.drafts)) == {"first", "second"}


def test_a_region_goes_one_after_the_other_and_regions_at_once() -> None:
    world = World()
    walks = [a_walk(world, back(name), name) for name in ("ProdUS", "ProdFE", "ProdEU")]
    placed = list(zip(walks, (US, EU, US), strict=True))

    first, then = in_chains(placed)
    assert first == [walks[0], walks[1]]
    assert then == {walks[0]: walks[2]}

    ended = fleet(world).run(first, then=then)
    assert set(exits(ended).values()) == {Exit.DONE}
    over = [e.at for e in world.entries("ProdUS") if e.kind == "rollback_ended"]
    begun = {n: world.entries(n)[0].at for n in ("ProdUS", "ProdFE", "ProdEU")}
    assert begun["ProdFE"] == begun["ProdUS"]
    assert begun["ProdEU"] >= over[0]


def test_one_that_fails_is_followed_by_the_next_all_the_same() -> None:
    world = World()
    odd: Walk = a_walk(world, back("ProdFE"), "odd", Failing())
    good = a_walk(world, back("ProdEU"), "good")

    ended = fleet(world).run([odd], then={odd: good})
    assert exits(ended) == {"prod-fe": Exit.BUG, "prod-eu": Exit.DONE}


def test_two_stages_of_one_journal_go_back_together() -> None:
    """Each writes what it does; neither loses an entry to the other."""
    world = World()
    walks = [a_walk(world, back(name), "CM-0001") for name in ("ProdFE", "ProdEU")]

    assert set(exits(fleet(world).run(walks)).values()) == {Exit.DONE}
    assert world.kinds().count("rollback_ended") == 2
    assert world.sent("RollbackStage") == 2


def test_a_standing_knows_when_it_was_promoted() -> None:
    assert at("prod-us", OURS, promoted("prod-us", 3).state).sent_at == NOW + 3 * MINUTE
    assert Standing("prod-us", US, OURS, StageState()).sent_at is None
