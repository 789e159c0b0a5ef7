"""Example people with real SSH keys, and the statements they make."""

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mcm.core.trust.statement import Statement
from mcm.trust.persons import TrustFile
from mcm.trust.signing import find_ssh_keygen

NOW = datetime(2026, 3, 18, 9, 0, tzinfo=UTC)
AWS = "aws:aws:111111111111:us-east-1"
SANDBOX = "sandbox:6f1c"


def make_key(directory: Path, name: str, kind: str = "ed25519") -> Path:
    """Make a key pair without a passphrase and return the private half's path."""
    path = directory / name
    command = [str(find_ssh_keygen()), "-q", "-t", kind, "-N", "", "-C", name, "-f", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


def public_line(key: Path) -> str:
    """Return the line of the public half."""
    return key.with_name(key.name + ".pub").read_text(encoding="utf-8").rstrip("\n")


@dataclass(frozen=True)
class People:
    """alice may request, bob and carol may approve; mallory has a key and no entry."""

    keys: dict[str, Path]

    def value(self) -> dict[str, Any]:
        """Return the parsed trust file."""
        roles = {"alice": ["requester"], "bob": ["approver"], "carol": ["requester", "approver"]}
        return {
            "version": 1,
            "persons": [
                {"id": who, "roles": roles[who], "ssh": [public_line(self.keys[who])]}
                for who in roles
            ],
        }

    def trust(self, *, sandbox: bool = False) -> TrustFile:
        return TrustFile.from_value(self.value(), sandbox=sandbox)


def a_request(trust: TrustFile, **changes: Any) -> Statement:
    """Return alice's request under `trust`."""
    values: dict[str, Any] = {
        "kind": "request",
        "realm": AWS,
        "change": "MCM-1",
        "edition": 2,
        "plan": "a" * 64,
        "stages": ("prod-us",),
        "pipeline": "ParcelPhotoCheck",
        "execution": "exec-7",
        "requester": "alice",
        "trust": trust.ref,
        "not_before": NOW,
        "expires": NOW + timedelta(hours=24),
        "nonce": "0" * 32,
        "tool": "mcm 0.1.0",
    }
    return Statement(**{**values, **changes})


def an_approval(trust: TrustFile, who: str = "bob", **changes: Any) -> Statement:
    """Return an approval by `who` of alice's request."""
    values: dict[str, Any] = {
        "kind": "approval",
        "stage": "prod-us",
        "stages": (),
        "rollback_to": "exec-5",
        "request": a_request(trust).digest,
        "approver": who,
        "decision": "approve",
        "nonce": "1" * 32,
    }
    return a_request(trust, **{**values, **changes})
