"""A plan of an earlier mcm is read as it was, and known for what it is."""

import pytest

from mcm.core import canonical
from mcm.core.errors import RefusedError
from mcm.core.plans.plan import Plan
from tests.planned import as_an_earlier_mcm_wrote
from tests.record.story import plan


def test_a_plan_of_today_is_not_older() -> None:
    assert not Plan.from_bytes(plan().to_bytes()).is_older


def test_an_older_plan_keeps_its_bytes_and_digest() -> None:
    """What people signed is what they signed; what came later is as it was without it."""
    data = as_an_earlier_mcm_wrote(plan())
    read = Plan.from_bytes(data)

    assert read.is_older
    assert (read.to_bytes(), read.digest) == (data, canonical.digest_bytes(data))
    assert read.calendars == ()
    assert not read.stages[0].touch
    assert read.stages[0].rollback_target == plan().stages[0].rollback_target


@pytest.mark.parametrize("field", ["execution", "stages", "pipeline"])
def test_a_plan_without_what_every_plan_has_is_none(field: str) -> None:
    value = canonical.decode(plan().to_bytes())
    assert isinstance(value, dict)
    del value[field]

    with pytest.raises(RefusedError, match=rf"with {field}.*E_CANONICAL"):
        Plan.from_bytes(canonical.encode(value))


def test_a_plan_with_what_nobody_knows_is_none() -> None:
    value = canonical.decode(plan().to_bytes())
    assert isinstance(value, dict)

    with pytest.raises(RefusedError):
        Plan.from_bytes(canonical.encode({**value, "from_the_future": 1}))
