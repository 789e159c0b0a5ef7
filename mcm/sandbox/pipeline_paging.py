"""Pages of a list, in the way of AWS's list operations."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

from mcm.aws.port import Params
from mcm.sandbox.pipeline_model import invalid, refused

Item = TypeVar("Item")


def cut_page(
    items: Sequence[Item], params: Params, *, most: int, key: Callable[[Item], str]
) -> tuple[Sequence[Item], dict[str, str]]:
    """Return the page that `maxResults` (at most and by default `most`) and `nextToken` ask for.

    The second value is `{"nextToken": …}`, or empty on the last page. The token names the
    last item shown, so what is added in front between two calls moves nothing. Raises
    ValidationException or InvalidNextTokenException.
    """
    size = params.get("maxResults", most)
    if not isinstance(size, int) or not 1 <= size <= most:
        raise invalid(f"maxResults must be between 1 and {most}")
    start = 0
    if (token := params.get("nextToken")) is not None:
        last = _read_token(str(token))
        start = next((i + 1 for i, item in enumerate(items) if key(item) == last), 0)
        if start == 0:
            raise refused("InvalidNextTokenException", "The next token is not valid")
    page = items[start : start + size]
    if start + size >= len(items):
        return page, {}
    return page, {"nextToken": base64.b64encode(key(page[-1]).encode()).decode()}


def _read_token(token: str) -> str:
    try:
        return base64.b64decode(token, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as err:
        raise refused("InvalidNextTokenException", "The next token is not valid") from err
