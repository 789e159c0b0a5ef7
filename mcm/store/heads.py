"""What this user has seen of each journal: the highest heads, in a file outside the project.

Whoever rewrites a project's journal, with all its hashes made right, does not reach this
file of another user; the next command of that user says so. It proves nothing to others,
since it is the user's own. `~/.local/state/mcm/heads.json`, below XDG_STATE_HOME if set.
"""

import fcntl
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mcm.core import canonical
from mcm.core.errors import RefusedError
from mcm.core.history import journal
from mcm.core.history.journal import EMPTY, ChainProblem, Draft, Entry, Head, Journal
from mcm.store.memory import NO_CLAIMS
from mcm.store.safe_file import check_folder, create_private, read_private

LIMIT = 4_000_000
"""The longest heads file in bytes: some twenty thousand changes."""
_VERSION = 1
_KEYS = {"realm", "change", "seq", "hash"}
Key = tuple[str, str]


def heads_path(environ: Mapping[str, str]) -> Path | None:
    """Return where this user's heads are kept; None when the user has no place for them."""
    named = environ.get("XDG_STATE_HOME", "")
    try:
        base = Path(named) if named.startswith("/") else Path.home() / ".local" / "state"
    except RuntimeError:
        return None
    return base / "mcm" / "heads.json"


class Heads:
    """The heads in the file `path`, read once; what is added goes back with `flush`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: dict[Key, Head] | None = None
        self._fresh: dict[Key, Head] = {}

    def known(self, realm: str, change: str) -> Head:
        """Return the highest head seen, EMPTY for none.

        Raises RefusedError (E_UNSAFE_FILE, E_PERMISSIONS, E_CANONICAL) for a file that may
        not be believed.
        """
        if self._known is None:
            self._known = self._read()
        return self._known.get((realm, change), EMPTY)

    def remember(self, realm: str, change: str, head: Head) -> None:
        """Keep a head that is higher than the one known."""
        if head.seq > self.known(realm, change).seq:
            assert self._known is not None  # `known` has read it
            self._known[realm, change] = self._fresh[realm, change] = head

    def flush(self) -> None:
        """Write what is new; others' heads stay. Raises OSError, RefusedError as `known`."""
        if not self._fresh:
            return
        create_private(self.path)
        check_folder(self.path.parent)
        handle = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            stored = self._read()
            for key, head in self._fresh.items():
                if head.seq > stored.get(key, EMPTY).seq:
                    stored[key] = head
            beside = self.path.with_name(f".{self.path.name}.{os.getpid()}.new")
            create_private(beside)
            beside.write_bytes(_spell(stored))
            beside.replace(self.path)
            self._fresh.clear()
        finally:
            os.close(handle)

    def _read(self) -> dict[Key, Head]:
        data = read_private(self.path, LIMIT)
        if not data:  # none yet, or a power cut took what was being written
            return {}
        value = canonical.decode(data)
        try:
            if value["v"] != _VERSION or any(set(each) != _KEYS for each in value["heads"]):
                raise ValueError("of another form")
            return {
                (each["realm"], each["change"]): Head(int(each["seq"]), str(each["hash"]))
                for each in value["heads"]
            }
        except (KeyError, TypeError, ValueError) as err:
            raise RefusedError(
                "E_CANONICAL",
                f"{self.path} is not as mcm wrote it: {err}",
                hint=f"Find out who wrote it, then move it away: `ls -la {self.path}`.",
            ) from err


def _spell(heads: Mapping[Key, Head]) -> bytes:
    listed = [
        {"realm": realm, "change": change, "seq": head.seq, "hash": head.hash}
        for (realm, change), head in sorted(heads.items())
    ]
    return canonical.encode({"v": _VERSION, "heads": listed})


class RememberedJournal(Journal):
    """A journal that is compared, at each read, with what this user saw of it before.

    `realm_of` tells the realm of a change; one without is passed on. With `refuses` false, as
    for a rollback, what is wrong is told once by `say`, and the journal is used as it is.
    """

    def __init__(
        self,
        inner: Journal,
        heads: Heads,
        realm_of: Callable[[str], str],
        say: Callable[[str], None],
        *,
        refuses: bool = True,
    ) -> None:
        self._inner = inner
        self._heads = heads
        self._realm_of = realm_of
        self._say = say
        self._refuses = refuses
        self._said: set[str] = set()

    def entries(self, change: str) -> tuple[Entry, ...]:
        """See `Journal.entries`. Also raises E_SIGNED_HEAD for a journal that was rewritten."""
        realm = self._realm_of(change)
        # First the head, then the journal, which may grow in between.
        seen = self._seen(realm, change)
        entries = self._inner.entries(change)
        problem = _rewritten(entries, seen)
        if problem is None:
            self._remember(realm, change, journal.head(entries))
            return entries
        error = journal.refuse(change, problem, entries)
        error.hint = (
            "Compare it with a colleague's. If you know why it is another, as after restoring a"
            f" backup, `rm {self._heads.path}` forgets what you saw."
        )
        if self._refuses:
            raise error
        self._warn(f"{error}; the rollback goes on")
        return entries

    def append(
        self,
        change: str,
        drafts: Sequence[Draft],
        *,
        after: int,
        claims: Mapping[str, str] = NO_CLAIMS,
    ) -> tuple[Entry, ...]:
        """See `Journal.append`."""
        made = self._inner.append(change, drafts, after=after, claims=claims)
        if made:
            self._remember(self._realm_of(change), change, journal.head(made))
            self.flush()
        return made

    def changes(self) -> tuple[str, ...]:
        """See `Journal.changes`."""
        return self._inner.changes()

    def flush(self) -> None:
        """Keep what was seen; that it cannot be kept stops nothing."""
        try:
            self._heads.flush()
        except (OSError, RefusedError) as err:
            self._warn(f"the heads of journals cannot be kept in {self._heads.path}: {err}")

    def _seen(self, realm: str, change: str) -> Head:
        try:
            return self._heads.known(realm, change) if realm else EMPTY
        except RefusedError as err:
            if self._refuses:
                raise
            self._warn(f"{err}; the rollback goes on")
            return EMPTY
        except OSError as err:
            self._warn(f"{self._heads.path} cannot be read: {err.strerror}")
            return EMPTY

    def _remember(self, realm: str, change: str, head: Head) -> None:
        try:
            if realm:
                self._heads.remember(realm, change, head)
        except (OSError, RefusedError):
            return  # `_seen` has told of it

    def _warn(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self._say(text)


def _rewritten(entries: Sequence[Entry], seen: Head) -> ChainProblem | None:
    for found in journal.check_head(entries, seen):
        message = f"{found.message} by your own list of heads"
        return ChainProblem("E_SIGNED_HEAD", found.seq, message)
    return None
