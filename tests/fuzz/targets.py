"""What is fed to each reader, and what must hold whatever comes.

A reader answers or refuses; no other exception leaves it. What it takes has one spelling:
written again, it is the same bytes.
"""

import base64
from collections.abc import Callable, Mapping
from contextlib import suppress

from mcm.config.change_file import check_change
from mcm.config.definitions import builtin_definitions, load_definition
from mcm.config.incidents_file import load_incidents
from mcm.config.problems import ConfigError
from mcm.config.service_file import load_service
from mcm.config.strict_yaml import load, to_plain
from mcm.core import canonical, codec
from mcm.core.commits.commit_range import build_range
from mcm.core.errors import RefusedError
from mcm.core.plans.plan import Plan
from mcm.core.trust.statement import Statement
from mcm.record.figures import Index
from mcm.trust import sshsig
from mcm.trust.authors import UnknownError
from mcm.trust.envelope import Envelope
from mcm.trust.persons import TrustFile
from mcm.trust.plain_yaml import parse as parse_trust
from mcm.trust.ranges import parse_log
from mcm.wire.paste import find_blocks, to_block

Target = Callable[[bytes], None]
REFUSES = (RefusedError, ConfigError)
SPACE = "approval.v1@mcm"


class BrokenError(AssertionError):
    """A reader took what it would have written otherwise."""


def _same(found: bytes, data: bytes) -> None:
    if found != data:
        raise BrokenError(f"taken is {data[:80]!r}, written again {found[:80]!r}")


def read_canonical(data: bytes) -> None:
    """JSON as it is hashed and signed."""
    _same(canonical.encode(canonical.decode(data)), data)


def read_statement(data: bytes) -> None:
    """The payload of an envelope."""
    found = Statement.from_value(canonical.decode(data))
    _same(canonical.encode(found.to_value()), data)


def read_plan(data: bytes) -> None:
    """A frozen plan."""
    _same(Plan.from_bytes(data).to_bytes(), data)


def read_envelope(data: bytes) -> None:
    """A file of the inbox."""
    _same(Envelope.from_bytes(data).to_bytes(), data)


def read_signature(data: bytes) -> None:
    """An SSH signature: armoured text, and what is inside the armour."""
    for text in (data.decode("latin-1"), armour(data)):
        try:
            sshsig.inspect(text, b"{}", SPACE)
        except RefusedError:
            continue


def read_key(data: bytes) -> None:
    """A line of the trust file, and a key in wire form."""
    with suppress(RefusedError):
        _same(sshsig.SshKey.from_blob(data).blob, data)
    key = sshsig.SshKey.from_line(data.decode("latin-1"))
    _same(sshsig.SshKey.from_line(key.line).blob, key.blob)


def read_trust_file(data: bytes) -> None:
    """`.mcm/trust.yml`, which has many spellings of one content."""
    trust = TrustFile.from_value(parse_trust(data))
    again = TrustFile.from_value(canonical.decode(trust.content))
    _same(again.content, trust.content)


def read_yaml(data: bytes) -> None:
    """The YAML that configuration may use."""
    to_plain(load(data, "mcm.yaml"))


def read_service(data: bytes) -> None:
    """`mcm.yaml` with its schema."""
    load_service(data, "mcm.yaml", builtin_definitions())


def read_change(data: bytes) -> None:
    """`change.yaml` with its schema."""
    check_change(data, "change.yaml")


def read_definition(data: bytes) -> None:
    """A check of the project, and what its example becomes."""
    found = load_definition(data, "checks/own.yaml", builtin_definitions())
    canonical.encode(found.to_value())


def read_incidents(data: bytes) -> None:
    """`incidents.yaml` with its schema."""
    load_incidents(data, "incidents.yaml", ("prod-us", "prod-eu"))


def read_paste(data: bytes) -> None:
    """Text from a chat."""
    for block in find_blocks(data.decode("utf-8", "replace")).blocks:
        (again,) = find_blocks(to_block(block.change, block.data)).blocks
        _same(again.data, block.data)


def read_figures(data: bytes) -> None:
    """The list of a record's pictures."""
    _same(Index.from_bytes(data).to_bytes(), data)


def read_range(data: bytes) -> None:
    """What git says of a range; whatever is taken of it can be signed."""
    with suppress(UnknownError):
        found = build_range("App", parse_log(data))
        value = canonical.encode(codec.to_value(found))
        _same(canonical.encode(canonical.decode(value)), value)


def armour(data: bytes) -> str:
    """Return bytes in the armour of a signature."""
    text = base64.b64encode(data).decode()
    lines = "\n".join(text[at : at + 70] for at in range(0, len(text), 70))
    return f"-----BEGIN SSH SIGNATURE-----\n{lines}\n-----END SSH SIGNATURE-----\n"


TARGETS: Mapping[str, Target] = {
    "canonical": read_canonical,
    "statement": read_statement,
    "plan": read_plan,
    "envelope": read_envelope,
    "signature": read_signature,
    "key": read_key,
    "trust": read_trust_file,
    "yaml": read_yaml,
    "service": read_service,
    "change": read_change,
    "definition": read_definition,
    "incidents": read_incidents,
    "paste": read_paste,
    "figures": read_figures,
    "range": read_range,
}


def feed(name: str, data: bytes) -> None:
    """Give bytes to one reader; a refusal is an answer, any other exception a finding."""
    try:
        TARGETS[name](data)
    except REFUSES:
        return
