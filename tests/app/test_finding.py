"""Which pipeline is meant by a stage's name alone."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import pytest

from mcm.app.finding import (
    MOST,
    CannotSearchError,
    find_stage,
    matching,
    promoted,
    recent,
)
from mcm.app.observing import Observer
from mcm.core.errors import BlindError, Exit
from mcm.core.past import Passage, PipelineNames, Structure
from mcm.core.query import (
    ExecutionsQuery,
    PassagesQuery,
    PipelineId,
    PipelinesQuery,
    Place,
    Query,
    StructureQuery,
)
from mcm.core.reading import Blindness, Known, Reading, Unknown
from tests.kit.clock import VirtualClock

US = Place("", "us-east-1")
NOW = datetime.fromisoformat("2026-03-18T10:00:00+00:00")
HOUR = timedelta(hours=1)


class Account:
    """A source that knows the pipelines of one account."""

    def __init__(
        self, pipelines: Mapping[str, tuple[str, ...]], *, more: bool = False, why: str = ""
    ) -> None:
        self._pipelines = pipelines
        self._more = more
        self._why = why

    def answers(self, query: Query) -> bool:
        return isinstance(query, PipelinesQuery | StructureQuery)

    def read(self, queries: Iterable[Query], within: timedelta) -> dict[Query, Reading]:
        return {query: self._read(query) for query in queries}

    def _read(self, query: Query) -> Reading:
        if isinstance(query, PipelinesQuery):
            if self._why:
                return Unknown(Blindness(self._why), "the reason", NOW)
            return Known(PipelineNames(tuple(self._pipelines)[: query.most], self._more), NOW)
        assert isinstance(query, StructureQuery)
        stages = self._pipelines[query.pipeline.name]
        if not stages:
            return Unknown(Blindness.DENIED, "not for you", NOW)
        return Known(Structure(stages), NOW)


def observer(account: Account) -> Observer:
    return Observer([account], VirtualClock())


def test_the_one_pipeline_that_has_such_a_stage_is_found() -> None:
    account = Account({"A": ("Source", "ProdEU"), "B": ("Source", "ProdUS")})
    found = find_stage(observer(account), US, "prod-us", lambda _: None)

    assert [(each.pipeline.name, each.stage) for each in found.candidates] == [("B", "ProdUS")]
    assert (found.looked, found.more) == (2, False)


def test_all_that_fit_are_named_and_none_is_chosen() -> None:
    account = Account({"A": ("Source", "prod-us"), "B": ("Source", "ProdUS")})
    found = find_stage(observer(account), US, "prod-us", lambda _: None)

    assert [each.pipeline.name for each in found.candidates] == ["A", "B"]


def test_one_that_cannot_be_read_is_named_and_stops_nothing() -> None:
    account = Account({"A": (), "B": ("ProdUS",)})
    found = find_stage(observer(account), US, "ProdUS", lambda _: None)

    assert found.unread == ("A (not for you)",)
    assert len(found.candidates) == 1


def test_the_search_has_an_end_and_says_how_far_it_is() -> None:
    told: list[str] = []
    account = Account({f"p{n:03}": ("ProdUS",) for n in range(80)}, more=True)
    found = find_stage(observer(account), US, "ProdUS", told.append)

    assert (found.looked, found.more) == (MOST, True)
    assert told[0] == f"looked through 10 of {MOST} pipelines"


@pytest.mark.parametrize(("why", "kind"), [("denied", CannotSearchError), ("auth", BlindError)])
def test_without_a_list_there_is_no_search(why: str, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="the reason"):
        find_stage(observer(Account({}, why=why)), US, "ProdUS", lambda _: None)


def test_a_list_out_of_reach_is_blindness_and_names_the_way_around() -> None:
    with pytest.raises(CannotSearchError) as caught:
        find_stage(observer(Account({}, why="denied")), US, "ProdUS", lambda _: None)

    assert caught.value.exit_code is Exit.BLIND
    assert "--pipeline NAME" in caught.value.hint


def test_an_exact_name_leaves_no_doubt() -> None:
    assert matching(["prod-us", "ProdUS"], "ProdUS") == ["ProdUS"]
    assert matching(["prod-us", "ProdUS"], "PROD_US") == ["prod-us", "ProdUS"]
    assert matching(["Prod"], "-") == []


def passage(execution: str, stage: str, hours: float, *, deploys: bool = True) -> Passage:
    entered = NOW - hours * HOUR
    return Passage(execution, stage, entered, entered, "Succeeded", deploys)


def test_what_was_promoted_lately_is_offered_newest_first() -> None:
    passages = [
        passage("e3", "ProdUS", 1),
        passage("e3", "ProdEU", 2),
        passage("e3", "Build", 2, deploys=False),
        passage("e2", "ProdUS", 20),
        passage("e1", "ProdFE", 25),
    ]
    found = recent(passages, {"e3"}, NOW)

    assert [(each.stage, each.execution) for each in found] == [("ProdUS", "e3"), ("ProdEU", "e3")]
    assert found[0].is_rollback


def test_a_past_that_cannot_be_read_is_told() -> None:
    pipeline = PipelineId(US, "A")

    class Blind:
        def answers(self, query: Query) -> bool:
            return isinstance(query, PassagesQuery | ExecutionsQuery)

        def read(self, queries: Iterable[Query], within: timedelta) -> dict[Query, Reading]:
            return {query: Unknown(Blindness.LATE, "too slow", NOW) for query in queries}

    assert promoted(Observer([Blind()], VirtualClock()), pipeline, NOW) == ((), (), "too slow")
