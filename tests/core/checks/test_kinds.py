"""What every kind of check has in common."""

import pytest

from mcm.config.definitions import builtin_definitions
from mcm.core.checks.kinds import HEALTH, KINDS, judge, queries
from mcm.core.checks.watch import Watch
from mcm.core.plans.plan import Guardrail
from mcm.core.reading import Readings
from mcm.core.verdict import Kind
from tests.kit.readings import NOW
from tests.kit.world import stage_plan

BUILTIN = builtin_definitions()
WATCH = Watch(stage_plan("old"), NOW, True, {}, 500, change="CM-0001", plan="0" * 64)
PARAMS = {
    **{kind: BUILTIN[kind].example for kind in KINDS},
    HEALTH: {"endpoint": "photo-check-us"},
}


@pytest.mark.parametrize("kind", PARAMS)
def test_what_was_not_read_never_passes_and_never_breaks(kind: str) -> None:
    guardrail = Guardrail(kind, kind, PARAMS[kind], "roll_back")

    found = judge(guardrail, WATCH, Readings({}, NOW))

    assert found.kind in (Kind.ERROR, Kind.INCONCLUSIVE)
    assert queries(guardrail, WATCH)


def test_a_kind_that_nobody_knows_is_an_error() -> None:
    guardrail = Guardrail("new", "from-the-future", {}, "roll_back")

    assert judge(guardrail, WATCH, Readings({}, NOW)).kind is Kind.ERROR
    assert queries(guardrail, WATCH) == frozenset()
