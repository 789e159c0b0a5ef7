"""Two clones, one bare remote, one sandbox: from request to approved without a file passed on."""

import json
import shutil
from pathlib import Path

import pytest

from mcm.clock import SystemClock
from tests.cli.clones import Clone, clone_twice
from tests.cli.conftest import Shop

STATEMENTS = "changes/CM-0001/statements"
COPY = ".mcm/wire/CM-0001"


@pytest.fixture
def clones(shop: Shop, tmp_path: Path) -> tuple[Clone, Clone]:
    return clone_twice(shop, tmp_path)


def requested(alice: Clone) -> None:
    assert alice.mcm("plan CM-0001").returncode == 0
    done = alice.mcm("request CM-0001")
    assert done.returncode == 0, done.stderr
    assert "sent to origin as refs/mcm/CM-0001" in done.stderr


def test_a_clone_that_never_saw_the_change_approves_it(clones: tuple[Clone, Clone]) -> None:
    """bob has mcm.yaml and the people; the change comes by its ref, and his word goes back."""
    alice, bob = clones
    requested(alice)
    code, text = bob.type("approve CM-0001 --profile bob", "CM-0001\n")
    assert code == 0, text
    assert "bob approved CM-0001 for prod-us: 1 of 1 approvals" in text
    assert bob.git("status", "--porcelain") == ""

    synced = alice.mcm("inbox sync CM-0001")
    assert "arrived: approval by bob for prod-us" in synced.stderr
    assert "approved" in [entry.kind for entry in alice.entries()]
    done = alice.mcm("deploy CM-0001 --stage prod-us --no-input")
    assert done.returncode == 0, done.stderr
    verified = alice.mcm("verify CM-0001")
    assert verified.returncode == 0, verified.stdout
    assert "approved by bob" in verified.stdout
    # What bob's clone left in AWS names an entry of alice's journal, not one of its own.
    asked = alice.mcm("verify CM-0001 --aws")
    assert asked.returncode == 0, asked.stdout


def test_what_the_approver_signs_vouches_for_the_requesters_journal(
    clones: tuple[Clone, Clone],
) -> None:
    alice, bob = clones
    requested(alice)
    bob.type("approve CM-0001 --profile bob", "CM-0001\n")
    alice.mcm("inbox sync CM-0001")

    verified = alice.mcm("verify CM-0001")
    assert "by the approval that bob signed" in verified.stdout
    assert bob.entries() == ()
    assert "alice asked for approval" in bob.mcm("log CM-0001").stdout


def test_who_is_asked_needs_no_name_while_there_is_one_change(
    clones: tuple[Clone, Clone],
) -> None:
    """bob's clone has no change at all; the remote has the one that he is asked about."""
    alice, bob = clones
    requested(alice)
    code, text = bob.type("approve --profile bob", "no\n")
    assert (code, "CM-0001 is on origin" in text) == (10, True), text

    alice.git("push", "-q", "origin", "refs/heads/main:refs/mcm/CM-0007")
    shutil.rmtree(bob.root / ".mcm/wire")
    done = bob.mcm("reject --profile bob --reason no")
    assert (done.returncode, "several changes: CM-0001, CM-0007" in done.stderr) == (2, True)


def test_a_walk_that_waits_sees_the_approval_arrive(clones: tuple[Clone, Clone]) -> None:
    alice, bob = clones
    requested(alice)
    walk = alice.start("deploy CM-0001 --stage prod-us --wait=2m")
    clock = SystemClock()
    started = clock.now()
    code, text = bob.type("approve CM-0001 --profile bob", "CM-0001\n")
    assert code == 0, text

    _, said = walk.communicate(timeout=100)
    assert walk.returncode == 0, said
    assert (clock.now() - started).total_seconds() < 90


def test_a_tick_fetches_for_the_next_one(clones: tuple[Clone, Clone]) -> None:
    """Nothing that goes back waits for a remote, so it is asked when all turns are done."""
    alice, bob = clones
    requested(alice)
    assert alice.mcm("deploy CM-0001 --stage prod-us --detach").returncode == 0
    assert alice.mcm("tick CM-0001").returncode == 3
    code, text = bob.type("approve CM-0001 --profile bob", "CM-0001\n")
    assert code == 0, text

    held = alice.mcm("tick CM-0001")
    assert (held.returncode, "arrived: approval by bob" in held.stderr) == (3, True)
    assert alice.mcm("tick CM-0001").returncode == 0
    assert "gates_open" in [entry.kind for entry in alice.entries()]


def test_another_mcm_yaml_is_a_difference_that_is_shown(clones: tuple[Clone, Clone]) -> None:
    """The approver's own file decides what the plan is compared with."""
    alice, bob = clones
    requested(alice)
    path = bob.root / "mcm.yaml"
    path.write_text(path.read_text().replace("{for: 1s", "{for: 2s"))

    code, text = bob.type("approve CM-0001 --profile bob", "CM-0001\n")
    assert (code, "stages[prod-us].bake.lasts: 1s → 2s" in text) == (4, True)
    assert not list((bob.root / COPY).glob("statements/approval*"))


def test_threat_27_the_clones_own_trust_file_counts(clones: tuple[Clone, Clone]) -> None:
    """A request under other people than bob's clone knows is not taken."""
    alice, bob = clones
    trust = alice.root / ".mcm/trust.yml"
    trust.write_text(trust.read_text().replace("version: 1", "version: 2"))
    requested(alice)

    code, text = bob.type("approve CM-0001 --profile bob", "CM-0001\n")
    assert (code, "[E_TRUST_CHANGED]" in text) == (2, True)


def test_a_rejection_travels_as_well(clones: tuple[Clone, Clone]) -> None:
    alice, bob = clones
    requested(alice)
    done = bob.mcm("reject CM-0001 --reason not-tonight --profile bob")
    assert done.returncode == 0, done.stderr

    assert alice.mcm("deploy CM-0001 --stage prod-us --no-input").returncode == 4
    assert "rejected" in [entry.kind for entry in alice.entries()]


def test_the_requester_cannot_approve_in_another_clone(clones: tuple[Clone, Clone]) -> None:
    """threat 1: a second clone makes no second person."""
    alice, bob = clones
    requested(alice)

    code, text = bob.type("approve CM-0001 --profile alice", "CM-0001\n")
    assert (code, "[E_SELF_APPROVAL]" in text) == (4, True)
    # alice's journal is not bob's to write in: his clone keeps it by itself, and says where.
    log = bob.mcm("log CM-0001")
    assert "`mcm log GUEST-CM-0001`" in log.stderr
    assert "E_SELF_APPROVAL" in bob.mcm("log GUEST-CM-0001").stdout
    assert "refused" not in [entry.kind for entry in alice.entries()]


def test_a_glass_broken_in_one_clone_is_reviewed_in_another(clones: tuple[Clone, Clone]) -> None:
    """carol goes forward alone from her clone; bob's word about it comes by the same ref."""
    alice, bob = clones
    assert alice.mcm("plan CM-0001").returncode == 0
    why = "photos-of-every-parcel-are-lost"
    line = f"break-glass CM-0001 --stage prod-us --ticket INC-7 --reason {why} --profile carol"
    code, text = alice.type(line, "CM-0001\n")
    assert code == 0, text
    assert "sent to origin as refs/mcm/CM-0001" in text

    code, text = bob.type("review CM-0001 --stage prod-us --profile carol", "CM-0001\n")
    assert (code, "[E_SELF_APPROVAL]" in text) == (4, True)
    assert "arrived: breakglass by carol for prod-us" in text
    code, text = bob.type("review CM-0001 --stage prod-us --profile bob", "CM-0001\n")
    assert code == 0, text

    synced = alice.mcm("inbox sync CM-0001")
    assert "arrived: review by bob for prod-us" in synced.stderr
    kinds = [entry.kind for entry in alice.entries()]
    assert (kinds.count("glass_broken"), kinds.count("glass_reviewed")) == (1, 1)
    assert "Reviewed by bob" in alice.mcm("status CM-0001").stdout


def test_threat_3_what_does_not_verify_is_not_taken(clones: tuple[Clone, Clone]) -> None:
    """Whoever may push can put anything at the ref; it is told, journaled, and no more."""
    alice, bob = clones
    requested(alice)
    tree = alice.git("ls-remote", "origin", "refs/mcm/CM-0001").split()[0]
    alice.git("fetch", "-q", "origin", "refs/mcm/CM-0001")
    listing = alice.git("ls-tree", "-r", tree, "statements/")
    blob = listing.split()[2]
    envelope = json.loads(alice.git("cat-file", "blob", blob))
    envelope["proofs"] = []
    path = alice.root / STATEMENTS / "approval-1-prod-us-bob.json"
    path.write_text(json.dumps(envelope, indent=1) + "\n")
    assert bob.mcm("inbox sync CM-0001").returncode == 0
    path.write_text(path.read_text().replace("request", "approval"))
    alice.mcm("inbox sync CM-0001")

    said = bob.mcm("inbox sync CM-0001")
    assert "not taken" in said.stderr
    alice.mcm("inbox sync CM-0001")
    assert [e.body["code"] for e in alice.entries() if e.kind == "refused"] == ["E_NAMESPACE"]


@pytest.mark.parametrize(
    ("again", "code"), [("changes/CM-0001/plan.json", "E_SIGNED_HEAD"), ("none", "E_TRUNCATED")]
)
def test_threat_40_a_rewritten_journal_is_not_vouched_for(
    clones: tuple[Clone, Clone], again: str, code: str
) -> None:
    """bob has seen alice's journal; another one under the same ref is not taken for it."""
    alice, bob = clones
    requested(alice)
    bob.mcm("inbox sync CM-0001")
    for path in (alice.root / ".mcm").glob("journal.db*"):
        path.unlink()
    (alice.root / again).unlink(missing_ok=True)
    for path in alice.root.parent.glob("home-alice/state/mcm/heads.json"):
        path.unlink()
    alice.git("push", "-q", "origin", ":refs/mcm/CM-0001")
    requested(alice)

    said = bob.mcm("inbox sync CM-0001")
    assert (said.returncode, f"[{code}]" in said.stderr) == (4, True)


def test_offline_nothing_is_sent(clones: tuple[Clone, Clone]) -> None:
    alice, _ = clones
    alice.mcm("plan CM-0001")
    done = alice.mcm("request CM-0001 --offline")

    assert (done.returncode, "it stays in this directory" in done.stderr) == (0, True)
    assert alice.git("ls-remote", "origin", "refs/mcm/*") == ""


def test_a_sandbox_inside_another_repository_sends_nothing_there(
    clones: tuple[Clone, Clone],
) -> None:
    """Whoever tries mcm out within their work must not find its refs on their remote."""
    alice, _ = clones
    inner = alice.root / "inner"
    shutil.copytree(alice.root, inner, ignore=shutil.ignore_patterns(".git", "inner"))
    tried = Clone(inner)
    tried.mcm("plan CM-0001")
    done = tried.mcm("request CM-0001")

    assert (done.returncode, "nothing is sent without a remote" in done.stderr) == (0, True)
    assert alice.git("ls-remote", "origin", "refs/mcm/*") == ""


def test_a_remote_out_of_reach_is_said_and_the_statement_kept(
    clones: tuple[Clone, Clone],
) -> None:
    alice, _ = clones
    alice.mcm("plan CM-0001")
    alice.git("remote", "set-url", "origin", "../nowhere.git")
    done = alice.mcm("request CM-0001")

    assert done.returncode == 8
    assert "`mcm inbox sync CM-0001`" in done.stderr
    assert (alice.root / STATEMENTS / "request-1.json").exists()


def test_what_was_pasted_counts_as_well(clones: tuple[Clone, Clone]) -> None:
    """Through a chat that quotes and wraps; both have the plan by git."""
    alice, bob = clones
    alice.mcm("plan CM-0001")
    alice.git("add", "changes")
    alice.git("commit", "-qm", "Plan")
    alice.git("push", "-q", "origin", "HEAD:main")
    bob.git("pull", "-q", "origin", "main")
    asked = alice.mcm("request CM-0001 --offline --paste").stdout
    quoted = "“Look:”\n" + "".join(f"> {line}  \n" for line in asked.splitlines())

    added = bob.mcm("inbox add", quoted)
    assert (added.returncode, added.stdout) == (
        0,
        "request by alice is in the inbox of CM-0001\n",
    ), added.stderr
    code, text = bob.type("approve CM-0001 --profile bob --offline --paste", "CM-0001\n")
    assert code == 0, text
    assert alice.mcm("inbox add -", text).stdout == "approval by bob is in the inbox of CM-0001\n"
    assert "approved" in [entry.kind for entry in alice.entries()]


def test_broken_text_is_refused(clones: tuple[Clone, Clone]) -> None:
    alice, bob = clones
    requested(alice)
    text = alice.mcm("request CM-0001 --paste").stdout
    bob.mcm("inbox sync CM-0001")

    lines = text.splitlines()
    begin = next(n for n, line in enumerate(lines) if "BEGIN MCM" in line)
    assert bob.mcm("inbox add", "\n".join(lines[:begin])).returncode == 2
    del lines[begin + 2]
    assert bob.mcm("inbox add", "\n".join(lines)).returncode == 4
