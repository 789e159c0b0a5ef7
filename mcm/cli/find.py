"""From the little that was typed to the stage that is meant: the ground of a rollback.

In order: mcm.yaml upwards; what --pipeline and --region name, each of which may be left
out where it can be known; the answers of other days; the pipelines of this account and
region that have such a stage. Where several fit, a person at a terminal chooses by one
key; everybody else gets the commands to choose from. A memory never decides for someone
who cannot look: with --no-input it counts only when AWS cannot be searched.
"""

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mcm.cli.ground import Ground, stand_on_files, stand_on_names
from mcm.core.errors import McmError, UsageError

if TYPE_CHECKING:
    from mcm.app.finding import Candidate, Search
    from mcm.app.observing import Observer
    from mcm.cli.compose import Connections
    from mcm.core.query import PipelineId, Place
    from mcm.core.reading import Readings
    from mcm.store.remembered import Answer

_EXACT = "mcm rollback --stage STAGE --pipeline NAME --region REGION"


@dataclass(frozen=True)
class Asked:
    """What the command line says about where to go back."""

    stage: str | None
    pipeline: str | None = None
    region: str | None = None
    profile: str | None = None
    sandbox: bool = False
    no_input: bool = False

    @property
    def asks(self) -> bool:
        """Whether somebody at a terminal can be asked."""
        return not self.no_input and sys.stdin.isatty()


def find_ground(asked: Asked) -> Ground:
    """Return the ground that `asked` means; raise UsageError with the commands otherwise."""
    named = asked.pipeline or asked.region or asked.sandbox
    if not named and _has_project(Path.cwd()):
        stage = asked.stage or _offer_of_files(asked)
        return stand_on_files(Path.cwd(), stage, asked.profile)
    if asked.pipeline:
        region = asked.region or _region(asked)
        return _stand(asked, asked.pipeline, region, asked.stage or "")
    remembered = _remembered(asked)
    if asked.asks and remembered:
        return _from_memory(asked, remembered)
    return search(asked, remembered)


def search(asked: Asked, remembered: "tuple[Answer, ...]" = ()) -> Ground:
    """Return the ground that the pipelines of the account give; `remembered` if they cannot."""
    from mcm.app.finding import CannotSearchError

    try:
        region = asked.region or _region(asked)
        if asked.stage is None:
            return _search_pipelines(asked, region)
        return _search_stages(asked, region, asked.stage)
    except CannotSearchError:
        if len(remembered) != 1 or asked.stage is None:
            raise
        from mcm.cli.ground import warn

        warn("the pipelines cannot be looked through; the one of last time is taken")
        return _recalled(asked, remembered[0])


def remember(ground: Ground, readings: "Readings") -> None:
    """Note where the stage was seen, for another day; that it cannot be noted is no matter."""
    from mcm.core.pipeline import PipelineView
    from mcm.core.query import PipelineQuery
    from mcm.store import remembered

    goal = ground.goal
    view = readings.known(PipelineQuery(goal.pipeline), PipelineView)
    if view is None or view.stage(goal.pipeline_stage) is None:
        return  # a name that nobody has seen to be one
    region = goal.pipeline.place.region
    answer = remembered.Answer(
        goal.stage, goal.pipeline_stage, goal.pipeline.name, region, ground.connect.in_sandbox
    )
    remembered.remember(remembered.file_of(os.environ), answer)


def _has_project(start: Path) -> bool:
    from mcm.cli.folder import CONFIG

    return any((folder / CONFIG).is_file() for folder in (start, *start.parents))


def _region(asked: Asked) -> str:
    """Return the region that need not be named; raise UsageError when it must be."""
    if asked.sandbox:
        from mcm.sandbox.scenario_catalogue import PIPELINE_REGION

        return PIPELINE_REGION
    from mcm.app.finding import CannotSearchError
    from mcm.aws.session import default_region

    if region := default_region(asked.profile):
        return region
    raise CannotSearchError(
        "which region the pipeline is in is not known: no AWS_REGION, and none in the profile",
        hint=f"Run `{_exact(asked).replace(' --pipeline NAME', '')}`, or go to your service's"
        " directory.",
    )


def _exact(asked: Asked) -> str:
    line = _EXACT.replace("STAGE", asked.stage) if asked.stage else _EXACT
    return line.replace("NAME", asked.pipeline) if asked.pipeline else line


def _stand(asked: Asked, pipeline: str, region: str, stage: str) -> Ground:
    ground = stand_on_names(pipeline, region, stage, asked.profile, sandbox=asked.sandbox)
    if stage:
        return ground
    stage = _offer(asked, _observer(ground.connect), ground.goal.pipeline)
    return replace(ground, goal=replace(ground.goal, pipeline_stage=stage, stage=stage))


# What was remembered


def _remembered(asked: Asked) -> "tuple[Answer, ...]":
    """Return the answers of other days that fit, one for each pipeline and stage."""
    from mcm.core.naming import fold
    from mcm.store import remembered

    found = remembered.recall(remembered.file_of(os.environ))
    wanted = fold(asked.stage) if asked.stage else ""
    return tuple(
        each
        for each in found
        if each.sandbox == asked.sandbox
        and asked.region in (None, each.region)
        and (not wanted or wanted in (fold(each.stage), fold(each.pipeline_stage)))
    )


def _from_memory(asked: Asked, remembered: "tuple[Answer, ...]") -> Ground:
    from mcm.cli.choose import choose

    if asked.stage is None:
        pipelines = tuple({(each.pipeline, each.region): each for each in remembered}.values())
        lines = [f"{each.pipeline} in {each.region}" for each in pipelines]
        number = choose("Which pipeline, of those rolled back before?", [*lines, "another one"])
        if number == len(lines):
            return search(asked)
        chosen = pipelines[number]
        return _stand(asked, chosen.pipeline, chosen.region, "")
    if len(remembered) == 1:
        return _recalled(asked, remembered[0])
    lines = [f"{each.pipeline_stage} of {each.pipeline} in {each.region}" for each in remembered]
    number = choose(f"Which {asked.stage}, of those rolled back before?", [*lines, "another one"])
    return search(asked) if number == len(lines) else _recalled(asked, remembered[number], False)


def _recalled(asked: Asked, answer: "Answer", guessed: bool = True) -> Ground:
    ground = _stand(asked, answer.pipeline, answer.region, answer.pipeline_stage)
    goal = replace(ground.goal, stage=answer.stage)
    return replace(ground, goal=goal, guessed=guessed)


# The search


def _search_stages(asked: Asked, region: str, stage: str) -> Ground:
    from mcm.app.finding import find_stage
    from mcm.cli.lines import say

    place, connect = _place(asked, region)
    say(f"looking for a stage {stage} in the pipelines of {region}")
    found = find_stage(_observer(connect), place, stage, say)
    for line in found.unread[:3]:
        say(f"warning: not looked at: {line}")
    candidates = found.candidates
    if len(candidates) == 1 and not found.more:
        return _stand(asked, candidates[0].pipeline.name, region, candidates[0].stage)
    if not candidates:
        raise _none_found(asked, region, found)
    if asked.asks:
        from mcm.cli.choose import choose

        more = f"; only the first {found.looked} were looked at" if found.more else ""
        lines = [f"{each.stage} of {each.pipeline.name}" for each in candidates]
        chosen = candidates[choose(f"Which one of {region}{more}?", lines)]
        return _stand(asked, chosen.pipeline.name, region, chosen.stage)
    raise _several(asked, region, candidates, found)


def _none_found(asked: Asked, region: str, found: "Search") -> UsageError:
    from mcm.app.finding import MOST

    looked = f"the first {MOST}" if found.more else f"none of the {found.looked}"
    unread = f", {len(found.unread)} of them could not be read" if found.unread else ""
    has = "have none" if found.more else "has one"
    return UsageError(
        f"no stage {asked.stage} found: {looked} pipelines of {region} {has}{unread}",
        hint=f"Run `{_exact(asked)}`, or with other credentials (--profile).",
    )


def _several(
    asked: Asked, region: str, candidates: "tuple[Candidate, ...]", found: "Search"
) -> UsageError:
    from mcm.core import commands

    lines = [
        commands.rollback_of(each.pipeline, each.stage, sandbox=asked.sandbox)
        + (" --no-input" if asked.no_input else "")
        for each in candidates[:20]
    ]
    more = f"; only the first {found.looked} were looked at" if found.more else ""
    return UsageError(
        "\n".join([f"{asked.stage} may be one of several stages of {region}{more}", *lines]),
        hint="Run the one that is meant.",
    )


def _search_pipelines(asked: Asked, region: str) -> Ground:
    from mcm.app.finding import list_pipelines

    place, connect = _place(asked, region)
    found = list_pipelines(_observer(connect), place)
    if len(found.names) == 1:
        return _stand(asked, found.names[0], region, "")
    if not found.names:
        raise UsageError(f"there is no pipeline in {region}", hint=f"Run `{_exact(asked)}`.")
    if asked.asks and len(found.names) <= 9:
        from mcm.cli.choose import choose

        number = choose(f"Which pipeline of {region}?", found.names)
        return _stand(asked, found.names[number], region, "")
    more = " and more" if found.more or len(found.names) > 20 else ""
    raise UsageError(
        f"which stage is meant is not known; {region} has the pipelines"
        f" {', '.join(found.names[:20])}{more}",
        hint=f"Run `{_exact(asked)}`.",
    )


# What was promoted


def _offer_of_files(asked: Asked) -> str:
    """Return the stage that is chosen among those of mcm.yaml."""
    from mcm.cli.compose import Project, find_root

    project = Project(find_root(Path.cwd()), profile=asked.profile, going_back=True)
    try:
        service = project.service
    except McmError as err:
        raise UsageError(
            f"which stage is meant is not known: mcm.yaml cannot be used: {err}",
            hint="Name it: `mcm rollback --stage STAGE`.",
        ) from err
    names = {s.pipeline_stage: s.name for s in service.stages if s.production}
    return _offer(asked, _observer(project.connect), service.pipeline, names)


def _offer(
    asked: Asked,
    observer: "Observer",
    pipeline: "PipelineId",
    names: dict[str, str] | None = None,
) -> str:
    """Return the stage that is chosen among those that got something in the last 24 h.

    `names` are the stages that count and what people call them; all that deploy when None.
    """
    from mcm.app.finding import promoted
    from mcm.cli.choose import choose
    from mcm.clock import SystemClock
    from mcm.core.duration import spell_wait

    now = SystemClock().now()
    recent, stages, why = promoted(observer, pipeline, now)
    called = names if names is not None else {stage: stage for stage in stages}
    offered = [each for each in recent if each.stage in called]
    lines = [
        f"{called[each.stage]}  {'rolled back' if each.is_rollback else 'promoted'}"
        f" {each.entered:%H:%M}Z, {spell_wait(now - each.entered)} ago"
        for each in offered
    ]
    known = [called[each.stage] for each in offered]
    head = f"promoted into {pipeline.name} in 24 h"
    if not known:
        head = f"nothing was {head}" if not why else f"what was {head} cannot be read: {why}"
        known = lines = list(called.values())
    if asked.asks and known:
        return known[choose(f"{head}:", lines)]
    first = f"`mcm rollback --stage {known[0]}`" if known else f"`{_exact(asked)}`"
    raise UsageError(
        "\n".join([f"which stage is meant is not known; {head}:", *lines]),
        hint=f"Name it: {first}.",
    )


def _place(asked: Asked, region: str) -> "tuple[Place, Connections]":
    ground = stand_on_names("", region, "", asked.profile, sandbox=asked.sandbox)
    return ground.goal.pipeline.place, ground.connect


def _observer(connect: "Connections") -> "Observer":
    from mcm.app.observing import Observer
    from mcm.aws.gather import ThreadedGather
    from mcm.aws.observe import AwsSource
    from mcm.clock import SystemClock

    clock = SystemClock()
    return Observer([AwsSource(connect, clock.now, ThreadedGather())], clock)
