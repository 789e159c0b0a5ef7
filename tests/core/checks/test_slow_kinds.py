"""The checks `command` and `smoke`, on readings built by hand."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from mcm.config.definitions import builtin_definitions
from mcm.core.checks.kinds import judge, queries
from mcm.core.checks.watch import Watch
from mcm.core.invocation import InvocationView
from mcm.core.judging.plugin import Datum, PluginView
from mcm.core.plans.plan import Guardrail
from mcm.core.reading import Blindness, Known, Readings, Unknown
from mcm.core.verdict import Kind, Verdict
from tests.kit.readings import NOW
from tests.kit.world import stage_plan

WATCH = Watch(stage_plan("old"), NOW, True, {}, 500)
BUILTIN = builtin_definitions()


def verdict(name: str, answer: Any, **changes: Any) -> Verdict:
    guardrail = Guardrail(name, name, {**BUILTIN[name].example, **changes}, "hold")
    (query,) = queries(guardrail, WATCH)
    reading = answer if isinstance(answer, Unknown) else Known(answer, NOW)
    return judge(guardrail, WATCH, Readings({query: reading}, NOW))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (0, Kind.PASS),
        (1, Kind.INCONCLUSIVE),
        (2, Kind.BREACH),
        (3, Kind.ERROR),
        (4, Kind.ERROR),
        (127, Kind.ERROR),
    ],
)
def test_a_status_means_what_it_means_to_monitoring_plugins(status: int, kind: Kind) -> None:
    found = verdict("command", PluginView(status, "said so", (Datum("waiting", Decimal(3), ""),)))

    assert found.kind is kind
    assert "said so" in found.reason
    assert found.evidence == ("waiting 3",)


@pytest.mark.parametrize("name", ["command", "smoke"])
@pytest.mark.parametrize("why", list(Blindness))
def test_late_does_not_tell_and_everything_else_is_an_error(name: str, why: Blindness) -> None:
    expected = Kind.INCONCLUSIVE if why is Blindness.LATE else Kind.ERROR

    assert verdict(name, Unknown(why, "no end within 30s", NOW)).kind is expected


def answer(text: str, failed: str = "") -> InvocationView:
    return InvocationView(text, "live", timedelta(seconds=0.2), failed)


def test_an_answer_with_every_expected_part_passes() -> None:
    found = verdict("smoke", answer('{"label":"parcel","sure":0.98}'))

    assert found.kind is Kind.PASS
    assert "by live in 0.20 s" in found.reason


def test_a_wrong_answer_is_a_breach_and_shown() -> None:
    found = verdict("smoke", answer('{"label": "cat\x1b[2J"}'))

    assert found.kind is Kind.BREACH
    assert "cat" in found.reason
    assert "\x1b" not in found.reason


def test_a_model_that_fails_is_a_breach() -> None:
    assert verdict("smoke", answer("", "ModelError: 500")).kind is Kind.BREACH


def test_slow_checks_say_how_old_an_answer_may_be() -> None:
    guardrail = Guardrail("smoke", "smoke", BUILTIN["smoke"].example, "hold")
    (query,) = queries(guardrail, WATCH)

    assert query.good_for == timedelta(minutes=5, seconds=10)  # type: ignore[union-attr]
