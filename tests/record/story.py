"""A change with its answers, and journals that tell how it went."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from mcm.core import canonical, codec
from mcm.core.commits.commit_range import CommitRange, GitCommit, Links, build_range, heads_range
from mcm.core.history import closing
from mcm.core.history.instruction import CloseTransition, Instruction, OpenTransition, RollBackStage
from mcm.core.history.journal import Draft, Entry, chain_all
from mcm.core.plans.change import Change
from mcm.core.plans.plan import Plan
from mcm.core.plans.questions import TEMPLATES
from mcm.core.revision import Revision
from mcm.core.trust.statement import JournalHead, Statement, TrustRef, Verified
from mcm.record.build import build_view
from mcm.record.render import render_record
from tests.planned import NOW, PIPELINE, make_answers, make_change, make_execution, make_plan

GOLDEN = Path(__file__).resolve().parents[1] / "golden"


BACK = "7b000000-1111-4222-8333-444455556666"
APPROVED, ASKED = "a" * 32, "b" * 32
FINGERPRINT = "SHA256:mRkP3vQdXn0aZbYcWdVeUfTgShRiQjPkOlNmMnLoKpJ"

ANSWERS = {
    "purpose": "The next model is to read real photos beside the present one.\nNobody sees it yet.",
    "required": "One engineer at a terminal for an hour.",
    "end_state": "The live model answers as before; the candidate writes its verdicts to storage.",
    "assumptions": "The endpoint is healthy and nobody else updates it.",
    "why_needed": "Test sets hold too few night photos. Without this, its release waits.",
    "why_managed": "The endpoint that serves customers is updated.",
    "automation": "yes, apart from the approval.",
    "why_now": "Few parcels are handed over at this hour.",
    "prerequisites": "none",
    "intrusive": "no. Latency alarms would show it.",
    "tier_one": "no",
    "testing": "Two days in Beta; p95 at 240 ms (limit 400 ms).",
    "affected": "parcel-photo-check",
    "dependents": "The review team has read this.",
    "dashboards": "Photos: https://dashboards.example.com/photos\nQueue: see above",
    "worst_case": "Photos time out and parcels wait.",
    "mitigation": "One stage, one hour, alarms that act.",
    "two_person": "yes",
    "rollback_conditions": "Any guardrail, or a call from the review team.",
    "return_to_good": "Roll back the stage.",
}
MORE = {
    "standard": {},
    "shadow-model": {
        "evaluation": "The photo team compares 500 verdicts of both models by hand.",
        "shadow_end": "On Friday, or when v7 takes over.",
    },
    "emergency": {
        "broken_now": "Since 08:10Z every tenth photo in the US times out (SEV-2).",
        "follow_up": "The write-up by Monday; the alarm that was too slow gets a new threshold.",
    },
    "routine": {"routine_basis": "Model refreshes: decision 12 of the photo team, until July."},
}
"""What each template asks besides."""
CHANGE: Change = make_change(template="standard", answers=ANSWERS)


def of_template(template: str) -> Change:
    return make_change(template=template, answers={**ANSWERS, **MORE[template]})


def plan(change: Change = CHANGE) -> Plan:
    """The plan of `change`: two commits, one with a link."""
    url = "https://git.example.com/photo-check/commit/0c5a"
    commits = (
        Revision("App", "e5aaaaaaaaaa", "Read the candidate's model from its config\n\nLong.", url),
        Revision("Infra", "0f0f0f0f0f0f", "Add a shadow variant (US only)", ""),
    )
    answers = make_answers(None, make_execution("e5", revisions=commits))
    made = make_plan(change=change, answers=answers)
    return replace(made, ranges=(app_range(), infra_range()))


def app_range() -> CommitRange:
    """Six commits and a merge: two cancel out, one takes back what runs now."""
    told = (
        ("e5aaaaaaaaaa", "Carol", "Merge pull request #31 from carol/config", ""),
        ("d4", "Bob", "Read the candidate's model from its config", ""),
        ("d3", "Carol", 'Revert "Skip manual review of photos of people"', ""),
        ("d2", "Bob", "Skip manual review of photos of people", ""),
        ("d1", "Carol", "Log no addresses", "This reverts commit 0123456789abcdef."),
        ("d0", "Bob", "Count rejected photos | by reason (#27)", ""),
    )
    parents = [("d3", "d4"), ("d3",), ("d2",), ("d1",), ("d0",), ("e4aaaaaaaaaa",)]
    commits = [GitCommit(i, p, a, s, b) for (i, a, s, b), p in zip(told, parents, strict=True)]
    web = "https://git.example.com/photo-check"
    links = Links(f"{web}/commit/{{id}}", f"{web}/pull/{{number}}")
    return build_range("App", commits, links=links)


def infra_range() -> CommitRange:
    heads = [("0f0f0f0f0f0f", "Add a shadow variant (US only)")]
    return heads_range("Infra", heads, links=Links(), unknown="git has no commit 0a0a0a0a0a0a here")


def request(of: Plan) -> Statement:
    """alice's."""
    return Statement(
        kind="request", stages=("prod-us",), not_before=NOW, nonce=ASKED, **_shared(of)
    )


def _shared(of: Plan) -> dict[str, Any]:
    return {
        "realm": of.realm,
        "change": of.change,
        "edition": of.edition,
        "plan": of.digest,
        "pipeline": PIPELINE.name,
        "execution": of.execution,
        "requester": "alice",
        "trust": TrustRef(1, "0" * 64),
        "expires": NOW + timedelta(hours=24),
    }


def statements(of: Plan) -> tuple[Verified, ...]:
    """alice's request and bob's approval."""
    wanted = request(of)
    seen = asked(of).entries()[-1]
    said = Statement(
        kind="approval",
        stage="prod-us",
        rollback_to="e4",
        request=wanted.digest,
        approver="bob",
        decision="approve",
        not_before=NOW + timedelta(minutes=7),
        nonce=APPROVED,
        journal=JournalHead(seen.seq, seen.hash),
        **_shared(of),
    )
    return (
        Verified(said, "bob", said.digest, FINGERPRINT),
        Verified(wanted, "alice", wanted.digest, ""),
    )


class Teller:
    """Collects drafts a minute apart; the journal's seq is the number of the draft."""

    def __init__(self) -> None:
        self.drafts: list[Draft] = []

    def tell(self, kind: str, **body: Any) -> int:
        at: datetime = NOW + timedelta(minutes=10 + len(self.drafts))
        self.drafts.append(Draft(kind, body, at))
        return len(self.drafts)

    def act(self, purpose: str, instruction: Instruction, why: str, **claim: str) -> None:
        claims = [{"nonce": n, "holder": h} for n, h in claim.items()]
        body = {"stage": "prod-us", "purpose": purpose, "why": why, "claims": claims}
        intent = self.tell("intent", instruction=codec.to_value(instruction), **body)
        execution = BACK if isinstance(instruction, RollBackStage) else ""
        result = {"result": "done", "detail": "done", "code": "", "execution": execution}
        self.tell("outcome", intent=intent, **result)

    def entries(self) -> tuple[Entry, ...]:
        return chain_all(None, self.drafts)


def asked(of: Plan) -> Teller:
    """Planned, and approval asked for."""
    story = Teller()
    story.tell("planned", edition=1, plan=of.digest, execution=of.execution)
    digest = request(of).digest
    story.tell("requested", by="alice", edition=1, plan=of.digest, statement=digest)
    return story


def promoted(of: Plan) -> Teller:
    """Up to the bake."""
    story = asked(of)
    us = {"stage": "prod-us"}
    (said, _) = statements(of)
    story.tell("approved", by="bob", edition=1, plan=of.digest, statement=said.digest, **us)
    walk = {"plan": of.digest, "edition": 1, "stages": ["prod-us"], "operator": "alice"}
    story.tell("walk_started", **walk)
    story.tell("stage_started", **us)
    wanted = "approval: 0 of 1 persons approved"
    story.tell("gate_changed", gate="approval", open=False, reason=wanted, **us)
    story.tell("gate_changed", gate="approval", open=True, reason="approved by bob", **us)
    signed = {"person": "bob", "key": FINGERPRINT, "statement": said.digest}
    opened = [{"gate": "approval", "reason": "approved by bob"}]
    read = canonical.instant(NOW)
    story.tell("gates_open", gates=opened, approvals=[signed], read_at=read, **us)
    contents = [{"endpoint": "photo-check-us", "live": [], "shadow": [], "capture": ""}]
    story.tell("baseline", found="e4", effective="e4", contents=contents, **us)
    enter = OpenTransition(PIPELINE, "ProdUS", of.execution, 3)
    story.act("promote", enter, "promote e5", **{APPROVED: "holder"})
    story.tell("entered", by="mcm", **us)
    story.act("close_behind", CloseTransition(PIPELINE, "ProdUS", "done"), "closed behind it")
    story.tell("bake_started", **us)
    return story


def succeeded(of: Plan) -> tuple[Entry, ...]:
    story = promoted(of)
    verdict = {"check": "alarms", "verdict": "PASS", "reason": "1 OK", "evidence": []}
    story.tell("verdict_changed", stage="prod-us", **verdict)
    reason = "baked 30m, 412 requests, 2 guardrails pass"
    story.tell("stage_ended", stage="prod-us", outcome="succeeded", reason=reason)
    return story.entries()


def rolled_back(of: Plan) -> tuple[Entry, ...]:
    story = promoted(of)
    us = {"stage": "prod-us"}
    why = "alarms: photo-check-us-5xx: in ALARM since 09:20:00Z"
    verdict = {"check": "alarms", "verdict": "BREACH", "reason": why, "evidence": []}
    story.tell("verdict_changed", **us, **verdict)
    story.tell("breach", check="alarms", reason=why, action="roll_back", **us)
    way = {"source": of.execution, "target": "e4", "pipeline_stage": "ProdUS"}
    story.tell("rollback_started", why=why, execution="", seen=[], **way, **us)
    story.act("roll_back", RollBackStage(PIPELINE, "ProdUS", "e4", of.execution), "back to e4")
    detail = "photo-check-us serves its old content (photo-check-us-4)"
    end = {"outcome": "rolled_back", "verified": "yes", "detail": detail}
    story.tell("rollback_ended", **end, **us)
    story.tell("stage_ended", outcome="rolled_back", reason=why, **us)
    return story.entries()


def closed(of: Plan) -> tuple[Entry, ...]:
    """Rolled back, explained in two notes, and closed."""
    entries = list(rolled_back(of))
    for by, text in (
        ("bob", "The alarm was right: night photos took 900 ms.\nThe candidate decodes twice."),
        ("alice", "Filed as PHOTO-420."),
    ):
        at = entries[-1].at + timedelta(minutes=5)
        entries += chain_all(entries[-1], [closing.noted(by, text, at)])
    words = ("Rolled back after 12 minutes; no photo was lost.", "Measure decoding in Beta.")
    made = closing.next_closing(entries, "alice", *words, entries[-1].at + timedelta(hours=1))
    record = render_record(
        build_view(CHANGE, of, entries=entries, statements=statements(of), closing=made)
    )
    made = replace(made, record=canonical.digest_bytes(record.encode()))
    return (*entries, *chain_all(entries[-1], [closing.closed(made)]))


def drilled(of: Plan, **fields: Any) -> tuple[Entry, ...]:
    story = Teller()
    played = [
        {"name": "clean walk", "right": True},
        {"name": "breach", "right": True, "back_ms": 190_000},
        {"name": "killed after the stop", "right": True, "back_ms": 696_400},
    ]
    body: dict[str, Any] = {
        "plan": of.digest,
        "edition": of.edition,
        "stage": "prod-us",
        "seed": 1,
        "on": "twin",
        "right": True,
        "scenarios": played,
        "assumed": ["a deployment takes 5m", "nobody else touches the pipeline"],
    }
    story.tell("drill", **{**body, **fields})
    return story.entries()


def page(of: Plan | None, entries: Sequence[Entry] = ()) -> str:
    said = statements(of) if of and entries else ()
    return render_record(build_view(CHANGE, of, entries=entries, statements=said))


def pages() -> dict[str, str]:
    """Every golden record by the name of its file."""
    of = plan()
    return {
        **{f"{t}.md": page(plan(of_template(t))) for t in TEMPLATES},
        "standard-unplanned.md": page(None),
        "standard-drilled.md": page(of, drilled(of)),
        "standard-succeeded.md": page(of, succeeded(of)),
        "standard-rolled-back.md": page(of, rolled_back(of)),
        "standard-closed.md": page(of, closed(of)),
    }


if __name__ == "__main__":  # after a wanted change: python -m tests.record.story
    for name, text in pages().items():
        (GOLDEN / name).write_text(text, encoding="utf-8")
