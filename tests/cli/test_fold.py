"""A folded command does what the one on a single line does."""

import shlex

import pytest

from mcm.cli.fold import fold

LOGS = "aws logs tail /aws/sagemaker/photo-check --since 10m"


@pytest.mark.parametrize(
    "command",
    [
        f'{LOGS} --filter-pattern "$PATTERN"',
        f"{LOGS} | grep ERROR > errors.txt && wc -l errors.txt",
        f"{LOGS} --profile 'on call' --query logs[*].message",
    ],
)
def test_what_a_shell_would_expand_is_left_as_it_was_written(command: str) -> None:
    """A runbook of a project may pipe, redirect and name variables."""
    lines = fold(command, 40)

    assert lines is not None
    assert max(map(len, lines)) <= 40
    joined = "\n".join(lines).replace(" \\\n", " ")
    assert " ".join(joined.split()) == command


def test_words_stay_whole_whatever_is_in_them() -> None:
    command = "mcm hold CM-0001 --stage prod-us --reason {shlex.quote('its | not > this')}"
    lines = fold(command, 40)

    assert lines is not None
    assert shlex.split(" ".join(line.removesuffix("\\") for line in lines)) == shlex.split(command)


@pytest.mark.parametrize(
    "command",
    [f"{LOGS} # the newest ones", f"{LOGS} 'open", f"{LOGS} {'x' * 40}", f"{LOGS} \x1b[31m"],
)
def test_what_cannot_be_folded_is_none(command: str) -> None:
    assert fold(command, 40) is None
