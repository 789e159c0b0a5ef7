"""Two clones and one bare remote, over the real git."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest

from mcm.core.errors import RefusedError
from mcm.wire.git import Git, WireError, find_remote, opened
from mcm.wire.parcel import Parcel
from mcm.wire.refs import fetch, look, push
from tests.wire.repositories import Repositories, git


def send(opened_git: Git, **statements: bytes) -> None:
    named = {f"{name}.json": data for name, data in statements.items()}
    push(opened_git, "CM-1", lambda parcel: parcel.with_statements(named))


def test_what_one_clone_pushes_the_other_fetches(repositories: Repositories) -> None:
    parcel = Parcel({"a.json": b"1"}, b"plan", b"id: CM-1\n", b"{}\n")
    with repositories.open("alice") as alice:
        assert fetch(alice, "CM-1").commit == ""
        pushed = push(alice, "CM-1", lambda _: parcel)
    with repositories.open("bob") as bob:
        assert fetch(bob, "CM-1").parcel == parcel
        assert look(bob, "CM-1") == pushed.commit
        assert look(bob, "CM-2") == ""


def test_no_branch_is_touched_and_neither_clone(repositories: Repositories) -> None:
    """A ref outside refs/heads starts no pipeline; the clones get neither refs nor objects."""
    with repositories.open("alice") as alice:
        send(alice, a=b"1")
    with repositories.open("bob") as bob:
        fetch(bob, "CM-1")

    assert git(repositories.remote, "for-each-ref", "--format=%(refname)") == "refs/mcm/CM-1"
    for name in ("alice", "bob"):
        clone = repositories.folder / name
        assert git(clone, "for-each-ref") == ""
        assert git(clone, "count-objects") == "0 objects, 0 kilobytes"
        assert git(clone, "status", "--porcelain") == ""


def test_history_is_kept_behind_each_push(repositories: Repositories) -> None:
    with repositories.open("alice") as alice:
        send(alice, a=b"1")
    with repositories.open("bob") as bob:
        send(bob, b=b"2")
        send(bob, b=b"2")  # says nothing new

    assert git(repositories.remote, "rev-list", "--count", "refs/mcm/CM-1") == "2"


def test_who_comes_second_reads_again_and_both_arrive(repositories: Repositories) -> None:
    """Bob pushes between what alice read and what alice pushes."""
    calls: list[dict[str, bytes]] = []

    def add(parcel: Parcel) -> Parcel:
        calls.append(dict(parcel.statements))
        if len(calls) == 1:
            with repositories.open("bob") as bob:
                send(bob, b=b"2")
        return parcel.with_statements({"a.json": b"1"})

    with repositories.open("alice") as alice:
        found = push(alice, "CM-1", add)

    assert calls == [{}, {"b.json": b"2"}]
    assert found.parcel.statements == {"a.json": b"1", "b.json": b"2"}
    with repositories.open("bob") as bob:
        assert fetch(bob, "CM-1").parcel == found.parcel


def test_pushes_at_the_same_moment_lose_nothing(repositories: Repositories) -> None:
    together = Barrier(2)

    def both(name: str) -> None:
        with repositories.open(name) as mine:
            together.wait()
            send(mine, **{name: name.encode()})

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(both, ("alice", "bob")))
    with repositories.open("bob") as bob:
        statements = fetch(bob, "CM-1").parcel.statements
    assert statements == {"alice.json": b"alice", "bob.json": b"bob"}


def test_what_the_remote_refuses_is_said_once(repositories: Repositories) -> None:
    hook = repositories.remote / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho not here >&2\nexit 1\n")
    hook.chmod(0o755)

    with repositories.open("alice") as alice, pytest.raises(WireError, match="git failed"):
        send(alice, a=b"1")


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("120000 blob {blob}\tplan.json\n", "E_UNSAFE_FILE", "not a plain file"),
        ("100755 blob {blob}\tplan.json\n", "E_UNSAFE_FILE", "not a plain file"),
        ("160000 commit {gone}\tplan.json\n", "E_UNSAFE_FILE", "not a plain file"),
        ("100644 blob {big}\tchange.yaml\n", "E_UNSAFE_FILE", "more than 1000000"),
        ("100644 blob {blob}\t..\n", "E_ID_CHARSET", "'..'"),
        ("100644 blob {blob}\ttrust.yml\n", "E_ID_CHARSET", "'trust.yml'"),
        ("040000 tree {tree}\t..\n", "E_ID_CHARSET", "'../plan.json'"),
        ("040000 tree {tree}\tstatements\n", "E_ID_CHARSET", "'statements/plan.json/plan"),
    ],
)
def test_threat_16_threat_17_hostile_trees_are_refused(
    repositories: Repositories, line: str, code: str, said: str
) -> None:
    blob = repositories.blob(b"/etc/passwd")
    tree = repositories.tree(f"100644 blob {blob}\tplan.json\n")
    if "statements" in line:
        tree = repositories.tree(f"040000 tree {tree}\tplan.json\n")
    big = repositories.blob(b"x" * 1_000_001)
    repositories.plant("CM-1", line.format(blob=blob, tree=tree, big=big, gone="b" * 40))

    with repositories.open("bob") as bob, pytest.raises(RefusedError) as refused:
        fetch(bob, "CM-1")
    assert refused.value.code == code
    assert said in str(refused.value)


def test_threat_16_ten_thousand_files_are_refused(repositories: Repositories) -> None:
    blob = repositories.blob(b"x")
    inner = "".join(f"100644 blob {blob}\t{n}.json\n" for n in range(10_000))
    repositories.plant("CM-1", f"040000 tree {repositories.tree(inner)}\tstatements\n")

    with repositories.open("bob") as bob, pytest.raises(RefusedError, match="10000 files"):
        fetch(bob, "CM-1")


@pytest.mark.parametrize("kind", ["blob", "tree", "tag"])
def test_threat_16_what_is_no_commit_is_refused(repositories: Repositories, kind: str) -> None:
    blob = repositories.blob(b"x")
    line = f"100644 blob {blob}\tplan.json\n"
    tag = f"object {blob}\ntype blob\ntag t\ntagger a <a@example.com> 1 +0000\n\nt\n"
    target = {
        "blob": blob,
        "tree": repositories.tree(line),
        "tag": git(repositories.remote, "mktag", data=tag.encode()),
    }[kind]
    # Past git's own care, as a remote of somebody else's could have it.
    (repositories.remote / "refs" / "mcm").mkdir(exist_ok=True)
    (repositories.remote / "refs" / "mcm" / "CM-1").write_text(f"{target}\n")

    with repositories.open("bob") as bob, pytest.raises(RefusedError, match="is no commit"):
        fetch(bob, "CM-1")


def test_threat_16_a_pack_without_end_fills_no_disk(repositories: Repositories) -> None:
    blob = repositories.blob(os.urandom(600_000))
    repositories.plant("CM-1", f"100644 blob {blob}\tplan.json\n")

    with repositories.open("bob", stored=512) as bob, pytest.raises(WireError):
        fetch(bob, "CM-1")
    with repositories.open("bob", stored=4096) as bob:
        assert len(fetch(bob, "CM-1").parcel.plan) == 600_000


def test_a_refused_ref_is_not_written_over(repositories: Repositories) -> None:
    """Whoever may push could lose nothing by it; what is there is looked at by a person."""
    repositories.plant("CM-1", f"120000 blob {repositories.blob(b'x')}\tplan.json\n")
    before = git(repositories.remote, "rev-parse", "refs/mcm/CM-1")

    with repositories.open("alice") as alice, pytest.raises(RefusedError):
        send(alice, a=b"1")
    assert git(repositories.remote, "rev-parse", "refs/mcm/CM-1") == before


def test_threat_59_neither_hooks_nor_the_ext_transport_run(
    repositories: Repositories, tmp_path: Path
) -> None:
    called = tmp_path / "called"
    hook = repositories.folder / "alice" / ".git" / "hooks" / "pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {called}\n")
    hook.chmod(0o755)
    with repositories.open("alice") as alice:
        send(alice, a=b"1")
    clone = repositories.folder / "alice"
    git(clone, "config", "protocol.ext.allow", "always")
    git(clone, "config", "remote.origin.url", f"ext::touch {called}")
    with repositories.open("alice") as alice, pytest.raises(WireError):
        fetch(alice, "CM-1")

    assert not called.exists()


def test_variables_of_git_do_not_send_it_elsewhere(
    repositories: Repositories, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", "/nowhere")

    with repositories.open("alice") as alice:
        send(alice, a=b"1")


def test_threat_61_secrets_of_aws_are_for_codecommit_only(
    repositories: Repositories, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An ssh command is a program that git starts; it tells what it was given."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    seen = repositories.folder / "seen"
    trap = repositories.folder / "trap"
    trap.write_text(f"#!/bin/sh\nenv > {seen}\nexit 1\n")
    trap.chmod(0o755)
    clone = repositories.folder / "alice"
    git(clone, "config", "core.sshCommand", str(trap))
    for url, kept in (("git@example.com:a/b", False), ("ssh://git-codecommit.x/v1/b", True)):
        git(clone, "config", "remote.origin.url", url)
        with repositories.open("alice") as alice, pytest.raises(WireError):
            look(alice, "CM-1")
        assert ("AWS_SECRET_ACCESS_KEY=secret" in seen.read_text()) is kept


def test_the_remote_is_origin_or_the_one_that_is_named(repositories: Repositories) -> None:
    clone = repositories.folder / "alice"
    assert find_remote(clone) == "origin"
    git(clone, "config", "mcm.remote", "elsewhere")
    assert find_remote(clone) == ""
    git(clone, "remote", "add", "elsewhere", "../remote.git")
    assert find_remote(clone) == "elsewhere"
    assert find_remote(repositories.folder) == ""


def test_without_a_remote_nothing_can_be_opened(repositories: Repositories) -> None:
    with (
        pytest.raises(WireError, match="no remote 'upstream'"),
        opened(repositories.folder / "alice", "upstream"),
    ):
        raise AssertionError("it was opened")


def test_a_remote_that_is_gone_is_said(repositories: Repositories) -> None:
    repositories.remote.rename(repositories.folder / "away")

    with repositories.open("alice") as alice, pytest.raises(WireError, match="git failed: fatal"):
        look(alice, "CM-1")


def test_ids_become_refs_only_by_their_own_form(repositories: Repositories) -> None:
    """threat 17"""
    with repositories.open("alice") as alice, pytest.raises(RefusedError, match="change id"):
        look(alice, "../heads/main")


def test_one_clone_may_hold_several_changes(repositories: Repositories) -> None:
    with repositories.open("alice") as alice:
        push(alice, "CM-1", lambda parcel: replace(parcel, plan=b"1"))
        push(alice, "CM-2", lambda parcel: replace(parcel, plan=b"2"))
        assert fetch(alice, "CM-1").parcel.plan == b"1"
        assert fetch(alice, "CM-2").parcel.plan == b"2"
