"""The sandbox's data capture: requests and replies of an endpoint's variants, as JSON Lines.

Objects lie at `PREFIX/ENDPOINT/VARIANT/yyyy/mm/dd/hh/mm-ss-mmm-ID.jsonl` below the
configuration's DestinationS3Uri, one a `span` and variant, shadow variants included (SM
model-monitor-data-capture). Nothing runs: what was captured is worked out when somebody
asks for `due`. Simplified: an object has `MOST` requests of the simulated traffic at
most, and what nobody has asked for in `KEPT` is written no more. Failed requests are
captured like others.
"""

import base64
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from mcm.aws.port import Params
from mcm.sandbox.metrics import Series, epoch
from mcm.sandbox.sagemaker import SageMaker
from mcm.sandbox.sagemaker_endpoint import Endpoint, is_capturing
from mcm.sandbox.service import Stored
from mcm.sandbox.traffic import NAMESPACE, Traffic

MOST = 20
KEPT = timedelta(minutes=10)
_PHOTO, _JSON = "image/jpeg", "application/json"
_SHOT = b"\xff\xd8 a photo of a parcel \xff\xd9"


@dataclass(frozen=True)
class Asked:
    """One request to an endpoint, for the record."""

    at: datetime
    body: bytes
    content_type: str


@dataclass
class Capture:
    """Data capture of all endpoints of one account; `start` is when it begins to write."""

    sagemaker: SageMaker
    traffic: Traffic
    start: datetime
    buckets: tuple[tuple[str, str], ...] = ()
    """Buckets that are there from the start, by region and name."""
    delay: timedelta = timedelta(0)
    """How long after the end of its span an object is there."""
    _asked: dict[tuple[str, str], list[Asked]] = field(default_factory=dict)
    _done: datetime | None = None
    _stopped: dict[tuple[str, str], datetime] = field(default_factory=dict)
    _garbled: dict[tuple[str, str], datetime] = field(default_factory=dict)

    @property
    def span(self) -> timedelta:
        """How long requests are gathered for one object."""
        return timedelta(seconds=max(5, self.traffic.period))

    def asked(self, region: str, endpoint: str, asked: Asked) -> None:
        """Keep a request that somebody really sent; every variant gets it, a shadow's copy too."""
        self._asked.setdefault((region, endpoint), []).append(asked)

    def stop(self, endpoint: str, variant: str, at: datetime) -> None:
        """Write no record of a variant any more."""
        self._stopped[endpoint, variant] = at

    def garble(self, endpoint: str, variant: str, at: datetime) -> None:
        """Cut every record of a variant short from now on, so that it is no JSON."""
        self._garbled[endpoint, variant] = at

    def due(self, now: datetime) -> list[Stored]:
        """Return what has been written since the last call, oldest first."""
        until = now - self.delay
        first = max(self._done or self.start, until - KEPT)
        begins = first - timedelta(seconds=epoch(first) % int(self.span.total_seconds()))
        begins = begins.replace(microsecond=0)
        found: list[Stored] = []
        while begins + self.span <= until:
            for endpoint in self.sagemaker.endpoints():
                found += self._written(endpoint, begins, now)
            begins += self.span
        self._done = begins
        for key, asked in self._asked.items():
            self._asked[key] = [each for each in asked if each.at >= begins]
        return found

    def _written(self, endpoint: Endpoint, begins: datetime, now: datetime) -> Iterator[Stored]:
        deployed = endpoint.served_at(begins)
        if deployed is None:
            return
        config = self.sagemaker.registry.config(endpoint.region, deployed.config)
        capture = config.get("DataCaptureConfig")
        if not capture or not is_capturing(capture):
            return
        for variant in self.sagemaker.registry.variants(endpoint.region, deployed.config):
            name = variant["VariantName"]
            stopped = self._stopped.get((endpoint.name, name))
            if stopped is not None and begins + self.span > stopped:
                continue
            lines = self._lines(endpoint, variant, capture, begins, now)
            if not lines:
                continue
            garbled = self._garbled.get((endpoint.name, name))
            if garbled is not None and begins + self.span > garbled:
                lines = [line[: len(line) // 2] for line in lines]
            ends = begins + self.span
            place = f"{endpoint.name}/{name}/{ends:%Y/%m/%d/%H}"
            called = f"{ends:%M-%S-000}-{_id(place, ends.isoformat())}.jsonl"
            bucket, prefix = _destination(capture["DestinationS3Uri"])
            key = "/".join(part for part in (prefix, place, called) if part)
            body = b"".join(line + b"\n" for line in lines)
            yield Stored(endpoint.region, bucket, key, body, ends + self.delay)

    def _lines(
        self, endpoint: Endpoint, variant: Params, capture: Params, begins: datetime, now: datetime
    ) -> list[bytes]:
        ends = begins + self.span
        sent = self._asked.get((endpoint.region, endpoint.name), ())
        asked = [each for each in sent if begins <= each.at < ends]
        count = self._requests(endpoint, variant["VariantName"], begins, now)
        step = self.span / (count + 1)
        asked += [Asked(begins + step * (n + 1), _SHOT, _PHOTO) for n in range(count)]
        share = capture["InitialSamplingPercentage"]
        wanted = -(-len(asked) * share // 100)
        return [
            _record(each, variant, capture, f"{endpoint.name} {n}")
            for n, each in enumerate(asked[:wanted])
        ]

    def _requests(self, endpoint: Endpoint, variant: str, begins: datetime, now: datetime) -> int:
        names = (("EndpointName", endpoint.name), ("VariantName", variant))
        series = Series(endpoint.region, NAMESPACE, "Invocations", names)
        first, length = epoch(begins), int(self.span.total_seconds())
        found = self.traffic.buckets(series, first, first + length, length, epoch(now))
        return min(MOST, int(sum(each.count for each in found.values())))


def _record(asked: Asked, variant: Params, capture: Params, salt: str) -> bytes:
    """Return one line; the event's id is the same for a request and its shadow's copy."""
    answer = json.dumps({"label": "parcel", "sure": 0.98, "model": variant["ModelName"]})
    modes = {each["CaptureMode"] for each in capture["CaptureOptions"]}
    parts = {}
    if modes & {"Input", "InputAndOutput"}:
        parts["endpointInput"] = _part("INPUT", asked.body, asked.content_type, capture)
    if modes & {"Output", "InputAndOutput"}:
        parts["endpointOutput"] = _part("OUTPUT", answer.encode(), _JSON, capture)
    at = asked.at.astimezone(UTC)
    told = {"eventId": _id(salt, at.isoformat()), "inferenceTime": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
    record = {"captureData": parts, "eventMetadata": told, "eventVersion": "0"}
    return json.dumps(record, separators=(",", ":")).encode()


def _part(mode: str, data: bytes, content_type: str, capture: Params) -> dict[str, str]:
    """Spell what was sent: as text where the configuration knows its type, else in base64."""
    headers = capture.get("CaptureContentTypeHeader", {})
    encoding = "BASE64"
    for name, kinds in (("JSON", "JsonContentTypes"), ("CSV", "CsvContentTypes")):
        if content_type in headers.get(kinds, ()):
            encoding = name
    is_text = encoding != "BASE64"
    text = data.decode(errors="replace") if is_text else base64.b64encode(data).decode()
    return {
        "observedContentType": content_type,
        "mode": mode,
        "data": text,
        "encoding": encoding,
    }


def _destination(uri: str) -> tuple[str, str]:
    bucket, _, prefix = uri.partition("://")[2].partition("/")
    return bucket, prefix.strip("/")


def _id(*parts: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, " ".join(parts)))
