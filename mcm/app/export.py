"""What it takes to verify a change with `ssh-keygen` and `sha256sum` alone, as files.

Each journal entry is a file with the exact bytes that its hash covers, so `sha256sum -c`
checks it; each statement is the bare payload beside its signature, so `ssh-keygen -Y
verify` does. `verify.sh`, which ships beside this module, checks all of it. Nothing is
judged here: what does not hold is exported as it is, and the script says so.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from mcm.core import canonical
from mcm.core.errors import RefusedError, UsageError
from mcm.core.history import journal
from mcm.core.history.journal import Entry
from mcm.core.trust.statement_form import DECISIONS, namespace

if TYPE_CHECKING:
    from mcm.trust.persons import Person, TrustFile

SCRIPT = "verify.sh"
_NEEDS_ROLE = {
    "request": "requester",
    "approval": "approver",
    "breakglass": "breakglass",
    "review": "approver",
}


@dataclass(frozen=True)
class Bundle:
    """The files of an export, by their names in it."""

    files: Mapping[str, bytes]
    unsigned: tuple[str, ...]
    """Statements that carry no signature or are no statements; the script stops at them."""


def build_bundle(
    entries: Iterable[Entry],
    plan: bytes | None,
    envelopes: Mapping[str, bytes],
    trust: "TrustFile | None",
    trust_value: bytes | None,
) -> Bundle:
    """Return the export of one change.

    `envelopes` are the files of its inbox; `trust_value` is the canonical form of the trust
    file, whose digest the signatures name.
    """
    found: dict[str, bytes] = {}
    lines, sums = [], []
    for entry in entries:
        name = f"entries/{entry.seq:06d}"
        found[name] = journal.to_hashed(entry)
        lines.append(journal.to_stored(entry) + b"\n")
        sums.append(f"{entry.hash}  {name}\n")
    found["journal.jsonl"] = b"".join(lines)
    found["entries.sha256"] = "".join(sums).encode()
    if plan is not None:
        found["plan.json"] = plan
    if trust_value is not None:
        found["trust.json"] = trust_value
    found["allowed_signers"] = allowed_signers(trust.persons if trust else ())
    unsigned = []
    for name, data in sorted(envelopes.items()):
        parts = dict(_statement(name, data))
        found.update(parts)
        if f"statements/{name}.sig" not in parts:
            unsigned.append(name)
    found[SCRIPT] = files(__package__).joinpath(SCRIPT).read_bytes()
    found["SHA256SUMS"] = "".join(
        f"{hashlib.sha256(data).hexdigest()}  {name}\n"
        for name, data in sorted(found.items())
        if not name.startswith("entries/")
    ).encode()
    return Bundle(found, tuple(unsigned))


def differing(bundle: Bundle, there: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return the files of an export made earlier, `there`, that are no longer what they were.

    Journal, plan and what each signed statement says are those of `bundle`; the trust file
    may have moved on since, so of all other files the export's own sums are asked. A statement
    that neither they nor the journal know arrived later.
    """
    sums = there.get("SHA256SUMS", b"").decode("utf-8", "replace").splitlines()
    told = {name: digest for digest, _, name in (line.partition("  ") for line in sums)}
    lasting = {name: data for name, data in bundle.files.items() if _lasts(name)}
    known = {*there, *told}
    kept = {n: data for n, data in lasting.items() if n in known or _belongs(n, bundle)}
    changed = {name for name, data in kept.items() if there.get(name) != data}
    others = {name for name in there if not name.startswith("entries/")} - {"SHA256SUMS"}
    changed |= {name for name in told if name not in there}
    changed |= {n for n in others if told.get(n) != hashlib.sha256(there[n]).hexdigest()}
    return tuple(sorted(changed | {n for n in there if n.startswith("entries/")} - {*kept}))


def _belongs(name: str, bundle: Bundle) -> bool:
    """Say whether the journal speaks of a file; of one that is no statement it always does."""
    if not name.startswith("statements/"):
        return True
    digest = canonical.digest_bytes(bundle.files[name.removesuffix(".sig")])
    return digest.encode() in bundle.files["journal.jsonl"]


def _lasts(name: str) -> bool:
    return name in {"journal.jsonl", "entries.sha256", "plan.json"} or name.startswith(
        ("entries/", "statements/")
    )


def allowed_signers(persons: "Iterable[Person]") -> bytes:
    """Return the trust file's keys as `ssh-keygen` reads them, each for what it may sign.

    One line a key, without patterns; the namespaces are those of the person's roles.
    """
    lines = []
    for person in persons:
        kinds = [k for k in DECISIONS if _NEEDS_ROLE.get(k, "") in ("", *person.roles)]
        spaces = ",".join(namespace(kind) for kind in kinds)
        lines += [f'{person.id} namespaces="{spaces}" {key.line}\n' for key in person.ssh]
    return "".join(lines).encode()


def write_bundle(bundle: Bundle, folder: Path) -> None:
    """Write the files into `folder`, which must be new or empty; else UsageError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UsageError(
                f"{folder} is not empty: an export shows all that is in it",
                hint="Name a folder that is not there yet.",
            )
        for part in ("entries", "statements"):
            (folder / part).mkdir()
        for name, data in bundle.files.items():
            (folder / name).write_bytes(data)
    except OSError as err:
        raise UsageError(f"cannot export to {folder}: {err.strerror}") from err


def read_trust(path: Path, *, sandbox: bool) -> "tuple[TrustFile | None, bytes | None]":
    """Return the trust file and the canonical form that its digest is of, as far as readable."""
    from mcm.trust.files import read_small
    from mcm.trust.persons import LIMIT, TrustFile
    from mcm.trust.plain_yaml import parse

    try:
        value = parse(read_small(path, limit=LIMIT))
        trust = TrustFile.from_value(value, sandbox=sandbox)
        data = canonical.encode(value)
    except (RefusedError, OSError):
        return None, None
    return trust, data if canonical.digest_bytes(data) == trust.digest else None


def read_envelopes(folder: Path) -> dict[str, bytes]:
    """Return the bytes of each file that lies in the inbox and can be read safely."""
    from mcm.trust.envelope import LIMIT
    from mcm.trust.files import read_small

    found = {}
    for path in sorted(folder.glob("[!.]*.json")):
        try:
            found[path.name] = read_small(path, limit=LIMIT)
        except (RefusedError, OSError):
            found[path.name] = b""
    return found


def _statement(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    from mcm.trust.envelope import Envelope

    try:
        envelope = Envelope.from_bytes(data)
    except RefusedError:
        return  # anybody may put a file there, and it counts for nothing
    yield f"statements/{name}", envelope.payload
    for proof in envelope.proofs:
        yield f"statements/{name}.sig", proof.sig.encode()
