"""What the commands that only look stand on: a pipeline by its name, or the project's.

No journal, no trust file and no key. Every port is one that sends no write.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mcm.core.errors import UsageError

if TYPE_CHECKING:
    from mcm.app.observing import Observer
    from mcm.app.ports import Clock
    from mcm.aws.looking import Denials, Looking
    from mcm.aws.port import Port
    from mcm.cli.compose import Project
    from mcm.core.plans.service import Access, Service
    from mcm.core.query import PipelineId, Place

Pipeline = Annotated[
    str, typer.Option("--pipeline", help="The pipeline, where no mcm.yaml names one.")
]
Region = Annotated[
    str, typer.Option("--region", help="Its region; else AWS_REGION or the profile's.")
]
Sandbox = Annotated[
    bool, typer.Option("--sandbox", help="In the sandbox of this directory, not in AWS.")
]
ReadRole = Annotated[
    str,
    typer.Option(
        "--read-role",
        metavar="NAME",
        help="Role to take in the account of each stage to read there.",
    ),
]


@dataclass(frozen=True)
class View:
    """What there is to look at, and by which way."""

    pipeline: "PipelineId"
    observer: "Observer"
    denials: "Denials"
    clock: "Clock"
    sandbox: bool
    project: "Project | None" = None
    """None where the pipeline was named: then no file of this directory counts."""
    service: "Service | None" = None
    connect: "Callable[[Place], Port] | None" = field(default=None, repr=False)


def look_at(
    pipeline: str, region: str, profile: str | None, *, sandbox: bool, read_role: str = ""
) -> View:
    """Return the view of the pipeline that is named, else of the project's.

    Raises UsageError when there is neither.
    """
    if pipeline:
        return _by_name(pipeline, region, profile, sandbox=sandbox, read_role=read_role)
    from mcm.cli.compose import Project

    try:
        project = Project.here(profile=profile)
    except UsageError as err:
        hint = "Name a pipeline: `--pipeline NAME --region REGION`; no file is needed then."
        raise UsageError(str(err), hint=hint) from err
    service = project.service
    view = _view(service.pipeline, project.connect, sandbox=service.sandbox)
    return View(
        view.pipeline,
        view.observer,
        view.denials,
        view.clock,
        service.sandbox,
        project,
        service,
        view.connect,
    )


def _by_name(
    pipeline: str, region: str, profile: str | None, *, sandbox: bool, read_role: str
) -> View:
    from mcm.cli.compose import running_sandbox, say_sandbox
    from mcm.cli.connections import Connections
    from mcm.core.query import PipelineId, Place

    found = None
    if sandbox:
        say_sandbox()
        found = running_sandbox(_sandbox_root())
    where = Place("", region or _region(profile, sandbox=sandbox))
    access = Roles(profile or "", read_role)
    # As for a rollback, a proxy of the environment is followed aloud: no file can name one yet.
    connect = Connections(
        found,
        access if read_role else {},  # type: ignore[arg-type]
        None if read_role else profile,
        going_back=True,
    )
    return _view(PipelineId(where, pipeline), connect, sandbox=sandbox)


class Roles:
    """Access to every place: a role of one name in the account of each."""

    def __init__(self, profile: str, role: str) -> None:
        self._profile = profile
        self._role = role

    def get(self, place: "Place") -> "Access":
        """Return how to get there; the pipeline's own place has no account yet."""
        from mcm.cli.compose import aws_realm
        from mcm.core.plans.service import Access

        if not place.account:
            return Access(self._profile, "")
        partition = aws_realm(place).split(":")[1]
        return Access(self._profile, f"arn:{partition}:iam::{place.account}:role/{self._role}")


def _sandbox_root() -> Path:
    """Return the nearest directory upwards that has a sandbox; else this one."""
    here = Path.cwd()
    return next((p for p in (here, *here.parents) if (p / ".mcm-sandbox").is_dir()), here)


def _region(profile: str | None, *, sandbox: bool) -> str:
    if sandbox:
        from mcm.sandbox.scenario_catalogue import PIPELINE_REGION

        return PIPELINE_REGION
    from mcm.aws.session import default_region

    region = default_region(profile)
    if not region:
        raise UsageError(
            "which region the pipeline is in is not known: no AWS_REGION, and none in the profile",
            hint="Name it with --region.",
        )
    return region


def _view(pipeline: "PipelineId", connect: "Callable[[Place], Port]", *, sandbox: bool) -> View:
    from mcm.app.observing import Observer
    from mcm.aws.gather import ThreadedGather
    from mcm.aws.looking import Denials, Looking
    from mcm.aws.observe import AwsSource
    from mcm.clock import SystemClock
    from mcm.probe.http import HttpSource

    clock, denials = SystemClock(), Denials()

    def look(place: "Place") -> "Looking":
        return Looking(connect(place), place, denials)

    aws = AwsSource(look, clock.now, ThreadedGather())
    observer = Observer([aws, HttpSource(clock.now)], clock)
    return View(pipeline, observer, denials, clock, sandbox, connect=look)
