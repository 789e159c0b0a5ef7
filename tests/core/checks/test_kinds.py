"""What every kind of check has in common."""

import pytest

from mcm.core.checks import KINDS, Watch, judge, queries
from mcm.core.plan import Guardrail
from mcm.core.reading import Readings
from mcm.core.verdict import Kind
from tests.kit.readings import NOW
from tests.kit.world import stage_plan

PARAMS = {
    "alarms": {"names": ["photo-check-5xx"], "silent_ok": []},
    "sagemaker-endpoint": {"endpoint": "photo-check-us"},
    "http-health": {"url": "https://example.com/ping", "status": [200], "within": 2000},
}
WATCH = Watch(stage_plan("old"), NOW, True, {}, 500)


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_not_read_never_passes_and_never_breaks(kind: str) -> None:
    guardrail = Guardrail(kind, kind, PARAMS[kind], "roll_back")

    found = judge(guardrail, WATCH, Readings({}, NOW))

    assert found.kind in (Kind.ERROR, Kind.INCONCLUSIVE)
    assert queries(guardrail, WATCH)


def test_a_kind_that_nobody_knows_is_an_error() -> None:
    guardrail = Guardrail("new", "from-the-future", {}, "roll_back")

    assert judge(guardrail, WATCH, Readings({}, NOW)).kind is Kind.ERROR
    assert queries(guardrail, WATCH) == frozenset()
