"""The check `alarms`, on readings built by hand (AWS-RULES 18 to 23)."""

from datetime import datetime, timedelta

import pytest

from mcm.core.alarm import AlarmChange, AlarmView, MuteRule, Mutes
from mcm.core.checks.kinds import judge, queries
from mcm.core.checks.watch import Watch
from mcm.core.plans.plan import Guardrail
from mcm.core.query import AlarmQuery, MutesQuery, Query
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


# By prefix and tag


def of_set(*alarms: AlarmView, least: int = 1, why: Unknown | None = None, **sets: str) -> Verdict:
    params = {"names": [], "silent_ok": [], "at_least": least, "prefix": "", "tag": "", **sets}
    guardrail = Guardrail("alarms", "alarms", params, "roll_back")
    watch = Watch(STAGE, SINCE, True, {}, 500)
    answer = why or Known(tuple(alarms), NOW)
    answers: dict[Query, Reading] = dict.fromkeys(queries(guardrail, watch), answer)
    return judge(guardrail, watch, Readings(answers, NOW))


def test_each_alarm_of_a_set_counts() -> None:
    assert of_set(view("a"), view("b"), prefix="photo-").kind is Kind.PASS
    assert of_set(view("a"), view("b", "ALARM"), tag="service=photo").kind is Kind.BREACH
    assert of_set(view("a"), view("b", "ODD"), prefix="p", tag="a=b").kind is Kind.INCONCLUSIVE


def test_rule_18_a_set_with_fewer_alarms_than_expected_is_an_error() -> None:
    """An alarm that is deleted is silently gone; who says how many there are will notice."""
    found = of_set(view("a"), least=2, prefix="photo-")

    assert found.kind is Kind.ERROR
    assert "1 alarms, and 2 are expected" in found.reason
    assert of_set(prefix="photo-").kind is Kind.ERROR


def test_a_set_that_cannot_be_read_is_an_error() -> None:
    assert of_set(why=Unknown(Blindness.DENIED, "no", NOW), tag="a=b").kind is Kind.ERROR


def test_rule_23_muted_suppressed_and_disabled_are_told_and_count_all_the_same() -> None:
    quiet = view("a", "OK", suppressed_by="Alarm")
    loud = view("a", "ALARM", suppressed_by="Alarm")

    assert "a will not page: suppressed by Alarm" in of_set(quiet, prefix="a").reason
    assert of_set(loud, prefix="a").kind is Kind.BREACH


def before(one: AlarmView, mutes: Reading | None = None) -> Verdict:
    """Return the verdict in front of the promotion, with what is known of mute rules."""
    params = {"names": [one.name], "silent_ok": []}
    guardrail = Guardrail("alarms", "alarms", params, "roll_back")
    watch = Watch(STAGE, None, False, {}, 500)
    rules = mutes or Known(Mutes((MuteRule("night", (one.name,)),)), NOW)
    answers = {AlarmQuery(US, one.name, None): Known(one, NOW), MutesQuery(US): rules}
    assert queries(guardrail, watch) == set(answers)
    return judge(guardrail, watch, Readings(answers, NOW))


@pytest.mark.parametrize("why", list(Blindness))
def test_rule_23_mute_rules_that_cannot_be_read_are_told_and_change_no_verdict(
    why: Blindness,
) -> None:
    unknown = Unknown(why, "may not be read", NOW)

    found = before(view("a"), unknown)

    assert found.kind is Kind.PASS
    assert found.note == "whether alarms are muted cannot be told: may not be read"
    assert found.note in found.reason
    assert before(view("a", "ALARM"), unknown).kind is Kind.BREACH


STATES = ["OK", "ALARM", "INSUFFICIENT_DATA", "", "Pondering"]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("pages", [True, False])
@pytest.mark.parametrize("by", ["", "Alarm deploying"])
def test_rule_23_whatever_silences_an_alarm_its_state_is_judged_the_same(
    state: str, pages: bool, by: str
) -> None:
    loud = before(view("a", state), Known(Mutes(()), NOW))

    silent = before(view("a", state, pages=pages, suppressed_by=by))

    assert silent.kind is loud.kind
    assert "muted by night" in silent.note
    assert loud.note == ""


def test_rule_23_everything_that_silences_an_alarm_is_named() -> None:
    found = before(view("a", pages=False, suppressed_by="Alarm deploying"))

    assert found.note == (
        "a will not page: its actions are disabled, suppressed by Alarm deploying, muted by night"
    )


def test_rule_23_an_alarm_that_rings_unheard_is_told_to_ring_unheard() -> None:
    found = before(view("a", "ALARM"))

    assert found.reason == "a: in ALARM (will not page: muted by night)"


def test_rule_23_a_rule_for_other_alarms_mutes_none_of_ours() -> None:
    others = Known(Mutes((MuteRule("night", ("b", "c")),)), NOW)

    assert before(view("a"), others).note == ""


# Red before the start (AWS-RULES 21)

OLD, LATER = SINCE - timedelta(minutes=5), SINCE + timedelta(minutes=5)


def red(
    at: datetime, since: datetime | None = SINCE, *, now: bool = False, once: bool = False
) -> Kind:
    guardrail = Guardrail("alarms", "alarms", {"names": ["a"], "silent_ok": []}, "roll_back")
    names = frozenset({"a"})
    watch = Watch(
        STAGE,
        since,
        True,
        {},
        500,
        excepted=names if now else frozenset(),
        once_excepted=names if once else frozenset(),
    )
    one = view("a", "ALARM", transitioned_at=at)
    readings = Readings({AlarmQuery(US, "a", since): Known(one, NOW)}, NOW)
    return judge(guardrail, watch, readings).kind


def test_rule_21_red_before_the_start_blocks_unless_an_exception_names_the_alarm() -> None:
    assert red(OLD, None) is Kind.BREACH
    assert red(OLD, None, now=True) is Kind.PASS
    assert red(OLD, now=True) is Kind.PASS


def test_rule_21_an_exception_is_for_the_old_ring_only_and_until_its_time() -> None:
    assert red(LATER, now=True) is Kind.BREACH
    assert red(OLD, once=True) is Kind.INCONCLUSIVE
    assert red(LATER, once=True) is Kind.BREACH


def test_rule_22_each_ring_since_the_promotion_is_one_measurement() -> None:
    rings = tuple(AlarmChange(NOW - timedelta(minutes=n), "ALARM") for n in (8, 5))
    found = of_set(view("a", "OK", changes=rings), prefix="a")

    assert (found.kind, found.count, found.newest) == (Kind.BREACH, 2, Kind.PASS)


def test_rule_19_what_an_alarms_state_is_worth() -> None:
    assert verdict(view("alarm-0")).kind is Kind.PASS
    assert verdict(view("alarm-0", "ALARM")).kind is Kind.BREACH
    assert verdict(view("alarm-0", "INSUFFICIENT_DATA")).kind is Kind.INCONCLUSIVE
