"""`mcm backtest [CHANGE]`: the guardrails of a project's stages over what AWS keeps."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mcm.app.backtesting import backtest_stage
from mcm.cli.backtest_files import read_known, read_spans
from mcm.cli.backtest_text import tried_json, tried_lines
from mcm.cli.compose import Project
from mcm.cli.graphs import keep_backtests, write_graph
from mcm.cli.lines import say, show
from mcm.config.definitions import definition_values
from mcm.config.incidents_file import spans_of
from mcm.core.backtests.picture import tried_graph
from mcm.core.backtests.tried import Terms, Tried
from mcm.core.errors import Exit
from mcm.core.graphs.graphing import file_name
from mcm.core.naming import find_stage
from mcm.core.plans.plan import StagePlan
from mcm.core.plans.planning import plan_stage


@dataclass(frozen=True)
class Request:
    """What was typed."""

    change: str | None
    stage: str | None
    days: int
    anomalies: Path | None
    rate: float
    graph: Path | None
    record: bool


def of_project(request: Request, profile: str | None, *, json: bool) -> int:
    """Look, replay, draw and print."""
    project = Project.here(profile=profile)
    stages = _stages(project, request.change, request.stage)
    known = read_known(project)
    named = read_spans(request.anomalies, "")
    now, settle = project.clock.now(), project.service.settle
    say(f"reading {request.days} days of {', '.join(each.name for each in stages)}")
    found: list[Tried] = []
    for each in stages:
        incidents = sorted({*named, *spans_of(known, each.name)}, key=lambda span: span.start)
        terms = Terms(now, request.days, incidents, request.rate)
        found += backtest_stage(each, project.observer, settle, terms)
    _draw(project, request, found)
    if json:
        from mcm.cli.show_json import to_json

        print(to_json(tried_json(found, now, request.days)))
        return Exit.DONE
    for line in tried_lines(found):
        show(line, 12)
    return Exit.DONE


def _stages(project: Project, change: str | None, named: str | None) -> list[StagePlan]:
    """Return the stages of a plan, or of mcm.yaml; raise UsageError for a name of none."""
    if change is not None:
        stages = list(project.plan(project.pick_change(change)).stages)
    else:
        service, definitions = project.service, definition_values(project.definitions)
        stages = [plan_stage(service, config, definitions) for config in service.stages]
    if named is None:
        return stages
    name = find_stage(named, [each.name for each in stages])
    return [each for each in stages if each.name == name]


def _draw(project: Project, request: Request, found: Iterable[Tried]) -> None:
    tried = list(found)
    if request.record and request.change is not None:
        change = project.pick_change(request.change)
        count = keep_backtests(project, change, tried)
        say(f"drew {count} back-tests into the record; `mcm render {change}` shows them")
    if request.graph is None:
        return
    graphs = [graph for each in tried if (graph := tried_graph(each)) is not None]
    taken: set[str] = set()
    for graph in graphs:
        path = request.graph
        if len(graphs) > 1:
            name = f"{path.stem}-{file_name(graph.stage, graph.title, ())}"
            while name in taken:
                name = f"{name.removesuffix('.svg')}-2.svg"
            path = path.with_name(name)
        taken.add(path.name)
        write_graph(path, graph)
        say(f"drew {path}")
    if not graphs:
        say("warning: no graph was drawn: there is no result")
