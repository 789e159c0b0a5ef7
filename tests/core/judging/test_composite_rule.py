"""Rules of composite alarms."""

import pytest

from mcm.core.judging.alarm_rule import State
from mcm.core.judging.composite_rule import RuleError, parse

STATES = {
    "rings": State.ALARM,
    "calm": State.OK,
    "a b (c)": State.OK,
    "dark": State.INSUFFICIENT_DATA,
}


@pytest.mark.parametrize(
    ("text", "rings"),
    [
        ("ALARM(rings)", True),
        ("ALARM(calm)", False),
        ('OK("a b (c)")', True),
        ("INSUFFICIENT_DATA(dark)", True),
        ("ALARM(arn:aws:cloudwatch:us-east-1:111111111111:alarm:rings)", True),
        ("ALARM(rings) AND ALARM(calm)", False),
        ("ALARM(rings) OR ALARM(calm)", True),
        ("ALARM(calm) AND ALARM(calm) OR ALARM(rings)", True),
        ("ALARM(rings) AND NOT (ALARM(calm) OR OK(dark))", True),
        ("NOT NOT TRUE AND NOT FALSE", True),
    ],
)
def test_a_rule_over_states(text: str, rings: bool) -> None:
    assert parse(text).rings(STATES.__getitem__) is rings


def test_children_are_named_without_their_arn() -> None:
    text = 'ALARM("a b") OR OK(arn:aws:cloudwatch:us-east-1:111111111111:alarm:c)'

    assert parse(text).children == {"a b", "c"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rings",
        "ALARM()",
        "ALARM(rings) ALARM(calm)",
        "ALARM(rings) AND",
        "(ALARM(rings)",
        "ALARM(rings))",
        "AT_LEAST(1, ALARM, (rings))",
        "alarm(rings)",
        "NOT " * 200 + "TRUE",
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(RuleError):
        parse(text)
