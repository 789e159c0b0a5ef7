"""`mcm watch --pipeline`, and `mcm watch` in a service that only observes."""

import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from mcm.core.errors import Exit, UsageError

if TYPE_CHECKING:
    from mcm.app.bystander import Pace, Seen
    from mcm.cli.looking import View
    from mcm.core.history.goal import Observe
    from mcm.core.history.journal import Entry

_SANDBOX = (timedelta(milliseconds=500), timedelta(0), timedelta(seconds=15))
_AWS = (timedelta(seconds=30), timedelta(minutes=3), timedelta(minutes=30))
"""Poll, settle and bake where no mcm.yaml says them."""


def watch_pipeline(view: "View", stage: str, bake: str, *, follow: bool) -> int:
    """Watch what others deploy; say afterwards what mcm would have done. Sends nothing."""
    from mcm.app.bystander import look_on
    from mcm.cli.lines import say
    from mcm.cli.watch_view import Lines

    goals = _goals(view, stage, bake)
    for goal in goals:
        for line in _what(goal):
            say(line)
    if follow:
        say("others let it in: approvals, windows and freezes are not asked")
        say("mcm sends nothing to AWS; Ctrl-C leaves at any time")
    # The project's has every probe that its checks ask for, and sends no write either.
    observer = view.project.observer if view.project is not None else view.observer
    look_on(
        goals,
        observer,
        view.clock,
        lambda _: Lines(),
        lambda seen: _show(summary(seen)),
        once=not follow,
    )
    return Exit.DONE


def _goals(view: "View", stage: str, bake: str) -> "list[Observe]":
    from mcm.app.bystander import goal_of_config
    from mcm.config.definitions import definition_values
    from mcm.core.naming import find_stage

    if view.service is None:
        return _found_goals(view, stage, bake)
    if bake:
        raise UsageError("mcm.yaml says how long to watch", hint="Leave --bake out.")
    configs = [each for each in view.service.stages if each.production or stage]
    if stage:
        name = find_stage(stage, [each.name for each in configs])
        configs = [each for each in configs if each.name == name]
    assert view.project is not None  # whose mcm.yaml this is
    definitions = definition_values(view.project.definitions)
    return [goal_of_config(view.service, each, definitions) for each in configs]


def _found_goals(view: "View", stage: str, bake: str) -> "list[Observe]":
    from dataclasses import replace

    from mcm.app.bystander import goal_of_survey
    from mcm.app.surveying import survey
    from mcm.cli.lines import say
    from mcm.core.naming import find_stage
    from mcm.core.plans.layout import Layout

    def choose(layout: Layout) -> Layout:
        if not stage:
            return layout
        name = find_stage(stage, [site.stage for site in layout.sites], "the pipeline")
        sites = (replace(site, is_production=site.stage == name) for site in layout.sites)
        return replace(layout, sites=tuple(sites))

    seen = survey(view.observer, view.pipeline, view.clock.now(), say, choose=choose)
    if not seen.production:
        raise UsageError(f"{view.pipeline.name} deploys nothing that could be watched")
    pace = _pace(bake, sandbox=view.sandbox)
    return [
        goal_of_survey(view.pipeline, seen.layout.version, each, pace) for each in seen.production
    ]


def _pace(bake: str, *, sandbox: bool) -> "Pace":
    from mcm.app.bystander import Pace
    from mcm.config.limits import BAKE, LIMIT_FACTOR
    from mcm.core.duration import parse
    from mcm.core.plans.plan import Bake

    poll, settle, lasts = _SANDBOX if sandbox else _AWS
    if bake:
        try:
            lasts = parse(bake)
        except ValueError as err:
            raise UsageError(f"--bake cannot be {bake[:40]!a}", hint=f"{err}.") from err
    return Pace(poll, settle, Bake(lasts, BAKE.min_samples, LIMIT_FACTOR * lasts))


def _what(goal: "Observe") -> "Iterator[str]":
    """Say what is watched, and by what."""
    from mcm.core.duration import spell
    from mcm.core.sanitize import clean

    stage = goal.planned
    by = ", ".join(
        f"{len(g.params['names'])} alarms" if g.kind == "alarms" else g.name
        for g in stage.guardrails
    )
    watched = by or "NOTHING: no alarm and no endpoint was found; only the pipeline is followed"
    yield clean(
        f"watching {stage.name} ({stage.pipeline_stage}) for {spell(stage.bake.lasts)}"
        f" after a deployment, by {watched}",
        400,
    )


def summary(seen: "Seen") -> "Iterator[str]":
    """Say what became of one stage, and what mcm would have done."""
    from mcm.app.fleet import Trouble
    from mcm.core.sanitize import clean
    from mcm.core.sentences.sentence import shorten

    stage = seen.goal.stage
    yield ""
    yield clean(f"OBSERVED {stage}", 100)
    execution = next((e for e in seen.entries if e.kind == "observed"), None)
    if execution is None:
        why = "nothing was deployed"
        if seen.ending is not None:
            ending = seen.ending.ending() if isinstance(seen.ending, Trouble) else seen.ending
            why = ending.reason
        yield clean(f"  {why}", 400)
        return
    yield clean(f"  deployed   {_at(execution)}  {shorten(str(execution.body['execution']))}", 200)
    for line in (*_breach(seen.entries), *_end(seen.entries)):
        yield clean(shorten(line), 600)


def _breach(entries: "Sequence[Entry]") -> "Iterator[str]":
    breach = next((e for e in entries if e.kind == "breach"), None)
    would = next((e for e in entries if e.kind == "would"), None)
    if breach is not None:
        yield f"  breach     {_at(breach)}  {breach.body.get('reason', '')}"
    if would is None:
        return
    body = would.body
    if body.get("act") != "roll_back":
        yield f"  mcm would  {_at(would)}  have held and called a person"
        return
    if body.get("target"):
        yield f"  mcm would  {_at(would)}  have rolled back to {body['target']}:"
    else:
        yield f"  mcm would  {_at(would)}  have tried to roll back:"
    steps = body.get("steps")
    for number, step in enumerate(steps if isinstance(steps, list | tuple) else (), 1):
        yield f"             {number}. {step}"
    if body.get("why_not"):
        yield f"             and not got there: {body['why_not']}"


def _end(entries: "Sequence[Entry]") -> "Iterator[str]":
    end = next((e for e in entries if e.kind == "stage_ended"), None)
    if end is None:
        yield "  happened   the watch was left before its end"
        return
    yield f"  happened   {_at(end)}  {end.body.get('reason', '')}"
    if not any(e.kind == "breach" for e in entries) and end.body.get("outcome") == "succeeded":
        yield "  mcm would  have called it succeeded, too"


def _at(entry: "Entry") -> str:
    return f"{entry.at:%H:%M:%S}Z"


def _show(lines: "Iterator[str]") -> None:
    for line in lines:
        print(line)
    sys.stdout.flush()
