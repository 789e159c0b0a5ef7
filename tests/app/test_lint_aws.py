"""lint --aws: alarms that cannot fire, and bakes that wait for requests that never come."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mcm.app.lint import Finding
from mcm.app.lint_aws import lint_aws, requests_at
from mcm.app.seen import SeenAlarm, SeenStage, Survey
from mcm.config.places import Places
from mcm.core.alarm import AlarmDefinition
from mcm.core.judging.alarm_faults import Fault, FaultKind
from mcm.core.plans.stage_hours import hours_of_config
from tests.app.test_lint import FILES, NOW, edit, service

HOUR = timedelta(hours=1)
LONG = edit(
    FILES["mcm.yaml"],
    "bake: {for: 15s, min_samples: 50}",
    "bake: {for: 1h, min_samples: 500, limit: 2h}",
)


def nights(requests: Any) -> tuple[tuple[datetime, float], ...]:
    """Fifteen days of hours, `requests` by the hour of the day."""
    start = datetime(2026, 2, 20, tzinfo=UTC)
    return tuple(
        (start + number * HOUR, float(requests(start + number * HOUR)))
        for number in range(15 * 24)
        if requests(start + number * HOUR)
    )


def find(text: str = LONG, **seen: Any) -> list[Finding]:
    known = service(text)
    stage: Any = SeenStage(
        name="prod-us",
        site=None,
        readiness=None,
        config=known.stages[2],
        **seen,  # type: ignore[arg-type]
    )
    survey = Survey(NOW, None, None, None, (stage,), ())  # type: ignore[arg-type]
    return list(lint_aws(known, Places(text.encode(), "mcm.yaml"), survey))


def test_a_quiet_hour_that_has_too_few_requests_is_told_with_its_numbers() -> None:
    """The window opened at 08:00: that is the hour in which the bake would begin."""
    opens = service(LONG).stages[2]
    start = next(hours_of_config(opens, (), ()).starts(NOW)).start.hour
    found = find(requests=nights(lambda at: 180 + 4 * at.day % 60 if at.hour == start else 4000))
    (each,) = found

    assert each.rule == "bake-samples"
    assert f"{start:02}:00-{start + 1:02}:00 sees 18" in each.message
    assert "500 need 2." in each.message
    assert "it bakes 2h at most" in each.message
    assert "min_samples: " in each.write


@pytest.mark.parametrize(
    "requests",
    [
        nights(lambda at: 4000),
        nights(lambda at: 300),
        nights(lambda at: 1)[:30],
        (),
    ],
)
def test_enough_requests_and_too_few_days_say_nothing(requests: Any) -> None:
    assert find(requests=requests) == []


def test_an_hour_that_is_always_empty_never_gives_them() -> None:
    start = next(hours_of_config(service(LONG).stages[2], (), ()).starts(NOW)).start.hour
    (each,) = find(requests=nights(lambda at: 0 if at.hour == start else 4000))

    assert "sees 0-0 requests; 500 never come" in each.message


def test_a_day_without_a_point_in_that_hour_had_none() -> None:
    hours = hours_of_config(service(LONG).stages[2], (), ())
    points = [(datetime(2026, 3, day, 12, tzinfo=UTC), 10.0) for day in range(1, 8)]
    points += [(datetime(2026, 3, 4, 3, tzinfo=UTC), 70.0)]

    assert requests_at(points, hours, 3) == [0, 0, 70, 0, 0]


def alarm(name: str, *faults: Fault) -> SeenAlarm:
    return SeenAlarm(AlarmDefinition(name, "MetricAlarm", {}), faults)


def test_alarms_are_told_where_mcm_yaml_names_them() -> None:
    dead = Fault(FaultKind.CANNOT_FIRE, "Average Invocation5XXErrors > 1")
    silent = Fault(FaultKind.SILENT, "INSUFFICIENT_DATA now")
    found = find(missing=("photo-check-latency",), alarms=(alarm("photo-check-5xx", dead, silent),))
    places = Places(LONG.encode(), "mcm.yaml")

    assert [each.rule for each in found] == [
        "alarm-missing",
        "threshold-cannot-fire",
        "alarm-silent",
    ]
    item = places.of("stages", 2, "guardrails", 0, "with", "names", 0)
    assert (found[1].line, found[1].column) == (item.line, item.column)
    assert "photo-check-5xx: Average" in found[1].message
