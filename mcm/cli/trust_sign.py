"""A root signs the next version of the trust file: shown first, typed, then filed."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mcm.cli.at_terminal import require_terminal
from mcm.cli.folder import replace_file
from mcm.cli.lines import DeclinedError, say
from mcm.cli.pinned import pin_name, pins_of, signatures
from mcm.cli.signing_key import find_key
from mcm.core import canonical
from mcm.core.errors import McmError, RefusedError, UsageError
from mcm.trust import sshsig
from mcm.trust.chain import NAMESPACE, check_delay, check_terms, read_version, signers, who_signs
from mcm.trust.changes import trust_differences
from mcm.trust.persons import TrustFile
from mcm.trust.signing import find_ssh_keygen, run_ssh_keygen

if TYPE_CHECKING:
    from mcm.cli.compose import Project


def sign_version(
    project: "Project", named: str | None, person: str | None
) -> tuple[Path, TrustFile, int]:
    """Return the signature's file, the trust file, and how many roots are still missing.

    Raises RefusedError as `check_terms` and `check_delay`, E_ROLE for who is no root,
    E_NOT_A_TTY; UsageError for a basic file.
    """
    trust, folder, now = project.trust(), signatures(project), project.clock.now()
    if trust.profile != "strict":
        raise UsageError("a basic trust file takes no signatures", hint="See `profile: strict`.")
    before = _before(project, trust, folder)
    check_terms(before, trust, now)
    check_delay(before, trust, now)
    key = find_key(project, named, person)
    asked = who_signs(before, trust)
    who = asked.holder(key.public) or trust.holder(key.public)
    if who is None or "root" not in who.roles:
        raise RefusedError("E_ROLE", f"refused: {key} belongs to no root of the trust file")
    _confirm(before, trust)
    with key.file() as path:
        signature = run_ssh_keygen(find_ssh_keygen(), NAMESPACE, path, trust.content)
    sshsig.verify(signature, trust.content, NAMESPACE)
    _file_content(folder, trust)
    path = folder / f"{trust.version}-{who.id}.sig"
    replace_file(path, signature.encode("ascii"))
    found = read_version(folder, trust.version)
    have = signers(trust, found.signatures if found else (), asked)
    return path, trust, max(0, max(2, asked.root_threshold) - len(have))


def _before(project: "Project", trust: TrustFile, folder: Path) -> TrustFile | None:
    """Return the version before; filed from this user's pin where the folder lacks it."""
    if trust.version == 1:
        return None
    number = trust.version - 1
    found = read_version(folder, number)
    pin = pins_of(project).read(pin_name(project))
    if pin is not None and pin.version == number:
        if found is not None and found.content != pin.content:
            raise RefusedError("E_TRUST_CHAIN", f"{number}.json is not the version you have used")
        if found is None:
            folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            replace_file(folder / f"{number}.json", pin.content)
        return pin.trust()
    if found is None:
        raise UsageError(
            f"nobody here knows version {number}, which this one follows",
            hint=f"Pin version {number} first, or fetch .mcm/trust/{number}.json.",
        )
    return TrustFile.from_value(canonical.decode(found.content), sandbox=trust.sandbox)


def _confirm(before: TrustFile | None, trust: TrustFile) -> None:
    require_terminal("signature", "mcm trust sign")
    lines = (
        trust_differences(before, trust) if before else ("the first version, with these people",)
    )
    for line in lines:
        say(f"  {line}")
    say(f"  digest {trust.digest}")
    say(f"Type version {trust.version} to sign, anything else to leave: ", end="")
    if sys.stdin.readline().strip() != f"version {trust.version}":
        raise DeclinedError("not signed: the version was not typed")


def _file_content(folder: Path, trust: TrustFile) -> None:
    """Keep the canonical form; signatures of another draft of this version are worth nothing."""
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    try:
        found = read_version(folder, trust.version)
    except McmError:
        found = None
    if found is None or found.content != trust.content:
        for old in folder.glob(f"{trust.version}-*.sig"):
            old.unlink()
        replace_file(folder / f"{trust.version}.json", trust.content)
