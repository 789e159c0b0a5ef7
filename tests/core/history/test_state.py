"""State is folded from the journal: the same entries, the same state, whoever folds them."""

from mcm.core.history.fold import fold, spell_claims
from mcm.core.history.instruction import OpenTransition, Outcome, Result, RollBackStage
from mcm.core.history.journal import Draft, chain_all
from tests.kit.readings import NOW, PIPELINE, STAGE, Notebook

OPEN = OpenTransition(PIPELINE, STAGE, "new", 4)
ROLL_BACK = RollBackStage(PIPELINE, STAGE, "old", "new")
DONE = Outcome(Result.DONE, "done")


def walk(book: Notebook, plan: str = "digest-1") -> Notebook:
    return book.add("walk_started", plan=plan, edition=1, stages=[], operator="alice")


def test_nothing_journaled_is_nothing_known() -> None:
    state = fold(())

    assert state.stage("prod-us").outcome == ""
    assert state.attempts == ()
    assert state.last == 0


def test_an_entry_of_the_future_changes_nothing_but_the_place() -> None:
    """An older mcm reads a newer journal without guessing."""
    book = Notebook().add("entered", by="mcm")
    before = book.state
    after = book.add("invented_later", whatever=1).state

    assert after.stages == before.stages
    assert after.last == 2


def test_an_intent_without_an_outcome_is_in_doubt() -> None:
    state = Notebook().tried(OPEN, None, "promote").state
    doubtful = state.doubtful("prod-us")

    assert doubtful is not None
    assert doubtful.instruction == OPEN
    assert doubtful.happened is None


def test_outcomes_say_whether_it_happened() -> None:
    happened = {
        result: Notebook().tried(OPEN, Outcome(result, "")).state.attempts[0].happened
        for result in Result
    }

    assert happened == {
        Result.DONE: True,
        Result.REFUSED: False,
        Result.NOT_SENT: False,
        Result.IN_DOUBT: None,
    }


def test_what_is_settled_is_no_longer_in_doubt() -> None:
    book = Notebook().rollback_started().tried(ROLL_BACK)
    book.add("settled", intent=2, happened=True, detail="", execution="back-1")
    state = book.state

    assert state.doubtful("prod-us") is None
    rollback = state.stage("prod-us").rollback
    assert rollback is not None
    assert rollback.execution == "back-1"


def test_a_read_without_a_trace_is_counted_at_its_attempt() -> None:
    book = Notebook().tried(OPEN).add("doubt_read", intent=1).add("doubt_read", intent=1)

    assert len(book.state.attempts[0].denials) == 2


def test_claims_stay_consumed_across_editions() -> None:
    book = walk(Notebook())
    book.tried(OPEN, DONE, "promote")
    book.drafts[1] = Draft(
        "intent", {**book.drafts[1].body, "claims": spell_claims({"nonce": "holder"})}, NOW
    )
    state = walk(book, "digest-2").state

    assert state.consumed == {"nonce": "holder"}


def test_the_same_plan_goes_on_and_another_edition_starts_afresh() -> None:
    book = walk(Notebook()).add("entered", by="mcm")

    assert walk(book).state.stage("prod-us").entered_by == "mcm"
    assert walk(book, "digest-2").state.stage("prod-us").entered_by == ""


def test_what_was_rolled_back_stays_known_across_editions() -> None:
    book = walk(Notebook()).rollback_started()
    book.add("rollback_ended", outcome="rolled_back", verified="yes", detail="")
    state = walk(book, "digest-2").state

    assert [one.outcome for one in state.stage("prod-us").rollbacks] == ["rolled_back"]
    assert state.stage("prod-us").rollback is None


def test_a_gate_is_noted_while_it_is_closed() -> None:
    closed = Notebook().add("gate_changed", gate="window", open=False, reason="closed until two")
    state = closed.state

    assert state.stage("prod-us").gates == {"window": "closed until two"}
    opened = closed.add("gate_changed", gate="window", open=True, reason="")
    assert opened.state.stage("prod-us").gates == {}


def test_folding_twice_gives_the_same() -> None:
    book = walk(Notebook()).rollback_started().tried(ROLL_BACK, DONE)
    entries = chain_all(None, book.drafts)

    assert fold(entries) == fold(entries)
