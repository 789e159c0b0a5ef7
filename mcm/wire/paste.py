"""A statement as text that survives a chat: quoted, indented, wrapped anew, between other words.

A block is a header line, base64 in lines of 72, the sum of the bytes, a footer. Only
letters, digits, `+/=` and dashes carry anything, so what clients add around or between
them (`> `, spaces, other line ends, typographic dashes) is taken away before it is read.
The sum finds a slip of the hand; it proves nothing, the signature does.
"""

import base64
import binascii
import hashlib
import re
import zlib
from dataclasses import dataclass

from mcm.core.errors import RefusedError
from mcm.core.naming import check_change_id

WIDTH = 72
LIMIT = 65_536
_BEGIN, _END = "-----BEGIN MCM STATEMENT", "-----END MCM STATEMENT-----"
# A dash may have been made typographic, several into one long one.
_DASHES = "[-\u2010-\u2015\u2212]+"
_BLOCK = re.compile(
    rf"{_DASHES}\s*BEGIN\s+MCM\s+STATEMENT\s+([A-Za-z0-9._-]+?)\s*{_DASHES}(?=[\s>]|\Z)(.*?)"
    rf"{_DASHES}\s*END\s+MCM\s+STATEMENT\s*{_DASHES}",
    re.DOTALL,
)
_FRAME = re.compile(r"[\s>|\u00a0\u200b\u200c\u200d\u2060\ufeff`]+")
_BODY = re.compile(r"([A-Za-z0-9+/]+={0,2})=([0-9a-f]{16})", re.ASCII)


@dataclass(frozen=True)
class Block:
    """One statement that was found in a text; nothing of it is verified."""

    change: str
    data: bytes
    """An envelope's bytes."""


@dataclass(frozen=True)
class Found:
    """What a text holds."""

    blocks: tuple[Block, ...]
    broken: tuple[str, ...]
    """Why what looks like a block cannot be read."""


def to_block(change: str, data: bytes) -> str:
    """Return an envelope's bytes as text to paste, about 1 KB."""
    body = base64.b64encode(zlib.compress(data, 9)).decode()
    lines = [body[at : at + WIDTH] for at in range(0, len(body), WIDTH)]
    header = f"{_BEGIN} {check_change_id(change)}-----"
    return "\n".join([header, *lines, f"={_sum(data)}", _END])


def find_blocks(text: str) -> Found:
    """Return every block in a text, whatever stands around them."""
    blocks: list[Block] = []
    broken: list[str] = []
    for match in _BLOCK.finditer(text):
        try:
            blocks.append(Block(check_change_id(match[1]), _unpack(match[2])))
        except (ValueError, RefusedError) as err:
            broken.append(f"the statement about {match[1][:64]!a}: {err}")
    return Found(tuple(blocks), tuple(broken))


def _unpack(inner: str) -> bytes:
    found = _BODY.fullmatch(_FRAME.sub("", inner))
    if found is None:
        raise ValueError("characters were added or lost; copy it again")
    try:
        packed = base64.b64decode(found[1], validate=True)
        engine = zlib.decompressobj()
        data = engine.decompress(packed, LIMIT)
    except (binascii.Error, zlib.error) as err:
        raise ValueError("characters were lost; copy it again") from err
    if not engine.eof or engine.unused_data or _sum(data) != found[2]:
        raise ValueError("its sum is another one; copy it again")
    return data


def _sum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
