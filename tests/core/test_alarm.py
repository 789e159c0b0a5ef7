"""The verdict on one alarm."""

from datetime import datetime, timedelta

import pytest

from mcm.core.alarm import AlarmChange, AlarmView, judge_alarm
from mcm.core.verdict import Kind
from tests.kit.readings import NOW, minutes


def judged(*changes: AlarmChange, state: str = "OK", since: datetime = NOW) -> Kind:
    view = AlarmView("photo-check-5xx", state, "", NOW, "", True, changes)
    return judge_alarm(view, since, silence_is_fine=False)[0]


@pytest.mark.parametrize("word", ["unreadable", "", "SOME_NEW_STATE"])
def test_a_change_of_state_that_cannot_be_told_is_inconclusive(word: str) -> None:
    """It may have been an ALARM: OK at the end proves nothing."""
    assert judged(AlarmChange(NOW + minutes(1), word)) is Kind.INCONCLUSIVE


def test_a_change_from_before_the_promotion_does_not_count() -> None:
    before = NOW - timedelta(seconds=1)

    assert judged(AlarmChange(before, "unreadable"), AlarmChange(before, "ALARM")) is Kind.PASS


def test_an_alarm_beside_a_change_that_cannot_be_told_is_a_breach() -> None:
    odd, alarm = AlarmChange(NOW, "unreadable"), AlarmChange(NOW + minutes(1), "ALARM")

    assert judged(odd, alarm) is Kind.BREACH
    assert judged(odd, state="ALARM") is Kind.BREACH
