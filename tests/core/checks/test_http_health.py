"""The check `http-health`, on readings built by hand."""

from datetime import timedelta
from typing import Any

import pytest

from mcm.config.definitions import builtin_definitions
from mcm.core.checks.kinds import judge, queries
from mcm.core.checks.watch import Watch
from mcm.core.http import HttpView
from mcm.core.plans.plan import Guardrail
from mcm.core.reading import Blindness, Known, Readings, Unknown
from mcm.core.verdict import Kind, Verdict
from tests.kit.readings import NOW
from tests.kit.world import stage_plan

WATCH = Watch(stage_plan("old"), NOW, True, {}, 500)
EXAMPLE = builtin_definitions()["http-health"].example


def view(status: int = 200, took: float = 0.1, body: str = "ok", days: float | None = 90) -> Any:
    ends = None if days is None else NOW + timedelta(days=days)
    return HttpView(status, timedelta(seconds=took), body, ends)


def verdict(answer: Any, **changes: Any) -> Verdict:
    guardrail = Guardrail("ping", "http-health", {**EXAMPLE, **changes}, "roll_back")
    (query,) = queries(guardrail, WATCH)
    reading = answer if isinstance(answer, Unknown) else Known(answer, NOW)
    return judge(guardrail, WATCH, Readings({query: reading}, NOW))


@pytest.mark.parametrize("why", list(Blindness))
def test_no_answer_is_no_breach(why: Blindness) -> None:
    expected = Kind.INCONCLUSIVE if why is Blindness.LATE else Kind.ERROR

    assert verdict(Unknown(why, "no connection", NOW)).kind is expected


def test_an_accepted_status_in_time_passes_and_another_one_breaks_it() -> None:
    assert verdict(view(204)).kind is Kind.PASS
    assert verdict(view(503)).kind is Kind.BREACH


def test_a_slow_answer_is_a_breach_where_the_use_says_so() -> None:
    assert verdict(view(took=1.5)).kind is Kind.PASS
    assert verdict(view(took=1.5), slower_than=1000).kind is Kind.BREACH


def test_a_part_that_is_missing_is_a_breach_and_the_answer_is_cleaned() -> None:
    assert verdict(view(body='{"db": "up"}'), body=['"db"']).kind is Kind.PASS
    found = verdict(view(body="\x1b[2Jdown"), body=["up"])
    assert found.kind is Kind.BREACH
    assert "\x1b" not in found.reason


@pytest.mark.parametrize(
    ("days", "kind"), [(90, Kind.PASS), (13, Kind.BREACH), (-1, Kind.BREACH), (None, Kind.BREACH)]
)
def test_a_certificate_that_is_about_to_end_is_a_breach(days: float | None, kind: Kind) -> None:
    assert verdict(view(days=days)).kind is kind
    assert verdict(view(days=days), certificate_days=0).kind is Kind.PASS


def test_a_plan_of_before_asks_for_status_and_time_only() -> None:
    old = {"url": "https://example.com/", "within": 2000, "status": [200]}
    guardrail = Guardrail("ping", "http-health", old, "roll_back")
    (query,) = queries(guardrail, WATCH)

    found = judge(guardrail, WATCH, Readings({query: Known(view(), NOW)}, NOW))

    assert found.kind is Kind.PASS
