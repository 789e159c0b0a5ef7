"""Before anything is set up: what a pipeline could go back to, and who would see it fail."""

from typing import TYPE_CHECKING

import typer

from mcm.cli.looking import Pipeline, ReadRole, Region, Sandbox
from mcm.cli.options import Json, Profile
from mcm.core.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcm.app.doctor import Diagnosis
    from mcm.cli.looking import View
    from mcm.core.trust.layers import Answerer


def register(app: typer.Typer) -> None:
    """Add this module's command to `app`."""
    app.command()(doctor)


def doctor(
    pipeline: Pipeline = "",
    region: Region = "",
    sandbox: Sandbox = False,
    read_role: ReadRole = "",
    json: Json = False,
    profile: Profile = None,
) -> int:
    """Say how ready a pipeline is for a bad night; reads AWS, needs no file and no key."""
    from mcm.cli.looking import look_at

    view = look_at(pipeline, region, profile, sandbox=sandbox, read_role=read_role)
    found = examine(view)
    if json:
        from mcm.cli.doctor_json import doctor_json
        from mcm.cli.show_json import to_json

        print(to_json(doctor_json(found)))
        return Exit.DONE
    show_diagnosis(found)
    return Exit.DONE


def examine(view: "View") -> "Diagnosis":
    """Look at the pipeline, telling on stderr how far that is, and say what it means."""
    from mcm.app.doctor import diagnose
    from mcm.app.surveying import survey
    from mcm.cli.compose import aws_realm
    from mcm.cli.lines import say
    from mcm.core.trust.layers import layer_of

    seen = survey(view.observer, view.pipeline, view.clock.now(), say, view.service)
    denied = {(each.service, each.operation, each.place) for each in view.denials.found}
    partition = aws_realm(seen.layout.pipeline.place).split(":")[1]
    may, answerers = _people(view)
    layers = {
        stage.name: layer_of(
            stage, answerers.get(stage.name) if answerers else None, seen.view, seen.why_no_view
        )
        for stage in (view.service.stages if view.service else ())
    }
    return diagnose(seen, denied, partition, may, layers)


def show_diagnosis(found: "Diagnosis") -> None:
    """Print it for people."""
    from mcm.cli.doctor_text import doctor_lines
    from mcm.cli.lines import show

    for line in doctor_lines(found):
        show(line)


def _people(
    view: "View",
) -> "tuple[Mapping[str, tuple[str, ...]] | None, Mapping[str, tuple[Answerer, ...]] | None]":
    """Return who may approve each stage, and by which callers; None without a trust file."""
    from mcm.cli.ground import warn
    from mcm.core.errors import McmError
    from mcm.trust.review import answerers

    if view.project is None or view.service is None:
        return None, None
    try:
        trust = view.project.trust()
    except McmError as err:
        warn(f"who may approve is not known: {err}")
        return None, None
    now = view.clock.now()
    found = {
        stage.name: answerers(trust, stage.name, now, touch=stage.touch)
        for stage in view.service.stages
    }
    return {name: tuple(a.person for a in each) for name, each in found.items()}, found
