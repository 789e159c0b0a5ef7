"""`mcm windows suggest`: quiet hours from weeks of traffic, and the lines to paste."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mcm.cli.complete import stage_names
from mcm.cli.options import Json, Profile
from mcm.core.errors import Exit, UsageError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from mcm.app.quiet_hours import Traffic
    from mcm.core.plans.service import StageConfig

_MOST_WEEKS = 65


def suggest(
    stage: Annotated[
        str | None,
        typer.Option("--stage", autocompletion=stage_names, help="Whose traffic is looked at."),
    ] = None,
    weeks: Annotated[
        int, typer.Option("--weeks", min=4, max=_MOST_WEEKS, help="How far to look back.")
    ] = 8,
    hours: Annotated[
        int, typer.Option("--hours", min=0, max=12, help="Length; else by bake and reserve.")
    ] = 0,
    days: Annotated[
        str, typer.Option("--days", metavar="DAYS", help="Weekdays that may be, as cron has them.")
    ] = "mon-thu",
    zone: Annotated[
        str, typer.Option("--zone", metavar="ZONE", help="IANA zone; else that of the stage.")
    ] = "",
    csv: Annotated[
        Path | None,
        typer.Option(
            "--csv", metavar="FILE", help="Traffic as timestamp,value, without a project."
        ),
    ] = None,
    json: Json = False,
    profile: Profile = None,
) -> int:
    """Suggest windows in which few requests are at risk, from 4 weeks of traffic or more."""
    from mcm.cli.lines import show
    from mcm.cli.quiet_text import suggestion_json, suggestion_lines

    weekdays = read_days(days)
    if csv is not None:
        traffic, name, lasts = _of_file(csv, zone), stage or "STAGE", hours or 3
    else:
        traffic, config = _of_stage(stage, zone, weeks, profile)
        name, lasts = config.name, hours or _room(config)
    if json:
        from mcm.cli.show_json import to_json

        print(to_json(suggestion_json(traffic, name, lasts, weekdays)))
        return Exit.DONE
    for line in suggestion_lines(traffic, name, lasts, weekdays):
        show(line)
    return Exit.DONE


def read_days(text: str) -> tuple[int, ...]:
    """Return weekdays (0 is Monday) of a cron field; raise UsageError for what is none."""
    from mcm.core.windows.cron import Cron

    try:
        found = Cron.parse(f"0 0 * * {text}").weekdays
    except ValueError as err:
        raise UsageError(f"--days cannot be {text[:40]!r}: {err}") from err
    return tuple(sorted((day - 1) % 7 for day in found))


def _room(stage: "StageConfig") -> int:
    """Return the whole hours that hold twice what a promotion needs, at least 2."""
    from datetime import timedelta

    from mcm.core.windows.hours import needs_of

    needs = needs_of(stage.window, stage.bake.lasts)
    return min(12, max(2, -(-2 * needs // timedelta(hours=1))))


def _of_file(csv: Path, zone: str) -> "Traffic":
    from mcm.app.quiet_hours import traffic_of_file
    from mcm.app.series_file import read_series
    from mcm.cli.backtest_files import read_file

    if not zone:
        raise UsageError("a file says no zone: write --zone, such as --zone Europe/Berlin")
    return traffic_of_file(read_series(read_file(csv), csv.name), csv.name, _zone(zone))


def _of_stage(
    stage: str | None, zone: str, weeks: int, profile: str | None
) -> "tuple[Traffic, StageConfig]":
    from mcm.app.quiet_hours import read_traffic
    from mcm.cli.compose import Project
    from mcm.core.errors import McmError
    from mcm.core.naming import find_stage
    from mcm.core.windows.hours import denials_of, until_of, zone_of

    project = Project.here(profile=profile)
    service, now = project.service, project.clock.now()
    names = [each.name for each in service.stages]
    if stage is None and len(names) > 1:
        raise UsageError(f"which stage? There are {', '.join(names)}", hint="Write --stage NAME.")
    chosen = find_stage(stage, names) if stage else names[0]
    config = next(each for each in service.stages if each.name == chosen)
    calendars = config.window.calendars if config.window else ()
    try:
        read = project.calendars(calendars, until_of(now)) if calendars else ()
    except (McmError, OSError) as err:
        raise UsageError(f"a calendar cannot be read: {err}") from err
    where = _zone(zone) if zone else zone_of(config.window, read)
    denied = (*service.freezes, *denials_of(config.window, read))
    return read_traffic(service, config, where, denied, project.observer, now, weeks), config


def _zone(name: str) -> "ZoneInfo":
    from mcm.core.windows.zone import find_zone

    try:
        return find_zone(name)
    except ValueError as err:
        raise UsageError(str(err)) from err
