"""Who wrote a range, by a real git; what this clone cannot tell is unknown, never nobody."""

from pathlib import Path

import pytest

from mcm.core.plans.plan import Package
from mcm.trust.authors import who_wrote
from tests.kit.repository import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_threat_10_author_committer_and_co_author_wrote_it(repository: Repository) -> None:
    before = repository.commit("Begin", "Zoe", "Zoe")
    repository.commit("Add a thing", "Bob", "Carol")
    after = repository.commit(
        "Add another\n\nCo-authored-by: Dave <dave@example.com>\n"
        "co-authored-by: Erin\n <erin@example.com>",
        "Frank",
        "Frank",
    )
    found = who_wrote(repository.root, [Package("Shop", before, after)])

    assert found.unknown == ""
    assert found.authors == tuple(
        f"{who} <{who.lower()}@example.com>" for who in ("Bob", "Carol", "Dave", "Erin", "Frank")
    )


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize(
    ("revision", "why"),
    [
        ("", "nothing was deployed before"),
        ("0" * 40, "git has no commit 000000000000 here"),
        ("v1.2", "revision v1.2 is no commit"),
        ("--output=x", "is no commit"),
        ("a" * 39, "is no commit"),
    ],
)
def test_a_range_that_the_clone_does_not_have_is_unknown(
    repository: Repository, side: str, revision: str, why: str
) -> None:
    """Threat 10: it is said, by the package's name; other packages are still read."""
    one = repository.commit("Begin")
    two = repository.commit("Go on", "Carol", "Carol")
    ends = {"before": one, "after": two, side: revision}
    found = who_wrote(
        repository.root, [Package("Infra", **ends), Package("Shop", before=one, after=two)]
    )

    assert found.unknown.startswith("Infra: ")
    assert why in found.unknown
    assert found.authors == ("Carol <carol@example.com>",)


def test_without_a_clone_everything_is_unknown(tmp_path: Path) -> None:
    found = who_wrote(tmp_path, [Package("Shop", "a" * 40, "b" * 40)])

    assert (found.authors, bool(found.unknown)) == ((), True)


def test_threat_57_names_come_clean_and_composed(repository: Repository) -> None:
    before = repository.commit("Begin")
    after = repository.commit("Go on", "B\u202eob\x1b[31m e\u0301", "Bob")
    found = who_wrote(repository.root, [Package("Shop", before, after)])

    assert not any(char in "".join(found.authors) for char in "\u202e\x1b\u0301")
    assert any("\u00e9" in name for name in found.authors)


def test_threat_10_a_mailmap_or_replacement_in_the_clone_changes_no_name(
    repository: Repository,
) -> None:
    """Whoever wrote the change could have written those too."""
    before = repository.commit("Begin", "Zoe", "Zoe")
    after = repository.commit("Go on")
    (repository.root / ".mailmap").write_text("Eve <eve@example.com> <bob@example.com>\n")
    repository.git("config", "log.mailmap", "true")
    repository.git("replace", "--graft", after)

    found = who_wrote(repository.root, [Package("Shop", before, after)])
    assert found.authors == ("Bob <bob@example.com>",)


def test_threat_59_a_clone_that_names_programs_runs_none(repository: Repository) -> None:
    before = repository.commit("Begin")
    after = repository.commit("Go on")
    called = repository.set_traps()

    assert who_wrote(repository.root, [Package("Shop", before, after)]).authors
    assert not called.exists()


def test_too_many_people_are_unknown(repository: Repository) -> None:
    before = repository.commit("Begin")
    people = "".join(f"Co-authored-by: P{n} <p{n}@example.com>\n" for n in range(301))
    after = repository.commit(f"Go on\n\n{people}")
    found = who_wrote(repository.root, [Package("Shop", before, after)])

    assert found.authors == ()
    assert "more than 300" in found.unknown
