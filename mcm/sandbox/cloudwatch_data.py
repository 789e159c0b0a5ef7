"""CloudWatch's metric operations: put, read, list.

Reading is GetMetricData with statistics, percentiles and metric math, and
GetMetricStatistics. Not emulated: other extended statistics, most math functions, SEARCH
and SQL, other accounts' metrics; asking for one is an error. GetMetricData aligns its buckets to
the period from the epoch, where AWS promises alignment only for aligned requests.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mcm.aws.port import Params, Reply
from mcm.sandbox.cloudwatch_wire import invalid, page, read_token, refused, token_of
from mcm.sandbox.metrics import (
    PERCENTILE,
    STATISTICS,
    Metrics,
    Series,
    Stats,
    epoch,
    exact,
    instant,
    series_of,
)
from mcm.sandbox.metrics_math import Formula, MathError, parse
from mcm.sandbox.service import Caller

MOST_QUERIES = 500
MOST_POINTS = 100_800
MOST_STATISTICS = 1_440
_LISTED = 500

Values = dict[int, float]


@dataclass(frozen=True)
class Span:
    """The time that a request asks about, in seconds since the epoch; `end` is exclusive."""

    start: int
    end: int
    now: int


class MetricData:
    """Metric operations of one account, all regions."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self.status: str | None = None
        """A fault: answer this StatusCode with no values instead of Complete."""

    def put(self, params: Params, caller: Caller) -> Reply:
        """PutMetricData."""
        for datum in params.get("MetricData", []):
            series = series_of(
                caller.region, params["Namespace"], datum["MetricName"], datum.get("Dimensions", [])
            )
            when = epoch(datum.get("Timestamp", caller.now))
            resolution = 1 if datum.get("StorageResolution") == 1 else 60
            unit = datum.get("Unit", "None")
            self._metrics.stored.put(series, when, _samples(datum), unit, resolution)
        return {}

    def get_data(self, params: Params, caller: Caller) -> Reply:
        """GetMetricData; an Id whose values do not fit goes on in the next page."""
        queries: list[dict[str, Any]] = params["MetricDataQueries"]
        span = _span(params, caller)
        if len(queries) > MOST_QUERIES:
            raise invalid(f"more than {MOST_QUERIES} metric data queries")
        computed = Queries(self._metrics, caller.region, queries, span)
        shown = [query for query in queries if query.get("ReturnData", True)]
        index, skipped = read_token(params["NextToken"], 2) if params.get("NextToken") else [0, 0]
        room = min(params.get("MaxDatapoints", MOST_POINTS), MOST_POINTS)
        if room < 1:
            raise invalid("MaxDatapoints must be at least 1")
        oldest_first = params.get("ScanBy") == "TimestampAscending"
        results: list[dict[str, Any]] = []
        token = None
        for position in range(index, len(shown)):
            query = shown[position]
            points = sorted(computed.values(query["Id"]).items(), reverse=not oldest_first)
            rest = [] if self.status else points[skipped if position == index else 0 :]
            if rest and room == 0:
                token = token_of(position, 0)
                break
            done = len(rest) <= room
            results.append(self._result(query, rest[:room], done))
            if not done:
                begun = skipped if position == index else 0
                token = token_of(position, begun + room)
                break
            room -= len(rest)
        reply: Reply = {"MetricDataResults": results, "Messages": []}
        return {**reply, "NextToken": token} if token else reply

    def get_statistics(self, params: Params, caller: Caller) -> Reply:
        """GetMetricStatistics; its points come in no useful order, as in AWS."""
        wanted = params.get("Statistics", [])
        if params.get("ExtendedStatistics") or not wanted:
            raise refused("InvalidParameterCombination", "only Statistics are emulated here")
        span, period = _span(params, caller), params["Period"]
        if (span.end - span.start) / period > MOST_STATISTICS:
            raise refused(
                "InvalidParameterCombination", f"more than {MOST_STATISTICS} points requested"
            )
        series = _series(caller.region, params)
        unit = self._metrics.unit(series)
        found = self._metrics.read(
            series, span.start, span.end, _period(period), span.now, params.get("Unit")
        )
        points = [
            {"Timestamp": instant(second), "Unit": unit}
            | {name: stats.value(name) for name in wanted}
            for second, stats in found.items()
        ]
        return {"Label": params["MetricName"], "Datapoints": points[1::2] + points[::2]}

    def list_metrics(self, params: Params, caller: Caller) -> Reply:
        """ListMetrics, 500 a page; a dimension filter without a value matches any value."""
        filters = params.get("Dimensions", [])
        found = [
            series
            for series in self._metrics.listed(caller.region)
            if params.get("Namespace", series.namespace) == series.namespace
            and params.get("MetricName", series.name) == series.name
            and all(_has(series, item) for item in filters)
        ]
        rows, token = page(found, params.get("NextToken"), _LISTED)
        metrics = [
            {
                "Namespace": series.namespace,
                "MetricName": series.name,
                "Dimensions": [{"Name": name, "Value": value} for name, value in series.dimensions],
            }
            for series in rows
        ]
        return {"Metrics": metrics, **({"NextToken": token} if token else {})}

    def _result(
        self, query: Mapping[str, Any], points: list[tuple[int, float]], done: bool
    ) -> dict[str, Any]:
        return {
            "Id": query["Id"],
            "Label": query.get("Label") or _label(query),
            "Timestamps": [instant(second) for second, _ in points],
            "Values": [value for _, value in points],
            "StatusCode": self.status or ("Complete" if done else "PartialData"),
        }


class Queries:
    """The queries of one request, computed by id when asked for.

    Raises AwsError(ValidationError) for duplicate or unknown ids, an expression that is
    not understood, expressions that refer to each other in a circle, or a query that is
    both or neither of a metric and an expression.
    """

    def __init__(
        self, metrics: Metrics, region: str, queries: list[dict[str, Any]], span: Span
    ) -> None:
        self._metrics = metrics
        self._region = region
        self._span = span
        self._queries = {query["Id"]: query for query in queries}
        self._values: dict[str, Values] = {}
        self._checked: set[str] = set()
        self._formulas = {
            query["Id"]: _formula(query) for query in queries if "Expression" in query
        }
        if len(self._queries) != len(queries):
            raise invalid("the ids of the queries are not unique")
        for query in queries:
            self._check(query)

    def values(self, name: str) -> Values:
        """Return the values of one id by the start of their period."""
        if name not in self._values:
            formula = self._formulas.get(name)
            self._values[name] = self._computed(formula) if formula else self._read(name)
        return self._values[name]

    def _check(self, query: dict[str, Any], above: tuple[str, ...] = ()) -> None:
        name = query["Id"]
        if name in above:
            raise invalid(f"the expression of {name} refers to itself")
        if ("MetricStat" in query) == ("Expression" in query):
            raise invalid(f"query {name} needs either MetricStat or Expression")
        if name not in self._formulas or name in self._checked:
            return
        for operand in sorted(self._formulas[name].names):
            if operand not in self._queries:
                raise invalid(f"the expression of {name} refers to an unknown id {operand}")
            self._check(self._queries[operand], (*above, name))
        self._checked.add(name)

    def _read(self, name: str) -> Values:
        stat = self._queries[name]["MetricStat"]
        if stat["Stat"] not in STATISTICS and not PERCENTILE.fullmatch(stat["Stat"]):
            raise invalid(f"the statistic {stat['Stat']} is not emulated")
        series = _series(self._region, stat["Metric"])
        found = self._metrics.read(
            series,
            self._span.start,
            self._span.end,
            _period(stat["Period"]),
            self._span.now,
            stat.get("Unit"),
        )
        return {second: stats.value(stat["Stat"]) for second, stats in found.items()}

    def _computed(self, formula: Formula) -> Values:
        operands = {name: self.values(name) for name in formula.names}
        if not operands:
            raise invalid("an expression must refer to at least one metric")
        found: Values = {}
        for second in self._seconds(formula, operands):
            try:
                value = formula.compute({n: v.get(second) for n, v in operands.items()})
            except (ZeroDivisionError, OverflowError, ValueError):
                continue  # AWS gives no point for a division by zero
            if value is not None:
                found[second] = value
        return found

    def _seconds(self, formula: Formula, operands: Mapping[str, Values]) -> Iterable[int]:
        """Return the starts of the periods that a formula may give a point for."""
        known = {second for values in operands.values() for second in values}
        if not formula.fills:
            return known
        period = self._period(formula)
        start = self._span.start - self._span.start % period
        end = min(self._span.end, self._span.now)
        return known | set(range(start, end, period))

    def _period(self, formula: Formula) -> int:
        """Return the longest period among a formula's metrics."""
        periods = []
        for name in formula.names:
            inner = self._formulas.get(name)
            own = self._queries[name]
            periods.append(self._period(inner) if inner else int(own["MetricStat"]["Period"]))
        return max(periods)


def _formula(query: Mapping[str, Any]) -> Formula:
    try:
        return parse(query["Expression"])
    except MathError as err:
        raise invalid(f"error in expression {query['Id']}: {err}") from err


def _label(query: Mapping[str, Any]) -> str:
    return str(
        query["MetricStat"]["Metric"]["MetricName"] if "MetricStat" in query else query["Id"]
    )


def _series(region: str, metric: Mapping[str, Any]) -> Series:
    return series_of(
        region, metric["Namespace"], metric["MetricName"], metric.get("Dimensions", [])
    )


def _has(series: Series, wanted: Mapping[str, str]) -> bool:
    return any(
        name == wanted["Name"] and wanted.get("Value", value) == value
        for name, value in series.dimensions
    )


def _span(params: Params, caller: Caller) -> Span:
    start, end = exact(params["StartTime"]), exact(params["EndTime"])
    if start >= end:
        raise invalid("StartTime must be before EndTime")
    return Span(int(start), int(-(-end // 1)), epoch(caller.now))


def _period(period: int) -> int:
    if period not in (1, 5, 10, 20, 30) and period % 60:
        raise invalid(f"a period is 1, 5, 10, 20, 30 or a multiple of 60, not {period}")
    return period


def _samples(datum: Mapping[str, Any]) -> Stats:
    given = [name for name in ("Value", "Values", "StatisticValues") if name in datum]
    if len(given) != 1:
        raise refused(
            "InvalidParameterCombination", "give one of Value, Values and StatisticValues"
        )
    if given == ["Value"]:
        return Stats.of(float(datum["Value"]))
    if given == ["StatisticValues"]:
        held = datum["StatisticValues"]
        return Stats(held["SampleCount"], held["Sum"], held["Minimum"], held["Maximum"])
    values, counts = datum["Values"], datum.get("Counts", [1.0] * len(datum["Values"]))
    if not values or len(values) != len(counts):
        raise refused("InvalidParameterValue", "Values and Counts must have the same length")
    parts = [Stats.of(float(v), float(c)) for v, c in zip(values, counts, strict=True)]
    total = parts[0]
    for part in parts[1:]:
        total = total.merged(part)
    return total
