"""Up to where a journal is vouched for by somebody who does not hold its file.

Signatures carry the head that their signer saw; AWS keeps heads in the answers and reasons
that mcm gave it (`mcm.core.history.anchor`). What comes after the last of them rests on the file.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcm.app.evidence import Evidence
from mcm.app.proof import Finding, Proof
from mcm.core.history import anchor
from mcm.core.history.anchor import Anchor

if TYPE_CHECKING:
    from mcm.core.pipeline import ActionRun


@dataclass(frozen=True)
class Anchored:
    """The last entry that is vouched for elsewhere; 0 for none."""

    entry: int
    by: str
    """Who keeps it, in words; empty for nobody."""
    rest: int
    """How many entries come after it."""

    def sentence(self) -> str:
        """Return what that is worth, to be read aloud."""
        rest = f"the {self.rest} after it rest" if self.rest != 1 else "the one after it rests"
        if not self.entry:
            count = "its only entry rests" if self.rest == 1 else f"all {self.rest} entries rest"
            return f"Not anchored: {count} on this file alone."
        if not self.rest:
            return f"Anchored to entry {self.entry}, the last, by {self.by}."
        return f"Anchored to entry {self.entry} by {self.by}; {rest} on this file alone."


NOT_ANCHORED = Anchored(0, "", 0)
"""Of a journal that nobody could read."""


@dataclass(frozen=True)
class AwsWord:
    """What AWS keeps of a change: heads, and what else was found there."""

    kept: tuple[Anchor, ...]
    findings: tuple[Finding, ...]
    answers: "tuple[ActionRun, ...]" = ()
    """The actions of the plan's execution, as AWS shows them now."""


def anchored(evidence: Evidence) -> Anchored:
    """Return the last anchor with which the chain agrees."""
    entries = evidence.entries
    agree = [a for a in _all(evidence) if anchor.contradiction(entries, a) is None]
    last = max(agree, key=lambda each: each.seq, default=None)
    if last is None:
        return Anchored(0, "", len(entries))
    return Anchored(last.seq, last.where, len(entries) - last.seq)


def judge_anchors(evidence: Evidence) -> Iterator[Finding]:
    """Compare the chain with each head that somebody else keeps."""
    if not evidence.entries:
        return
    for each in _all(evidence):
        problem = anchor.contradiction(evidence.entries, each)
        if problem is not None:
            text = f"{problem.message} [{problem.code}]"
            yield Finding("journal", Proof.BROKEN, text, entry=problem.seq)
        else:
            yield Finding("journal", Proof.PROVEN, f"entry {each.seq} is as {each.where} names it")
    found = anchored(evidence)
    if found.rest:
        text = f"{found.rest} entries after entry {found.entry} rest on this journal's file alone"
        yield Finding("journal", Proof.NOTED, text)


def _all(evidence: Evidence) -> Iterator[Anchor]:
    for each in evidence.statements:
        said = each.statement
        if said is None or not each.key or said.change != evidence.change or not said.journal.seq:
            continue
        where = f"the {said.kind} that {said.signer} signed"
        yield Anchor(said.journal.seq, said.journal.hash, where)
    yield from evidence.kept
