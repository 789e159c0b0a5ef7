"""An AWS caller is a person only where its ARN can name one and an entry lists it."""

from typing import Any

import pytest

from mcm.core.errors import RefusedError
from mcm.core.trust.principal import Principal
from mcm.trust.identity import parse, person_of
from mcm.trust.persons import TrustFile

IAM = "arn:aws:iam::111111111111:"
STS = "arn:aws:sts::111111111111:"
SSO = STS + "assumed-role/AWSReservedSSO_Deploy_0123456789abcdef/"
ROLE = STS + "assumed-role/Deployer/"


def trust(**aws: list[Any]) -> TrustFile:
    """Return a sandbox trust file with these principals by person."""
    persons = [{"id": who, "aws": arns} for who, arns in aws.items()]
    return TrustFile.from_value({"version": 1, "persons": persons}, sandbox=True)


def code(trusted: TrustFile, arn: str) -> str:
    """Return the code with which a caller is refused."""
    with pytest.raises(RefusedError) as refused:
        person_of(trusted, arn)
    return refused.value.code


@pytest.mark.parametrize(
    ("arn", "principal"),
    [
        (IAM + "user/alice", Principal("iam-user", "aws", "111111111111", "alice", "")),
        (IAM + "user/team/a/alice", Principal("iam-user", "aws", "111111111111", "alice", "")),
        (
            SSO + "alice@example.com",
            Principal("sso", "aws", "111111111111", "Deploy", "alice@example.com"),
        ),
        (ROLE + "alice", Principal("role", "aws", "111111111111", "Deployer", "alice")),
    ],
)
def test_arn_names_a_principal(arn: str, principal: Principal) -> None:
    assert parse(arn) == principal


def test_user_and_sso_user_are_their_persons() -> None:
    trusted = trust(alice=[IAM + "user/alice"], bob=[SSO + "bob@example.com"])

    assert person_of(trusted, IAM + "user/alice").id == "alice"
    assert person_of(trusted, SSO + "bob@example.com").id == "bob"


def test_sso_role_is_the_same_after_it_was_provisioned_again() -> None:
    trusted = trust(bob=[SSO + "bob@example.com"])
    again = (SSO + "bob@example.com").replace("0123456789abcdef", "fedcba9876543210")

    assert person_of(trusted, again).id == "bob"


@pytest.mark.parametrize(
    "arn",
    [
        SSO + "Bob@example.com",
        SSO + "bob",
        SSO.replace("Deploy", "Admin") + "bob@example.com",
        SSO.replace("1111", "2222") + "bob@example.com",
        SSO.replace("arn:aws:", "arn:aws-cn:") + "bob@example.com",
        IAM + "user/bob@example.com",
    ],
)
def test_grant_is_byte_for_byte(arn: str) -> None:
    assert code(trust(bob=[SSO + "bob@example.com"]), arn) == "E_NOT_A_PERSON"


def test_threat_6_role_session_needs_an_enforced_name() -> None:
    arn = ROLE + "bob"
    listed = trust(bob=[arn])
    enforced = trust(bob=[{"arn": arn, "session_name": "enforced"}])

    assert code(listed, arn) == "E_SESSION_UNTRUSTED"
    assert person_of(enforced, arn).id == "bob"
    assert code(enforced, ROLE + "alice") == "E_SESSION_UNTRUSTED"
    # A role that only looks like one of Identity Center's is a plain role.
    assert code(enforced, STS + "assumed-role/AWSReservedSSO_x_0123/bob") == "E_SESSION_UNTRUSTED"


@pytest.mark.parametrize(
    "arn",
    [
        IAM + "root",
        STS + "federated-user/bob",
        ROLE + "i-0123456789abcdef0",
        ROLE + "botocore-session-1700000000",
        SSO + "i-01234567",
        STS + "user/moto",
        IAM + "user/moto",
        IAM + "role/Deployer",
        IAM + "user/",
        IAM + "user/bob\n",
        IAM + "user/b\u043eb",
        STS + "user/bob",
        IAM + "assumed-role/Deployer/bob",
        "arn:aws:iam::1:user/bob",
        "arn:aws:iam::\u0661" + "1" * 11 + ":user/bob",
        "bob",
        "",
    ],
)
def test_threat_7_callers_that_are_never_persons(arn: str) -> None:
    assert code(trust(bob=[IAM + "user/bob"]), arn) == "E_NOT_A_PERSON"
    with pytest.raises(RefusedError) as refused:
        trust(bob=[arn])
    assert refused.value.code == "E_NOT_A_PERSON"


def test_threat_8_caller_in_nobodys_entry() -> None:
    assert code(trust(bob=[IAM + "user/bob"]), IAM + "user/ci-bot") == "E_NOT_A_PERSON"
