"""A first trust file says what people brought along, and reads back as that."""

import pytest

from mcm.core.errors import McmError, UsageError
from mcm.core.trust.principal import SSO
from mcm.trust.draft import Newcomer, sso_arn, trust_text
from mcm.trust.persons import TrustFile
from mcm.trust.plain_yaml import parse
from tests.trust.people import People, public_line


def read(people: list[Newcomer]) -> TrustFile:
    return TrustFile.from_value(parse(trust_text(people).encode()))


def test_what_is_written_reads_back(people: People) -> None:
    arn = sso_arn("111111111111/Deployer/bob@example.com", "aws")
    keys = {who: public_line(people.keys[who]) for who in ("alice", "bob")}
    trust = read(
        [
            Newcomer("alice", ("requester",), (keys["alice"],), email="alice@example.com"),
            Newcomer("bob", ("approver", "root"), (keys["bob"],), (arn,), ("prod-us",), "Bób: B"),
        ]
    )
    alice, bob = trust.persons

    assert (trust.version, trust.expires) == (1, None)
    assert (alice.email, alice.roles, alice.stages) == (
        "alice@example.com",
        frozenset({"requester"}),
        None,
    )
    assert (bob.name, bob.stages) == ("Bób: B", frozenset({"prod-us"}))
    assert (bob.aws[0].principal.kind, bob.aws[0].principal.who) == (SSO, "bob@example.com")


def test_a_keys_comment_is_left_out(people: People) -> None:
    line = public_line(people.keys["alice"])
    text = trust_text([Newcomer("alice", (), (f"{line} secret-laptop",))])

    assert "secret-laptop" not in text


@pytest.mark.parametrize("text", ["", "1/2/3", "111111111111/D", "111111111111/a/b/c", "1" * 12])
def test_what_is_no_user_of_identity_center_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        sso_arn(text, "aws")


def test_threat_7_a_programs_session_is_no_user_of_identity_center() -> None:
    with pytest.raises(McmError):
        sso_arn("111111111111/Deployer/botocore-session-1700000000", "aws")
