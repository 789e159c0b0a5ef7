"""`mcm checks`: which guardrails there are, what each one means, and how it stands now."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcm.cli.complete import check_names, stage_names
from mcm.cli.options import Json, Profile
from mcm.core.errors import Exit, UsageError

if TYPE_CHECKING:
    from datetime import timedelta

    from mcm.app.observing import Observer
    from mcm.cli.compose import Project
    from mcm.config.definitions import Definition
    from mcm.core.plans.plan import Guardrail, StagePlan

Name = Annotated[str, typer.Argument(metavar="NAME", autocompletion=check_names, help="The check.")]
SomeName = Annotated[
    str | None,
    typer.Argument(
        metavar="[NAME]",
        autocompletion=check_names,
        help="The check; without it, all guardrails of the stage.",
    ),
]
Stage = Annotated[
    str,
    typer.Option(
        "--stage", autocompletion=stage_names, help="Where: with this stage's own parameters."
    ),
]
With = Annotated[
    list[str] | None,
    typer.Option("--with", metavar="KEY=VALUE", help="A parameter, its value as in mcm.yaml."),
]
Region = Annotated[str, typer.Option("--region", help="Where, outside of a stage.")]
Since = Annotated[
    str,
    typer.Option("--since", metavar="30m", help="Judge as so long after a promotion."),
]


def register(app: typer.Typer) -> None:
    """Add the group of this module's commands to `app`."""
    group = typer.Typer(
        help="Guardrails: list them, explain them, try them now.", no_args_is_help=True
    )
    group.command("list")(list_checks)
    group.command()(show)
    group.command()(run)
    app.add_typer(group, name="checks")


def list_checks(json: Json = False) -> int:
    """Show which checks there are and what each one holds."""
    from mcm.cli.checks_text import list_lines, list_value

    found = [each for _, each in sorted(_definitions(_project(None)).items())]
    if json:
        _print_json(list_value(found))
        return Exit.DONE
    _print_lines(list_lines(found))
    return Exit.DONE


def show(name: Name, json: Json = False) -> int:
    """Explain one check: its parameters, and an example to paste."""
    from mcm.cli.checks_text import show_lines, show_value

    found = _pick(_definitions(_project(None)), name)
    if json:
        _print_json(show_value(found))
        return Exit.DONE
    _print_lines(show_lines(found))
    return Exit.DONE


def run(
    name: SomeName = None,
    stage: Stage = "",
    given: With = None,
    region: Region = "",
    since: Since = "",
    json: Json = False,
    profile: Profile = None,
) -> int:
    """Try a check now: what is read, what is measured, and the verdict.

    5 for a breach, 8 when it cannot be asked, 7 when the data does not say.
    """
    from mcm.app.trying import exit_of, try_checks
    from mcm.cli.checks_text import trial_lines, trial_value

    project = _project(profile)
    definitions = _definitions(project)
    if stage:
        where, guardrails = _of_stage(_needed(project), definitions, stage, name, given)
        settle = _needed(project).service.settle
    else:
        where, guardrails, settle = _elsewhere(definitions, name, given, region)
    observer, clock = _eyes(project, profile)
    _look_for_place(where, guardrails)
    trials = try_checks(where, guardrails, observer, clock, settle=settle, since=_span(since))
    code = exit_of(trials)
    if json:
        _print_json(trial_value(trials, clock.now(), int(code)))
        return code
    _print_lines(trial_lines(trials))
    return code


def _of_stage(
    project: "Project",
    definitions: "Mapping[str, Definition]",
    stage: str,
    name: str | None,
    given: Sequence[str] | None,
) -> "tuple[StagePlan, tuple[Guardrail, ...]]":
    """Return a stage of mcm.yaml and the guardrails to try there."""
    from dataclasses import replace

    from mcm.config.definitions import definition_values
    from mcm.core.naming import find_stage
    from mcm.core.plans.guardrails import name_guardrails
    from mcm.core.plans.planning import plan_stage

    service = project.service
    found = find_stage(stage, [each.name for each in service.stages])
    config = next(each for each in service.stages if each.name == found)
    planned = plan_stage(service, config, definition_values(definitions))
    if name is None:
        if given:
            raise UsageError("--with is for one check", hint="Name it: `mcm checks run NAME`.")
        return planned, planned.guardrails
    definition = _pick(definitions, name)
    named = name_guardrails(config.guardrails, definition_values(definitions))
    called = [
        each.name for use, each in zip(config.guardrails, named, strict=True) if use.use == name
    ]
    own = [each for each in planned.guardrails if each.name.partition(" ")[0] in called]
    if given or not own:
        # What a check of the project puts into its kind is not what is given to it.
        known = own[0].params if own and definition.sets is None else {}
        return planned, (_guardrail(definition, given, known, f"stage {found} does not use it"),)
    return planned, tuple(replace(each) for each in own)


def _elsewhere(
    definitions: "Mapping[str, Definition]",
    name: str | None,
    given: Sequence[str] | None,
    region: str,
) -> "tuple[StagePlan, tuple[Guardrail, ...], timedelta]":
    """Return what to try where no stage is named: everything comes from the command line."""
    from mcm.app.trying import nowhere
    from mcm.config.limits import SETTLE
    from mcm.core.query import Place

    if name is None:
        raise UsageError(
            "nothing says what to try", hint="Write `mcm checks run NAME` or --stage STAGE."
        )
    definition = _pick(definitions, name)
    guardrail = _guardrail(definition, given, {}, "no --stage says with what")
    return nowhere(Place("", region)), (guardrail,), SETTLE


def _guardrail(
    definition: "Definition", given: Sequence[str] | None, known: Mapping[str, Any], why: str
) -> "Guardrail":
    """Return a use of `definition` with the parameters of the command line over `known`."""
    from mcm.config.check_uses import read_params
    from mcm.config.fields import Fields
    from mcm.config.problems import ConfigError, Problems
    from mcm.config.strict_yaml import load
    from mcm.core.plans.plan import Guardrail

    needed = [each.name for each in definition.parameters if each.required]
    if not given and needed and not known:
        example = f"mcm checks run {definition.name} --with {needed[0]}=…"
        raise UsageError(
            f"{definition.name} needs {', '.join(needed)}, and {why}",
            hint=f"Write `{example}`; `mcm checks show {definition.name}` explains them.",
        )
    lines = []
    for pair in given or ():
        key, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"--with wants KEY=VALUE, not {pair[:60]!r}")
        lines.append(f"{key}: {value}\n")
    problems = Problems()
    try:
        fields = Fields(load("".join(lines) or "{}", "--with"), problems, "--with")
        params = read_params(fields, definition, known)
        fields.done()
        problems.raise_if_any()
    except ConfigError as err:
        err.hint = f"`mcm checks show {definition.name}` explains the parameters."
        raise
    return Guardrail(definition.name, definition.kind, params, definition.on_breach)


def _look_for_place(where: "StagePlan", guardrails: "Sequence[Guardrail]") -> None:
    """Refuse to ask AWS nowhere."""
    from mcm.core.checks.kinds import queries
    from mcm.core.checks.watch import Watch

    watch = Watch(where, None, False, {}, None)
    wanted = (query for each in guardrails for query in queries(each, watch))
    if not where.place.region and any(hasattr(query, "place") for query in wanted):
        raise UsageError("AWS is asked in a region, and none is named", hint="Add --region REGION.")


def _eyes(project: "Project | None", profile: str | None) -> "tuple[Observer, Any]":
    """Return what looks: the project's own way, or the ambient credentials without one."""
    from pathlib import Path

    if project is not None:
        return project.observer, project.clock
    from mcm.app.observing import Observer
    from mcm.aws.gather import ThreadedGather
    from mcm.aws.observe import AwsSource
    from mcm.cli.connections import Connections
    from mcm.cli.slow import slow_checks
    from mcm.clock import SystemClock
    from mcm.probe.http import HttpSource

    clock = SystemClock()
    connect = Connections(None, {}, profile)
    aws = AwsSource(connect, clock.now, ThreadedGather())
    slow = slow_checks(connect, Path.cwd(), clock.now)
    return Observer([aws, HttpSource(clock.now), slow], clock), clock


def _span(text: str) -> "timedelta | None":
    from mcm.core.duration import parse

    if not text:
        return None
    try:
        return parse(text)
    except ValueError as err:
        raise UsageError(f"--since cannot be used: {err}") from err


def _definitions(project: "Project | None") -> "Mapping[str, Definition]":
    from mcm.config.definitions import builtin_definitions

    return builtin_definitions() if project is None else project.definitions


def _pick(definitions: "Mapping[str, Definition]", name: str) -> "Definition":
    if name not in definitions:
        known = ", ".join(sorted(definitions))
        raise UsageError(f"no check {name[:60]}: there are {known}", hint="See `mcm checks list`.")
    return definitions[name]


def _project(profile: str | None) -> "Project | None":
    from mcm.cli.compose import Project

    try:
        return Project.here(profile=profile)
    except UsageError:
        return None


def _needed(project: "Project | None") -> "Project":
    from mcm.cli.compose import Project

    return project or Project.here()


def _print_json(document: dict[str, Any]) -> None:
    from mcm.cli.show_json import to_json

    print(to_json(document))


def _print_lines(lines: "Any") -> None:
    from mcm.cli.lines import show as print_line

    for line in lines:
        print_line(line)
