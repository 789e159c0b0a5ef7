"""The inbox: what anyone may have put there is read once, safely, and never trusted."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mcm.core.errors import RefusedError, UsageError
from mcm.trust.envelope import LIMIT, Envelope
from mcm.trust.inbox import MAX_FILES, read_statements, write_statement
from mcm.trust.signing import sign, unsigned
from tests.trust.people import AWS, NOW, SANDBOX, People, a_request, an_approval


@pytest.fixture
def signed(people: People) -> dict[str, Envelope]:
    """Return alice's request and bob's approval, signed."""
    trust = people.trust()
    return {
        "request": sign(a_request(trust), people.keys["alice"]),
        "approval": sign(an_approval(trust), people.keys["bob"]),
    }


def codes(directory: Path, people: People) -> dict[str, str]:
    """Read the inbox and return the refusals by file name."""
    _, rejected = read_statements(directory, people.trust(), AWS, NOW)
    return {each.source: each.code for each in rejected}


def test_written_statements_are_read_back(
    tmp_path: Path, people: People, signed: dict[str, Envelope]
) -> None:
    inbox = tmp_path / "changes" / "MCM-1" / "statements"

    paths = [write_statement(inbox, each) for each in signed.values()]
    verified, rejected = read_statements(inbox, people.trust(), AWS, NOW)

    assert [path.name for path in paths] == ["request-2.json", "approval-2-prod-us-bob.json"]
    assert {each.person for each in verified} == {"alice", "bob"}
    assert rejected == []
    assert sorted(path.name for path in inbox.iterdir()) == sorted(path.name for path in paths)


def test_missing_inbox_holds_nothing(tmp_path: Path, people: People) -> None:
    assert read_statements(tmp_path / "none", people.trust(), AWS, NOW) == ([], [])


def test_other_files_are_passed_over(tmp_path: Path, people: People) -> None:
    for name in (".gitkeep", "notes.md", ".request-2.json.17.tmp", ".hidden.json"):
        (tmp_path / name).write_text("x", encoding="utf-8")

    assert read_statements(tmp_path, people.trust(), AWS, NOW) == ([], [])


def test_one_bad_file_does_not_hide_the_others(
    tmp_path: Path, people: People, signed: dict[str, Envelope]
) -> None:
    write_statement(tmp_path, signed["approval"])
    (tmp_path / "a.json").write_text("{}", encoding="utf-8")
    (tmp_path / "z.json").write_bytes(b"\xff")

    verified, rejected = read_statements(tmp_path, people.trust(), AWS, NOW)

    assert [each.person for each in verified] == ["bob"]
    assert [(each.source, each.code) for each in rejected] == [
        ("a.json", "E_ENVELOPE"),
        ("z.json", "E_CANONICAL"),
    ]


def test_threat_16_links_pipes_and_directories(
    tmp_path: Path, people: People, signed: dict[str, Envelope]
) -> None:
    """None of them is followed or waited for, not even to a true approval."""
    inbox, outside = tmp_path / "inbox", tmp_path / "outside"
    real = write_statement(outside, signed["approval"])
    inbox.mkdir()
    (inbox / "link.json").symlink_to(real)
    (inbox / "dangling.json").symlink_to(tmp_path / "nowhere")
    os.mkfifo(inbox / "fifo.json")
    (inbox / "directory.json").mkdir()
    (inbox / "twin.json").hardlink_to(real)
    (inbox / "device.json").symlink_to(os.devnull)

    names = ("link", "dangling", "fifo", "directory", "twin", "device")
    assert codes(inbox, people) == {f"{name}.json": "E_UNSAFE_FILE" for name in names}


def test_threat_16_inbox_that_is_a_link_or_a_file(
    tmp_path: Path, people: People, signed: dict[str, Envelope]
) -> None:
    write_statement(tmp_path / "real", signed["approval"])
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "file").write_text("x", encoding="utf-8")

    assert codes(tmp_path / "link", people) == {"link": "E_UNSAFE_FILE"}
    assert codes(tmp_path / "file", people) == {"file": "E_UNSAFE_FILE"}
    for name in ("link", "file"):
        with pytest.raises((RefusedError, UsageError)):
            write_statement(tmp_path / name, signed["request"])


def test_threat_16_long_files_and_floods(tmp_path: Path, people: People) -> None:
    (tmp_path / "long.json").write_bytes(b" " * (LIMIT + 1))
    assert codes(tmp_path, people) == {"long.json": "E_UNSAFE_FILE"}

    for number in range(MAX_FILES):
        (tmp_path / f"{number}.json").touch()
    assert codes(tmp_path, people) == {tmp_path.name: "E_UNSAFE_FILE"}


@pytest.mark.parametrize("name", ["a\nb.json", "\u0430.json", "a b.json", "-rf.json", "x" * 220])
def test_threat_17_file_names_outside_the_alphabet(
    tmp_path: Path, people: People, signed: dict[str, Envelope], name: str
) -> None:
    name = name if name.endswith(".json") else f"{name}.json"
    (tmp_path / name).write_bytes(signed["approval"].to_bytes())

    assert codes(tmp_path, people) == {name: "E_ID_CHARSET"}


def test_threat_15_file_swapped_after_reading(
    tmp_path: Path, people: People, signed: dict[str, Envelope]
) -> None:
    """What was verified is a value of its own; the file plays no part any more."""
    path = write_statement(tmp_path, signed["approval"])
    verified, _ = read_statements(tmp_path, people.trust(), AWS, NOW)

    path.write_text("{}", encoding="utf-8")

    assert verified[0].statement == an_approval(people.trust())


def test_threat_11_file_name_says_nothing(
    tmp_path: Path, people: People, signed: dict[str, Envelope]
) -> None:
    """A request under an approval's name is still a request."""
    (tmp_path / "approval-2-prod-us-bob.json").write_bytes(signed["request"].to_bytes())

    verified, _ = read_statements(tmp_path, people.trust(), AWS, NOW)

    assert [each.statement.kind for each in verified] == ["request"]


def test_threat_32_inbox_of_a_sandbox_read_for_aws(tmp_path: Path, people: People) -> None:
    trust = people.trust(sandbox=True)
    write_statement(tmp_path, unsigned(an_approval(trust, realm=SANDBOX)))

    assert len(read_statements(tmp_path, trust, SANDBOX, NOW)[0]) == 1
    assert codes(tmp_path, people) == {"approval-2-prod-us-bob.json": "E_SIGNATURE"}


def test_taken_name_is_never_written_over(
    tmp_path: Path, people: People, signed: dict[str, Envelope]
) -> None:
    again = sign(an_approval(people.trust(), nonce="2" * 32), people.keys["bob"])
    first = write_statement(tmp_path, signed["approval"])

    second = write_statement(tmp_path, again)

    assert second.name == "approval-2-prod-us-bob-2.json"
    assert first.read_bytes() == signed["approval"].to_bytes()
    assert second.read_bytes() == again.to_bytes()


def test_same_statement_again_is_the_same_file(tmp_path: Path, signed: dict[str, Envelope]) -> None:
    """The command that crashed after writing can simply be run again."""
    assert write_statement(tmp_path, signed["request"]) == write_statement(
        tmp_path, signed["request"]
    )
    assert len(list(tmp_path.iterdir())) == 1


def test_threat_12_writers_at_once_lose_nothing(tmp_path: Path, people: People) -> None:
    trust = people.trust(sandbox=True)
    envelopes = [
        unsigned(an_approval(trust, realm=SANDBOX, nonce=f"{number:032x}")) for number in range(20)
    ]

    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(lambda each: write_statement(tmp_path, each), envelopes))

    assert len(set(paths)) == len(envelopes)
    assert len(read_statements(tmp_path, trust, SANDBOX, NOW)[0]) == len(envelopes)


def test_inbox_that_cannot_be_made_is_said(tmp_path: Path, signed: dict[str, Envelope]) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")

    with pytest.raises(UsageError, match="cannot write"):
        write_statement(tmp_path / "file" / "statements", signed["request"])


def test_only_statements_are_written(tmp_path: Path) -> None:
    with pytest.raises(RefusedError):
        write_statement(tmp_path, Envelope("approval", b"{}", ()))
    assert list(tmp_path.iterdir()) == []
