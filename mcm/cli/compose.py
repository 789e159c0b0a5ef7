"""The composition root: from the current directory to a project with everything in its place.

This is the one module that knows every adapter. Each part is made when it is first
needed, so that a command pays for what it uses only.
"""

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcm.cli.connections import OPERATOR, Connections
from mcm.cli.folder import CHANGES, CONFIG, STATE, Folder, is_change_id, no_change
from mcm.cli.lines import say
from mcm.clock import SystemClock, jitter
from mcm.core.errors import BlindError, McmError, RefusedError, UsageError
from mcm.core.naming import check_change_id

if TYPE_CHECKING:
    from datetime import datetime

    from mcm.app.observing import Observer
    from mcm.app.planning import Files
    from mcm.app.ports import Listener, Source
    from mcm.app.runner import Runner
    from mcm.aws.gather import ThreadedGather
    from mcm.cli.eyes import Near
    from mcm.config.definitions import Definition
    from mcm.core.gates.others import OtherChange
    from mcm.core.history.journal import Journal
    from mcm.core.network import Network
    from mcm.core.plans.change import Change
    from mcm.core.plans.plan import Plan
    from mcm.core.plans.service import Service
    from mcm.core.query import Place
    from mcm.core.trust.inbox import Inbox
    from mcm.core.windows.hours import Calendar
    from mcm.core.windows.window import Freeze
    from mcm.sandbox.process import Sandbox
    from mcm.store.copies import CopiedJournal
    from mcm.store.lease import FileLeases
    from mcm.trust.persons import TrustFile

__all__ = ["CHANGES", "CONFIG", "OPERATOR", "STATE", "Connections", "Project"]

COPIES = "wire"


def find_root(start: Path) -> Path:
    """Return the nearest directory upwards that has an mcm.yaml; else raise UsageError."""
    for folder in (start, *start.parents):
        if (folder / CONFIG).is_file():
            return folder
    raise UsageError(
        f"no project here: neither {start} nor a directory above it has an {CONFIG}",
        hint="Go to your service's directory, or try `mcm sandbox up` in an empty one.",
    )


def aws_realm(place: "Place") -> str:
    """Return the realm of an account and region: `aws:<partition>:<account>:<region>`."""
    partition = {"cn": "aws-cn", "us-gov": "aws-us-gov"}
    name = next(
        (p for start, p in partition.items() if place.region.startswith(f"{start}-")), "aws"
    )
    return f"aws:{name}:{place.account}:{place.region}"


def say_sandbox() -> None:
    """Say that nothing real is touched; every command does so while that is true."""
    say("SANDBOX: a local AWS, not a real account")


def running_sandbox(root: Path) -> "Sandbox":
    """Return the sandbox that runs in `root`; raise BlindError when none does."""
    from mcm.sandbox.process import status

    found = status(root)
    if found is None:
        raise BlindError("the sandbox is not running", hint=f"Run `mcm sandbox up` in {root}.")
    return found


class Project:
    """One service's directory and all that its commands work with.

    `going_back` says that the command is a rollback, see `Connections`.
    """

    def __init__(self, root: Path, *, profile: str | None = None, going_back: bool = False) -> None:
        self.root = root
        self.clock = SystemClock()
        self._profile = profile
        self._going_back = going_back
        self._newest: tuple[bytes, Service] | None = None

    @staticmethod
    def here(*, profile: str | None = None) -> "Project":
        """Return the project of the current directory."""
        return Project(find_root(Path.cwd()), profile=profile)

    @cached_property
    def definitions(self) -> "dict[str, Definition]":
        from mcm.app.own_checks import project_definitions

        def passed_over(err: McmError) -> None:
            from mcm.core.sanitize import clean

            brief = clean(str(err).splitlines()[0], 300)
            say(f"warning: the project's checks cannot be read and are passed over: {brief}")

        return project_definitions(self.root, passed_over if self._going_back else None)

    @cached_property
    def service(self) -> "Service":
        found = self._read_service(self._read_config())
        if found.sandbox:
            say_sandbox()
        return found

    def _read_config(self) -> bytes:
        try:
            return (self.root / CONFIG).read_bytes()
        except OSError as err:
            raise UsageError(f"{CONFIG} cannot be read: {err.strerror}") from err

    def _read_service(self, data: bytes) -> "Service":
        from mcm.config.service_file import load_service

        return load_service(data, CONFIG, self.definitions)

    @cached_property
    def sandbox(self) -> "Sandbox | None":
        """The running sandbox when mcm.yaml says `realm: sandbox`; never for another reason."""
        return running_sandbox(self.root) if self.service.sandbox else None

    @cached_property
    def realm(self) -> str:
        sandbox = self.sandbox
        if sandbox is not None:
            return f"sandbox:{sandbox.uuid}"
        return aws_realm(self.service.pipeline.place)

    @cached_property
    def journal(self) -> "Journal":
        from mcm.cli.journals import open_journal

        find = lambda change: self.folder(change).plan_file  # noqa: E731 - no name is better
        return open_journal(self.stored, find, going_back=self._going_back)

    @cached_property
    def stored(self) -> "CopiedJournal":
        """The journals as they lie here, other clones' among them."""
        from mcm.store.copies import CopiedJournal
        from mcm.store.sqlite import SqliteJournal

        return CopiedJournal(SqliteJournal(self.root / STATE / "journal.db"), self.copies)

    @cached_property
    def copies(self) -> Path:
        """Where copies of changes lie that other clones keep."""
        return self.root / STATE / COPIES

    @cached_property
    def leases(self) -> "FileLeases":
        from mcm.store.lease import FileLeases

        return FileLeases(self.root / STATE / "leases")

    @property
    def trust_file(self) -> Path:
        return self.root / STATE / "trust.yml"

    def trust(self) -> "TrustFile":
        """Read the trust file as it is now."""
        from mcm.trust.persons import load

        return load(self.trust_file, sandbox=self.service.sandbox)

    @cached_property
    def connect(self) -> Connections:
        """Ports to the places of mcm.yaml; the pipeline's access wins where two meet."""
        access = {stage.place: stage.access for stage in reversed(self.service.stages)}
        access[self.service.pipeline.place] = self.service.access
        return Connections(
            self.sandbox,
            access,
            self._profile,
            going_back=self._going_back,
            network=self.network,
            looks_only=self.service.observes and not self._going_back,
        )

    @property
    def network(self) -> "Network":
        """The way to AWS that mcm.yaml allows, its file named from wherever one stands."""
        found = self.service.network
        bundle = str((self.root / found.ca_bundle).resolve()) if found.ca_bundle else ""
        return replace(found, ca_bundle=bundle)

    @cached_property
    def gather(self) -> "ThreadedGather":
        from mcm.aws.gather import ThreadedGather

        return ThreadedGather()

    @cached_property
    def _near(self) -> "Near":
        from mcm.cli.eyes import near

        return near(self)

    @cached_property
    def sources(self) -> "list[Source]":
        from mcm.cli.eyes import sources

        return sources(self, self._near, self.connect, self.gather)

    @cached_property
    def observer(self) -> "Observer":
        from mcm.app.observing import Observer

        return Observer(self.sources, self.clock)

    def runner(self, listener: "Listener") -> "Runner":
        """Return what turns a walk and writes to AWS.

        Raises UsageError in a service that only observes; a rollback never comes here.
        """
        if self.service.observes:
            raise UsageError(
                f"nothing is done: {CONFIG} says `mode: observe`, and so mcm sends nothing to AWS",
                hint="`mcm watch` judges what others deploy; `mcm rollback` works all the same.",
            )
        from mcm.app.runner import Runner
        from mcm.aws.perform import Performer

        performer = Performer(self.connect)
        if self.sandbox is not None:
            return Runner(self.observer, performer, self.clock, listener)
        from mcm.cli.eyes import lane

        apart = lane(self, self._near)
        return Runner(self.observer, performer, self.clock, listener, jitter, apart)

    def inbox(self, change: str, trust: "TrustFile | None" = None) -> "Inbox":
        """Read and verify the statements about `change` under `trust`, else that of now."""
        from mcm.core.trust.inbox import Inbox
        from mcm.trust.inbox import read_statements

        folder = self.folder(change).statements
        trust = trust or self.trust()
        verified, rejected = read_statements(folder, trust, self.realm, self.clock.now())
        return Inbox(tuple(verified), tuple(rejected))

    def others(self, change: str) -> "tuple[OtherChange, ...]":
        """Read how the project's other changes stand."""
        from mcm.app.others import read_others

        def read_plan(name: str) -> bytes | None:
            return self.folder(name).read_plan()

        return read_others(change, self.change_ids(), read_plan, self.journal)

    def freezes(self) -> "tuple[Freeze, ...]":
        """Read the freezes of mcm.yaml as it is now."""
        return self._service_now().freezes

    def calendars(self, names: tuple[str, ...], until: "datetime") -> "tuple[Calendar, ...]":
        """Read calendars of mcm.yaml as it is now; raise UsageError for one it does not have."""
        from mcm.probe.calendars import MOST_BYTES, read_calendar
        from mcm.trust.files import read_small

        def read(name: str) -> bytes:
            return read_small(self.root / name, limit=MOST_BYTES)

        known = {each.name: each for each in self._service_now().calendars}
        if gone := sorted(set(names) - set(known)):
            raise UsageError(f"{CONFIG} has no calendar {', '.join(gone)}")
        return tuple(read_calendar(known[name], read, until) for name in names)

    def _service_now(self) -> "Service":
        """Read mcm.yaml again if it is not what it was."""
        data = self._read_config()
        if self._newest is None or self._newest[0] != data:
            self._newest = (data, self._read_service(data))
        return self._newest[1]

    def folder(self, change: str) -> "Folder":
        """Return the folder of a change, whose id is checked."""
        own = self.root / CHANGES / check_change_id(change)
        # Text, since fifty changes ask: a path is put together far more slowly.
        if not os.path.lexists(f"{self.copies}/{change}/plan.json"):
            return Folder(own)
        copy = self.copies / change
        # The plan comes from elsewhere; what this clone says of the change is its own.
        has_own = os.path.lexists(own / "change.yaml")
        return Folder(copy, own / "change.yaml" if has_own else None)

    def change_ids(self) -> tuple[str, ...]:
        """Return the ids of all changes that have a change.yaml, sorted.

        Folders of another name are no changes; `mcm lint` tells of them.
        """
        found = [*(self.root / CHANGES).glob("*/change.yaml"), *self.copies.glob("*/change.yaml")]
        names = sorted({path.parent.name for path in found})
        return tuple(name for name in names if is_change_id(name))

    def pick_change(self, named: str | None) -> str:
        """Return the change a command is about: the one named, else the only open one."""
        if named:
            if not os.path.lexists(self.folder(named).change_file):
                raise no_change(named, self.change_ids())
            return named
        is_over = self.is_over
        still = [change for change in self.change_ids() if not is_over(change)]
        if len(still) == 1:
            return still[0]
        if not still:
            raise UsageError("no change is open", hint="Name one, or write changes/ID/change.yaml.")
        raise UsageError(
            f"{len(still)} changes are open: {', '.join(still)}", hint="Name one of them."
        )

    def is_over(self, change: str) -> bool:
        """Say whether every stage of the change's newest plan has its outcome."""
        from mcm.core.history.fold import fold
        from mcm.core.plans.plan import Plan

        data = self.folder(change).read_plan()
        entries = self.journal.entries(change)
        if data is None or not entries:
            return False
        try:
            plan = Plan.from_bytes(data)
        except RefusedError:
            return False
        state = fold(entries)
        ended = all(state.stage(stage.name).outcome for stage in plan.stages)
        return state.plan == plan.digest and ended

    def read_change(self, change: str) -> "Change":
        """Read one change.yaml against mcm.yaml; raise ConfigError with every problem."""
        from mcm.config.change_file import load_change

        folder = self.folder(change)
        shown = folder.change_file.relative_to(self.root).as_posix()
        read = load_change(folder.read_change(), shown, self.service, self.definitions)
        if read.id != change:
            raise UsageError(
                f"{shown} says id {read.id}: it lies in the folder of {change}",
                hint="Give the folder and the change one id.",
            )
        return read

    def plan(self, change: str) -> "Plan":
        """Read the frozen plan of a change; raise UsageError when there is none.

        Raises RefusedError(E_CANONICAL) for bytes that are no plan.
        """
        from mcm.app.planning import load_plan

        folder = self.folder(change)
        try:
            return load_plan(folder, change)
        except RefusedError as err:
            if err.code != "E_CANONICAL":
                raise
            shown = folder.plan_file.relative_to(self.root).as_posix()
            raise RefusedError(
                err.code,
                f"{shown} is not as mcm wrote it: {err}",
                hint=f"Take it from where you keep it, or run `mcm plan {change}` for a new"
                " edition, which must be requested and approved again.",
            ) from err

    def files(self, change: str) -> "Files":
        """Return what the files say about a change."""
        from mcm.app.planning import Files
        from mcm.config.definitions import definition_values

        values: dict[str, Mapping[str, Any]] = definition_values(self.definitions)
        read = self.read_change(change)
        return Files(self.service, read, values, self.realm, self.calendars)
