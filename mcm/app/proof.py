"""Whether a promotion was approved: who signed exactly what ran, and when, before it ran."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mcm.app.answer_proof import broken_answer, find_answer
from mcm.app.evidence import Evidence, Filed
from mcm.core.history.fold import apply
from mcm.core.history.journal import Entry
from mcm.core.history.state import Attempt, State
from mcm.core.plans.plan import Plan
from mcm.core.trust.authorship import excluded
from mcm.core.trust.counting import loosely, spellings
from mcm.core.trust.statement import Statement


class Proof(StrEnum):
    """How much one finding is worth."""

    PROVEN = "proven"
    MISSING = "missing"
    """Nobody can tell any more."""
    BROKEN = "broken"
    """It contradicts something."""
    NOTED = "noted"
    """Said, and decides nothing."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked into, and what it is worth."""

    part: str
    """`journal`, `plan`, `statements`, `trust`, `promotion`, `aws` or `record`."""
    proof: Proof
    text: str
    entry: int = 0
    """The first entry of the journal that is not what it must be; 0 for none."""


@dataclass(frozen=True)
class Approver:
    """A person whose approval a promotion rested on."""

    person: str
    approved_at: datetime
    """When the journal noted the approval; else from when on it counted, by its own word."""


@dataclass(frozen=True)
class Promotion:
    """One promoting write and what is known of its approval."""

    stage: str
    execution: str
    entry: int
    """The sequence number of its intent."""
    at: datetime
    edition: int
    requester: str
    approvers: tuple[Approver, ...]
    findings: tuple[Finding, ...]
    glass: str = ""
    """Who went forward alone, why, and who reviewed it; empty for an approved promotion."""
    authorship: str = ""
    """Whether who approved it had written it, in words; empty where nobody approved."""

    @property
    def is_proven(self) -> bool:
        """Say whether everything about it is proven or decides nothing."""
        return not any(f.proof in {Proof.MISSING, Proof.BROKEN} for f in self.findings)

    def sentence(self, change: str) -> str:
        """Return the sentence that a manager can read aloud; only for a proven one."""
        what = f"{change}, edition {self.edition}, into {self.stage}"
        if self.glass:
            return f"{what}: NOT APPROVED before the promotion on {_day(self.at)}: {self.glass}."
        if not self.approvers:
            return f"{what}: promoted on {_day(self.at)}; its plan asked for no approval."
        signed = " and ".join(f"{a.person} on {_day(a.approved_at)}" for a in self.approvers)
        one = self.approvers[0].person
        nobody = {1: f"{one} is not", 2: "neither is"}.get(len(self.approvers), "none of them is")
        return (
            f"{what}: approved by {signed}, before the promotion {self._promoted()};"
            f" same content; {self.authorship}; {nobody} the requester, {self.requester}."
        )

    def _promoted(self) -> str:
        """When it was promoted; the day only where it is not that of the last approval."""
        last = max(approver.approved_at for approver in self.approvers)
        return f"at {self.at:%H:%M:%S}" if last.date() == self.at.date() else f"on {_day(self.at)}"


def read_promotions(evidence: Evidence) -> Iterator[Promotion]:
    """Yield each promoting write that happened, or that may have."""
    attempts = {attempt.intent: attempt for attempt in _attempts(evidence.entries)}
    for entry in evidence.entries:
        attempt = attempts.get(entry.seq)
        if attempt is None or attempt.purpose != "promote" or attempt.happened is False:
            continue
        yield _Judge(evidence, entry, attempt).promotion()


def _attempts(entries: Sequence[Entry]) -> Iterator[Attempt]:
    """Yield every attempt as it was last known; a new edition's state forgets the old ones."""
    state = State()
    found: dict[int, Attempt] = {}
    for entry in entries:
        state = apply(state, entry)
        found |= {attempt.intent: attempt for attempt in state.attempts}
    yield from found.values()


class _Judge:
    """Collects the findings about one promotion."""

    def __init__(self, evidence: Evidence, intent: Entry, attempt: Attempt) -> None:
        self.evidence = evidence
        self.intent = intent
        self.attempt = attempt
        self.findings: list[Finding] = []
        before = [entry for entry in evidence.entries if entry.seq < intent.seq]
        self.before = before
        walk = next((e for e in reversed(before) if e.kind == "walk_started"), None)
        self.digest = str(walk.body.get("plan", "")) if walk else ""
        self.edition = walk.body.get("edition", 0) if walk else 0
        plan = evidence.plan
        self.plan: Plan | None = plan if plan and plan.digest == self.digest else None

    def promotion(self) -> Promotion:
        stage, execution = self.attempt.stage, getattr(self.attempt.instruction, "execution", "")
        if self.attempt.happened is None:
            self.add(Proof.MISSING, "nobody settled whether it happened")
        if self.plan is None:
            text = f"the plan that ran, {self.digest[:8] or 'unknown'}, is not plan.json"
            self.add(Proof.MISSING, text)
        elif self.plan.execution != execution:
            self.add(Proof.BROKEN, f"{execution} was promoted, not the pinned execution")
        approvals = self._evidence_entry("approvals")
        broken = self._evidence_entry("glass")
        if not approvals and not broken:
            self.add(Proof.MISSING, "no entry says on which approvals it rested")
        found = [self._approval(each) for each in approvals]
        said = [each for each in found if each is not None]
        glass = self._by_glass(broken[0]) if broken else None
        if not broken:
            self._count([approver for approver, _ in said])
        signed = [statement for _, statement in said if statement is not None]
        whole = len(signed) == len(said)
        self._claims([*signed, *([glass[1]] if glass else [])], whole=whole)
        requesters = sorted({statement.requester for statement in signed})
        if not whole and self.plan is not None:
            requesters = [self.plan.requester]
        return Promotion(
            stage=stage,
            execution=execution,
            entry=self.intent.seq,
            at=self.intent.at,
            edition=int(self.edition),
            requester=", ".join(requesters),
            approvers=tuple(approver for approver, _ in said),
            findings=tuple(self.findings),
            glass=glass[0] if glass else "",
            authorship=self._authorship([approver.person for approver, _ in said]),
        )

    def add(self, proof: Proof, text: str) -> None:
        where = f"into {self.attempt.stage} (entry {self.intent.seq})"
        self.findings.append(Finding("promotion", proof, f"{where}: {text}"))

    def _authorship(self, approvers: list[str]) -> str:
        """Say whether an approver wrote part of it, by the authors that the plan names."""
        plan = self.plan
        if plan is None or not approvers:
            return ""
        wrote = set(spellings(plan.authors))
        known = self.evidence.names
        authors = [
            one
            for one in approvers
            if wrote & {loosely(name) for name in known.get(one, frozenset({one}))}
        ]
        if authors:
            return f"{' and '.join(authors)} wrote part of it, which its plan allows"
        if plan.authors_unknown or not plan.authors:
            why = f" ({plan.authors_unknown})" if plan.authors_unknown else ""
            return f"who wrote it is unknown{why}"
        return "not the author" if len(approvers) == 1 else "none of them the author"

    def _evidence_entry(self, name: str) -> list[dict[str, str]]:
        """What the promotion rested on, `approvals` or `glass`, from the entry written with it."""
        stage = self.attempt.stage
        for entry in reversed(self.before):
            if entry.kind == "intent" and entry.body.get("purpose") == "promote":
                break
            if entry.kind == "gates_open" and entry.body.get("stage") == stage:
                found = entry.body.get(name)
                return [a for a in found if isinstance(a, dict)] if isinstance(found, list) else []
        return []

    def _approval(self, noted: dict[str, str]) -> tuple[Approver, Statement | None] | None:
        person, digest = _noted(noted)
        what = f"the approval by {person} ({digest[:8]})"
        if noted.get("answered_by"):
            answered = self._answer(person, str(noted["answered_by"]))
            return (answered, None) if answered else None
        filed = self._filed(noted, what, "approval", "approve")
        if filed is None or filed.statement is None:
            return None
        said = filed.statement
        moment = self._when(digest, said, what)
        names = {loosely(name) for name in (person, *filed.aliases)}
        if loosely(said.requester) in names or (
            self.plan is not None and loosely(self.plan.requester) in names
        ):
            self.add(Proof.BROKEN, f"{what} is by the requester")
        self._stage_rules(filed, names, what)
        return Approver(person, moment), said

    def _answer(self, person: str, arn: str) -> Approver | None:
        """An approval given in the pipeline: AWS's word for it, and the trust file's for whom."""
        stage, at = self.attempt.stage, self.intent.at
        what = f"the approval by {person} was given in the pipeline by {arn}"
        moment, why = find_answer(self.evidence, self.digest, stage, person, arn)
        if moment is None:
            self.add(Proof.MISSING, f"{what}, {why}")
            return None
        wrong = broken_answer(self.plan, stage, person, moment, at) if self.plan else ""
        if wrong:
            self.add(Proof.BROKEN, f"{what}, {wrong}")
            return None
        self.add(Proof.PROVEN, f"{what} with this plan's line, says AWS")
        return Approver(person, moment)

    def _by_glass(self, noted: dict[str, str]) -> tuple[str, Statement] | None:
        """Who went forward alone, in words that never say approved; None if not even that."""
        person, digest = _noted(noted)
        what = f"the glass broken by {person} ({digest[:8]})"
        filed = self._filed(noted, what, "breakglass", "break")
        if filed is None or filed.statement is None:
            return None
        said = filed.statement
        stage = self.plan.stage(self.attempt.stage) if self.plan else None
        if stage is not None and not stage.break_glass:
            self.add(Proof.BROKEN, f"{what}: the plan lets nobody break it")
        if stage is not None and stage.touch and not filed.touched:
            self.add(Proof.BROKEN, f"{what} was signed without a touched security key")
        reviewer = self._reviewer(digest, person)
        if not reviewer:
            self.add(Proof.MISSING, f"{what}: nobody else has reviewed it")
        text = f"{person} broke the glass and went forward alone ({said.ticket}: {said.reason})"
        return f"{text}; reviewed by {reviewer}", said

    def _reviewer(self, digest: str, person: str) -> str:
        """Return who else signed a review of a broken glass; empty for nobody."""
        for each in self.evidence.statements:
            said = each.statement
            if said is None or each.problem or (said.kind, said.request) != ("review", digest):
                continue
            signer = each.holder or ("" if each.key else said.approver)
            names = {loosely(name) for name in (signer, *each.aliases)}
            if signer and signer == said.approver and loosely(person) not in names:
                return signer
        return ""

    def _filed(self, noted: dict[str, str], what: str, kind: str, decision: str) -> Filed | None:
        """Return a statement that the promotion rested on, if it is what the journal says."""
        person, digest = _noted(noted)
        filed = next((f for f in self.evidence.statements if f.digest == digest), None)
        if filed is None or filed.statement is None:
            self.add(Proof.MISSING, f"{what} is not in statements/")
            return None
        if filed.problem:
            self.add(Proof.BROKEN, f"{what}: {filed.problem}")
            return None
        said = filed.statement
        wrong = self._mismatch(said, person, kind, decision)
        if wrong:
            self.add(Proof.BROKEN, f"{what} {wrong}")
            return None
        self._signature(filed, said, what, str(noted.get("key", "")))
        return filed

    def _stage_rules(self, filed: Filed, names: set[str], what: str) -> None:
        """What the stage asks of its approvers besides: no author, a touched key."""
        stage = self.plan.stage(self.attempt.stage) if self.plan else None
        if self.plan is None or stage is None:
            return
        if names & set(spellings(excluded(self.plan, stage))):
            self.add(Proof.BROKEN, f"{what} is by an author")
        if stage.touch and not filed.touched:
            self.add(Proof.BROKEN, f"{what} was signed without a touched security key")

    def _mismatch(self, said: Statement, person: str, kind: str, decision: str) -> str:
        """Why a statement is not of that kind for exactly this promotion; empty when it is."""
        execution = getattr(self.attempt.instruction, "execution", "")
        wanted = {
            "kind": kind,
            "decision": decision,
            "change": self.evidence.change,
            "plan": self.digest,
            "stage": self.attempt.stage,
            "execution": execution,
            "approver": person,
        }
        for name, value in wanted.items():
            if getattr(said, name) != value:
                return f"is for {name} {getattr(said, name)!r}, not {value!r}"
        if not said.not_before <= self.intent.at < said.expires:
            return "did not count at that time"
        return ""

    def _signature(self, filed: Filed, said: Statement, what: str, key: str) -> None:
        trust = self.evidence.trust
        if not filed.key:
            self.add(Proof.MISSING, f"{what} carries no signature: it counts in a sandbox only")
        elif filed.key != key:
            self.add(Proof.BROKEN, f"{what} is signed by {filed.key}, the journal says {key}")
        elif not filed.holder:
            self.add(Proof.MISSING, f"{what}: nobody has its key {filed.key} in today's trust file")
        elif filed.holder != said.approver:
            self.add(Proof.BROKEN, f"{what} is signed with the key of {filed.holder}")
        else:
            self.add(Proof.PROVEN, f"{what} is signed by {filed.key}, a key of {filed.holder}")
        if trust is not None and said.trust != trust:
            text = f"{what} was signed under another trust file (version {said.trust.version})"
            self.add(Proof.NOTED, f"{text} than today's (version {trust.version})")

    def _when(self, digest: str, said: Statement, what: str) -> datetime:
        entries = [e for e in self.evidence.entries if e.kind == "approved"]
        noted = next((e for e in entries if e.body.get("statement") == digest), None)
        if noted is None:
            self.add(Proof.NOTED, f"{what}: no entry says when it was filed; its own time is told")
            return said.not_before
        if noted.seq > self.intent.seq:
            self.add(Proof.BROKEN, f"{what} was noted after the promotion, as entry {noted.seq}")
        return noted.at

    def _count(self, approvers: list[Approver]) -> None:
        stage = self.plan.stage(self.attempt.stage) if self.plan else None
        if stage is None:
            return  # said already: the plan that ran is not there
        persons = {loosely(approver.person) for approver in approvers}
        if len(persons) < stage.approvals:
            text = f"{len(persons)} of {stage.approvals} persons are proven to have approved"
            self.add(Proof.MISSING, text)

    def _claims(self, statements: list[Statement], *, whole: bool) -> None:
        """Compare what was used up; an answer in the pipeline has no file to compare with."""
        claims = self.intent.body.get("claims")
        used = {str(c.get("nonce")) for c in claims} if isinstance(claims, list) else set()
        nonces = {statement.nonce for statement in statements}
        if statements and (used != nonces if whole else not nonces <= used):
            self.add(Proof.BROKEN, "the approvals that it used up are not those it rested on")


def _noted(noted: dict[str, str]) -> tuple[str, str]:
    return str(noted.get("person", "unknown")), str(noted.get("statement", ""))


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d at %H:%M:%S} UTC"
