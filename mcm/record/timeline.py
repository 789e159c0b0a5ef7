"""What of a journal a record tells: what people and mcm did, and what made them do it.

The journal has each look, each count and each gate that waited; somebody who reads the
record a year later asks who let what in, when it went wrong, and what was done then. So
entries that only lead up to others are counted and left to `mcm log`. A kind that this
version does not know is told: nothing is left out for want of understanding.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mcm.core.history.journal import EMPTY, ChainProblem, Entry
from mcm.core.sentences.sentence import deed_sentence, sentence
from mcm.core.trust.statement import Verified
from mcm.core.verdict import Kind
from mcm.record.view import Log, TimelineLine

MOST_LINES = 400
_MOST_ENDS = 3
"""A doubtful instruction has an outcome, and what was found; more of them say nothing new."""
_LEAD_UP = frozenset(
    {
        "baseline",
        "doubt_read",
        "measured",
        "outcome",
        "settled",
        "stage_started",
        "told",
        "watched",
    }
)
"""Kinds that say nothing of their own; `outcome` and `settled` stand in their intent's line."""
_ELSEWHERE = frozenset({"noted"})
"""Kinds that the record shows in a section of their own."""
_REPEATED = frozenset({"person_needed", "refused", "sight", "warned"})
"""Kinds that a walk writes again and again; the same words are told once in a row."""


def build_log(
    entries: Sequence[Entry],
    problems: Sequence[ChainProblem],
    odd: str = "",
    statements: Sequence[Verified] = (),
) -> Log:
    """Return the timeline, oldest first, with the head of the chain that it tells.

    Of a very long one the first and the last 200 lines are shown. Everything that is not
    shown is counted. `odd` says why no state could be folded from the entries.
    """
    lines = list(_Teller(entries, statements).lines())
    told = len(lines)
    if told > MOST_LINES:
        lines = [*lines[: MOST_LINES // 2], *lines[-MOST_LINES // 2 :]]
    head = entries[-1] if entries else None
    return Log(
        lines=tuple(lines),
        entries=len(entries),
        left_out=len(entries) - sum(line.entries for line in lines),
        cut=told - len(lines),
        seq=head.seq if head else EMPTY.seq,
        hash=head.hash if head else EMPTY.hash,
        problems=(
            *(f"{p.code} at entry {p.seq}: {p.message}" for p in problems),
            *([odd] if odd else []),
        ),
    )


def spell(moment: datetime) -> str:
    """Write an instant as the record does: UTC, to the second."""
    return f"{moment:%Y-%m-%d %H:%M:%S}Z"


@dataclass
class _Teller:
    """Goes through a journal once and remembers what it has told."""

    entries: Sequence[Entry]
    statements: Sequence[Verified]
    verdicts: dict[tuple[str, str], Kind] = field(default_factory=dict)
    """The newest of each stage's check."""
    bad: set[tuple[str, str]] = field(default_factory=set)
    """Checks that got worse, which was told, and have not passed since."""
    opened: set[tuple[str, str]] = field(default_factory=set)
    """Gates that were open at the last word of them."""
    last: dict[tuple[str, str], str] = field(default_factory=dict)
    """The words told last of a kind that repeats itself, by stage."""

    def lines(self) -> Iterator[TimelineLine]:
        ends = ends_of(self.entries)
        keys = {each.digest: each.key for each in self.statements}
        for entry in self.entries:
            if not self._matters(entry):
                continue
            if entry.kind == "intent":
                of = ends.get(entry.seq, [])
                text = deed_sentence(entry, of[:_MOST_ENDS])
                yield TimelineLine(spell(entry.at), _numbers(entry, of), text, 1 + len(of))
            else:
                text = sentence(entry) + _signed(entry, keys)
                yield TimelineLine(spell(entry.at), str(entry.seq), text, 1)

    def _matters(self, entry: Entry) -> bool:
        kind, body = entry.kind, entry.body
        if kind in _LEAD_UP or kind in _ELSEWHERE:
            return False
        if kind == "entered":
            return body.get("by") != "mcm"  # else it follows from the promotion
        if kind == "gate_changed":
            return self._gate(body)
        if kind == "verdict_changed":
            return self._verdict(body)
        if kind in _REPEATED:
            return self._is_new(entry)
        return True

    def _gate(self, body: Mapping[str, Any]) -> bool:
        """A gate matters when it opens, and when it closes again."""
        gate = (str(body.get("stage")), str(body.get("gate")))
        was_open = gate in self.opened
        if body.get("open") is True:
            self.opened.add(gate)
            return True
        self.opened.discard(gate)
        return was_open

    def _verdict(self, body: Mapping[str, Any]) -> bool:
        """A verdict matters when it is worse than the one before, or good again after that.

        That there is no answer yet is how each check begins.
        """
        check = (str(body.get("stage")), str(body.get("check")))
        try:
            now = Kind[str(body.get("verdict"))]
        except KeyError:
            return True
        before = self.verdicts.get(check, Kind.INCONCLUSIVE)
        self.verdicts[check] = now
        if now > before:
            self.bad.add(check)
            return True
        better = now < before and check in self.bad
        if now is Kind.PASS:
            self.bad.discard(check)
        return better

    def _is_new(self, entry: Entry) -> bool:
        place, words = (entry.kind, str(entry.body.get("stage"))), sentence(entry)
        known = self.last.get(place)
        self.last[place] = words
        return words != known


def ends_of(entries: Sequence[Entry]) -> Mapping[int, list[Entry]]:
    """Return what came of each instruction, by the number of its intent."""
    found: dict[int, list[Entry]] = {e.seq: [] for e in entries if e.kind == "intent"}
    for entry in entries:
        intent = entry.body.get("intent") if entry.kind in ("outcome", "settled") else None
        if isinstance(intent, int) and intent in found:
            found[intent].append(entry)
    return found


def _numbers(intent: Entry, ends: Sequence[Entry]) -> str:
    shown = ", ".join(str(each.seq) for each in (intent, *ends[:_MOST_ENDS]))
    return f"{shown}, …" if len(ends) > _MOST_ENDS else shown


def _signed(entry: Entry, keys: Mapping[str, str]) -> str:
    """Name the keys with which somebody signed what `entry` tells of."""
    approvals = entry.body.get("approvals") if entry.kind == "gates_open" else None
    if isinstance(approvals, list):
        found = [str(a.get("key") or "") for a in approvals if isinstance(a, Mapping)]
    else:
        found = [keys.get(str(entry.body.get("statement")), "")]
    named = [key for key in found if key]
    return f", with key {' and '.join(named)}" if named else ""
