"""The headline: did an alarm begin after the promotion, or is a rollback no help?"""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from mcm.app.oncall import Facts, build_facts
from mcm.app.oncall_alarms import MOST, Alarms, alarm_queries, headline, read_alarms
from mcm.core.alarm import AlarmChange, AlarmView
from mcm.core.past import Firing
from mcm.core.query import AlarmQuery, FiringQuery, IdentityQuery, Place, Query
from mcm.core.reading import Known, Reading, Readings
from tests.app.scenes import ENTERED, passage, past, scene
from tests.kit.readings import NOW, US, pipeline_view, stage, unknown

MINUTE = timedelta(minutes=1)


def alarm(name: str = "5xx", state: str = "ALARM", at: datetime | None = None) -> AlarmView:
    return AlarmView(name, state, "", at, "", True, ())


def facts(entered: datetime = ENTERED, **fields: object) -> Facts:
    return build_facts(scene(**fields), past((passage("new", entered),)))


def told(*views: AlarmView, entered: datetime = ENTERED, **fields: object) -> str:
    return headline(facts(entered), replace(Alarms(views, "the alarms of prod-us", True), **fields))


def test_an_alarm_that_began_after_the_promotion() -> None:
    assert told(alarm(at=ENTERED + 17 * MINUTE)) == (
        "promoted 09:40Z, the alarm 5xx began 09:57Z, 17m later"
    )


def test_the_first_of_several_is_named_and_the_others_counted() -> None:
    late, early = alarm("late", at=ENTERED + 9 * MINUTE), alarm("early", at=ENTERED + MINUTE)

    assert told(late, early).endswith("the alarm early began 09:41Z, 1m later (1 more began too)")


def test_one_that_is_over_began_all_the_same() -> None:
    view = replace(alarm(state="OK"), changes=(AlarmChange(ENTERED + MINUTE, "ALARM"),))

    assert told(view).endswith("began 09:41Z, 1m later, and is over")


def test_an_alarm_that_was_there_before_speaks_against_a_rollback() -> None:
    assert told(alarm(at=ENTERED - MINUTE)) == (
        "promoted 09:40Z; the alarm 5xx began 09:39Z, before that: a rollback may not help"
    )


def test_nothing_promoted_lately_is_said_whatever_the_alarms_say() -> None:
    old = NOW - timedelta(hours=25)
    said = "nothing was promoted in 24 h: a rollback will hardly help"

    assert told(entered=old).startswith(said)
    assert told(alarm(at=NOW - MINUTE), entered=old) == f"{said}; the alarm 5xx began 09:59Z"


def test_alarms_that_cannot_be_read_are_not_quiet() -> None:
    assert told(unread=("5xx (denied)",)) == (
        "promoted 09:40Z; the alarms of prod-us cannot be told: 5xx (denied)"
    )


@pytest.mark.parametrize("state", ["INSUFFICIENT_DATA", "SOMETHING_NEW", ""])
def test_an_alarm_in_another_state_is_named_with_it(state: str) -> None:
    assert f"5xx is {state or 'without a state'}" in told(alarm(state=state))


def test_before_the_alarms_are_there_the_rest_is() -> None:
    assert headline(facts(), None) == "promoted 09:40Z; reading its alarms"


def test_an_unknown_time_of_promotion_is_said() -> None:
    unclear = build_facts(scene(), Readings({}, NOW))
    quiet = Alarms((), "the alarms of prod-us", named=True)

    assert headline(unclear, quiet).startswith("when this was promoted is unknown")


def test_what_deploys_still_and_what_was_rolled_back_says_so() -> None:
    running = build_facts(
        scene(), past((passage("new"),), view=pipeline_view(stage(status="InProgress")))
    )
    back = build_facts(
        scene(source="old"),
        past((passage("back"),), view=pipeline_view(stage("back", kind="ROLLBACK"))),
    )

    assert headline(running, None).startswith("promoted 09:40Z and still deploying")
    assert headline(back, None).startswith("rolled back 09:40Z")


def test_the_alarms_of_the_stage_are_asked_for_since_the_promotion() -> None:
    named = tuple((US, f"a{n}") for n in range(MOST + 5))
    found = facts(alarms=named)
    queries = alarm_queries(found, past())

    assert AlarmQuery(US, "a0", ENTERED) in queries
    assert len(queries) == MOST + 1
    assert read_alarms(found, past(), Readings({}, NOW)).left_out == 5


def test_where_no_file_names_alarms_those_where_it_deploys_count() -> None:
    readings = past((passage("new", regions=("eu-west-1",)),))
    found = build_facts(scene(), readings)
    firing: Query = FiringQuery(Place(US.account, "eu-west-1"))
    queries = alarm_queries(found, readings)
    old, new = alarm("old", at=NOW - timedelta(days=9)), alarm("new", at=NOW - MINUTE)
    answer: dict[Query, Reading] = {firing: Known(Firing((old, new), False), NOW)}
    alarms = read_alarms(found, readings, Readings(answer, NOW))

    assert queries == {firing, IdentityQuery(US)}
    assert [view.name for view in alarms.views] == ["new"]
    assert "the alarm new, in eu-west-1 began 09:59Z" in headline(found, alarms)


def test_a_region_whose_alarms_cannot_be_read_is_told() -> None:
    found = facts()
    answer: dict[Query, Reading] = {FiringQuery(US): unknown(reason="denied")}
    alarms = read_alarms(found, past(), Readings(answer, NOW))

    assert "the alarms of us-east-1 cannot be told: us-east-1 (denied)" in headline(found, alarms)
