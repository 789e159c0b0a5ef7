"""Which commits of a range cancel each other out, by what their messages say. Pure.

A message is its author's word: nothing is hidden for it, both commits stay on the list.
`git revert` names the commit in the body; what was typed by hand or squashed often has
only `Revert "subject"`. A revert that is reverted has its target back in force, and the
two reverts cancel each other out.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_BODY = re.compile(r"This reverts commit ([0-9a-f]{7,64})\b", re.ASCII)
_SUBJECT = re.compile(r'(Revert|Reapply) "(.{1,1900})"', re.DOTALL)
"""git 2.43 and later write `Reapply "x"` in place of `Revert "Revert "x""`."""
_LOOK = 2000
_SHORT = 12
_LOOK_BACK = 50
"""Commits of one subject among which the one that is meant is looked for."""


@dataclass(frozen=True)
class Reverts:
    """Which commits of a range take others back."""

    cancels: Mapping[str, str]
    """Both ways: the id of each commit that cancels out with another one, and that other."""
    takes_back: Mapping[str, str]
    """Commit → what it says it reverts, where the range does not hold that."""


def find_reverts(commits: Sequence[tuple[str, str, str]]) -> Reverts:
    """Return what cancels out among `commits`, (id, subject, body) each, newest first."""
    ledger = _Ledger()
    for commit, subject, body in reversed(commits):
        ledger.add(commit, subject[:_LOOK].strip(), body)
    # A commit is in force unless a revert of it is, and whatever reverts it is newer.
    undone: dict[str, str] = {}
    for commit, _, _ in commits:
        standing = (by for by in reversed(ledger.reverts.get(commit, ())) if by not in undone)
        if by := next(standing, ""):
            undone[commit] = by
    cancels = {**undone, **{by: old for old, by in undone.items()}}
    outside = {by: old for by, old in ledger.outside.items() if by not in cancels}
    return Reverts(cancels, outside)


class _Ledger:
    """Commits in the order in which they were made, and what reverts each of them."""

    def __init__(self) -> None:
        self.reverts: dict[str, list[str]] = {}
        self.outside: dict[str, str] = {}
        self._ids: set[str] = set()
        self._short: dict[str, str] = {}
        self._by_subject: dict[str, list[str]] = {}

    def add(self, commit: str, subject: str, body: str) -> None:
        named = self._named(body)
        target = self._find(named[0]) if len(named) == 1 else ""
        if not named:
            target = self._titled(subject)
        elif len(named) == 1 and not target:
            self.outside[commit] = named[0][:_SHORT]
        if target:
            self.reverts.setdefault(target, []).append(commit)
        self._ids.add(commit)
        self._short.setdefault(commit[:7], commit)
        self._by_subject.setdefault(subject, []).append(commit)

    @staticmethod
    def _named(body: str) -> list[str]:
        """The commits that a body says it reverts; several are no pair."""
        return list(dict.fromkeys(_BODY.findall(body))) if "This reverts commit" in body else []

    def _find(self, name: str) -> str:
        if name in self._ids:
            return name
        full = self._short.get(name[:7], "")
        return full if full.startswith(name) else ""

    def _titled(self, subject: str) -> str:
        """The newest commit that `Revert "…"` or `Reapply "…"` speaks of and may still take."""
        found = _SUBJECT.fullmatch(subject)
        if not found:
            return ""
        verb, title = found.groups()
        title = f'Revert "{title}"' if verb == "Reapply" else title
        named = reversed(self._by_subject.get(title, ())[-_LOOK_BACK:])
        return next((commit for commit in named if self._stands(commit)), "")

    def _stands(self, commit: str) -> bool:
        """Whether nothing reverts it yet, or what did was reverted."""
        by = self.reverts.get(commit)
        return not by or by[-1] in self.reverts
