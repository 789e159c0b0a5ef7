"""Readings over a long time or a whole place: for doctor, init and audit.

Loaded when one of them looks; a walk and a rollback ask for one thing at a time.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from mcm.aws.port import AwsError, Params, Port, Reply
from mcm.aws.read_cloudwatch import ALARM_KINDS
from mcm.aws.read_past import passages
from mcm.aws.read_pipeline import SERVICE, execution_view
from mcm.aws.reading import Clock, moment, nonsense, pages, unknown
from mcm.core.alarm import AlarmDefinition
from mcm.core.past import Alarms, EndpointNames, Past
from mcm.core.query import AlarmsQuery, EndpointsQuery, PastQuery, Query
from mcm.core.reading import Known, Reading

PAGES = 100
"""Pages of 100 that one list of a pipeline's past may take."""
LONGEST_WAIT = timedelta(days=60)
"""How long an execution may wait at an approval (its longest timeout), and so begin earlier."""
ALARM_PAGES = 10
ENDPOINT_PAGES = 5


def read_pasts(port: Port, queries: Iterable[PastQuery], clock: Clock) -> dict[Query, Reading]:
    """Answer what went through pipelines since a time."""
    answers: dict[Query, Reading] = {}
    for query in queries:
        at = clock()
        try:
            answers[query] = Known(_past(port, query.pipeline.name, query.since), at)
        except AwsError as err:
            answers[query] = unknown(err, at)
        except Exception as err:  # noqa: BLE001 - nonsense from AWS is unknown, not a crash
            answers[query] = unknown(nonsense(err), at)
    return answers


def _past(port: Port, name: str, since: datetime) -> Past:
    """Read executions and actions back to `since`, whatever order AWS lists them in.

    Actions of what began before are asked for one execution at a time: nobody promises
    that a list by start time shows them in front.
    """
    listed = _Back(port, "ListPipelineExecutions", "pipelineExecutionSummaries", name)
    executions = list(listed.until(since - LONGEST_WAIT))
    acted = _Back(port, "ListActionExecutions", "actionExecutionDetails", name)
    actions = {_key(item): item for item in acted.until(since)}
    for item in executions:
        begun, changed = moment(item.get("startTime")), moment(item.get("lastUpdateTime"))
        if begun < since <= changed or item.get("status") in ("InProgress", "Stopping"):
            for one in _of_execution(port, name, item["pipelineExecutionId"]):
                actions[_key(one)] = one
    found = passages(actions.values())
    return Past(
        tuple(each for each in found if each.entered >= since),
        tuple(execution_view(item) for item in executions),
        listed.cut or acted.cut,
    )


class _Back:
    """One list of a pipeline, page by page into the past; `cut` says where it was left."""

    def __init__(self, port: Port, operation: str, field: str, name: str) -> None:
        self._port = port
        self._operation = operation
        self._field = field
        self._params: Params = {"pipelineName": name, "maxResults": 100}
        self.cut = ""

    def until(self, since: datetime) -> Iterator[Reply]:
        """Yield items until a whole page began before `since`."""
        count = 0
        found = pages(
            self._port, SERVICE, self._operation, self._params, field="nextToken", limit=PAGES
        )
        for page in found:
            items = page.get(self._field, ())
            yield from items
            count += len(items)
            if items and all(moment(item.get("startTime")) < since for item in items):
                return
        if count >= 100 * PAGES:
            self.cut = f"{self._operation} was left after {count} items"


def _of_execution(port: Port, name: str, execution: str) -> Iterator[Reply]:
    params = {
        "pipelineName": name,
        "maxResults": 100,
        "filter": {"pipelineExecutionId": execution},
    }
    found = pages(port, SERVICE, "ListActionExecutions", params, field="nextToken", limit=PAGES)
    return (item for page in found for item in page.get("actionExecutionDetails", ()))


def _key(item: Reply) -> tuple[object, ...]:
    """Tell runs of actions apart, also where AWS gives them no id of their own."""
    names = ("actionExecutionId", "pipelineExecutionId", "stageName", "actionName", "startTime")
    return tuple(item.get(name) for name in names)


def read_all_alarms(
    port: Port, queries: Iterable[AlarmsQuery], clock: Clock
) -> dict[Query, Reading]:
    """Answer how all alarms of a place are set up."""
    answers: dict[Query, Reading] = {}
    for query in queries:
        at = clock()
        try:
            answers[query] = Known(_all_alarms(port), at)
        except AwsError as err:
            answers[query] = unknown(err, at)
    return answers


def _all_alarms(port: Port) -> Alarms:
    params = {"AlarmTypes": ALARM_KINDS, "MaxRecords": 100}
    found: dict[str, AlarmDefinition] = {}
    more = False
    for page in pages(
        port, "cloudwatch", "DescribeAlarms", params, field="NextToken", limit=ALARM_PAGES
    ):
        more = bool(page.get("NextToken"))
        for kind in ALARM_KINDS:
            for item in page.get(f"{kind}s", ()):
                found[item["AlarmName"]] = AlarmDefinition(item["AlarmName"], kind, item)
    return Alarms(tuple(found[name] for name in sorted(found)), more)


def read_endpoint_names(
    port: Port, queries: Iterable[EndpointsQuery], clock: Clock
) -> dict[Query, Reading]:
    """Answer which SageMaker endpoints a place has."""
    answers: dict[Query, Reading] = {}
    for query in queries:
        at = clock()
        try:
            answers[query] = Known(_endpoint_names(port), at)
        except AwsError as err:
            answers[query] = unknown(err, at)
    return answers


def _endpoint_names(port: Port) -> EndpointNames:
    params = {"MaxResults": 100}
    names: list[str] = []
    more = False
    for page in pages(
        port, "sagemaker", "ListEndpoints", params, field="NextToken", limit=ENDPOINT_PAGES
    ):
        more = bool(page.get("NextToken"))
        names += [item["EndpointName"] for item in page.get("Endpoints", ())]
    return EndpointNames(tuple(sorted(names)), more)
