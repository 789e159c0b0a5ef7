"""Anchors: heads of a journal that somebody keeps outside its file.

A chain alone shows no rewriting of its tail (docs/security-design.md, Journal). So what
mcm says to AWS while it acts carries the head of that moment: the summary of an approval
in full, `mcm1 CHANGE STAGE STATEMENT SEQ:HEAD`, and the reasons of stops and of closed
transitions a mark at their end, `(mcm1 CHANGE SEQ-HEAD)`, whose characters every field
of AWS takes. HEAD is the first 12 digits of the entry's hash.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mcm.core.history.journal import ChainProblem, Entry, Head
from mcm.core.sanitize import (
    SUMMARY_LIMIT,
    approval_summary,
    stop_reason,
    transition_reason,
)

if TYPE_CHECKING:
    from mcm.core.history.instruction import Instruction

DIGITS = 12
"""How much of a hash an anchor carries: 48 bits, which nobody meets by chance."""

_MARK = re.compile(r"\(mcm1 (\S{1,80}) ([0-9]{1,9})-([0-9a-f]{12})\)", re.ASCII)
_SUMMARY = re.compile(
    r"mcm1 (\S{1,80}) (\S{1,64}) ([0-9a-f]{12,64})(?: ([0-9]{1,9}):([0-9a-f]{12}))?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A head, or the first digits of one, and who keeps it."""

    seq: int
    hash: str
    """12 to 64 hex digits."""
    where: str
    """In words: `bob's approval`, `the answer to ApproveUS/Approve in AWS`."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What the summary of an approval says, when mcm or a person wrote it in mcm's form."""

    change: str
    stage: str
    statement: str
    """The statement's digest, or what a person pasted of it: 12 hex digits at least."""
    seq: int
    """0 when the summary carries no head."""
    hash: str


def contradiction(entries: Sequence[Entry], anchor: Anchor) -> ChainProblem | None:
    """Return how the chain disagrees with a head kept elsewhere; None when it does not."""
    if len(entries) < anchor.seq:
        message = f"the journal ends at entry {len(entries)}, but {anchor.where} names entry"
        return ChainProblem("E_TRUNCATED", len(entries) + 1, f"{message} {anchor.seq}")
    entry = entries[anchor.seq - 1]
    if len(anchor.hash) < DIGITS or not entry.hash.startswith(anchor.hash):
        message = f"entry {anchor.seq} is not the one that {anchor.where} names"
        return ChainProblem("E_SIGNED_HEAD", anchor.seq, message)
    return None


def console_line(change: str, stage: str, plan: str) -> str:
    """Return what an approver pastes as the comment of an approval in the console."""
    return f"mcm1 {change} {stage} {plan[:DIGITS]}"


def read_console_line(text: str) -> Summary | None:
    """Return what such a comment says; None for any other, mcm's own summaries among them."""
    said = read_summary(text)
    return said if said and len(said.statement) == DIGITS and not said.seq else None


def mark(change: str, head: Head) -> str:
    """Return what stands at the end of a reason: `(mcm1 CM-1 41-9f86d081884c)`."""
    return f"(mcm1 {change} {head.seq}-{head.hash[:DIGITS]})"


def summary(change: str, stage: str, statement: str, head: Head) -> str:
    """Return the summary with which an approval is answered."""
    return f"mcm1 {change} {stage} {statement} {head.seq}:{head.hash[:DIGITS]}"


def stamp(instruction: "Instruction", change: str, head: Head) -> "Instruction":
    """Return `instruction` with the head in what AWS keeps of it; the rest is cut for it.

    The journal has the instruction as it was decided, before there was such a head. Without
    a stored entry (`head.seq` 0) there is nothing to vouch for.
    """
    from mcm.core.history.instruction import AnswerApproval, CloseTransition, StopExecution

    if head.seq == 0:
        return instruction
    end = f" {mark(change, head)}"
    if isinstance(instruction, CloseTransition):
        end = f" {transition_reason(end)}"
        return replace(instruction, reason=transition_reason(instruction.reason, end))
    if isinstance(instruction, StopExecution):
        return replace(instruction, reason=stop_reason(instruction.reason, end))
    if isinstance(instruction, AnswerApproval):
        if read_summary(instruction.summary) is not None:
            end = f" {head.seq}:{head.hash[:DIGITS]}"
        return replace(instruction, summary=approval_summary(instruction.summary, end))
    return instruction


def read_mark(reason: str, change: str, where: str) -> Anchor | None:
    """Return the head of `change` that a reason ends with; None when it names none of it."""
    found = _MARK.findall(reason)
    if not found or found[-1][0] not in (change, transition_reason(change)):
        return None
    return Anchor(int(found[-1][1]), found[-1][2], where)


def read_summary(text: str) -> Summary | None:
    """Return what a summary in mcm's form says; None for any other text."""
    found = _SUMMARY.fullmatch(text.strip()) if len(text) <= SUMMARY_LIMIT else None
    if found is None:
        return None
    return Summary(found[1], found[2], found[3], int(found[4] or 0), found[5] or "")


_TAG = re.compile(r"^journal: entry ([0-9]{1,9}), ([0-9a-f]{64})$", re.ASCII | re.MULTILINE)


def read_tag(message: str, change: str) -> Anchor | None:
    """Return the head that the message of the tag `mcm/CHANGE` keeps; None when it has none."""
    found = _TAG.search(message) if message.startswith(f"{change} is closed\n") else None
    return Anchor(int(found[1]), found[2], f"the tag mcm/{change} in git") if found else None


def tag_message(change: str, head: Head) -> str:
    """Return the message of the tag `mcm/CHANGE`, which keeps the head in git."""
    return f"{change} is closed\n\njournal: entry {head.seq}, {head.hash}\n"
