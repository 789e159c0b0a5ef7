"""The check `alarms`, on readings built by hand (AWS-RULES 18 to 23)."""

from datetime import timedelta

import pytest

from mcm.core.alarm import AlarmChange, AlarmView
from mcm.core.checks import Watch, judge, queries
from mcm.core.plan import Guardrail
from mcm.core.query import AlarmQuery, Query
from mcm.core.reading import Blindness, Known, Reading, Readings, Unknown
from mcm.core.verdict import Kind, Verdict
from tests.kit.readings import NOW, US
from tests.kit.world import stage_plan

STAGE = stage_plan("old")
SINCE = NOW - timedelta(minutes=10)


def view(name: str, state: str = "OK", **changes: object) -> AlarmView:
    values: dict[str, object] = {
        "evaluation_state": "",
        "transitioned_at": None,
        "reason": "",
        "pages": True,
        "changes": (),
        **changes,
    }
    return AlarmView(name, state, **values)  # type: ignore[arg-type]


def verdict(
    *alarms: AlarmView | Unknown, samples: int | None = 500, silent_ok: tuple[str, ...] = ()
) -> Verdict:
    names = [f"alarm-{n}" for n in range(len(alarms))]
    answers: dict[Query, Reading] = {
        AlarmQuery(US, name, SINCE): one if isinstance(one, Unknown) else Known(one, NOW)
        for name, one in zip(names, alarms, strict=True)
    }
    guardrail = Guardrail(
        "alarms", "alarms", {"names": names, "silent_ok": list(silent_ok)}, "roll_back"
    )
    watch = Watch(STAGE, SINCE, True, {}, samples)
    assert queries(guardrail, watch) == set(answers)
    return judge(guardrail, watch, Readings(answers, NOW))


@pytest.mark.parametrize("why", list(Blindness))
def test_an_alarm_that_is_unknown_is_an_error(why: Blindness) -> None:
    found = verdict(view("alarm-0"), Unknown(why, "no alarm of that name", NOW))

    assert found.kind is Kind.ERROR
    assert "alarm-1" in found.reason


def test_all_ok_passes() -> None:
    assert verdict(view("alarm-0"), view("alarm-1")).kind is Kind.PASS


def test_no_alarm_at_all_is_an_error() -> None:
    assert verdict().kind is Kind.ERROR


@pytest.mark.parametrize("pages", [True, False], ids=["pages", "muted"])
def test_an_alarm_in_alarm_is_a_breach_even_if_nobody_is_paged(pages: bool) -> None:
    found = verdict(view("alarm-0", "ALARM", pages=pages), view("alarm-1"))

    assert found.kind is Kind.BREACH
    assert ("will not page" in found.reason) is not pages


def test_an_alarm_that_rang_and_is_ok_again_is_a_breach() -> None:
    rang = (AlarmChange(NOW - timedelta(minutes=5), "ALARM"),)

    assert verdict(view("alarm-0", "OK", changes=rang)).kind is Kind.BREACH


def test_a_breach_beside_an_error_is_a_breach() -> None:
    found = verdict(view("alarm-0", "ALARM"), Unknown(Blindness.LATE, "late", NOW))

    assert found.kind is Kind.BREACH


@pytest.mark.parametrize("state", ["INSUFFICIENT_DATA", "", "IN_WARM_UP", "Pondering"])
def test_no_data_and_unknown_words_are_inconclusive(state: str) -> None:
    assert verdict(view("alarm-0", state)).kind is Kind.INCONCLUSIVE


@pytest.mark.parametrize("word", ["PARTIAL_DATA", "EVALUATION_FAILURE", "SOMETHING_NEW"])
def test_ok_by_a_doubtful_evaluation_is_inconclusive(word: str) -> None:
    """Fault scenario 18."""
    assert verdict(view("alarm-0", evaluation_state=word)).kind is Kind.INCONCLUSIVE


@pytest.mark.parametrize(
    ("samples", "kind"), [(100, Kind.PASS), (99, Kind.INCONCLUSIVE), (None, Kind.INCONCLUSIVE)]
)
def test_silence_that_was_signed_as_fine_needs_enough_traffic(
    samples: int | None, kind: Kind
) -> None:
    found = verdict(view("alarm-0", "INSUFFICIENT_DATA"), samples=samples, silent_ok=("alarm-0",))

    assert found.kind is kind


def test_silence_of_another_alarm_is_not_fine() -> None:
    found = verdict(view("alarm-0"), view("alarm-1", "INSUFFICIENT_DATA"), silent_ok=("alarm-0",))

    assert found.kind is Kind.INCONCLUSIVE
