"""Which commits cancel out: by the id in the body, else by the subject; nothing guessed."""

from mcm.core.commits.reverts import find_reverts


def commits(*told: str) -> list[tuple[str, str, str]]:
    """Newest first from `id subject` or `id subject <- id`, oldest first."""
    made = []
    for line in told:
        text, _, reverted = line.partition(" <- ")
        short, subject = text.split(" ", 1)
        body = f"Because.\n\nThis reverts commit {_id(reverted)}.\n" if reverted else ""
        made.append((_id(short), subject, body))
    return made[::-1]


def _id(short: str) -> str:
    return short * (40 // len(short))


def pairs(*told: str) -> set[str]:
    """`ab` for each pair a, b that cancels out, by the short ids."""
    found = find_reverts(commits(*told)).cancels
    return {"".join(sorted((one[0], other[0]))) for one, other in found.items()}


def test_a_revert_by_id_and_its_target_cancel_out() -> None:
    assert pairs("a Add", "b Go on", "c Take it out again <- a") == {"ac"}


def test_an_abbreviated_id_will_do() -> None:
    told = commits("a Add", "c Revert it")
    told[0] = (told[0][0], told[0][1], "This reverts commit aaaaaaa.")
    assert find_reverts(told).cancels == {_id("a"): _id("c"), _id("c"): _id("a")}


def test_a_revert_by_subject_takes_the_newest_that_stands() -> None:
    assert pairs("a Add", "b Add", 'c Revert "Add"') == {"bc"}
    assert pairs("a Add", "b Add", 'c Revert "Add"', 'd Revert "Add"') == {"bc", "ad"}


def test_a_revert_that_is_reverted_leaves_the_commit_in_force() -> None:
    assert pairs("a Add", 'b Revert "Add" <- a', "c Again <- b") == {"bc"}
    assert pairs("a Add", 'b Revert "Add"', 'c Revert "Revert "Add""') == {"bc"}
    assert pairs("a Add", 'b Revert "Add"', 'c Reapply "Add"') == {"bc"}


def test_a_commit_that_came_back_can_be_reverted_once_more() -> None:
    told = ("a Add", 'b Revert "Add"', 'c Reapply "Add"', 'd Revert "Add"')
    assert pairs(*told) == {"ad", "bc"}
    by_id = ("a Add", "b x <- a", "c x <- b", "d x <- c")
    assert pairs(*by_id) == {"ab", "cd"}


def test_what_is_not_in_the_range_is_taken_back_and_cancels_nothing() -> None:
    found = find_reverts(commits("b Undo <- f"))
    assert (found.cancels, found.takes_back) == ({}, {_id("b"): "f" * 12})
    assert find_reverts(commits('b Revert "Long ago"')).cancels == {}


def test_an_id_that_is_named_wins_over_the_subject() -> None:
    assert pairs("a Add", "b Add", 'c Revert "Add" <- a') == {"ac"}


def test_a_revert_of_several_is_no_pair() -> None:
    told = commits("a Add", "b Go on", "c Both")
    body = f"This reverts commit {_id('a')}.\nThis reverts commit {_id('b')}."
    told[0] = (told[0][0], told[0][1], body)
    assert find_reverts(told).cancels == {}


def test_a_commit_cannot_revert_what_comes_later_or_itself() -> None:
    assert pairs("a Add <- b", "b Go on") == set()
    assert pairs("a Add <- a") == set()


def test_a_chain_as_long_as_the_range_is_still_told() -> None:
    ids = [f"{n:040x}" for n in range(10_000)]
    chain = [
        (ids[n], "x", f"This reverts commit {ids[n - 1]}." if n else "") for n in range(10_000)
    ]
    assert len(find_reverts(chain[::-1]).cancels) == 10_000
