"""A pasted statement comes through what chats do to text, or is refused."""

import base64
import json
import os
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcm.trust.signing import sign
from mcm.wire.paste import LIMIT, WIDTH, Block, find_blocks, to_block
from tests.core.approvals import an_approval
from tests.trust.people import AWS, make_key

DATA = b'{"payloadType": "x", "payload": "' + base64.b64encode(os.urandom(300)) + b'"}\n'
TEXT = to_block("CM-0001", DATA)
LINES = TEXT.splitlines()


def test_it_is_short_enough_for_a_chat() -> None:
    assert max(map(len, LINES)) <= WIDTH
    assert len(TEXT) < 1024


@pytest.mark.parametrize(
    "mangled",
    [
        TEXT,
        "\n".join(f"> {line}" for line in LINES),
        "\n".join(f"> > {line}   " for line in LINES),
        TEXT.replace("\n", "\r\n"),
        "\n".join(f"   {line}" for line in LINES),
        TEXT.replace("-----", "\u2014\u2013-"),
        "\n".join(line[at : at + 40] for line in LINES for at in range(0, len(line), 40)),
        f"\u201cplease\u201d:\n```\n{TEXT}\n```\nthanks \u2014 alice",
        TEXT.replace("\n", " "),
        TEXT.replace("\n", "\u00a0\n\u200b"),
    ],
)
def test_what_chats_do_is_undone(mangled: str) -> None:
    assert find_blocks(mangled).blocks == (Block("CM-0001", DATA),)


def test_several_blocks_in_one_text() -> None:
    found = find_blocks(f"{TEXT}\nand\n{to_block('CM-0002', DATA)}")

    assert [each.change for each in found.blocks] == ["CM-0001", "CM-0002"]


@pytest.mark.parametrize(
    "broken",
    [
        "\n".join([*LINES[:2], *LINES[3:]]),
        TEXT.replace(LINES[1], LINES[1][:-1]),
        TEXT.replace(LINES[1], LINES[1].swapcase()),
        TEXT.replace(LINES[-2], "=0000000000000000"),
        TEXT.replace(LINES[-2] + "\n", ""),
        TEXT.replace("CM-0001", "CM..0001"),
    ],
)
def test_slips_are_said(broken: str) -> None:
    found = find_blocks(broken)

    assert found.blocks == ()
    assert len(found.broken) == 1


def test_a_bomb_is_refused() -> None:
    packed = base64.b64encode(zlib.compress(b"x" * (LIMIT * 20))).decode()
    text = f"{LINES[0]}\n{packed}\n={'0' * 16}\n{LINES[-1]}"

    assert find_blocks(text).blocks == ()


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
def test_a_signed_approval_takes_less_than_a_kilobyte(tmp_path: Path, kind: str) -> None:
    key = make_key(tmp_path, "bob", kind)
    data = sign(an_approval(realm=AWS), key).to_bytes()
    text = to_block("MCM-1", data)

    assert find_blocks(text).blocks == (Block("MCM-1", data),)
    assert len(text) < 1000


def envelope(kind: str, payload: bytes, sig: str) -> bytes:
    proofs = [{"type": "ssh", "sig": sig}]
    value = {"payloadType": kind, "payload": base64.b64encode(payload).decode(), "proofs": proofs}
    return (json.dumps(value, indent=1) + "\n").encode()


@given(st.text(max_size=40), st.binary(max_size=400), st.text(max_size=300), st.binary())
def test_whatever_is_packed_comes_out_the_same(
    kind: str, payload: bytes, sig: str, other: bytes
) -> None:
    """Also what only looks like an envelope, or has a signature in another spelling."""
    armor = "-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n"
    for data in (
        envelope(kind, payload, sig),
        envelope(kind, payload, armor.format(base64.b64encode(payload).decode())),
        other,
    ):
        assert find_blocks(to_block("CM-0001", data)).blocks == (Block("CM-0001", data),)


@given(st.text(max_size=400))
def test_no_text_breaks_the_reader(text: str) -> None:
    find_blocks(text)
    find_blocks(f"{LINES[0]}\n{text}\n{LINES[-1]}")
