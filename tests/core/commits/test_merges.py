"""Pull requests by what messages say, and commits by the merge that brought them."""

import pytest

from mcm.core.commits.merges import brought_by, request_of


@pytest.mark.parametrize(
    ("subject", "body", "request_"),
    [
        ("Merge pull request #31 from carol/config", "", "#31"),
        ("Count photos (#27)", "", "#27"),
        ("Merged in fix (pull request #5)", "", "#5"),
        ("Merged PR 12: Count photos", "", "#12"),
        ("Merge branch 'x' into 'main'", "Count\n\nSee merge request shop/app!8", "!8"),
        ("Count photos (!8)", "", "!8"),
        ("Fix #27 at last", "", ""),
        ("Count (#27) photos", "", ""),
        ("Count (#٣)", "", ""),
        ("(" * 100_000, "See merge request " * 10_000, ""),
    ],
)
def test_a_request_is_read_where_the_hosts_write_it(subject: str, body: str, request_: str) -> None:
    assert request_of(subject, body) == request_


def test_a_commit_came_by_the_older_of_the_merges_that_reach_it() -> None:
    told = (
        ("M2", ("M1", "s3")),
        ("s3", ("s2",)),
        ("M1", ("a", "s2")),
        ("s2", ("s1",)),
        ("s1", ("a",)),
        ("a", ("before",)),
    )
    assert brought_by(told) == {"s3": "M2", "s2": "M1", "s1": "M1"}


def test_nothing_comes_of_nothing() -> None:
    assert brought_by(()) == {}


def test_a_circle_has_an_end() -> None:
    """No git has one; whatever pretends to be git might."""
    assert brought_by((("a", ("b", "c")), ("b", ("a",)), ("c", ("c", "a")))) == {"c": "a"}
