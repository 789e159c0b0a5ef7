"""The export: `sh verify.sh` with real ssh-keygen says what holds, and stops at what does not."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mcm.app import export
from mcm.core import canonical
from mcm.core.history import journal
from mcm.core.history.journal import Draft, Entry, chain_all
from mcm.core.plans.plan import Plan
from mcm.core.trust.statement import JournalHead, TrustRef, Verified
from mcm.trust.persons import TrustFile
from mcm.trust.signing import sign
from tests.kit.world import STAGE, World
from tests.trust.people import make_key, public_line

SCRIPT = Path(export.__file__).with_name(export.SCRIPT)

APPROVAL = "statements/approval-1-prod-us-bob.json"


class Story:
    """A change that alice requested, bob approved and mcm promoted, with real signatures."""

    def __init__(self, keys: Path) -> None:
        self.keys = {name: make_key(keys, name) for name in ("alice", "bob", "mallory")}
        self.value = {
            "version": 1,
            "persons": [
                {"id": "alice", "roles": ["requester"], "ssh": [public_line(self.keys["alice"])]},
                {"id": "bob", "roles": ["approver"], "ssh": [public_line(self.keys["bob"])]},
            ],
        }
        self.trust = TrustFile.from_value(self.value)
        self.world = World()
        self.plan: Plan = self.world.plan()
        self._note("planned")
        request = self._signed(self.world.request(self.plan))
        self._note("requested", by="alice", statement=request.digest)
        approval = self._signed(self.world.sign(self.plan))
        self.world.answer_approval("bob")
        self._note("approved", by="bob", stage=STAGE, statement=approval.digest)
        self.world.deploy(self.plan, patience=timedelta(hours=2))
        self.statements = {"request-1.json": request, "approval-1-prod-us-bob.json": approval}
        self.entries: tuple[Entry, ...] = self.world.journal.entries(self.plan.change)

    def _note(self, kind: str, **body: object) -> None:
        facts = {"edition": self.plan.edition, "plan": self.plan.digest, **body}
        known = self.world.journal.entries(self.plan.change)
        draft = Draft(kind, facts, self.world.clock.now())
        self.world.journal.append(self.plan.change, [draft], after=len(known))

    def _signed(self, said: Verified) -> Verified:
        """Let the newest statement carry the head that its signer saw, and the trust file."""
        head = journal.head(self.world.journal.entries(self.plan.change))
        statement = replace(
            said.statement,
            journal=JournalHead(head.seq, head.hash),
            trust=TrustRef(self.trust.version, self.trust.digest),
        )
        found = replace(said, statement=statement, digest=statement.digest)
        self.world.people.statements[-1] = found
        return found

    def envelopes(self, signer: Callable[[str], str] = lambda who: who) -> dict[str, bytes]:
        return {
            name: sign(said.statement, self.keys[signer(said.person)]).to_bytes()
            for name, said in self.statements.items()
        }

    def export(self, into: Path, **changes: object) -> Path:
        parts: dict[str, object] = {
            "entries": self.entries,
            "plan": self.plan.to_bytes(),
            "envelopes": self.envelopes(),
            "trust": self.trust,
            "trust_value": canonical.encode(self.value),
            **changes,
        }
        export.write_bundle(export.build_bundle(**parts), into)  # type: ignore[arg-type]
        return into


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return Story(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def good(story: Story, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return story.export(tmp_path_factory.mktemp("good") / "bundle")


@pytest.fixture
def bundle(good: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(good, tmp_path / "bundle"))


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PATH with POSIX tools, sha256sum and ssh-keygen, and no Python."""
    folder = tmp_path_factory.mktemp("tools")
    names = [
        "sh",
        "sha256sum",
        "ssh-keygen",
        "sed",
        "grep",
        "cut",
        "head",
        "sort",
        "cmp",
        "printf",
        "dirname",
        "cat",
    ]
    for name in names:
        found = shutil.which(name)
        assert found, name
        (folder / name).symlink_to(found)
    return folder


def check(folder: Path, tools: Path) -> tuple[int, list[str], str]:
    """Run the script as somebody without mcm does, from another directory."""
    done = subprocess.run(
        [str(tools / "sh"), str(folder / export.SCRIPT)],
        cwd="/",
        env={"PATH": str(tools), "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.splitlines(), done.stderr


def resum(folder: Path) -> None:
    """Make the sums right again, as whoever edits a bundle would."""
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    names = [line.split("  ")[1] for line in lines]
    told = subprocess.run(
        ["sha256sum", *names], cwd=folder, check=True, capture_output=True, text=True
    )
    (folder / "SHA256SUMS").write_text(told.stdout)


def test_a_whole_bundle_is_told_in_plain_words(story: Story, good: Path, tools: Path) -> None:
    code, lines, errors = check(good, tools)

    count = len(story.entries)
    assert (code, errors) == (0, "")
    assert lines == [
        f"ok: {count} entries, each bound to the one before it",
        f"ok: bob signed {APPROVAL} under this trust file, and saw entries 1 to 2",
        "ok: alice signed statements/request-1.json under this trust file, and saw entries 1 to 1",
        "ok: prod-us: approved by bob before its gates opened; same plan; not the requester, alice",
        f"Anchored to entry 2 by a signature; the {count - 2} after it rest on this file alone.",
    ]


def test_the_script_is_short_and_plain() -> None:
    text = SCRIPT.read_text()

    assert text.startswith("#!/bin/sh\n")
    assert len(text.splitlines()) <= 40
    assert not [word for word in ("[[", "python", "mcm verify", "local ") if word in text]


FILES = (
    "plan.json",
    "trust.json",
    "allowed_signers",
    "journal.jsonl",
    "entries.sha256",
    "entries/000001",
    "entries/000007",
    "statements/request-1.json",
    "statements/approval-1-prod-us-bob.json",
    "statements/approval-1-prod-us-bob.json.sig",
)


@pytest.mark.parametrize("place", [0.0, 0.3, 0.7, 1.0])
@pytest.mark.parametrize("name", FILES)
def test_threat_39_any_single_byte_edited_is_refused(
    name: str, place: float, bundle: Path, tools: Path
) -> None:
    path = bundle / name
    data = bytearray(path.read_bytes())
    data[int(place * (len(data) - 1))] ^= 1
    path.write_bytes(bytes(data))

    code, _, errors = check(bundle, tools)

    assert code == 1
    assert errors.startswith("DOES NOT HOLD: ")


@pytest.mark.parametrize("name", [n for n in FILES if not n.startswith("entries")])
def test_an_edit_with_the_sums_made_right_is_refused_by_what_stands_behind_them(
    name: str, bundle: Path, tools: Path
) -> None:
    path = bundle / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    resum(bundle)

    code, lines, _ = check(bundle, tools)

    # The trust file proves nothing by itself: that it is another one than was signed is told.
    if name == "trust.json":
        assert [line for line in lines if "under another trust file" in line]
    else:
        assert code == 1


def test_threat_40_a_rewritten_chain_misses_the_head_that_bob_signed(
    story: Story, tmp_path: Path, tools: Path
) -> None:
    drafts = [Draft(e.kind, e.body, e.at + timedelta(seconds=1)) for e in story.entries]
    folder = story.export(tmp_path / "b", entries=chain_all(None, drafts))

    code, _, errors = check(folder, tools)

    assert (code, errors) == (1, "DOES NOT HOLD: bob saw another entry 2\n")


def test_the_first_bad_entry_is_named(bundle: Path, tools: Path) -> None:
    for number in (9, 5):
        path = bundle / f"entries/{number:06d}"
        path.write_bytes(path.read_bytes().replace(b'"at":"2026', b'"at":"2025'))

    assert "the first bad entry: entries/000005" in check(bundle, tools)[2]


def test_threat_41_a_cut_tail_before_a_signed_head_is_refused(
    story: Story, tmp_path: Path, tools: Path
) -> None:
    folder = story.export(tmp_path / "b", entries=story.entries[:1])

    assert "bob saw another entry 2" in check(folder, tools)[2]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (lambda s: {"envelopes": s.envelopes(lambda who: "mallory")}, "is not signed by"),
        (lambda s: {"trust": None}, "is not signed by"),
        (lambda s: {"plan": replace(s.plan, title="Other").to_bytes()}, "no entry has this plan"),
        (lambda s: {"envelopes": {}}, "is not here"),
        (
            lambda s: {"envelopes": dict(list(s.envelopes().items())[:1])},
            "the approval ",
        ),
        (
            lambda s: {
                "entries": chain_all(
                    None,
                    [Draft(e.kind, e.body, e.at) for e in s.entries if e.kind != "gates_open"],
                ),
                "envelopes": {},
            },
            "a promotion without its gates",
        ),
    ],
    ids=["others-key", "no-trust", "other-plan", "no-statements", "no-approval", "no-gates"],
)
def test_what_is_missing_or_anothers_is_refused(
    changes: Callable[[Story], dict[str, object]],
    text: str,
    story: Story,
    tmp_path: Path,
    tools: Path,
) -> None:
    folder = story.export(tmp_path / "b", **changes(story))
    code, _, errors = check(folder, tools)

    assert code == 1
    assert text in errors


def test_threat_43_a_request_passes_for_no_approval(
    story: Story, tmp_path: Path, tools: Path
) -> None:
    """The keys are listed for the namespaces of their owner's roles only."""
    text = export.allowed_signers(story.trust.persons).decode()
    alice, bob = text.splitlines()

    assert "approval.v1@mcm" not in alice
    assert "request.v1@mcm" not in bob
    assert "*" not in text


def test_an_unsigned_statement_is_named() -> None:
    found = export.build_bundle((), None, {"a.json": b"junk"}, None, None)

    assert found.unsigned == ("a.json",)
    assert not [name for name in found.files if name.startswith("statements/")]


def test_a_folder_with_something_in_it_is_left_alone(story: Story, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("kept")

    with pytest.raises(export.UsageError, match="is not empty"):
        story.export(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["mine"]


def test_an_export_made_earlier_is_compared_with_what_it_should_be() -> None:
    """The trust file moves on after a closing; journal, plan and statements do not."""
    world = World()
    plan = world.plan()
    world.deploy(plan)
    entries = world.journal.entries(plan.change)

    def made(trust: bytes) -> export.Bundle:
        return export.build_bundle(entries, plan.to_bytes(), {"a.json": b"{}"}, None, trust)

    there = made(b"old").files
    now = made(b"new")

    def changed(**edits: bytes | None) -> tuple[str, ...]:
        edited = {**there, **{name: data for name, data in edits.items() if data is not None}}
        left = {name: data for name, data in edited.items() if edits.get(name, b"") is not None}
        return export.differing(now, left)

    assert changed() == ()
    assert changed(**{"trust.json": b"other"}) == ("trust.json",)
    assert changed(**{"plan.json": None}) == ("plan.json",)
    assert changed(**{"journal.jsonl": b""}) == ("journal.jsonl",)
    assert changed(**{"entries/000001": b"x"}) == ("entries/000001",)
    assert changed(**{"entries/999999": b"x"}) == ("entries/999999",)
    assert changed(added=b"x") == ("added",)


def test_what_arrived_after_a_closing_is_no_difference(story: Story) -> None:
    """One that the journal notes belongs to the closing, whatever the sums there list."""

    def made(*left_out: str, **late: bytes) -> dict[str, bytes]:
        held = {name: data for name, data in story.envelopes().items() if name not in left_out}
        plan = story.plan.to_bytes()
        return dict(export.build_bundle(story.entries, plan, held | late, None, None).files)

    def compared(now: dict[str, bytes], there: dict[str, bytes]) -> tuple[str, ...]:
        return export.differing(export.Bundle(now, ()), there)

    asked_again = replace(story.statements["request-1.json"].statement, nonce="0" * 32)
    later = sign(asked_again, story.keys["alice"])

    assert compared(made(late=later.to_bytes()), made()) == ()
    taken_out = Path(APPROVAL).name
    assert compared(made(), made(taken_out)) == (APPROVAL, f"{APPROVAL}.sig")
