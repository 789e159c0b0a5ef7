"""Who can surely be no human; what each form of ARN names is in tests/trust/test_identity.py."""

import pytest

from mcm.core.trust.principal import is_nobody

STS = "arn:aws:sts::111111111111:assumed-role/Deployer/"


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:iam::111111111111:root",
        "arn:aws-cn:iam::111111111111:root",
        f"{STS}botocore-session-1700000000",
        f"{STS}i-0123456789abcdef0",
    ],
)
def test_root_and_sessions_of_programs_are_nobody(arn: str) -> None:
    assert is_nobody(arn)


@pytest.mark.parametrize(
    "arn",
    ["", "console", "arn:aws:iam::111111111111:user/root", f"{STS}alice", f"{STS}botocore-session"],
)
def test_whom_mcm_only_does_not_know_may_be_somebody(arn: str) -> None:
    assert not is_nobody(arn)
