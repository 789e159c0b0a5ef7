"""What can be proven about a change afterwards: each broken or missing part is said."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mcm.app.evidence import Evidence, Filed, read_evidence
from mcm.app.verify import Proof, Verdict, Verification, verify_change
from mcm.core.errors import Exit, RefusedError
from mcm.core.history.anchor import Anchor
from mcm.core.history.journal import Draft, Entry, StoreError, chain_all
from mcm.core.plans.plan import Plan
from mcm.core.trust.statement import JournalHead, Statement, TrustRef, Verified
from mcm.store.memory import MemoryJournal
from mcm.trust.inbox import write_statement
from mcm.trust.signing import sign
from tests.kit.world import STAGE, World
from tests.trust.people import make_key

TRUST = TrustRef(1, "0" * 64)


@pytest.fixture(scope="module")
def walked() -> Evidence:
    return walk()


def walk(**changes: Any) -> Evidence:
    """A change that was planned, requested, approved by bob and promoted."""
    world = World()
    plan = world.plan(**changes)
    note(world, plan, "planned")
    said = world.approve(plan)
    request = world.people.statements[0]
    note(world, plan, "requested", by="alice", statement=request.digest)
    note(world, plan, "approved", by="bob", stage=STAGE, statement=said.digest)
    world.deploy(plan, patience=timedelta(hours=2))
    return Evidence(
        change=plan.change,
        entries=world.journal.entries(plan.change),
        journal_problem="",
        journal_unread="",
        plan=plan,
        plan_problem="",
        statements=(filed(request), filed(said)),
        statements_problem="",
        trust=TRUST,
        trust_problem="",
        names={"bob": frozenset({"bob", "bob@example.com"})},
    )


def note(world: World, plan: Plan, kind: str, **body: object) -> None:
    draft = Draft(kind, {"edition": plan.edition, "plan": plan.digest, **body}, world.clock.now())
    world.journal.append(plan.change, [draft], after=len(world.journal.entries(plan.change)))


def filed(said: Verified) -> Filed:
    name = f"{said.statement.kind}.json"
    return Filed(name, "", said.digest, said.statement, said.key, said.person)


def again(entries: Sequence[Entry], change: Callable[[Entry], Draft | None]) -> tuple[Entry, ...]:
    """Chain the entries anew, as somebody would who owns the journal's file."""
    drafts = (change(entry) for entry in entries)
    return chain_all(None, [draft for draft in drafts if draft is not None])


def without(kind: str) -> Callable[[Entry], Draft | None]:
    return lambda e: None if e.kind == kind else Draft(e.kind, e.body, e.at)


def with_body(kind: str, **body: Any) -> Callable[[Entry], Draft | None]:
    return lambda e: Draft(e.kind, {**e.body, **body} if e.kind == kind else e.body, e.at)


def said(evidence: Evidence, **changes: object) -> tuple[Filed, ...]:
    """The approval with another content under the digest that the journal mentions."""
    *others, approval = evidence.statements
    assert approval.statement is not None
    changed = replace(approval.statement, **changes)  # type: ignore[arg-type]
    return (*others, replace(approval, statement=changed))


def in_place(evidence: Evidence, which: int, name: str, **changes: object) -> Evidence:
    """Another file in place of one of the statements: under `name`, with other bytes."""
    files = list(evidence.statements)
    changed = {"name": name, "digest": "8" * 64, **changes}
    files[which] = replace(files[which], **changed)  # type: ignore[arg-type]
    return replace(evidence, statements=tuple(files))


def texts(found: Verification, proof: Proof) -> str:
    return "\n".join(finding.text for finding in found.findings if finding.proof is proof)


def test_a_whole_record_is_proven_and_read_aloud(walked: Evidence) -> None:
    found = verify_change(walked)

    assert found.verdict is Verdict.PROVEN, found.findings
    assert found.exit is Exit.DONE
    promoted, rests = found.sentences
    assert promoted == (
        "CM-0001, edition 1, into prod-us: approved by bob on 2026-03-18 at 09:40:00 UTC,"
        " before the promotion at 09:40:00; same content; who wrote it is unknown;"
        " bob is not the requester, alice."
    )
    assert rests == f"Not anchored: all {len(walked.entries)} entries rest on this file alone."


@pytest.mark.parametrize(
    ("authors", "unknown", "clause"),
    [
        (("Dora <dora@example.com>",), "", "; not the author; "),
        (("Bob B <bob@example.com>",), "", "; bob wrote part of it, which its plan allows; "),
        (("dora",), "no git", "; who wrote it is unknown (no git); "),
    ],
)
def test_whether_the_approver_wrote_it_is_said(
    authors: tuple[str, ...], unknown: str, clause: str
) -> None:
    found = verify_change(walk(authors=authors, authors_unknown=unknown))

    assert found.verdict is Verdict.PROVEN, found.findings
    assert clause in found.sentences[0]


def test_what_rests_on_the_file_alone_is_said(walked: Evidence) -> None:
    found = verify_change(walked)

    assert f"{len(walked.entries)} entries after entry 0" in texts(found, Proof.NOTED)


Broken = Callable[[Evidence], Evidence]
BROKEN: dict[str, tuple[Broken, str]] = {
    "threat_39: the journal does not hold": (
        lambda e: replace(e, entries=(), journal_problem="does not hold at seq 12: it was edited"),
        "seq 12",
    ),
    "plan.json was edited": (
        lambda e: replace(e, plan=replace(e.plan, title="Other")),  # type: ignore[type-var]
        "plan.json is not edition 1",
    ),
    "plan.json is no plan": (
        lambda e: replace(e, plan=None, plan_problem="not canonical JSON"),
        "not canonical",
    ),
    "plan.json is another change's": (
        lambda e: replace(e, plan=replace(e.plan, change="CM-2")),  # type: ignore[type-var]
        "is of CM-2",
    ),
    "a signature does not hold": (
        lambda e: replace(
            e, statements=(e.statements[0], replace(e.statements[1], problem="bad signature"))
        ),
        "bad signature",
    ),
    "the approval's file was edited": (
        lambda e: in_place(e, 1, "approval-1-prod-us-bob.json"),
        "is not what approval-1-prod-us-bob.json holds",
    ),
    "the approval's file was replaced by one that nobody can read": (
        lambda e: in_place(e, 1, "approval-1-prod-us-bob-2.json", digest="", problem="no JSON"),
        "is not what approval-1-prod-us-bob-2.json holds",
    ),
    "the request's file was edited": (
        lambda e: in_place(e, 0, "request-1.json"),
        "is not what request-1.json holds",
    ),
    "signed for another execution": (
        lambda e: replace(e, statements=said(e, execution="0" * 8)),
        "is for execution",
    ),
    "signed for another plan": (
        lambda e: replace(e, statements=said(e, plan="0" * 64)),
        "is for plan",
    ),
    "signed for another stage": (
        lambda e: replace(e, statements=said(e, stage="prod-eu")),
        "is for stage",
    ),
    "signed by another person": (
        lambda e: replace(e, statements=said(e, approver="carol")),
        "is for approver",
    ),
    "signed with another's key": (
        lambda e: replace(
            e, statements=(e.statements[0], replace(e.statements[1], holder="carol"))
        ),
        "the key of carol",
    ),
    "signed with another key than noted": (
        lambda e: replace(e, statements=(e.statements[0], replace(e.statements[1], key="other"))),
        "the journal says key-of-bob",
    ),
    "by the requester under another name": (
        lambda e: replace(
            e,
            statements=(
                e.statements[0],
                replace(e.statements[1], aliases=frozenset({"Alice"})),
            ),
        ),
        "is by the requester",
    ),
    "other approvals used up": (
        lambda e: replace(e, statements=said(e, nonce="f" * 32)),
        "used up",
    ),
    "threat_40: a head that AWS keeps is not the journal's": (
        lambda e: replace(e, kept=(Anchor(5, "a" * 12, "the closed way into ProdUS in AWS"),)),
        "entry 5 is not the one that the closed way into ProdUS in AWS names [E_SIGNED_HEAD]",
    ),
    "threat_40: a head that somebody signed is gone": (
        lambda e: replace(e, statements=said(e, journal=JournalHead(2, "a" * 64))),
        "E_SIGNED_HEAD",
    ),
    "threat_41: entries that somebody signed are gone": (
        lambda e: replace(e, statements=said(e, journal=JournalHead(999, "a" * 64))),
        "E_TRUNCATED",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_contradicts_itself_is_broken(what: str, walked: Evidence) -> None:
    make, text = BROKEN[what]

    found = verify_change(make(walked))

    assert found.verdict is Verdict.BROKEN
    assert found.exit is Exit.REFUSED
    assert text in texts(found, Proof.BROKEN)
    assert "DOES NOT HOLD" in found.sentences[0]
    assert not [each for each in found.sentences if "approved by" in each]


MISSING: dict[str, tuple[Broken, str]] = {
    "no journal": (lambda e: replace(e, entries=()), "no journal"),
    "the journal cannot be read": (
        lambda e: replace(e, entries=(), journal_unread="disk gone"),
        "disk gone",
    ),
    "no plan.json": (lambda e: replace(e, plan=None), "no plan.json"),
    "nobody noted the plan": (
        lambda e: replace(e, entries=again(e.entries, without("planned"))),
        "no entry says when edition 1",
    ),
    "the statements are gone": (lambda e: replace(e, statements=()), "is not in statements/"),
    "another stage's approval lies there in its place": (
        lambda e: in_place(e, 1, "approval-1-prod-eu-bob.json"),
        "is not in statements/",
    ),
    "the statements cannot be read": (
        lambda e: replace(e, statements=(), statements_problem="600 statements"),
        "600 statements",
    ),
    "nobody has the key now": (
        lambda e: replace(e, statements=(e.statements[0], replace(e.statements[1], holder=""))),
        "nobody has its key",
    ),
    "unsigned, as in a sandbox": (
        lambda e: replace(
            e, statements=(e.statements[0], replace(e.statements[1], key="", holder=""))
        ),
        "no signature",
    ),
    "no trust file": (
        lambda e: replace(e, trust=None, trust_problem="no trust file"),
        "no trust file",
    ),
    "no evidence of the gates": (
        lambda e: replace(e, entries=again(e.entries, without("gates_open"))),
        "on which approvals it rested",
    ),
    "fewer persons than asked for": (
        lambda e: replace(e, entries=again(e.entries, with_body("gates_open", approvals=[]))),
        "0 of 1 persons",
    ),
    "somebody else let it in": (
        lambda e: replace(e, entries=again(e.entries, with_body("entered", by="others"))),
        "without mcm",
    ),
    "nobody settled it": (
        lambda e: replace(e, entries=again(e.entries, with_body("outcome", result="in_doubt"))),
        "nobody settled",
    ),
}


@pytest.mark.parametrize("what", MISSING)
def test_what_nobody_can_tell_any_more_is_never_passed(what: str, walked: Evidence) -> None:
    make, text = MISSING[what]

    found = verify_change(make(walked))

    assert found.verdict is Verdict.INCOMPLETE, texts(found, Proof.BROKEN)
    assert found.exit is Exit.INCONCLUSIVE
    assert text in texts(found, Proof.MISSING)
    assert "is not complete" in found.sentences[0]


def under(evidence: Evidence, **rules: object) -> Evidence:
    """The same walk, had its plan been by bob and its stage had these rules."""
    assert evidence.plan is not None
    stage = replace(evidence.plan.stages[0], **rules)  # type: ignore[arg-type]
    plan = replace(evidence.plan, stages=(stage,), authors=("Bob <bob@example.com>",))
    entries = evidence.entries
    for kind in ("planned", "walk_started"):
        entries = again(entries, with_body(kind, plan=plan.digest))
    return replace(
        evidence, plan=plan, entries=entries, statements=said(evidence, plan=plan.digest)
    )


def test_threat_10_an_approval_by_an_author_is_broken(walked: Evidence) -> None:
    """Only where the signed plan excludes authors."""
    broken = verify_change(under(walked, forbid_authors=True))

    assert "is by an author" in texts(broken, Proof.BROKEN)
    assert "author" not in texts(verify_change(under(walked)), Proof.BROKEN)


@pytest.fixture(scope="module")
def broken_glass() -> Evidence:
    """A change that carol promoted alone; nobody has reviewed it."""
    world = World()
    plan = world.plan()
    note(world, plan, "planned")
    said = world.break_glass(plan)
    world.clock.pass_time(timedelta(minutes=2))
    world.deploy(plan, patience=timedelta(hours=2))
    parts = ("", "", plan, "", (filed(said),), "", TRUST, "")
    return Evidence(plan.change, world.journal.entries(plan.change), *parts)


def reviewed(evidence: Evidence, who: str, **changes: Any) -> Evidence:
    glass = evidence.statements[0]
    assert glass.statement is not None
    values: dict[str, Any] = {"kind": "review", "decision": "reviewed", "ticket": ""}
    values |= {"request": glass.digest, "approver": who, **changes}
    said = replace(glass.statement, **values)
    review = Filed("review.json", "", said.digest, said, f"key-of-{who}", who)
    return replace(evidence, statements=(glass, review))


def test_a_broken_glass_is_never_told_as_approved(broken_glass: Evidence) -> None:
    alone = verify_change(broken_glass)
    assert alone.verdict is Verdict.INCOMPLETE
    assert "nobody else has reviewed it" in texts(alone, Proof.MISSING)
    assert "approved by" not in " ".join(alone.sentences)

    both = verify_change(reviewed(broken_glass, "bob"))
    assert both.verdict is Verdict.PROVEN, both.findings
    assert "NOT APPROVED before the promotion" in both.sentences[0]
    assert "carol broke the glass and went forward alone (INC-7" in both.sentences[0]
    assert "reviewed by bob" in both.sentences[0]


@pytest.mark.parametrize(
    ("who", "changes"), [("carol", {}), ("bob", {"request": "b" * 64}), ("bob", {"kind": "hold"})]
)
def test_threat_47_what_is_no_review_by_another_proves_none(
    broken_glass: Evidence, who: str, changes: dict[str, Any]
) -> None:
    if changes.get("kind") == "hold":
        changes = {**changes, "decision": "hold"}
    found = verify_change(reviewed(broken_glass, who, **changes))

    assert "nobody else has reviewed it" in texts(found, Proof.MISSING)


def test_threat_46_a_glass_that_the_plan_forbids_is_broken(broken_glass: Evidence) -> None:
    assert "lets nobody break it" in texts(
        verify_change(under(broken_glass, break_glass=False)), Proof.BROKEN
    )


def test_threat_23_an_approval_that_nobody_touched_is_broken(walked: Evidence) -> None:
    untouched = under(walked, touch=True)
    request, approval = untouched.statements
    touched = replace(untouched, statements=(request, replace(approval, touched=True)))

    assert "without a touched" in texts(verify_change(untouched), Proof.BROKEN)
    assert "touched" not in texts(verify_change(touched), Proof.BROKEN)


def test_an_approval_that_had_expired_is_broken(walked: Evidence) -> None:
    statement = walked.statements[1].statement
    assert statement is not None
    early = replace(
        statement,
        not_before=statement.not_before - timedelta(hours=2),
        expires=statement.not_before - timedelta(hours=1),
    )
    request, approval = walked.statements
    evidence = replace(walked, statements=(request, replace(approval, statement=early)))

    assert "did not count" in texts(verify_change(evidence), Proof.BROKEN)


def test_an_approval_noted_after_the_promotion_is_broken(walked: Evidence) -> None:
    last = next(e for e in walked.entries if e.kind == "approved")
    rest = [Draft(e.kind, e.body, e.at) for e in walked.entries if e is not last]
    # Intents and their outcomes keep their distance: only what came after moves up by one.
    before = [Draft("requested", {}, walked.entries[0].at)]
    entries = chain_all(None, [*before, *rest, Draft(last.kind, last.body, last.at)])

    found = verify_change(replace(walked, entries=entries))

    assert "after the promotion" in texts(found, Proof.BROKEN)


def test_another_trust_file_of_today_is_noted(walked: Evidence) -> None:
    found = verify_change(replace(walked, trust=TrustRef(2, "1" * 64)))

    assert found.verdict is Verdict.PROVEN
    assert "than today's (version 2)" in texts(found, Proof.NOTED)


def test_a_signed_head_that_stands_is_proven(walked: Evidence) -> None:
    third = walked.entries[2]
    evidence = replace(walked, statements=said(walked, journal=JournalHead(3, third.hash)))

    found = verify_change(evidence)

    assert "entry 3 is as the approval that bob signed names it" in texts(found, Proof.PROVEN)
    rest = len(walked.entries) - 3
    assert found.sentences[-1] == (
        f"Anchored to entry 3 by the approval that bob signed; the {rest} after it rest on this"
        " file alone."
    )
    assert found.verdict is Verdict.PROVEN


def test_the_first_bad_entry_is_named(walked: Evidence) -> None:
    head = JournalHead(9, "a" * 64)
    evidence = replace(
        walked, statements=said(walked, journal=head), kept=(Anchor(6, "b" * 12, "AWS"),)
    )

    assert verify_change(evidence).bad_entry == 6


def test_the_last_anchor_is_the_one_that_is_told(walked: Evidence) -> None:
    """A head that AWS keeps counts like a signed one; the later of them is worth more."""
    last = walked.entries[-1]
    third = walked.entries[2]
    evidence = replace(
        walked,
        statements=said(walked, journal=JournalHead(3, third.hash)),
        kept=(Anchor(last.seq, last.hash[:12], "the answer to A/A in AWS"),),
    )

    found = verify_change(evidence)

    assert (found.anchor.entry, found.anchor.rest) == (last.seq, 0)
    assert found.sentences[-1] == (
        f"Anchored to entry {last.seq}, the last, by the answer to A/A in AWS."
    )


def test_a_stray_file_is_noted_and_changes_nothing(walked: Evidence) -> None:
    """Anybody may put a file there; it must not be able to discredit a record."""
    stray = Filed("junk.json", "not an envelope")

    found = verify_change(replace(walked, statements=(*walked.statements, stray)))

    assert "junk.json counts for nothing" in texts(found, Proof.NOTED)
    assert found.verdict is Verdict.PROVEN


def test_a_journal_without_a_promotion_claims_none() -> None:
    journal = MemoryJournal()
    world = World(journal=journal)
    world.roll_back()
    evidence = Evidence(
        "ROLLBACK-prod-us",
        journal.entries("ROLLBACK-prod-us"),
        "",
        "",
        None,
        "",
        (),
        "",
        TRUST,
        "",
    )

    found = verify_change(evidence)

    assert found.verdict is Verdict.PROVEN
    assert found.sentences[0] == (
        "The journal of ROLLBACK-prod-us holds, and mcm promoted nothing in it."
    )


class Refusing(MemoryJournal):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def entries(self, change: str) -> tuple[Entry, ...]:
        raise self._error


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "statements"


def read(folder: Path, journal: MemoryJournal, plan: bytes | None = None) -> Evidence:
    return read_evidence("CM-0001", journal, lambda: plan, folder, folder.parent / "trust.yml")


def test_everything_missing_is_problems_and_no_error(folder: Path) -> None:
    evidence = read(folder, MemoryJournal())

    assert evidence.statements == ()
    assert "no trust file" in evidence.trust_problem
    assert verify_change(evidence).verdict is Verdict.INCOMPLETE


def test_a_broken_and_an_unreadable_journal_differ(folder: Path) -> None:
    broken = read(folder, Refusing(RefusedError("E_CHAIN", "does not hold at seq 4")))
    unread = read(folder, Refusing(StoreError("the disk is gone")))

    assert "seq 4" in broken.journal_problem
    assert "disk" in unread.journal_unread


def test_a_plan_that_is_none_is_a_problem(folder: Path) -> None:
    assert read(folder, MemoryJournal(), b"{}").plan_problem


def test_signed_and_edited_files_are_told_apart(folder: Path, tmp_path: Path) -> None:
    world = World()
    plan = world.plan()
    statement: Statement = world.approve(plan).statement
    bob, carol = (make_key(tmp_path, name) for name in ("bob", "carol"))
    (tmp_path / "trust.yml").write_text(
        json.dumps(
            {
                "version": 1,
                "persons": [
                    {"id": "alice", "roles": ["requester"], "ssh": [line(carol)]},
                    {"id": "bob", "roles": ["approver"], "ssh": [line(bob)]},
                ],
            }
        )
    )
    path = write_statement(folder, sign(statement, bob))
    edited = json.loads(path.read_text())
    edited["payload"] = "e30="
    (folder / "edited.json").write_text(json.dumps(edited, indent=1) + "\n")

    good, bad = read(folder, MemoryJournal(), plan.to_bytes()).statements

    assert (good.problem, good.holder, good.digest) == ("", "bob", statement.digest)
    assert good.key.startswith("SHA256:")
    assert bad.name == "edited.json"
    assert bad.problem


def line(key: Path) -> str:
    return key.with_name(f"{key.name}.pub").read_text().strip()
