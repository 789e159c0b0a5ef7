"""A parcel only grows, and a tree that is none is refused whole."""

import pytest

from mcm.core.errors import RefusedError
from mcm.wire.parcel import MOST_STATEMENTS, Parcel, TreeFile, check_tree

ID = "a" * 40


def test_no_statement_is_lost_or_replaced() -> None:
    """A taken name gets a number, as in the inbox; the same bytes are the same file."""
    parcel = Parcel({"a.json": b"1"})

    grown = parcel.with_statements({"a.json": b"2", "b.json": b"1", "c.json": b"3"})

    assert grown.statements == {"a.json": b"1", "a-2.json": b"2", "c.json": b"3"}
    assert grown.with_statements({"a.json": b"2"}) == grown


def test_files_are_read_back() -> None:
    parcel = Parcel({"a.json": b"1"}, b"plan", b"change", b"")

    assert Parcel.of(parcel.files()) == parcel
    assert set(parcel.files()) == {"statements/a.json", "plan.json", "change.yaml"}


@pytest.mark.parametrize(
    ("code", "mode", "kind", "size", "path"),
    [
        ("E_UNSAFE_FILE", "120000", "blob", 5, "statements/a.json"),
        ("E_UNSAFE_FILE", "100755", "blob", 5, "statements/a.json"),
        ("E_UNSAFE_FILE", "160000", "commit", -1, "statements/a.json"),
        ("E_UNSAFE_FILE", "100644", "blob", 65_537, "statements/a.json"),
        ("E_UNSAFE_FILE", "100644", "blob", 4_000_001, "plan.json"),
        ("E_ID_CHARSET", "100644", "blob", 5, "statements/../a.json"),
        ("E_ID_CHARSET", "100644", "blob", 5, "../plan.json"),
        ("E_ID_CHARSET", "100644", "blob", 5, "statements/.git.json"),
        ("E_ID_CHARSET", "100644", "blob", 5, "statements/in/a.json"),
        ("E_ID_CHARSET", "100644", "blob", 5, "statements/a\n.json"),
        ("E_ID_CHARSET", "100644", "blob", 5, "trust.yml"),
    ],
)
def test_threat_16_threat_17_a_tree_that_is_no_parcel_is_refused(
    code: str, mode: str, kind: str, size: int, path: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        check_tree([TreeFile(mode, kind, ID, size, path)])
    assert refused.value.code == code


def test_threat_16_a_flood_is_refused() -> None:
    files = [TreeFile("100644", "blob", ID, 1, f"statements/{n}.json") for n in range(10_000)]

    with pytest.raises(RefusedError, match=f"more than {MOST_STATEMENTS}"):
        check_tree(files)
