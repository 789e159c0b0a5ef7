"""The tag `mcm/CHANGE` in git: a journal's head, kept where the journal's file does not reach.

An annotated tag is an object with a hash of its own; once it is pushed, whoever has fetched
it vouches for the head in it. Nothing here pushes: a tag may start somebody's build.
"""

from contextlib import suppress
from pathlib import Path

from mcm.core.errors import UsageError
from mcm.core.naming import check_change_id
from mcm.git import run_git

_NOBODY = ("-c", "user.name=mcm", "-c", "user.email=mcm@localhost")
"""Who made the tag where git knows no name: the journal says who closed the change."""


def tag_name(change: str) -> str:
    """Return the tag of a change, whose id is checked."""
    return f"mcm/{check_change_id(change)}"


def read_tag(root: Path, change: str) -> str | None:
    """Return the message of the tag in the clone that `root` is in; None for no tag or clone."""
    ref = f"refs/tags/{tag_name(change)}"
    try:
        found = run_git(root, ["for-each-ref", "--count=1", "--format=%(contents)", ref])
    except UsageError:
        return None
    return found.decode("utf-8", "replace").strip() or None


def put_tag(root: Path, change: str, message: str) -> None:
    """Tag the commit that is checked out; a tag that says the same already is left alone.

    Raises UsageError where there is no clone or no commit, or a tag that says otherwise.
    """
    name = tag_name(change)
    there = read_tag(root, change)
    if there is not None and there == message.strip():
        return
    if there is not None:
        raise UsageError(
            f"git has a tag {name} already, which says something else",
            hint=f"Look at it with `git show {name}`.",
        )
    try:
        run_git(root, ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])
    except UsageError as err:
        raise UsageError("there is no git commit here to tag", hint="Commit something.") from err
    own: tuple[str, ...] = _NOBODY
    with suppress(UsageError):
        run_git(root, ["var", "GIT_COMMITTER_IDENT"])
        own = ()
    run_git(root, [*own, "tag", "--annotate", "--message", message, name, "HEAD"])
