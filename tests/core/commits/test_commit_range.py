"""What a plan says of a range: counts of all, names of the newest, text that is harmless."""

from mcm.core.commits.commit_range import GitCommit, Links, build_range, heads_range, keep_known


def line(number: int, **fields: object) -> GitCommit:
    told = {
        "id": f"{number:040x}",
        "parents": (f"{number - 1:040x}",),
        "author": "Bob",
        "subject": f"Change {number}",
        "body": "",
    }
    return GitCommit(**{**told, **fields})  # type: ignore[arg-type]


def test_the_newest_are_named_and_all_are_counted() -> None:
    found = build_range("App", [line(n) for n in range(500, 0, -1)])

    assert (len(found.commits), found.total, found.more) == (200, 500, False)
    assert found.commits[0].subject == "Change 500"


def test_beyond_the_limit_it_says_that_there_are_more() -> None:
    found = build_range("App", [line(n) for n in range(11, 0, -1)], most=10)

    assert (found.total, found.more) == (10, True)


def test_a_merge_is_counted_and_its_request_goes_to_what_it_brought() -> None:
    merge = line(3, parents=(f"{1:040x}", f"{2:040x}"), subject="Merge pull request #7 from x/y")
    side = line(2, parents=(f"{0:040x}",))
    found = build_range("App", [merge, side, line(1)])

    assert (found.total, found.merges) == (2, 1)
    assert [each.request for each in found.commits] == ["#7", ""]


def test_threat_57_hostile_text_comes_out_clean_composed_and_short() -> None:
    subject = "\x1b[31m" + "e\u0301" + "\u202e" + "x" * 1_000_000
    found = build_range("App\n", [line(1, subject=subject, author="\x00\u0007" * 500)])
    (only,) = found.commits

    assert len(only.subject) <= 200
    assert only.subject.startswith("\\u{1b}[31m\u00e9\\u{202e}")
    assert len(only.author) <= 100
    assert found.name == "App\\u{a}"


def test_no_name_and_no_message_are_words() -> None:
    (only,) = build_range("App", [line(1, author=" ", subject="")]).commits

    assert (only.author, only.subject) == ("nobody", "no message")


def test_heads_that_aws_names_are_no_range() -> None:
    found = heads_range("App", [("a" * 40, "One\n\nMore")], links=Links(), unknown="no clone")

    assert (found.commits[0].subject, found.commits[0].author) == ("One", "")
    assert found.unknown == "no clone"


def test_what_is_known_stays_and_what_was_unknown_is_learned() -> None:
    known = build_range("App", [line(1)])
    blank = heads_range("App", (), links=Links(), unknown="no clone")

    assert keep_known([blank], [known]) == (known,)
    assert keep_known([known], [blank]) == (known,)
    other = build_range("App", [line(1)], notes=["fetched since"])
    assert keep_known([other], [known]) == (known,)
    assert keep_known([blank], []) == (blank,)
