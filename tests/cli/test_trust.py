"""mcm trust: written once, read as an access review, and pinned by each clone."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mcm.cli.compose import Project
from mcm.cli.main import run
from mcm.cli.pinned import pin_name
from mcm.clock import SystemClock
from mcm.sandbox.example import example_files
from mcm.store.sqlite import SqliteJournal
from mcm.trust.plain_yaml import parse
from tests.cli.conftest import Shop
from tests.house.tree import ROOT
from tests.planned import make_plan
from tests.trust.people import make_key, public_line

GIT = ("git", "-c", "user.name=alice", "-c", "user.email=alice@example.com")
PAGE = ROOT / "docs" / "json-output.md"


class Clone:
    """One person's clone and settings, in a directory of their own."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = home / "shop"
        self._home = home
        self._monkeypatch = monkeypatch

    def git(self, *words: str) -> None:
        subprocess.run([*GIT, *words], cwd=self.root, check=True, capture_output=True)

    def mcm(self, line: str) -> int:
        """Run one command as this person, in this clone."""
        self._monkeypatch.setenv("HOME", str(self._home))
        self._monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
        self._monkeypatch.chdir(self.root)
        return run(line.split())

    @property
    def trust(self) -> Path:
        return self.root / ".mcm" / "trust.yml"

    def push(self, message: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-qm", message)
        self.git("push", "-q", "origin", "HEAD:main")


@pytest.fixture
def clones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Clone, Clone]:
    """alice's and bob's clones of one bare repository, for a real account, with a plan."""
    bare = tmp_path / "shop.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(bare)], check=True)
    found = []
    for who in ("alice", "bob"):
        make_key(tmp_path, who)
        (tmp_path / f"home-{who}").mkdir()
        clone = Clone(tmp_path / f"home-{who}", monkeypatch)
        subprocess.run(
            ["git", "clone", "-q", str(bare), str(clone.root)], check=True, capture_output=True
        )
        found.append(clone)
    alice, bob = found
    text = example_files(SystemClock().now())["mcm.yaml"]
    text = re.sub(r"defaults:.*?\n\n", "", text.replace("realm: sandbox\n", ""), flags=re.DOTALL)
    text = text.replace("period: 1s", "period: 1m")
    (alice.root / "mcm.yaml").write_text(text)
    change = alice.root / "changes" / "CM-0001"
    change.mkdir(parents=True)
    change.joinpath("change.yaml").write_text("id: CM-0001\n")
    change.joinpath("plan.json").write_bytes(make_plan().to_bytes())
    keys = tmp_path
    assert (
        alice.mcm(
            f"trust init --person alice --key {keys}/alice.pub --role requester"
            f" --person bob --key={keys}/bob --role approver --email bob@example.com"
        )
        == 0
    )
    alice.push("Set up")
    bob.git("pull", "-q", "origin", "main")
    return alice, bob


@pytest.fixture
def own(shop: Shop) -> Iterator[Shop]:
    """The example project, whose trust file is put back afterwards."""
    trust = shop.root / ".mcm/trust.yml"
    before = trust.read_text()
    yield shop
    trust.write_text(before)
    shutil.rmtree(shop.root / ".mcm/trust", ignore_errors=True)


def test_threat_27_each_clone_pins_what_it_has_seen(
    clones: tuple[Clone, Clone], capsys: pytest.CaptureFixture[str]
) -> None:
    """bob goes forward by the people he knows, until he says that he knows the others."""
    alice, bob = clones
    bob.mcm("deploy CM-0001 --stage prod-us")
    assert "seen here for the first time" in capsys.readouterr().err

    mallory = public_line(make_key(alice.root.parent, "mallory"))
    entry = f"  - {{id: mallory, roles: [approver], ssh: ['{mallory}']}}\n"
    alice.trust.write_text(alice.trust.read_text().replace("version: 1", "version: 2") + entry)
    alice.push("Tidy up")
    bob.git("pull", "-q", "origin", "main")

    for command in ("deploy CM-0001 --stage prod-us", "request CM-0001"):
        assert bob.mcm(command) == 4
        said = capsys.readouterr().err
        assert "[E_TRUST_PIN]" in said
        assert "mallory ADDED as approver of all stages" in said
    refused = SqliteJournal(bob.root / ".mcm/journal.db").entries("CM-0001")
    assert [(e.kind, e.body["code"]) for e in refused] == [("refused", "E_TRUST_PIN")] * 2
    digest = Project(bob.root).trust().digest[:12]
    assert f"`mcm trust pin {digest}`" in said
    assert bob.mcm("trust diff") == 0
    assert "mallory ADDED" in capsys.readouterr().out
    assert bob.mcm("trust pin 000000000000") == 4
    assert bob.mcm(f"trust pin {digest}") == 0
    capsys.readouterr()
    bob.mcm("deploy CM-0001 --stage prod-us")
    assert "E_TRUST_PIN" not in capsys.readouterr().err


def test_threat_29_a_clone_takes_no_older_file(
    clones: tuple[Clone, Clone], capsys: pytest.CaptureFixture[str]
) -> None:
    alice, _ = clones
    text = alice.trust.read_text()
    alice.trust.write_text(text.replace("version: 1", "version: 2"))
    digest = Project(alice.root).trust().digest
    assert alice.mcm(f"trust pin {digest}") == 0
    alice.trust.write_text(text)
    capsys.readouterr()

    assert alice.mcm("deploy CM-0001 --stage prod-us") == 4
    assert "[E_TRUST_CHAIN]" in capsys.readouterr().err
    assert alice.mcm(f"trust pin {Project(alice.root).trust().digest}") == 4


def test_clones_of_one_remote_are_one_project(clones: tuple[Clone, Clone]) -> None:
    alice, bob = clones

    assert pin_name(Project(alice.root)) == pin_name(Project(bob.root))
    alice.git("config", "remote.origin.url", "https://alice:secret@example.com/shop.git")
    assert pin_name(Project(alice.root)) == "https://example.com/shop.git"
    alice.git("remote", "remove", "origin")
    assert pin_name(Project(alice.root)) == str(alice.root.resolve())


def test_threat_62_one_person_is_enough_in_the_sandbox_only(
    clones: tuple[Clone, Clone], capsys: pytest.CaptureFixture[str]
) -> None:
    alice, _ = clones
    alice.trust.unlink()
    key = alice.root.parent.parent / "alice.pub"

    assert alice.mcm(f"trust init --person alice --key {key} --role requester,approver") == 4
    said = capsys.readouterr().err
    assert "[E_TRUST_POLICY]" in said
    assert "Add a second person" in said
    assert not alice.trust.exists()


def test_a_trust_file_is_never_written_over(
    clones: tuple[Clone, Clone], capsys: pytest.CaptureFixture[str]
) -> None:
    alice, _ = clones
    before = alice.trust.read_bytes()

    assert alice.mcm("trust init --person mallory --role approver") == 2
    assert "is there already" in capsys.readouterr().err
    assert alice.trust.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("--key x.pub", "stands before any --person"),
        ("--person bob --role boss", "bob cannot be a 'boss'"),
        ("--person bob --key missing.pub", "no public key at missing.pub"),
        ("--person bob --sso 1/2", "no Identity Center user"),
        ("", "nobody is named"),
    ],
)
def test_what_cannot_be_written_is_told(
    clones: tuple[Clone, Clone], capsys: pytest.CaptureFixture[str], words: str, shown: str
) -> None:
    alice, _ = clones
    alice.trust.unlink()

    assert alice.mcm(f"trust init {words}") == 2
    assert shown in capsys.readouterr().err
    assert not alice.trust.exists()


def test_people_are_asked_for_at_a_terminal(own: Shop) -> None:
    """One answer a line: id, key, roles, address; an empty id ends."""
    (own.root / ".mcm/trust.yml").unlink()
    key = own.root / ".mcm-sandbox/keys/bob.pub"
    typed = f"bob\n{key}\napprover requester\nbob@example.com\n\n"
    code, text = own.type("trust init", typed, after="(empty when all are named): ")

    assert (code, "version 1 with 1 people" in text) == (0, True)
    trust = Project(own.root).trust()
    assert trust.persons[0].roles == frozenset({"approver", "requester"})
    assert trust.persons[0].email == "bob@example.com"


def test_the_access_review_names_who_may_approve_what(
    own: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    own.edit(".mcm/trust.yml", "roles: [approver]", "roles: [approver]\n    stages: [prod-us]")

    assert own.mcm("trust list") == 0
    shown = capsys.readouterr().out
    assert "prod-us may approve: bob" in shown
    assert "prod-eu may approve: nobody" in shown
    assert "SHA256:" in shown


def test_the_review_for_programs_has_the_keys_that_the_page_lists(
    own: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert own.mcm("trust list --json") == 0
    document = json.loads(capsys.readouterr().out)
    page = PAGE.read_text(encoding="utf-8")

    for heading, value in (
        ("trust", document),
        ("trusted", document["persons"][0]),
        ("trusted_key", document["persons"][0]["ssh"][0]),
        ("trusted_aws", document["persons"][0]["aws"][0]),
        ("trusted_stage", document["stages"][0]),
    ):
        table = page.split(f"### {heading}\n", 1)[1].split("\n#", 1)[0]
        cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
        assert {name for cell in cells for name in re.findall(r"`(\w+)`", cell)} == set(value)


def test_threat_27_a_rollback_asks_for_no_pin(
    own: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """Promise 1: with pins that nobody can read, the way back stays open."""
    own.ready()
    assert own.mcm("deploy CM-0001 --stage prod-us") == 0
    (own.root / ".mcm-sandbox/pins.json").write_text("broken")
    capsys.readouterr()

    assert own.mcm("deploy CM-0001 --stage prod-us") == 4
    assert "[E_TRUST_PIN]" in capsys.readouterr().err
    assert own.mcm("rollback --stage prod-us --no-input") in (0, 5)


def test_threat_27_the_trust_file_is_compared_in_each_turn(own: Shop) -> None:
    """One that changes while the walk waits closes the approval's gate."""
    own.mcm("plan CM-0001")
    own.mcm("request CM-0001")
    walk = own.start("deploy CM-0001 --stage prod-us --wait=8s")
    own.wait_for("gate_changed")
    own.edit(".mcm/trust.yml", "version: 1", "version: 2")
    out, said = walk.communicate(timeout=60)

    assert "E_TRUST_PIN" in out + said


def strict(shop: Shop, days: int, **roles: str) -> None:
    """Make the trust file the next, strict version, with these roles by person."""
    before = Project(shop.root).trust()
    path = shop.root / ".mcm/trust.yml"
    value = parse(path.read_bytes()) | {"version": before.version + 1, "profile": "strict"}
    ends = SystemClock().now() + timedelta(days=days)
    value |= {"prev": before.digest, "expires": ends.isoformat()}
    for person in value["persons"]:
        person["roles"] = roles[person["id"]].split()
        person["not_before"] = (SystemClock().now() + timedelta(hours=25)).isoformat()
        if "approver" not in person["roles"] or person["id"] == "bob":
            del person["not_before"]
    path.write_text(json.dumps(value))


def test_threat_28_a_strict_file_moves_by_the_word_of_its_roots(
    own: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """The way from basic to strict and on, in commands; a pull request alone moves nothing."""
    assert own.mcm("plan CM-0001") == own.mcm("request CM-0001") == 0
    strict(own, 20, alice="requester root", bob="approver root", carol="")
    assert own.mcm("request CM-0001") == 4
    assert "[E_TRUST_UNSIGNED]" in capsys.readouterr().err

    assert own.mcm("trust sign --profile alice") == 4
    assert "[E_NOT_A_TTY]" in capsys.readouterr().err
    assert own.mcm("trust sign --profile carol") == 4
    assert "[E_ROLE]" in capsys.readouterr().err
    asks = "else to leave: "
    assert own.type("trust sign --profile alice", "yes\n", after=asks)[0] == 10
    code, text = own.type("trust sign --profile alice", "version 2\n", after=asks)
    assert (code, "it takes 1 more" in text, "alice is now root" in text) == (0, True, True)
    assert own.mcm("request CM-0001") == 4
    assert "[E_TRUST_THRESHOLD]" in capsys.readouterr().err
    assert own.type("trust sign --profile bob", "version 2\n", after=asks)[0] == 0
    assert own.mcm("request CM-0001") == 4
    assert "[E_TRUST_PIN]" in capsys.readouterr().err
    assert own.mcm(f"trust pin {Project(own.root).trust().digest}") == 0
    assert own.mcm("request CM-0001") == 0
    assert "expires in 19 days" in capsys.readouterr().err

    strict(own, 90, alice="requester root", bob="approver root", carol="approver")
    assert own.mcm("request CM-0001") == 4
    assert "[E_TRUST_UNSIGNED]" in capsys.readouterr().err
    for who in ("alice", "bob"):
        assert own.type(f"trust sign --profile {who}", "version 3\n", after=asks)[0] == 0
    assert own.mcm("request CM-0001") == 0
    said = capsys.readouterr().err
    assert "version 3 now, signed by its roots" in said
    assert "carol is now approver" in said
    assert "prod-us may approve: bob\n" in said
    assert "expires in" not in said


def test_threat_29_a_signed_version_verifies_with_ssh_keygen_alone(own: Shop) -> None:
    own.mcm("trust pin " + Project(own.root).trust().digest)
    strict(own, 20, alice="requester root", bob="approver root", carol="")
    own.type("trust sign --profile alice", "version 2\n", after="else to leave: ")
    folder = own.root / ".mcm/trust"
    signers = folder.parent.parent / "signers"
    key = (own.root / ".mcm-sandbox/keys/alice.pub").read_text()
    signers.write_text(f"alice {key}")
    command = ["ssh-keygen", "-Y", "verify", "-f", str(signers), "-I", "alice"]
    command += ["-n", "trust.v1@mcm", "-s", str(folder / "2-alice.sig")]
    done = subprocess.run(
        command, input=(folder / "2.json").read_bytes(), capture_output=True, check=False
    )
    signers.unlink()

    assert done.returncode == 0, done.stderr


def test_a_basic_file_takes_no_signatures(own: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert own.mcm("trust sign --profile alice") == 2
    assert "takes no signatures" in capsys.readouterr().err
