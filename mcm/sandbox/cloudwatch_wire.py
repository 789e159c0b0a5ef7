"""What CloudWatch's operations share: its errors, its page tokens, its limits."""

import base64
import json
from collections.abc import Sequence
from typing import TypeVar

from mcm.aws.port import AwsError, ErrorKind

Item = TypeVar("Item")


def invalid(message: str) -> AwsError:
    """Return the error of a request that breaks a rule the service model does not hold."""
    return AwsError(ErrorKind.INVALID, "ValidationError", message, service="cloudwatch")


def refused(code: str, message: str) -> AwsError:
    """Return a modelled error by its code."""
    kind = ErrorKind.NOT_FOUND if code == "ResourceNotFound" else ErrorKind.INVALID
    return AwsError(kind, code, message, service="cloudwatch")


def token_of(*numbers: int) -> str:
    """Return an opaque token for a place in a listing."""
    return base64.urlsafe_b64encode(json.dumps(numbers).encode()).decode()


def read_token(token: str, length: int) -> list[int]:
    """Return what `token_of` was given; raise InvalidNextToken for anything else."""
    try:
        numbers = json.loads(base64.urlsafe_b64decode(token.encode("ascii", "replace")))
    except ValueError as err:
        raise refused("InvalidNextToken", "the token is not one that was given out") from err
    if (
        not isinstance(numbers, list)
        or len(numbers) != length
        or not all(isinstance(number, int) and number >= 0 for number in numbers)
    ):
        raise refused("InvalidNextToken", "the token is not one that was given out")
    return numbers


def page(items: Sequence[Item], token: str | None, size: int) -> tuple[list[Item], str | None]:
    """Return one page of a listing and the token of the next, None at its end."""
    start = read_token(token, 1)[0] if token else 0
    end = start + size
    return list(items[start:end]), token_of(end) if end < len(items) else None
