"""The inbox: the directory of a change in which persons' statements lie as files.

Anyone may put a file here, so each is read once, safely, and verified from scratch. A
file's name says nothing about its content.
"""

import os
import re
from datetime import datetime
from pathlib import Path

from mcm.core import canonical
from mcm.core.errors import RefusedError
from mcm.core.trust.statement import Rejected, Statement, Verified, file_name
from mcm.trust.envelope import LIMIT, Envelope
from mcm.trust.files import open_directory, read_small, write_new
from mcm.trust.persons import TrustFile
from mcm.trust.verify import verify

MAX_FILES = 500
"""More files than this are no inbox but a flood; then none is read and nothing granted."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}", re.ASCII)


def read_statements(
    directory: Path, trust: TrustFile, realm: str, now: datetime
) -> tuple[list[Verified], list[Rejected]]:
    """Read every `*.json` in `directory`, by name; a missing directory holds none.

    What does not verify, for whatever reason, is a `Rejected` with its code and why; this
    function raises nothing for content. Names that begin with a dot are passed over.
    """
    try:
        with open_directory(directory) as dir_fd:
            names = sorted(
                name
                for name in os.listdir(dir_fd)  # noqa: PTH208 - Path lists no descriptor
                if name.endswith(".json") and not name.startswith(".")
            )
            if len(names) > MAX_FILES:
                reason = f"{len(names)} files, more than {MAX_FILES}; none was read"
                return [], [Rejected(directory.name, "E_UNSAFE_FILE", reason)]
            read = [_read(name, dir_fd, trust, realm, now) for name in names]
    except FileNotFoundError:
        return [], []
    except RefusedError as err:
        return [], [Rejected(directory.name, err.code, str(err))]
    verified = [each for each in read if isinstance(each, Verified)]
    return verified, [each for each in read if isinstance(each, Rejected)]


def write_statement(directory: Path, envelope: Envelope) -> Path:
    """Put `envelope` into the inbox and return its path.

    The name follows the statement (`approval-2-prod-us-bob.json`). It is written whole or
    not at all and never over another file: a taken name gets a number, and the same bytes
    again are the same file. Raises UsageError if it cannot be written, RefusedError if
    the payload is no statement.
    """
    statement = Statement.from_value(canonical.decode(envelope.payload))
    name = Path(file_name(statement))
    return write_new(directory, name.stem, name.suffix, envelope.to_bytes())


def _read(
    name: str, dir_fd: int, trust: TrustFile, realm: str, now: datetime
) -> Verified | Rejected:
    try:
        if not _NAME.fullmatch(name):
            raise RefusedError("E_ID_CHARSET", "file refused: its name is not of allowed letters")
        return verify(read_small(name, limit=LIMIT, dir_fd=dir_fd), trust, realm, now)
    except RefusedError as err:
        return Rejected(name, err.code, str(err))
    except FileNotFoundError:
        return Rejected(name, "E_UNSAFE_FILE", "it went away while it was read")
