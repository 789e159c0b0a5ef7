"""`mcm verify`: what can be proven about a change afterwards, by whoever has its folder.

Pure over `Evidence`. Each finding is proven, missing (nobody can tell any more), broken
(it contradicts something) or noted (said, decides nothing). Only when nothing is broken
or missing is the change proven; an unknown part never passes silently.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from mcm.app.anchors import NOT_ANCHORED, Anchored, AwsWord, anchored, judge_anchors
from mcm.app.evidence import Evidence, Filed, read_evidence
from mcm.app.proof import Approver, Finding, Promotion, Proof, read_promotions
from mcm.core.errors import Exit
from mcm.core.history.closing import CLOSED
from mcm.core.history.journal import Entry

__all__ = [
    "Approver",
    "Finding",
    "Promotion",
    "Proof",
    "Verdict",
    "Verification",
    "read_evidence",
    "verify_change",
]


_KINDS = {
    "requested": "request",
    "approved": "approval",
    "rejected": "rejection",
    "glass_broken": "breakglass",
    "glass_reviewed": "review",
}
"""Entries that tell of a statement, and the kind of it that its file is named after."""


class Verdict(StrEnum):
    """Of the whole change."""

    PROVEN = "proven"
    INCOMPLETE = "incomplete"
    BROKEN = "broken"


@dataclass(frozen=True)
class Verification:
    """What `mcm verify` found."""

    change: str
    verdict: Verdict
    sentences: tuple[str, ...]
    """To be read aloud: one for each promotion, or the one that says what is wrong."""
    findings: tuple[Finding, ...]
    promotions: tuple[Promotion, ...]
    anchor: Anchored = NOT_ANCHORED
    """Up to which entry somebody else vouches for the journal."""

    @property
    def bad_entry(self) -> int:
        """The first entry of the journal that is not what it must be; 0 for none."""
        return min((each.entry for each in self.findings if each.entry), default=0)

    @property
    def exit(self) -> Exit:
        """0 proven, 4 broken, 7 when a part is missing."""
        codes = {Verdict.PROVEN: Exit.DONE, Verdict.BROKEN: Exit.REFUSED}
        return codes.get(self.verdict, Exit.INCONCLUSIVE)


def verify_change(
    evidence: Evidence, aws: AwsWord | None = None, record: Iterable[Finding] = ()
) -> Verification:
    """Judge all that was read about one change, and what AWS keeps of it when it was asked.

    `record` is what was found about a record of it that somebody handed in.
    """
    if aws is not None:
        evidence = replace(evidence, kept=(*evidence.kept, *aws.kept), answers=aws.answers)
    promotions = tuple(read_promotions(evidence))
    findings = (
        *_journal(evidence),
        *judge_anchors(evidence),
        *_plan(evidence),
        *_mentions(evidence),
        *_files(evidence),
        *(finding for promotion in promotions for finding in promotion.findings),
        *_others(evidence),
        *(aws.findings if aws else ()),
        *_closing(evidence),
        *record,
    )
    verdict = _verdict(findings)
    sentences = tuple(_sentences(evidence, promotions, findings, verdict))
    found = anchored(evidence)
    return Verification(evidence.change, verdict, sentences, findings, promotions, found)


def _verdict(findings: Iterable[Finding]) -> Verdict:
    proofs = {finding.proof for finding in findings}
    if Proof.BROKEN in proofs:
        return Verdict.BROKEN
    return Verdict.INCOMPLETE if Proof.MISSING in proofs else Verdict.PROVEN


def _journal(evidence: Evidence) -> Iterator[Finding]:
    if evidence.journal_problem:
        problem = evidence.journal_problem
        yield Finding("journal", Proof.BROKEN, problem, entry=evidence.bad_entry)
    elif evidence.journal_unread:
        yield Finding("journal", Proof.MISSING, evidence.journal_unread)
    elif not evidence.entries:
        yield Finding("journal", Proof.MISSING, f"there is no journal of {evidence.change}")
    else:
        last = evidence.entries[-1]
        count = len(evidence.entries)
        text = f"{count} entries, each bound to the one before; head {count}:{last.hash[:12]}"
        yield Finding("journal", Proof.PROVEN, text)


def _plan(evidence: Evidence) -> Iterator[Finding]:
    plan = evidence.plan
    written = [entry for entry in evidence.entries if entry.kind == "planned"]
    if evidence.plan_problem:
        yield Finding("plan", Proof.BROKEN, f"plan.json is no plan: {evidence.plan_problem}")
        return
    if plan is None:
        proof = Proof.MISSING if written else Proof.NOTED
        yield Finding("plan", proof, "there is no plan.json")
        return
    if plan.change != evidence.change:
        text = f"plan.json is of {plan.change}, not of {evidence.change}"
        yield Finding("plan", Proof.BROKEN, text)
        return
    ours = [entry for entry in written if entry.body.get("edition") == plan.edition]
    digest = plan.digest
    if not ours:
        text = f"no entry says when edition {plan.edition} was written"
        yield Finding("plan", Proof.MISSING, text)
    elif any(entry.body.get("plan") != digest for entry in ours):
        text = f"plan.json is not edition {plan.edition} as entry {ours[0].seq} has it"
        yield Finding("plan", Proof.BROKEN, text)
    else:
        text = f"plan.json is edition {plan.edition} as it was written, digest {digest}"
        yield Finding("plan", Proof.PROVEN, text)


def _mentions(evidence: Evidence) -> Iterator[Finding]:
    """Each statement that the journal mentions must lie in the folder, byte for byte.

    One that is gone is missing; where it was filed with other bytes, somebody edited it.
    """
    if evidence.statements_problem:
        yield Finding("statements", Proof.MISSING, evidence.statements_problem)
        return
    filed = {each.digest: each for each in evidence.statements if each.digest}
    mentioned = tuple(_mentioned(evidence.entries))
    known = {digest for _, digest, _ in mentioned}
    told: set[str] = set()
    for entry, digest, what in mentioned:
        if digest in told:
            continue
        told.add(digest)
        found = filed.get(digest)
        where = f"{what} (entry {entry.seq}, {digest[:8]})"
        if found is None:
            edited = next((each.name for each in _in_place_of(entry, evidence, known)), "")
            if edited:
                text = f"{where} is not what {edited} holds: the file was edited or replaced"
                yield Finding("statements", Proof.BROKEN, text)
            else:
                yield Finding("statements", Proof.MISSING, f"{where} is not in statements/")
        elif found.problem:
            yield Finding("statements", Proof.BROKEN, f"{where}: {found.problem}")
        else:
            yield Finding("statements", Proof.PROVEN, f"{where} is {found.name}, byte for byte")


def _in_place_of(entry: Entry, evidence: Evidence, known: set[str]) -> Iterator[Filed]:
    """Yield files under the name of the statement that `entry` filed, none that is another's."""
    parts = [_KINDS[entry.kind], str(entry.body.get("edition", ""))]
    if entry.kind != "requested":
        parts += [str(entry.body[key]) for key in ("stage", "by") if entry.body.get(key)]
    name = re.compile(re.escape("-".join(parts)) + r"(-[0-9]{1,2})?\.json", re.ASCII)
    for each in evidence.statements:
        if each.digest not in known and name.fullmatch(each.name):
            yield each


def _mentioned(entries: Iterable[Entry]) -> Iterator[tuple[Entry, str, str]]:
    for entry in entries:
        if entry.kind in _KINDS and isinstance(entry.body.get("statement"), str):
            what = f"the {_KINDS[entry.kind]} by {entry.body.get('by', 'somebody')}"
            yield entry, entry.body["statement"], what


def _files(evidence: Evidence) -> Iterator[Finding]:
    """Note what lies in the folder and is no statement; anybody may put a file there."""
    known = {digest for _, digest, _ in _mentioned(evidence.entries)}
    for each in evidence.statements:
        if each.problem and each.digest not in known:
            text = f"{each.name} counts for nothing: {each.problem}"
            yield Finding("statements", Proof.NOTED, text)
    if evidence.trust_problem:
        text = f"today's trust file cannot be read: {evidence.trust_problem}"
        yield Finding("trust", Proof.MISSING, text)


def _others(evidence: Evidence) -> Iterator[Finding]:
    for entry in evidence.entries:
        if entry.kind == "entered" and entry.body.get("by") != "mcm":
            stage = entry.body.get("stage", "a stage")
            text = f"{stage}: somebody else let the execution in (entry {entry.seq}), without mcm"
            yield Finding("promotion", Proof.MISSING, text)


def _closing(evidence: Evidence) -> Iterator[Finding]:
    """Note what was written behind the closing: only a rollback may do that."""
    end = next((entry for entry in evidence.entries if entry.kind == CLOSED), None)
    if end is not None and evidence.entries[-1].seq > end.seq:
        count = evidence.entries[-1].seq - end.seq
        text = f"entry {end.seq} closed it, and {count} entries of a rollback stand behind it"
        yield Finding("journal", Proof.NOTED, text)


def _sentences(
    evidence: Evidence,
    promotions: tuple[Promotion, ...],
    findings: tuple[Finding, ...],
    verdict: Verdict,
) -> Iterator[str]:
    change = evidence.change
    if verdict is not Verdict.PROVEN:
        proof = Proof.BROKEN if verdict is Verdict.BROKEN else Proof.MISSING
        first = next(finding for finding in findings if finding.proof is proof)
        lead = "DOES NOT HOLD" if verdict is Verdict.BROKEN else "is not complete"
        yield f"The record of {change} {lead}: {first.text}."
    # A broken journal cannot lend its words to a sentence that sounds like proof.
    whole = verdict is not Verdict.BROKEN
    for promotion in promotions:
        if whole and promotion.is_proven:
            yield promotion.sentence(change)
        else:
            stage = promotion.stage
            yield f"It is not proven that {change} was approved as it was promoted to {stage}."
    if not promotions and verdict is Verdict.PROVEN:
        yield f"The journal of {change} holds, and mcm promoted nothing in it."
    if whole and evidence.entries:
        yield anchored(evidence).sentence()
