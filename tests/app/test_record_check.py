"""A record that somebody hands in: as mcm gives it, older, or edited."""

from collections.abc import Sequence

import pytest

from mcm.app.proof import Finding, Proof
from mcm.app.record_check import judge_record, named_change
from mcm.core.history.journal import Entry
from mcm.record.html import render_html
from tests.record.story import closed, page, plan, rolled_back

PLAN = plan()
CHANGE = PLAN.change
ENTRIES = rolled_back(PLAN)
CLOSED = closed(PLAN)


def render(entries: Sequence[Entry]) -> bytes:
    return page(PLAN, entries).encode()


def judge(data: bytes, entries: Sequence[Entry] = ENTRIES) -> Finding:
    (found,) = judge_record(data, "record.md", CHANGE, entries, PLAN.digest, render)
    return found


def edit(data: bytes, old: bytes, new: bytes) -> bytes:
    assert old in data
    return data.replace(old, new, 1)


def test_what_render_gives_is_proven() -> None:
    found = judge(render(ENTRIES))

    assert (found.proof, found.part) == (Proof.PROVEN, "record")


@pytest.mark.parametrize("seen", [0, 1, 7, len(ENTRIES) - 1])
def test_an_older_record_is_older_and_not_edited(seen: int) -> None:
    found = judge(render(ENTRIES[:seen]))

    assert found.proof is Proof.NOTED
    assert f"up to entry {seen} of {len(ENTRIES)}" in found.text


def test_one_letter_anywhere_is_an_edit_and_its_line_is_named() -> None:
    good = render(ENTRIES)
    lines = good.split(b"\n")
    head = len(lines) - 1
    for number, line in enumerate(lines[1 : head - 3], start=2):
        if line.strip():
            changed = b"\n".join([*lines[: number - 1], line + b"x", *lines[number:]])
            found = judge(changed)
            assert found.proof is Proof.BROKEN, line
            assert f"line {number} " in found.text


@pytest.mark.parametrize("entries", [ENTRIES, CLOSED])
def test_cut_off_grown_or_binary_it_is_an_edit(entries: Sequence[Entry]) -> None:
    good = render(entries)
    for data in (good[:-10], good + b"\nApproved by carol\n", good.replace(b"\n", b"\r\n")):
        assert judge(data, entries).proof is Proof.BROKEN
    binary = good[:200] + b"\xff\xfe\x00" + good[200:]

    assert judge(binary, entries).proof is Proof.BROKEN


def test_a_forged_head_does_not_help() -> None:
    """The head in the page only says where to compare."""
    good = render(ENTRIES)
    other = ENTRIES[3]
    for seq, digest in ((4, other.hash), (4, "0" * 64), (999_999_999, other.hash), (0, other.hash)):
        head = f"entry {len(ENTRIES)}, `{ENTRIES[-1].hash}`".encode()
        forged = edit(good, head, f"entry {seq}, `{digest}`".encode())
        assert judge(forged).proof is Proof.BROKEN


def test_of_another_plan_nobody_can_tell() -> None:
    data = edit(render(ENTRIES), PLAN.digest.encode(), b"f" * 64)
    data = data.replace(PLAN.digest.encode(), b"f" * 64)
    found = judge(data)

    assert found.proof is Proof.MISSING
    assert "plan ffffffffffff" in found.text


def test_of_another_change_it_is_no_record_of_this_one() -> None:
    for data in (b"", b"# ", b"# CM-9: Other\n", b"\xff" * 5000, b"#" * 100_000):
        assert judge(data).proof is Proof.BROKEN
        assert named_change(data) in ("", "CM-9")


def test_the_frozen_record_is_proven_whatever_came_after() -> None:
    later = (*CLOSED, *CLOSED[-1:])
    found = judge(render(CLOSED), later)

    assert found.proof is Proof.PROVEN
    assert f"as alice closed it (entry {CLOSED[-1].seq})" in found.text


def test_an_edit_of_the_frozen_record_is_named_with_its_line() -> None:
    found = judge(edit(render(CLOSED), b"no photo was lost", b"nothing happened"), CLOSED)

    assert found.proof is Proof.BROKEN
    assert found.text.startswith("record.md was edited: line ")


def test_one_from_before_the_closing_is_not_the_frozen_one_and_no_edit() -> None:
    found = judge(render(ENTRIES), CLOSED)

    assert found.proof is Proof.NOTED
    assert "not the one that was frozen" in found.text


def one_file(entries: Sequence[Entry]) -> bytes:
    """The same record as one HTML file."""
    return render_html(page(PLAN, entries), lambda _: None).encode()


def judge_page(data: bytes, entries: Sequence[Entry]) -> Finding:
    (found,) = judge_record(data, "record.html", CHANGE, entries, PLAN.digest, one_file)
    return found


@pytest.mark.parametrize("entries", [ENTRIES, CLOSED])
def test_a_page_is_judged_as_markdown_is(entries: Sequence[Entry]) -> None:
    good = one_file(entries)

    assert named_change(good) == CHANGE
    assert judge_page(good, entries).proof is Proof.PROVEN
    edited = judge_page(edit(good, b"alice", b"mallory"), entries)
    assert (edited.proof, "was edited" in edited.text) == (Proof.BROKEN, True)
    assert judge_page(edit(good, b"<style>", b"<style>\n"), entries).proof is Proof.BROKEN


@pytest.mark.parametrize("seen", [0, 1, 7])
def test_an_older_page_is_older_and_not_edited(seen: int) -> None:
    found = judge_page(one_file(ENTRIES[:seen]), ENTRIES)

    assert found.proof is Proof.NOTED
    assert f"up to entry {seen} of {len(ENTRIES)}" in found.text


def test_a_page_without_a_heading_names_no_change() -> None:
    assert named_change(b"<!doctype html>\n<html><h1>CM-0001: x</h1></html>") == ""
