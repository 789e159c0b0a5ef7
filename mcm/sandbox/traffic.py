"""The sandbox's traffic: requests to endpoints, as SageMaker's metrics of them.

A seeded pure model. Nothing runs and nothing is stored: each point is computed from the
seed and its own time when somebody reads it, so a jump of the clock costs nothing. What
changes in the course of time (which configuration serves, injected errors) is a list of
states per endpoint; a change takes effect no earlier than what has already been read,
so what was read once reads the same for ever.

Before `start - lead` there are one-hour points only, then points of `period` seconds.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import sqrt

from mcm.sandbox.metrics import Series, Stats, epoch
from mcm.sandbox.traffic_shape import Shape, bell, drawn, mix, rate_of, salt_of

NAMESPACE = "AWS/SageMaker"
METRICS: Mapping[str, str] = {
    "Invocations": "None",
    "Invocation5XXErrors": "None",
    "Invocation4XXErrors": "None",
    "ModelLatency": "Microseconds",
}
"""Each metric and its unit. Dimensions are EndpointName and VariantName."""

_HOUR = 3600
_CACHED = 50_000
_CLIENT_ERRORS = 0.002


@dataclass(frozen=True)
class Variant:
    """One variant that receives requests."""

    name: str
    weight: float = 1.0
    shadow: bool = False
    """A shadow variant gets copies: weight ÷ sum of the live weights, at most all."""


@dataclass(frozen=True)
class _State:
    """What is true of an endpoint from a second on, until the next state."""

    since: int
    config: str = ""
    shares: Mapping[str, float] = field(default_factory=dict)
    """Variant → its share of the requests, copies included."""
    errors: Mapping[str, float] = field(default_factory=dict)
    latency: Mapping[str, float] = field(default_factory=dict)
    flowing: bool = True


@dataclass(frozen=True, slots=True)
class _Requests:
    """Requests of one variant in one stretch of time."""

    count: int
    server_errors: int
    client_errors: int
    latency: Stats

    def stats(self, metric: str) -> Stats:
        if metric == "ModelLatency":
            return self.latency
        if metric == "Invocations":
            return Stats.of(1.0, self.count)
        errors = self.server_errors if metric == "Invocation5XXErrors" else self.client_errors
        low, high = float(errors == self.count), float(errors > 0)
        return Stats(self.count, errors, low, high)


@dataclass
class _Endpoint:
    region: str
    shape: Shape
    salt: int
    rate: Callable[[float], float]
    """Requests a second at a time, before chance."""
    states: list[_State] = field(default_factory=list)
    since: list[int] = field(default_factory=list)
    salts: dict[str, int] = field(default_factory=dict)
    """Variant → its own chance."""

    def at(self, second: int) -> _State | None:
        index = bisect_right(self.since, second)
        return self.states[index - 1] if index else None

    def become(self, state: _State) -> None:
        self.states.append(state)
        self.since.append(state.since)
        for variant in state.shares:
            self.salts.setdefault(variant, salt_of(self.salt, variant))


class Traffic:
    """Requests to endpoints, and the faults in them. A `metrics.Source`.

    `period` is the finest resolution of live points in seconds: 1 in the sandbox, 60 in
    the simulator. Endpoint names are unique within one Traffic, across regions. A change
    without `at` takes effect at the newest point already read (or at `start`).
    """

    def __init__(
        self,
        start: datetime,
        *,
        period: int = 60,
        seed: int = 1,
        history: timedelta = timedelta(weeks=5),
        lead: timedelta = timedelta(hours=3),
    ) -> None:
        if period < 1 or 60 % period:
            raise ValueError("the period of live points must divide a minute")
        self._start = epoch(start)
        self._period = period
        self._seed = seed
        self._live_from = (epoch(start - lead) // _HOUR) * _HOUR
        self._history_from = (epoch(start - history) // _HOUR) * _HOUR
        self._read_to = self._live_from
        self._endpoints: dict[str, _Endpoint] = {}
        self._with_config: list[tuple[int, str, str, float]] = []
        self._cache: dict[tuple[str, str, int, int], _Requests | None] = {}

    @property
    def period(self) -> int:
        """The finest resolution of live points in seconds."""
        return self._period

    # What happens to the traffic

    def add(self, endpoint: str, region: str, shape: Shape) -> None:
        """Let requests come to `endpoint` once a configuration serves there."""
        if endpoint in self._endpoints:
            raise ValueError(f"endpoint {endpoint} has its traffic already")
        salt = salt_of(self._seed, endpoint)
        self._endpoints[endpoint] = _Endpoint(region, shape, salt, rate_of(shape))

    def serve(
        self, region: str, endpoint: str, config: str, variants: Sequence[Variant], at: datetime
    ) -> None:
        """Let `config` with its variants serve from `at` on; no-op without traffic there."""
        found = self._endpoints.get(endpoint)
        if found is None or found.region != region:
            return
        last = found.states[-1] if found.states else _State(self._history_from)
        if not found.states and epoch(at) < self._live_from:
            since = epoch(at)
        else:
            since = self._since(found, at)
        found.become(replace(last, since=since, config=config, shares=_shares(variants)))

    def set_error_share(
        self, endpoint: str, variant: str, share: float, *, at: datetime | None = None
    ) -> None:
        """Answer `share` (0…1) of one variant's requests with 5xx; 0 returns to normal."""
        state = self._last(endpoint)
        self._change(endpoint, at, errors={**state.errors, variant: _share(share)})

    def set_latency_factor(
        self, endpoint: str, variant: str, factor: float, *, at: datetime | None = None
    ) -> None:
        """Multiply one variant's model latency; 1 returns to normal."""
        state = self._last(endpoint)
        self._change(endpoint, at, latency={**state.latency, variant: factor})

    def stop(self, endpoint: str, *, at: datetime | None = None) -> None:
        """Let no request come: no points, not points of zero."""
        self._change(endpoint, at, flowing=False)

    def resume(self, endpoint: str, *, at: datetime | None = None) -> None:
        """Let requests come again."""
        self._change(endpoint, at, flowing=True)

    def errors_with(
        self, config: str, share: float, *, variant: str = "live", at: datetime | None = None
    ) -> None:
        """Answer `share` of a variant's requests with 5xx while `config` serves.

        Going back to another configuration ends the errors: the fault of a bad change.
        """
        since = max(self._read_to, self._start if at is None else epoch(at))
        self._with_config.append((since, config, variant, _share(share)))

    def errors_of(self, endpoint: str, variant: str, second: int) -> float:
        """Return the share of a variant's requests that fail at a time; 0 without traffic."""
        found = self._endpoints.get(endpoint)
        state = found.at(second) if found else None
        return self._errors(found, state, variant, second) if found and state else 0.0

    # What is read of it (metrics.Source)

    def series(self) -> Iterable[Series]:
        """Name the series of every variant that ever served."""
        for name, endpoint in self._endpoints.items():
            for variant in sorted(endpoint.salts):
                dimensions = (("EndpointName", name), ("VariantName", variant))
                for metric in METRICS:
                    yield Series(endpoint.region, NAMESPACE, metric, dimensions)

    def unit(self, series: Series) -> str | None:
        """Return the unit of a metric of a variant of a known endpoint, else None."""
        found = self._endpoint_of(series)
        return METRICS[series.name] if found else None

    def buckets(
        self, series: Series, start: int, end: int, period: int, now: int
    ) -> Mapping[int, Stats]:
        """Return buckets of closed points; the open bucket holds what has closed in it."""
        if self._endpoint_of(series) is None:
            return {}
        name, variant = series.dimensions[0][1], series.dimensions[1][1]
        closed = now - now % self._period
        self._read_to = max(self._read_to, closed)
        earliest = self._history_from if period % _HOUR == 0 else self._live_from
        first = max(start, -(-earliest // period) * period)
        found = {}
        if period >= self._period and period % self._period == 0:
            for bucket in range(first, min(end, closed), period):
                requests = self._bucket(name, variant, bucket, period, closed)
                if requests:
                    found[bucket] = requests.stats(series.name)
        return found

    def _bucket(
        self, name: str, variant: str, start: int, period: int, closed: int
    ) -> _Requests | None:
        key = (name, variant, period, start)
        if key in self._cache:
            return self._cache[key]
        step = self._step(start, period)
        parts = range(start, min(start + period, closed), step)
        if step in (period, self._period):
            pieces = (self._point(name, variant, part, step) for part in parts)
        else:
            pieces = (self._bucket(name, variant, part, step, closed) for part in parts)
        found = _together([piece for piece in pieces if piece])
        if start + period <= closed:
            if len(self._cache) >= _CACHED:
                self._cache.clear()
            self._cache[key] = found
        return found

    def _step(self, start: int, period: int) -> int:
        """Return of what parts a bucket is made: of hours, of minutes or of points."""
        if period > _HOUR and period % _HOUR == 0:
            return _HOUR
        if start < self._live_from:
            return period
        if period > 60 and period % 60 == 0:
            return 60
        return self._period

    def _point(self, name: str, variant: str, start: int, length: int) -> _Requests | None:
        endpoint = self._endpoints[name]
        state = endpoint.at(start)
        if state is None or not state.flowing or not state.shares.get(variant):
            return None
        # All variants draw their requests alike, so a shadow's are the live one's copies.
        chance = mix(endpoint.salt ^ start)
        expected = endpoint.rate(start + length / 2) * length * state.shares[variant]
        count = drawn(expected, sqrt(expected), chance)
        if count == 0:
            return None
        own = mix(chance ^ endpoint.salts[variant])
        errors = self._errors(endpoint, state, variant, start)
        other = mix(own)
        mean = endpoint.shape.latency * state.latency.get(variant, 1.0) * (1 + 0.02 * bell(other))
        return _Requests(
            count,
            _part(count, errors, own),
            _part(count, _CLIENT_ERRORS, other),
            Stats(count, mean * count, mean * 0.5, mean * 2.2),
        )

    def _errors(self, endpoint: _Endpoint, state: _State, variant: str, second: int) -> float:
        by_config = self._config_share(state.config, variant, second)
        return max(endpoint.shape.error_share, state.errors.get(variant, 0.0), by_config)

    def _config_share(self, config: str, variant: str, second: int) -> float:
        share = 0.0
        for since, name, of, value in self._with_config:
            if since <= second and name == config and of == variant:
                share = value
        return share

    def _endpoint_of(self, series: Series) -> _Endpoint | None:
        names = [name for name, _ in series.dimensions]
        if names != ["EndpointName", "VariantName"] or series.namespace != NAMESPACE:
            return None
        found = self._endpoints.get(series.dimensions[0][1])
        known = found and found.region == series.region and series.name in METRICS
        return found if known else None

    def _last(self, endpoint: str) -> _State:
        if endpoint not in self._endpoints or not self._endpoints[endpoint].states:
            raise ValueError(f"endpoint {endpoint} has no traffic")
        return self._endpoints[endpoint].states[-1]

    def _change(self, endpoint: str, at: datetime | None, **what: object) -> None:
        last, found = self._last(endpoint), self._endpoints[endpoint]
        found.become(replace(last, since=self._since(found, at), **what))  # type: ignore[arg-type]

    def _since(self, endpoint: _Endpoint, at: datetime | None) -> int:
        newest = max(self._read_to, endpoint.states[-1].since if endpoint.states else 0)
        return max(newest, epoch(at) if at is not None else self._start)


def _together(pieces: Sequence[_Requests]) -> _Requests | None:
    if len(pieces) <= 1:
        return pieces[0] if pieces else None
    count = sum(piece.count for piece in pieces)
    latency = Stats(
        count,
        sum(piece.latency.total for piece in pieces),
        min(piece.latency.low for piece in pieces),
        max(piece.latency.high for piece in pieces),
    )
    return _Requests(
        count,
        sum(piece.server_errors for piece in pieces),
        sum(piece.client_errors for piece in pieces),
        latency,
    )


def _shares(variants: Sequence[Variant]) -> dict[str, float]:
    live = sum(variant.weight for variant in variants if not variant.shadow)
    return {variant.name: min(1.0, variant.weight / live) for variant in variants if live}


def _share(value: float) -> float:
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"a share lies between 0 and 1, not {value}")
    return value


def _part(count: int, share: float, chance: int) -> int:
    expected = count * share
    return min(count, drawn(expected, sqrt(expected * (1 - share)), chance))
