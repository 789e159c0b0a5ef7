"""Whether a rendered record is what mcm would write, or somebody edited it.

The record is for people and never read back: it is compared, byte for byte, with what the
plan, the journal and the statements give. What it says of itself (its head) is used only
to find the moment at which it may have been rendered.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from html import unescape

from mcm.app.proof import Finding, Proof
from mcm.core import canonical
from mcm.core.history.fold import fold
from mcm.core.history.journal import Entry

PART = "record"
_HEAD = re.compile(
    r"^Journal head: entry ([0-9]{1,9}), `?([0-9a-f]{64})`?$", re.ASCII | re.MULTILINE
)
_PLAN = re.compile(r"^Plan digest: `?([0-9a-f]{64})`?", re.ASCII | re.MULTILINE)

_HEADING = re.compile(r"^(# .+)$", re.MULTILINE)
_TAG = re.compile(r"<[^>]*>")

Render = Callable[[Sequence[Entry]], bytes]
"""The record as it would have been after these entries; may raise what rendering raises."""


def named_change(data: bytes) -> str:
    """Return the change that the record's heading names, unchecked; empty for no heading."""
    first = data.split(b"\n", 1)[0][:2000].decode("utf-8", "replace")
    if is_page(data):
        heading = _HEADING.search(_text(data))
        first = heading[1][:2000] if heading else ""
    return unescape(first[2:].split(":", 1)[0]).strip() if first.startswith("# ") else ""


def is_page(data: bytes) -> bool:
    """Say whether a record is one HTML file, not Markdown."""
    return data[:100].lstrip().lower().startswith(b"<!doctype html")


def _text(data: bytes) -> str:
    """Return what a record says line by line; a page without its tags, headings with a `#`."""
    text = data.decode("utf-8", "replace")
    if not is_page(data):
        return text
    return unescape(_TAG.sub("", text.partition("<main>")[2].replace("<h1", "# <h1")))


def judge_record(
    data: bytes, name: str, change: str, entries: Sequence[Entry], plan: str, render: Render
) -> Iterator[Finding]:
    """Judge the bytes of one record, which messages call `name`.

    `entries` are the journal's verified ones, `plan` the digest of the plan at hand, empty
    for none. A record that was true at an earlier entry is stale, which is noted; one that
    nobody can have rendered is broken.
    """
    of = named_change(data)
    if of != change:
        yield Finding(PART, Proof.BROKEN, f"{name} is not a record of {change}")
        return
    closing = fold(entries).closing
    if closing is not None and canonical.digest_bytes(data) == closing.record:
        text = f"{name} is the record as {closing.by} closed it (entry {closing.seq})"
        yield Finding(PART, Proof.PROVEN, text)
        return
    whole = render(entries)
    if data == whole and (closing is None or is_page(data)):
        form = " --format html" if is_page(data) else ""
        text = f"{name} is what `mcm render{form}` gives, byte for byte"
        yield Finding(PART, Proof.PROVEN, text)
        return
    yield _judge_other(data, name, entries, plan, render, whole, frozen=closing is not None)


def _judge_other(
    data: bytes,
    name: str,
    entries: Sequence[Entry],
    plan: str,
    render: Render,
    whole: bytes,
    *,
    frozen: bool,
) -> Finding:
    """Judge a record that is not the newest: an older one, or an edited one."""
    seen = _head(data, entries)
    if seen is not None and seen < len(entries):
        earlier = render(entries[:seen])
        if data == earlier:
            after = "it is not the one that was frozen" if frozen else "`mcm render` adds the rest"
            text = f"{name} tells the journal up to entry {seen} of {len(entries)}: {after}"
            return Finding(PART, Proof.NOTED, text)
        whole = earlier if not frozen else whole
    named = _PLAN.search(_text(data))
    if named and named[1] != plan:
        text = f"{name} was rendered for plan {named[1][:12]}, which is not here to compare with"
        return Finding(PART, Proof.MISSING, text)
    line = f"line {_first_difference(data, whole)}"
    if frozen:
        text = f"{name} was edited: {line} is not as in the record that was frozen"
    else:
        text = f"{name} was edited, or what it was made from was: {line} is not as mcm renders it"
    return Finding(PART, Proof.BROKEN, text)


def _head(data: bytes, entries: Sequence[Entry]) -> int | None:
    """Return the entry at which the record says it was rendered, if the journal has that one."""
    text = _text(data).rstrip()
    if "Journal head: no entries" in text.rsplit("\n", 1)[-1:]:
        return 0
    found = _HEAD.findall(text)
    if not found:
        return None
    seq, digest = int(found[-1][0]), found[-1][1]
    return seq if 1 <= seq <= len(entries) and entries[seq - 1].hash == digest else None


def _first_difference(data: bytes, other: bytes) -> int:
    """Return the number of the first line in which the two differ."""
    mine, theirs = data.split(b"\n"), other.split(b"\n")
    same = next(
        (n for n, pair in enumerate(zip(mine, theirs, strict=False)) if pair[0] != pair[1]), None
    )
    return (min(len(mine), len(theirs)) if same is None else same) + 1
