"""The trust file: one human, one entry; whatever is doubtful does not load."""

import base64
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mcm.core.errors import RefusedError
from mcm.trust.persons import LIMIT, TrustFile, load
from mcm.trust.sshsig import SK_ED25519, SshKey
from tests.trust.people import NOW, People, public_line

USER = "arn:aws:iam::111111111111:user/alice"
FILE = """\
version: 3
persons:
  - id: alice
    name: Alice Example
    email: alice@example.com
    roles: [requester]
    ssh: ["{alice}"]
    aws:
      - arn:aws:iam::111111111111:user/alice
      - {{arn: "arn:aws:sts::111111111111:assumed-role/Deployer/alice", session_name: enforced}}
  - id: bob
    roles: [approver]
    stages: [prod-us]
    not_after: 2027-01-01T00:00:00Z
    ssh: ["{bob}"]
"""


def code(check: Callable[..., object], *given: object) -> str:
    """Return the code with which `check` refuses what it is given."""
    with pytest.raises(RefusedError) as refused:
        check(*given)
    return refused.value.code


def with_person(people: People, **entry: Any) -> Callable[[], TrustFile]:
    """Return a loader of the example file with one more person, dave."""
    value = people.value()
    value["persons"].append({"id": "dave", **entry})
    return lambda: TrustFile.from_value(value)


def written(path: Path, people: People, text: str = FILE) -> Path:
    """Write the example file."""
    lines = {name: public_line(key) for name, key in people.keys.items()}
    path.write_text(text.format(**lines), encoding="utf-8")
    return path


def test_file_is_read_whole(people: People, tmp_path: Path) -> None:
    trust = load(written(tmp_path / "trust.yml", people))

    alice, bob = trust.persons
    assert (trust.version, trust.ref.version, trust.sandbox) == (3, 3, False)
    assert alice.aliases == {"Alice Example", "alice@example.com", "alice"}
    assert [each.enforced for each in alice.aws] == [False, True]
    assert (alice.stages, bob.stages) == (None, frozenset({"prod-us"}))
    assert bob.not_after == datetime(2027, 1, 1, tzinfo=UTC)
    assert trust.holder(SshKey.from_line(public_line(people.keys["bob"]))) == bob
    assert trust.holder(SshKey.from_line(public_line(people.keys["mallory"]))) is None
    assert trust.person("bob") == bob
    assert trust.person("BOB") is None


def test_digest_follows_the_content_not_the_layout(people: People, tmp_path: Path) -> None:
    one = load(written(tmp_path / "one.yml", people))
    two = load(written(tmp_path / "two.yml", people, "# a comment\n" + FILE))
    three = load(written(tmp_path / "three.yml", people, FILE.replace("prod-us", "prod-eu")))

    assert one.digest == two.digest != three.digest


def test_missing_file_trusts_nobody(tmp_path: Path) -> None:
    assert code(lambda: load(tmp_path / "trust.yml")) == "E_TRUST_SYNTAX"
    assert code(lambda: load(tmp_path / "trust.yml", sandbox=True)) == "E_TRUST_SYNTAX"


def test_threat_4_one_key_under_two_persons(people: People) -> None:
    line = public_line(people.keys["alice"])

    assert code(with_person(people, ssh=[line])) == "E_TRUST_AMBIGUOUS"
    assert code(with_person(people, ssh=[line + " other comment"])) == "E_TRUST_AMBIGUOUS"


def test_threat_4_one_key_under_two_labels(people: People) -> None:
    """A security key's application is a label; it does not make one key two."""
    value = people.value()
    for number, label in enumerate((b"ssh:", b"ssh:work")):
        parts = (SK_ED25519.encode(), b"\7" * 32, label)
        blob = b"".join(len(part).to_bytes(4) + part for part in parts)
        line = f"{SK_ED25519} {base64.b64encode(blob).decode()}"
        value["persons"][number]["ssh"].append(line)

    assert code(lambda: TrustFile.from_value(value)) == "E_TRUST_AMBIGUOUS"


def test_threat_4_one_principal_under_two_persons(people: People) -> None:
    value = people.value()
    value["persons"][0]["aws"] = [USER]
    for arn in (USER, USER.replace("alice", "team/ALICE")):
        value["persons"][1]["aws"] = [arn]
        assert code(lambda: TrustFile.from_value(value)) == "E_TRUST_AMBIGUOUS"


def test_threat_4_two_entries_of_one_id(people: People) -> None:
    value = people.value()
    value["persons"].append({"id": "alice"})

    assert code(lambda: TrustFile.from_value(value)) == "E_TRUST_AMBIGUOUS"


def test_two_keys_under_one_person_are_fine(people: People) -> None:
    value = people.value()
    value["persons"][1]["ssh"].append(public_line(people.keys["bob-two"]))

    assert len(TrustFile.from_value(value).persons[1].ssh) == 2


@pytest.mark.parametrize(
    "bad",
    ["\u0430lice", "\uff41lice", "al\u200bice", "Alice", "a", "a" * 33, "dave\n", "../x", "", 7],
)
def test_threat_9_and_17_ids_outside_the_alphabet(people: People, bad: Any) -> None:
    """A Cyrillic, fullwidth or zero-width letter is no letter of an id."""
    assert code(with_person(people, id=bad)) == "E_ID_CHARSET"


@pytest.mark.parametrize(
    "name",
    [
        "\u0410lice Example",
        "\uff21lice",
        "Ali\u200bce",
        "Alice\u202e",
        " Alice",
        "Alice\n",
        "x" * 65,
    ],
)
def test_threat_9_display_names_that_deceive(people: People, name: str) -> None:
    assert code(with_person(people, name=name)) == "E_CONFUSABLE"


@pytest.mark.parametrize(
    "name", ["\u0414\u0430\u0448\u0430", "\u5c71\u7530 \u306f\u306a", "D\u00e1ve O'Ex-1"]
)
def test_display_names_of_one_script_are_fine(people: People, name: str) -> None:
    assert with_person(people, name=name)().persons[-1].name == name


@pytest.mark.parametrize(
    ("key", "first", "second"),
    [
        ("name", "Alice Example", "ALICE example"),
        ("email", "a@example.com", "A@EXAMPLE.COM"),
        ("aws", [USER], ["arn:aws:iam::222222222222:user/Alice"]),
    ],
)
def test_threat_9_near_equal_names_of_two_persons(
    people: People, key: str, first: Any, second: Any
) -> None:
    value = people.value()
    value["persons"][0][key] = first
    value["persons"][1][key] = second

    assert code(lambda: TrustFile.from_value(value)) == "E_CONFUSABLE"


def test_threat_2_session_named_as_a_colleague(people: People) -> None:
    """A credential that carries another person's id cannot be entered as one's own."""
    arn = "arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_Dev_0123456789abcdef/bob"

    assert code(with_person(people, aws=[arn])) == "E_CONFUSABLE"


@pytest.mark.parametrize(
    ("who", "roles"),
    [
        (["alice"], ["requester", "approver"]),
        (["alice", "bob"], ["requester"]),
        (["alice", "bob"], ["approver"]),
        (["alice", "bob"], []),
    ],
)
def test_threat_62_policy_takes_two_persons_outside_the_sandbox(
    people: People, who: list[str], roles: list[str]
) -> None:
    persons = [{"id": one, "roles": roles, "ssh": [public_line(people.keys[one])]} for one in who]
    value = {"version": 1, "persons": persons}

    assert code(lambda: TrustFile.from_value(value)) == "E_TRUST_POLICY"
    assert TrustFile.from_value(value, sandbox=True).sandbox


def test_threat_62_second_person_without_a_key_is_no_second_person(people: People) -> None:
    value = people.value()
    for entry in value["persons"][1:]:
        del entry["ssh"]

    assert code(lambda: TrustFile.from_value(value)) == "E_TRUST_POLICY"
    assert len(TrustFile.from_value(value, sandbox=True).persons) == 3


@pytest.mark.parametrize("roles", [["admin"], ["Approver"], ["approver", "*"]])
def test_threat_62_unknown_role(people: People, roles: list[str]) -> None:
    assert code(with_person(people, roles=roles)) == "E_TRUST_POLICY"


@pytest.mark.parametrize(
    "entry",
    [
        {"rolls": []},
        {"roles": "approver"},
        {"roles": [1]},
        {"stages": ["prod-*"]},
        {"stages": "prod-us"},
        {"ssh": "ssh-ed25519 x"},
        {"ssh": [1]},
        {"ssh": ["* ssh-ed25519 AAAA"]},
        {"email": "dave"},
        {"email": "*@example.com"},
        {"email": 1},
        {"name": 1},
        {"aws": [1]},
        {"aws": [{"arn": USER}]},
        {"aws": [{"arn": USER, "session_name": "free"}]},
        {"aws": [{"arn": USER, "session_name": True}]},
        {"not_before": "2026-01-01"},
        {"not_before": "soon"},
        {"not_after": 2026},
        {"not_after": None},
    ],
)
def test_threat_24_entry_of_another_shape(people: People, entry: dict[str, Any]) -> None:
    """There are no patterns: an entry names what it means."""
    assert code(with_person(people, **entry)) == "E_TRUST_SYNTAX"


def test_threat_22_key_type_is_checked_at_load(people: People) -> None:
    assert code(with_person(people, ssh=["ssh-rsa AAAA"])) == "E_KEY_TYPE"
    assert code(with_person(people, ssh=["cert-authority ssh-ed25519 AAAA"])) == "E_KEY_TYPE"


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 0},
        {"version": True},
        {"version": "1"},
        {"persons": []},
        {"persons": {}},
        {"persons": ["alice"]},
        {"approvals": 0},
        {"expires": "never"},
    ],
)
def test_threat_62_file_of_another_shape(people: People, changes: dict[str, Any]) -> None:
    value = {**people.value(), **changes}

    assert code(lambda: TrustFile.from_value(value)) == "E_TRUST_SYNTAX"
    assert code(lambda: TrustFile.from_value(value, sandbox=True)) == "E_TRUST_SYNTAX"


@pytest.mark.parametrize("value", [None, [], "x", {}, {1: 2}])
def test_value_that_is_no_trust_file(value: Any) -> None:
    assert code(lambda: TrustFile.from_value(value)) == "E_TRUST_SYNTAX"


@pytest.mark.parametrize(
    ("at", "valid"),
    [(-1, False), (0, True), (59, True), (60, False)],
)
def test_person_is_valid_from_not_before_until_not_after(
    people: People, at: int, valid: bool
) -> None:
    until = (NOW + timedelta(seconds=60)).isoformat()
    dave = with_person(people, not_before=NOW.isoformat(), not_after=until)().persons[-1]

    assert dave.is_valid(NOW + timedelta(seconds=at)) is valid


@pytest.mark.parametrize(
    "text",
    [
        "",
        "version: 1\nversion: 2\npersons: []\n",
        "version: 1\npersons: []\n---\nversion: 2\n",
        "version: &one 1\npersons: []\n",
        "version: 1\npersons: &all []\nexpires: *all\n",
        "version: 1\n<<: {persons: []}\n",
        "version: !!int 1\npersons: []\n",
        "version: !!python/object/apply:os.system [id]\n",
        "version: ! 1\npersons: []\n",
        "? [a]\n: 1\n",
        "version: [" * 20,
        "[" * 3000,
        "version: 1\n\tpersons: []\n",
        "version: 1\npersons: [\x00]\n",
    ],
)
def test_yaml_beyond_the_plain_part_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "trust.yml"
    path.write_text(text, encoding="utf-8")

    assert code(lambda: load(path)) == "E_YAML"


def test_yaml_gives_no_types_but_whole_numbers(people: People, tmp_path: Path) -> None:
    """`no` and `012` stay texts, and the schema refuses them where it wants others."""
    for bad in ("version: 03", "version: 0x3", "version: 3.0", "version: yes", "version: '3'"):
        path = written(tmp_path / "trust.yml", people, FILE.replace("version: 3", bad))
        assert code(load, path) == "E_TRUST_SYNTAX"


def test_threat_16_trust_file_that_is_no_plain_file(people: People, tmp_path: Path) -> None:
    real = written(tmp_path / "real.yml", people)
    link, fifo, twin = tmp_path / "link.yml", tmp_path / "fifo.yml", tmp_path / "twin.yml"
    link.symlink_to(real)
    os.mkfifo(fifo)

    for path in (link, fifo, tmp_path, Path(os.devnull)):
        assert code(load, path) == "E_UNSAFE_FILE"
    twin.hardlink_to(real)
    assert code(lambda: load(real)) == "E_UNSAFE_FILE"


def test_threat_16_trust_file_that_is_too_long(tmp_path: Path) -> None:
    path = tmp_path / "trust.yml"
    path.write_bytes(b"#" * (LIMIT + 1))

    assert code(lambda: load(path)) == "E_UNSAFE_FILE"
