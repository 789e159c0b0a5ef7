"""A project and its remote: what comes in is filed, what was said here is sent.

The clone that keeps a change's journal sends plan, change file and journal with its
statements, and notes what arrives. Any other clone is a guest: it gets copies of those
under `.mcm/wire/`, and sends statements only. Nothing here can stop a walk: what is
out of reach is told.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from mcm.cli.filing import file_statements, note, read_statements
from mcm.cli.folder import replace_file
from mcm.cli.lines import say
from mcm.core.errors import McmError, RefusedError, UsageError
from mcm.core.naming import check_change_id
from mcm.core.sanitize import clean

if TYPE_CHECKING:
    from mcm.app.lookout import Lookout
    from mcm.cli.compose import Project
    from mcm.core.plans.plan import Plan
    from mcm.wire.git import Git
    from mcm.wire.parcel import Parcel


class Wire:
    """The way between one project and its remote, for one change."""

    def __init__(self, project: "Project", change: str, remote: str) -> None:
        self._project = project
        self._change = check_change_id(change)
        self.remote = remote

    def receive(self) -> None:
        """Fetch the change and file what it brings.

        Raises McmError: out of reach, or refused as a whole.
        """
        from mcm.wire.refs import fetch

        with self._open() as git:
            found = fetch(git, self._change)
        if found.commit:
            self._file(found.parcel)

    def exchange(self) -> None:
        """Send what was said here, with what it is about; file what others said. Raises alike."""
        from mcm.wire.refs import push

        with self._open() as git:
            found = push(git, self._change, self._add)
        self._file(found.parcel)

    def lookout(self) -> "Lookout":
        """Return what looks for approvals beside a walk; only what has moved is fetched."""
        from threading import Thread

        from mcm.app.lookout import Lookout
        from mcm.cli.compose import Project
        from mcm.wire.refs import look

        seen = [""]

        def once() -> None:
            # A project of its own: nothing that a walk uses is shared between the threads.
            mine = Wire(Project(self._project.root), self._change, self.remote)
            with mine._open() as git:
                commit = look(git, self._change)
            if commit != seen[0]:
                mine.receive()
                seen[0] = commit

        def spawn(run: Callable[[], None]) -> None:
            Thread(target=run, name="mcm-lookout", daemon=True).start()

        return Lookout(once, lambda text: say(clean(text, 400)), spawn, where=self.remote)

    @contextmanager
    def _open(self) -> "Iterator[Git]":
        from mcm.wire.git import opened

        with opened(self._project.root, self.remote) as git:
            yield git

    def _add(self, theirs: "Parcel") -> "Parcel":
        """Return what is to lie at the ref: theirs, and what is known here besides."""
        self._check_same_pipeline(theirs)
        folder = self._project.folder(self._change)
        ours = theirs.with_statements(read_statements(folder.statements))
        guest = not self._project.stored.keeps(self._change) and theirs.plan
        if guest:
            return ours
        plan, change = folder.read_plan() or b"", folder.read_change()
        return replace(ours, plan=plan, change=change, journal=self._journal(theirs))

    def _journal(self, theirs: "Parcel") -> bytes:
        """Return our journal where it goes on from theirs; else theirs, which is told."""
        from mcm.core.history.journal import to_line

        ours = b"".join(to_line(e) for e in self._project.journal.entries(self._change))
        if ours.startswith(theirs.journal):
            return ours
        if not theirs.journal.startswith(ours):
            say(
                f"warning: {self.remote} has another journal of {self._change} than this clone;"
                " it stays there. Only one clone can drive a change."
            )
        return theirs.journal

    def _check_same_pipeline(self, theirs: "Parcel") -> None:
        from mcm.core.plans.plan import Plan

        try:
            plan = Plan.from_bytes(theirs.plan)
        except RefusedError:
            return  # none yet, or none that anybody could use
        if plan.pipeline != self._project.service.pipeline:
            raise RefusedError(
                "E_REQUEST_MISMATCH",
                f"not sent: {self._change} on {self.remote} is about {plan.pipeline.name}",
                hint="Two services of one repository need ids that differ.",
            )

    def _file(self, parcel: "Parcel") -> None:
        guest = not self._project.stored.keeps(self._change)
        if guest and parcel.plan:
            self._check_same_pipeline(parcel)
            self._copy(parcel)
        folder = self._project.folder(self._change)
        if not guest or folder.plan_file.exists():
            filed, refused = file_statements(self._project, self._change, parcel.statements)
            note(self._project, self._change, filed, refused)

    def _copy(self, parcel: "Parcel") -> None:
        """Keep what the change is, outside the files that git has: nothing here is the clone's."""
        self._check_journal(parcel.journal)
        root = self._project.copies
        (root / self._change).mkdir(parents=True, exist_ok=True)
        replace_file(root / ".gitignore", b"*\n")
        files = {"journal.jsonl": parcel.journal, "change.yaml": parcel.change}
        for name, data in {**files, "plan.json": parcel.plan}.items():
            replace_file(root / self._change / name, data)

    def _check_journal(self, data: bytes) -> None:
        """Refuse a journal that does not hold, or that is no longer the one that was here."""
        from mcm.core.history.journal import check_head, from_lines, head, refuse

        entries, problem = from_lines(data)
        if problem is not None:
            raise refuse(self._change, problem, entries)
        before = self._project.stored.copy(self._change)
        for found in check_head(entries, head(before)):
            raise refuse(self._change, found, entries)


def wire_of(project: "Project", change: str | None, *, offline: bool = False) -> Wire | None:
    """Return the way to the project's remote; say why there is none."""
    if change is None:
        return None
    if offline:
        say("offline: nothing is fetched")
        return None
    remote = _remote(project)
    return Wire(project, change, remote) if remote else None


def _remote(project: "Project") -> str:
    """Return the name of the project's remote; empty where there is none, and without git."""
    from mcm.wire.git import find_remote, top_of

    if project.service.sandbox and top_of(project.root) != project.root.resolve():
        return ""  # a sandbox tried out inside of a repository is none of its business
    return find_remote(project.root)


def _pick(project: "Project", *, offline: bool) -> str:
    """Return the change that is open here, else the only one of the remote's that is not here."""
    try:
        return project.pick_change(None)
    except UsageError:
        remote = _remote(project)
        if offline or not remote:
            raise
        new = sorted(set(_names(project, remote)) - set(project.change_ids()))
        if not new:
            raise
    if len(new) > 1:
        shown = f"{', '.join(new[:20])}{' and more' if len(new) > 20 else ''}"
        raise UsageError(f"{remote} has several changes: {shown}", hint="Name one of them.")
    say(f"{new[0]} is on {remote}")
    return new[0]


def _names(project: "Project", remote: str) -> tuple[str, ...]:
    from mcm.wire.git import opened
    from mcm.wire.refs import names

    try:
        with opened(project.root, remote) as git:
            return names(git)
    except McmError as err:
        say(f"warning: not asked ({remote}): {clean(str(err), 500)}")
        return ()


def fetch_and_load(
    project: "Project", change: str | None, *, offline: bool, guest: bool = True
) -> "tuple[str, Plan, Wire | None]":
    """Fetch what the remote has of the change, which this clone may never have seen.

    A `guest` writes nothing into a journal that another clone keeps, see `visit`.
    """
    name = change or _pick(project, offline=offline)
    wire = wire_of(project, name, offline=offline)
    receive(wire)
    name = project.pick_change(name)
    plan = project.plan(name)
    if guest:
        visit(project, name)
    return name, plan, wire


def visit(project: "Project", change: str) -> None:
    """Let this command write nothing into a journal that another clone keeps.

    What is said here are statements; that clone notes them when they arrive. What is
    refused here no other clone hears of: it is noted in a journal of this clone's own.
    """
    if project.stored.is_copy(change):
        from mcm.app.visiting import GuestJournal

        project.journal = GuestJournal(change, project.journal)


def receive(wire: Wire | None) -> None:
    """Fetch, if there is a remote; say what came of it and go on in any case."""
    if wire is not None:
        _try(wire, wire.receive, "not fetched")


def send(wire: Wire | None, change: str) -> bool:
    """Send, if there is a remote; say where statements are otherwise. False if it failed."""
    if wire is None:
        say("it stays in this directory: nothing is sent without a remote")
        return True
    sent = _try(wire, wire.exchange, "not sent")
    if sent:
        say(f"sent to {wire.remote} as refs/mcm/{change}")
    else:
        say(f"Send it later with `mcm inbox sync {change}`, or as text with --paste.")
    return sent


def _try(wire: Wire, do: Callable[[], None], what: str) -> bool:
    try:
        do()
    except McmError as err:
        say(f"warning: {what} ({wire.remote}): {clean(str(err), 500)}")
        return False
    return True
