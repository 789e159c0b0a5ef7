"""The ref `refs/mcm/<change>` of a remote: read whole or refused, moved by compare-and-swap.

It is no branch, so it starts no pipeline and asks for no review. Each push adds a commit
whose parent is the one that was read; the remote takes it only while that one is still
there. Who comes second reads again, adds what is its own and pushes again.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from mcm.core.errors import RefusedError
from mcm.core.naming import check_change_id
from mcm.wire.git import Git, WireError
from mcm.wire.parcel import MOST_BYTES, Parcel, TreeFile, check_tree

TRIES = 6
_HERE = "refs/parcel"
_REFS = "refs/mcm/"
_LISTING = 2_000_000


@dataclass(frozen=True)
class Fetched:
    """What the remote had under the ref."""

    commit: str
    """Empty when there is no such ref yet."""
    parcel: Parcel


def ref_name(change: str) -> str:
    """Return the ref of a change, whose id is checked."""
    return f"{_REFS}{check_change_id(change)}"


def look(git: Git, change: str) -> str:
    """Return what the ref points to, empty for nothing; costs one round trip."""
    name = ref_name(change)
    for line in git.run(["ls-remote", "--", git.url, name]).decode("ascii", "replace").splitlines():
        target, _, found = line.partition("\t")
        if found == name:
            return target
    return ""


def names(git: Git) -> tuple[str, ...]:
    """Return the changes that the remote has, sorted; names that are none are left out."""
    listed = git.run(["ls-remote", "--", git.url, f"{_REFS}*"], most=_LISTING)
    found = []
    for line in listed.decode("utf-8", "replace").splitlines():
        with suppress(RefusedError):
            found.append(check_change_id(line.partition("\t")[2].removeprefix(_REFS)))
    return tuple(sorted(found))


def fetch(git: Git, change: str) -> Fetched:
    """Return what lies at the ref now; raise RefusedError for anything but a parcel."""
    commit = look(git, change)
    if not commit:
        return Fetched("", Parcel())
    git.run(
        [
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--depth=1",
            "--",
            git.url,
            f"+{ref_name(change)}:{_HERE}",
        ]
    )
    here = git.run(["rev-parse", "--verify", "--quiet", _HERE]).decode("ascii").strip()
    if git.run(["cat-file", "-t", here]).strip() != b"commit":
        raise RefusedError("E_UNSAFE_FILE", f"parcel refused: {ref_name(change)} is no commit")
    return Fetched(here, Parcel.of(_read(git, check_tree(_listed(git, here)))))


def push(git: Git, change: str, add: Callable[[Parcel], Parcel]) -> Fetched:
    """Move the ref on to what `add` makes of what is there; return what is there then.

    `add` may be called again, on what somebody else pushed in the meantime. Nothing is
    pushed when it changes nothing. Raises WireError when the remote does not take it.
    """
    for _ in range(TRIES):
        before = fetch(git, change)
        after = add(before.parcel)
        if before.commit and after == before.parcel:
            return before
        commit = _commit(git, change, after, before.commit)
        name = ref_name(change)
        lease = f"--force-with-lease={name}:{before.commit}"
        try:
            git.run(["push", "--quiet", "--atomic", lease, "--", git.push_url, f"{commit}:{name}"])
        except WireError:
            if look(git, change) == before.commit:
                raise
        else:
            return Fetched(commit, after)
    raise WireError(f"others kept moving {ref_name(change)}: {TRIES} tries")


def _listed(git: Git, commit: str) -> Iterator[TreeFile]:
    listing = git.run(["ls-tree", "-r", "-z", "-l", "--full-tree", commit], most=_LISTING)
    for item in listing.split(b"\0"):
        if not item:
            continue
        facts, _, path = item.partition(b"\t")
        mode, kind, target, size = facts.decode("ascii", "replace").split()
        length = int(size) if size.isdigit() else -1
        yield TreeFile(mode, kind, target, length, path.decode("utf-8", "backslashreplace"))


def _read(git: Git, files: tuple[TreeFile, ...]) -> dict[str, bytes]:
    asked = "".join(f"{each.id}\n" for each in files).encode()
    data = git.run(["cat-file", "--batch"], data=asked, most=MOST_BYTES + 200 * len(files))
    found: dict[str, bytes] = {}
    at = 0
    for each in files:
        head = f"{each.id} blob {each.size}\n".encode()
        if not data.startswith(head, at):
            raise WireError(f"git does not give {each.path!a}")
        start = at + len(head)
        found[each.path] = data[start : start + each.size]
        at = start + each.size + 1
    return found


def _commit(git: Git, change: str, parcel: Parcel, parent: str) -> str:
    """Write the parcel as a commit behind `parent`; return its id."""
    top: list[str] = []
    inner: list[str] = []
    for path, data in sorted(parcel.files().items()):
        blob = _id(git.run(["hash-object", "-w", "--stdin"], data=data))
        folder, _, name = path.rpartition("/")
        (inner if folder else top).append(f"100644 blob {blob}\t{name}\n")
    if inner:
        tree = _id(git.run(["mktree"], data="".join(inner).encode()))
        top.append(f"040000 tree {tree}\tstatements\n")
    tree = _id(git.run(["mktree"], data="".join(top).encode()))
    parents = ["-p", parent] if parent else []
    return _id(git.run(["commit-tree", tree, *parents], data=f"mcm: {change}\n".encode()))


def _id(said: bytes) -> str:
    return said.decode("ascii").strip()
