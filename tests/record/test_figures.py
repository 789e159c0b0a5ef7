"""The list of pictures: what mcm wrote is read, anything else is refused."""

from datetime import UTC, datetime

import pytest

from mcm.core.errors import RefusedError
from mcm.record.figures import Index, NotDrawn, Picture
from mcm.record.view import Figure

AT = datetime(2026, 3, 17, 20, tzinfo=UTC)
INDEX = Index(
    "a" * 64,
    AT,
    (Picture("prod-us-5xx.svg", "prod-us", "graph", "never > 5"),),
    (NotDrawn("prod-us", "both", "a composite alarm has no metric of its own"),),
)


def test_it_is_read_as_it_was_written() -> None:
    assert Index.from_bytes(INDEX.to_bytes()) == INDEX


def test_a_record_links_what_was_drawn_and_says_what_was_not() -> None:
    drawn = INDEX.drawn()

    assert drawn.graphs == (Figure("graphs/prod-us-5xx.svg", "never > 5"),)
    assert drawn.traffic == ()
    assert drawn.missing == (
        "There is no graph of both in prod-us: a composite alarm has no metric of its own.",
    )


def test_a_new_back_test_takes_the_place_of_the_old_one_beside_the_graphs() -> None:
    """Those of other stages stay, for `--stage` looks at one."""
    kept = Picture("eu.svg", "prod-eu", "backtest", "no alarm")
    before = Picture("old.svg", "prod-us", "backtest", "1 false alarm")
    old = INDEX.with_backtests((kept, before), {"prod-eu", "prod-us"})
    found = Picture("new.svg", "prod-us", "backtest", "2 false alarms")
    new = old.with_backtests((found,), {"prod-us"})

    assert [figure.path for figure in new.drawn().graphs] == [
        "graphs/prod-us-5xx.svg",
        "graphs/eu.svg",
        "graphs/new.svg",
    ]
    assert new.backtests() == (kept, found)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        INDEX.to_bytes().replace(b"prod-us-5xx.svg", b"../../record.md"),
        INDEX.to_bytes().replace(b"prod-us-5xx.svg", b"a/b.svg"),
        INDEX.to_bytes().replace(b"prod-us-5xx.svg", b"x.html"),
        INDEX.to_bytes().replace(b'"at"', b'"At"'),
        INDEX.to_bytes() + b" ",
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(RefusedError):
        Index.from_bytes(data)
