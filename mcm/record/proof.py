"""What proves a record: digests, who signed them, who keeps the journal's head, how to check."""

from collections.abc import Iterator, Mapping, Sequence

from mcm.core import commands
from mcm.core.history.journal import Entry
from mcm.core.sentences.sentence import shorten
from mcm.core.trust.statement import Verified
from mcm.record.timeline import ends_of
from mcm.record.view import Evidence, SignedLine

_CARRIES = {
    "answer_approval": "the answer to {stage}/{action}",
    "close_transition": "the reason of the closed way into {stage}",
    "stop_execution": "the reason of the stop of {execution}",
}
"""What AWS keeps of an instruction that carries the journal's head (`mcm.core.history.anchor`)."""


def build_evidence(
    change: str, entries: Sequence[Entry], statements: Sequence[Verified]
) -> Evidence:
    """Return what the record says of its own proof, by the verified statements and entries."""
    signed = sorted(statements, key=lambda each: (each.statement.not_before, each.digest))
    return Evidence(
        statements=tuple(_signed(each) for each in signed),
        anchors=(*_signers(signed), *_aws(entries)),
        tag=f"refs/tags/mcm/{change}",
        log=commands.about("log", change),
        verify=(
            commands.about("verify", change),
            f"{commands.about('verify', change)} --aws",
            f"mcm verify --record changes/{change}/record.md",
        ),
    )


def _signed(each: Verified) -> SignedLine:
    said = each.statement
    stages = said.stage or ", ".join(said.stages)
    what = f"{said.kind.capitalize()} by {each.person}, {stages}, edition {said.edition}"
    key = each.answered_by and f"answered in AWS by {each.answered_by}"
    return SignedLine(what, each.digest, key or each.key or "unsigned (sandbox)")


def _signers(signed: Sequence[Verified]) -> Iterator[str]:
    for each in signed:
        head = each.statement.journal
        if each.key and head.seq:
            yield f"entry {head.seq}, in the {each.statement.kind} that {each.person} signed"


def _aws(entries: Sequence[Entry]) -> Iterator[str]:
    """Name what AWS was given and is known to have; each names the entry that announced it."""
    ends = ends_of(entries)
    for entry in entries:
        if entry.seq not in ends or not _happened(ends[entry.seq]):
            continue
        sent = entry.body.get("instruction")
        facts = sent if isinstance(sent, Mapping) else {}
        form = _CARRIES.get(str(facts.get("op")))
        if form is not None:
            names = {name: str(facts.get(name)) for name in ("stage", "action", "execution")}
            yield f"entry {entry.seq}, in AWS, in {shorten(form.format(**names))}"


def _happened(ends: Sequence[Entry]) -> bool:
    return any(e.body.get("result") == "done" or e.body.get("happened") is True for e in ends)
