"""Names that people type: stages match loosely, change ids strictly.

A stage name only selects among the stages of the config, so `ProdUS` may mean `prod-us`.
A change id becomes a folder and a git tag (`mcm/<id>`), so nothing but its own form passes.
"""

import re
import string
from collections.abc import Iterable

from mcm.core.errors import RefusedError, UsageError

OF_RUNBOOKS = "RUNBOOK-"
"""How the journal of a runbook begins that is followed for no change: it is about no stage."""

OF_GUESTS = "GUEST-"
"""How the journal begins of what a clone refused about a change that another one keeps."""
ASIDE = (OF_RUNBOOKS, OF_GUESTS)
"""How journals begin that are of no change of their own, and show none's standing."""

_CHANGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
# git refuses these in a tag; the first also climbs folders.
_NOT_IN_A_TAG = re.compile(r"\.\.|\.\Z|\.lock\Z", re.ASCII | re.IGNORECASE)

# Only ASCII is folded: a look-alike letter must not become the letter it imitates.
_FOLD = str.maketrans(
    string.ascii_uppercase, string.ascii_lowercase, string.punctuation + string.whitespace
)


def fold(name: str) -> str:
    """Return `name` without ASCII case, punctuation and spaces: `Prod-US` is `produs`."""
    return name.translate(_FOLD)


def find_stage(name: str, stages: Iterable[str], where: str = "mcm.yaml") -> str:
    """Return the one of `stages` that `name` means; an exact match comes first.

    `where` says in an error whose stages they are.

    Raises UsageError, listing the stages, if none matches or several do.
    """
    known = list(stages)
    if name in known:
        return name
    folded = fold(name)
    matching = [stage for stage in known if folded and fold(stage) == folded]
    if len(matching) == 1:
        return matching[0]
    if matching:
        raise UsageError(
            f"stage {name[:64]!a} is ambiguous: it may be {', '.join(matching)}",
            hint=f"Write the name exactly as {where} has it.",
        )
    raise UsageError(
        f"no stage {name[:64]!a}: {where} has {', '.join(known) or 'none'}",
        hint="Name one of them with --stage.",
    )


def check_change_id(text: str) -> str:
    """Return `text` if it is a change id, such as `MCM-2026-0001`.

    1 to 64 ASCII letters, digits, `.`, `_` and `-`, starting with a letter or digit, without
    `..` and not ending in `.` or `.lock`. Raises RefusedError(E_ID_CHARSET) otherwise.
    """
    if _CHANGE.fullmatch(text) and not _NOT_IN_A_TAG.search(text):
        return text
    raise RefusedError(
        "E_ID_CHARSET",
        f"change id {text[:64]!a} refused: it is not of the allowed characters",
        hint="Write letters, digits, '-', '_' and single dots, such as MCM-2026-0001.",
    )
