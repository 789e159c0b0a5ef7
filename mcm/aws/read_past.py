"""Readings for on-call's screen: passages through stages, and which pipelines there are.

Loaded when somebody looks at that screen or does not know the pipeline's name; a rollback
that goes at once needs none of it.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from mcm.aws.port import AwsError, Port, Reply
from mcm.aws.reading import Clock, moment, pages, unknown, words
from mcm.core.past import Passage, PipelineNames, Structure
from mcm.core.query import PipelinesQuery, Query, StructureQuery
from mcm.core.reading import Known, Reading

_SERVICE = "codepipeline"
_WORST_FIRST = ("Failed", "Abandoned", "InProgress")


def passages(actions: Iterable[Reply]) -> tuple[Passage, ...]:
    """Join the action runs of ListActionExecutions by execution and stage, newest first."""
    runs: dict[tuple[str, str], list[Reply]] = {}
    for item in actions:
        execution, stage = item.get("pipelineExecutionId"), item.get("stageName")
        if execution and stage:
            runs.setdefault((execution, stage), []).append(item)
    found = [_passage(execution, stage, items) for (execution, stage), items in runs.items()]
    return tuple(sorted(found, key=lambda passage: passage.entered, reverse=True))


def went_through(
    executions: Iterable[Reply], actions: Iterable[Reply], stage: str
) -> frozenset[str]:
    """Return the executions that succeeded in `stage`, whatever the pipeline's version.

    AWS lists them for its current version only. Actions that have not begun are not listed,
    so that all listed ones succeeded is not enough: the whole execution must have, or it
    must have gone on to another stage.
    """
    whole = {
        item["pipelineExecutionId"] for item in executions if item.get("status") == "Succeeded"
    }
    left: dict[str, datetime] = {}
    newest: dict[tuple[str, str], Reply] = {}
    for item in actions:
        name, at = item["pipelineExecutionId"], moment(item.get("startTime"))
        if item["stageName"] != stage:
            left[name] = max(left.get(name, at), at)
            continue
        key = (name, item.get("actionName", ""))
        if key not in newest or at > moment(newest[key].get("startTime")):
            newest[key] = item
    here: dict[str, list[Reply]] = {}
    for (name, _), item in newest.items():
        here.setdefault(name, []).append(item)
    return frozenset(
        name
        for name, items in here.items()
        if all(item.get("status") == "Succeeded" for item in items)
        and (name in whole or (name in left and left[name] > _entered(items)))
    )


def _entered(items: Iterable[Reply]) -> datetime:
    return max(moment(item.get("startTime")) for item in items)


def _passage(execution: str, stage: str, items: list[Reply]) -> Passage:
    states = [item.get("status", "") for item in items]
    status = next((word for word in _WORST_FIRST if word in states), states[0])
    ended = [_last_update(item) for item in items]
    over = all(state not in ("", "InProgress") for state in states) and None not in ended
    deploying = [item for item in items if _is_deploy(item)]
    versions = [int(item.get("pipelineVersion") or 0) for item in items]
    regions = {region for item in deploying if (region := item.get("input", {}).get("region"))}
    return Passage(
        execution,
        stage,
        min(moment(item.get("startTime")) for item in items),
        max(at for at in ended if at is not None) if over else None,
        status,
        bool(deploying),
        tuple(sorted(regions)),
        max(versions, default=0),
        tuple(sorted({_answer(item) for item in items if _is_answered(item)})),
    )


def _is_answered(item: Reply) -> bool:
    kind: dict[str, Any] = item.get("input", {}).get("actionTypeId", {})
    return kind.get("category") == "Approval" and bool(item.get("updatedBy"))


def _answer(item: Reply) -> tuple[str, str]:
    return words(item.get("actionName")), words(item.get("updatedBy"))


def _last_update(item: Reply) -> datetime | None:
    value = item.get("lastUpdateTime")
    return moment(value) if value is not None else None


def _is_deploy(item: Reply) -> bool:
    kind: dict[str, Any] = item.get("input", {}).get("actionTypeId", {})
    return kind.get("category") == "Deploy"


def read_pipelines(
    port: Port, queries: Iterable[PipelinesQuery | StructureQuery], clock: Clock
) -> dict[Query, Reading]:
    """Answer which pipelines there are, and what stages each has."""
    answers: dict[Query, Reading] = {}
    for query in queries:
        at = clock()
        try:
            if isinstance(query, PipelinesQuery):
                answers[query] = Known(_names(port, query.most), at)
            else:
                answers[query] = Known(_structure(port, query.pipeline.name), at)
        except AwsError as err:
            answers[query] = unknown(err, at)
    return answers


def _names(port: Port, most: int) -> PipelineNames:
    found = list(_all_names(port, most))
    return PipelineNames(tuple(found[:most]), len(found) > most)


def _all_names(port: Port, most: int) -> Iterator[str]:
    """Yield names until one more than `most` is known to exist."""
    params = {"maxResults": min(most + 1, 1000)}
    seen = 0
    for page in pages(port, _SERVICE, "ListPipelines", params, field="nextToken", limit=10):
        for item in page.get("pipelines", ()):
            if item.get("name"):
                seen += 1
                yield item["name"]
        if seen > most:
            return


def _structure(port: Port, name: str) -> Structure:
    stages = port.call(_SERVICE, "GetPipeline", {"name": name})["pipeline"].get("stages", ())
    return Structure(tuple(stage["name"] for stage in stages if stage.get("name")))
