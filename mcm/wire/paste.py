"""A statement as text that survives a chat: quoted, indented, wrapped anew, between other words.

A block is a header line, base64 in lines of 72, the sum of the bytes, a footer. Only
letters, digits, `+/=` and dashes carry anything, so what clients add around or between
them (`> `, spaces, other line ends, typographic dashes) is taken away before it is read.
The sum finds a slip of the hand; it proves nothing, the signature does.

What is packed is the payload and the signature as they are, not as the base64 that an
envelope has them in, against a dictionary of what every statement says; bytes that are no
such envelope are packed as they stand. Either way the same bytes come out.
"""

import base64
import binascii
import hashlib
import json
import re
import textwrap
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
_ARMOR = "-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n"
_BARE, _WHOLE = b"b", b"w"
"""What a packed block begins with: an envelope taken apart, or bytes as they stand."""
_LINE = 70
"""Columns of a signature's lines, as ssh-keygen writes them."""
_USUAL = (
    b'"approver":"bob","change":"MCM-2026-0001","decision":"reject","edition":1,"exceptions":[]'
    b',"execution":"","expires":"2026-","journal":{"hash":"","seq":},"kind":"rejection","nonce":"'
    b'","not_before":"2026-","pipeline":"","plan":"","realm":"aws:aws::us-east-1","reason":"","re'
    b'quest":"","requester":"alice","rollback_to":"","stage":"prod-us","stages":["prod-eu","prod-'
    b'us"],"ticket":"","tool":"mcm 0.1.0","trust":{"digest":"","version":1},"v":1}\x00SSHSIG\x00'
    b"\x00\x00\x01\x00\x00\x00J\x00\x00\x00\x1ask-ssh-ed25519@openssh.com\x00\x00\x00\x0frequest"
    b".v1@mcm\x00\x00\x00\x00\x00\x00\x003\x00\x00\x00\x0bssh-ed25519\x00\x00\x00 \x00\x00\x00\x0f"
    b"approval.v1@mcm\x00\x00\x00\x00\x00\x00\x00\x06sha512\x00\x00\x00S\x00\x00\x00\x0bssh-ed25519"
    b'\x00\x00\x00@application/vnd.mcm.approval.v1+json\x00{"approver":"'
)
"""What statements say more often than not, the most usual last. Another text would leave
blocks of before unreadable."""
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
    engine = zlib.compressobj(9, zdict=_USUAL)
    bare = _bare(data)
    packed = engine.compress(_WHOLE + data if bare is None else _BARE + bare) + engine.flush()
    body = base64.b64encode(packed).decode()
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
        engine = zlib.decompressobj(zdict=_USUAL)
        data = engine.decompress(packed, LIMIT)
    except (binascii.Error, zlib.error) as err:
        raise ValueError("characters were lost; copy it again") from err
    form, data = data[:1], data[1:]
    if form == _BARE:
        data = _dressed(data)
    if not engine.eof or engine.unused_data or _sum(data) != found[2]:
        raise ValueError("its sum is another one; copy it again")
    return data


def _bare(data: bytes) -> bytes | None:
    """Return type, payload and signature of a signed envelope, apart by NUL; else None."""
    try:
        value = json.loads(data)
        (proof,) = value["proofs"]
        payload = base64.b64decode(value["payload"], validate=True)
        sig = base64.b64decode("".join(proof["sig"].split("\n")[1:-2]), validate=True)
        bare = b"\0".join((value["payloadType"].encode(), payload, sig))
        return bare if b"\0" not in payload and _dressed(bare) == data else None
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def _dressed(bare: bytes) -> bytes:
    """Return the envelope of what `_bare` returned; raises ValueError for anything else."""
    kind, _, rest = bare.partition(b"\0")
    payload, _, sig = rest.partition(b"\0")
    lines = textwrap.wrap(base64.b64encode(sig).decode(), _LINE)
    value = {
        "payloadType": kind.decode("ascii"),
        "payload": base64.b64encode(payload).decode(),
        "proofs": [{"type": "ssh", "sig": _ARMOR.format("\n".join(lines))}],
    }
    return (json.dumps(value, indent=1) + "\n").encode()


def _sum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
