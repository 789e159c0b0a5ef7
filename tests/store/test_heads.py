"""Each user's own list of heads: what it shows, and that it stops no rollback."""

import os
import stat
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mcm.core.errors import RefusedError
from mcm.core.history.journal import EMPTY, Draft, Entry, Head, Journal, chain_all, head
from mcm.store.heads import Heads, RememberedJournal, heads_path
from mcm.store.memory import MemoryJournal
from tests.kit.clock import START

REALM = "aws:aws:111111111111:us-east-1"
FIVE = chain_all(None, [Draft("verdict", {"number": n}, START) for n in range(5)])
OTHER = chain_all(None, [Draft("verdict", {"number": n}, START) for n in range(10, 16)])


@dataclass
class User:
    """One user on one machine: their heads file, and what mcm said to them."""

    path: Path
    said: list[str] = field(default_factory=list)

    def journal(
        self, entries: Sequence[Entry], *, realm: str = REALM, refuses: bool = True
    ) -> RememberedJournal:
        inner: Journal = MemoryJournal({"CM-1": entries})
        heads = Heads(self.path)
        return RememberedJournal(inner, heads, lambda _: realm, self.said.append, refuses=refuses)

    def sees(self, entries: Sequence[Entry]) -> None:
        """Let a command read this journal to its end."""
        journal = self.journal(entries)
        journal.entries("CM-1")
        journal.flush()


@pytest.fixture
def user(tmp_path: Path) -> User:
    return User(tmp_path / "state" / "mcm" / "heads.json")


def refusal(journal: RememberedJournal) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        journal.entries("CM-1")
    return caught.value


def test_a_journal_that_grew_is_read_as_ever(user: User) -> None:
    user.sees(FIVE[:3])

    assert user.journal(FIVE).entries("CM-1") == FIVE


@pytest.mark.parametrize(
    ("entries", "seq"), [(OTHER, 5), (FIVE[:4], 5), ((), 1)], ids=["rewritten", "cut", "gone"]
)
def test_threat_40_a_journal_that_differs_or_goes_below_is_refused(
    user: User, entries: Sequence[Entry], seq: int
) -> None:
    user.sees(FIVE)

    error = refusal(user.journal(entries))

    assert error.code == "E_SIGNED_HEAD"
    assert f"at seq {seq}:" in str(error)
    assert "your own list of heads" in str(error)
    assert str(user.path) in str(error.hint)


@pytest.mark.parametrize("entries", [OTHER, FIVE[:4], ()])
def test_a_rollback_is_told_once_and_goes_on(user: User, entries: Sequence[Entry]) -> None:
    user.sees(FIVE)
    journal = user.journal(entries, refuses=False)

    assert journal.entries("CM-1") == tuple(entries)
    assert journal.entries("CM-1") == tuple(entries)
    (told,) = user.said
    assert "[E_SIGNED_HEAD]" in told
    assert "the rollback goes on" in told


def test_what_a_rollback_saw_of_a_rewritten_journal_is_not_taken_for_good(user: User) -> None:
    user.sees(FIVE)
    journal = user.journal(OTHER, refuses=False)
    journal.entries("CM-1")
    journal.flush()

    assert Heads(user.path).known(REALM, "CM-1") == head(FIVE)


def test_what_was_appended_is_remembered_at_once(user: User) -> None:
    user.journal(FIVE).append("CM-1", [Draft("held", {}, START)], after=5)

    assert Heads(user.path).known(REALM, "CM-1").seq == 6


def test_another_realm_and_another_change_are_others(user: User) -> None:
    user.sees(FIVE)

    assert user.journal(OTHER, realm="sandbox:1").entries("CM-1") == OTHER
    assert Heads(user.path).known(REALM, "CM-2") == EMPTY


def test_a_change_without_a_plan_is_passed_on(user: User) -> None:
    user.sees(FIVE)

    assert user.journal(OTHER, realm="").entries("CM-1") == OTHER


def test_the_file_is_the_users_alone(user: User) -> None:
    user.sees(FIVE)

    assert stat.S_IMODE(user.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(user.path.parent.stat().st_mode) == 0o700
    assert [each.name for each in user.path.parent.iterdir()] == ["heads.json"]


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda path: path.chmod(0o666), "E_PERMISSIONS"),
        (lambda path: path.write_bytes(b"{}"), "E_CANONICAL"),
        (lambda path: path.write_bytes(b'{"heads":[],"v":2}'), "E_CANONICAL"),
        (lambda path: path.write_bytes(b"\x00\xff"), "E_CANONICAL"),
        (lambda path: os.link(path, path.with_name("second")), "E_UNSAFE_FILE"),
        (lambda path: path.rename(path.with_name("x")) and path.symlink_to("x"), "E_UNSAFE_FILE"),
    ],
    ids=["writable", "no-heads", "newer", "no-json", "hard-link", "link"],
)
def test_a_file_that_may_not_be_believed_stops_all_but_a_rollback(
    user: User, spoil: object, code: str
) -> None:
    user.sees(FIVE)
    assert callable(spoil)
    spoil(user.path)

    assert refusal(user.journal(FIVE)).code == code
    assert user.journal(FIVE, refuses=False).entries("CM-1") == FIVE
    assert len(user.said) == 1


def test_a_file_that_a_power_cut_left_empty_is_as_none(user: User) -> None:
    user.sees(FIVE)
    user.path.write_bytes(b"")

    assert user.journal(OTHER).entries("CM-1") == OTHER


def test_that_nothing_can_be_kept_is_told_and_stops_nothing(user: User) -> None:
    user.path.parent.parent.write_text("a file stands in the folder's place")
    journal = user.journal(FIVE)

    assert journal.entries("CM-1") == FIVE
    journal.append("CM-1", [Draft("held", {}, START)], after=5)
    assert [text for text in user.said if "cannot be kept" in text]


def test_users_commands_side_by_side_lose_no_head(user: User) -> None:
    """Ten processes, each with a change of its own and one that all have seen further."""

    def remember(number: int) -> None:
        heads = Heads(user.path)
        heads.remember(REALM, f"CM-{number}", Head(1, "a" * 64))
        heads.remember(REALM, "CM-0", Head(number, f"{number:064x}"))
        heads.flush()

    threads = [threading.Thread(target=remember, args=(n,)) for n in range(1, 11)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = Heads(user.path)
    assert [found.known(REALM, f"CM-{n}").seq for n in range(1, 11)] == [1] * 10
    assert found.known(REALM, "CM-0") == Head(10, f"{10:064x}")


@pytest.mark.parametrize(
    ("environ", "ends"),
    [({"XDG_STATE_HOME": "/s"}, "/s/mcm/heads.json"), ({}, ".local/state/mcm/heads.json"),
     ({"XDG_STATE_HOME": "here"}, ".local/state/mcm/heads.json")],
)  # fmt: skip
def test_the_place_is_where_users_keep_their_state(environ: dict[str, str], ends: str) -> None:
    assert str(heads_path(environ)).endswith(ends)
