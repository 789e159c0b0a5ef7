"""What is stored reads back as it was, and nothing else reads at all."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from mcm.core import canonical, codec
from mcm.core.endpoint import Content
from mcm.core.errors import RefusedError
from mcm.core.history.instruction import (
    AnswerApproval,
    CloseTransition,
    Instruction,
    OpenTransition,
    RollBackStage,
    StopExecution,
)
from mcm.core.history.outcome import Result
from mcm.core.query import Metric, Place
from mcm.core.windows.window import Window
from tests.kit.readings import PIPELINE, STAGE, content

INSTRUCTIONS = [
    OpenTransition(PIPELINE, STAGE, "new", 4),
    CloseTransition(PIPELINE, STAGE, "closed"),
    AnswerApproval(PIPELINE, "ApproveUS", "Approve", "new", 4, "signed"),
    StopExecution(PIPELINE, STAGE, "new", True, "why"),
    RollBackStage(PIPELINE, STAGE, "old", "new"),
]


@pytest.mark.parametrize("one", INSTRUCTIONS, ids=lambda one: one.op)
def test_an_instruction_reads_back_by_its_op(one: Instruction) -> None:
    stored = canonical.decode(canonical.encode(codec.to_value(one)))

    assert codec.from_value(Instruction, stored) == one  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (Content, content()),
        (Metric, Metric("Example", "Sum", (("a", "b"),), "Sum", timedelta(seconds=60))),
        (datetime, datetime(2026, 3, 18, 9, 30, tzinfo=UTC)),
        (timedelta, timedelta(minutes=3)),
        (Decimal, Decimal("0.5")),
        (tuple[int, ...], (1, 2)),
    ],
)
def test_a_value_reads_back(hint: type, value: object) -> None:
    stored = canonical.decode(canonical.encode({"it": codec.to_value(value)}))["it"]

    assert codec.from_value(hint, stored) == value


@pytest.mark.parametrize(
    "stored",
    [
        {"account": "1"},
        {"account": "1", "region": "us-east-1", "more": 1},
        {"account": 1, "region": "us-east-1"},
        {"account": None, "region": "us-east-1"},
        ["1", "us-east-1"],
        "1",
        None,
    ],
)
def test_what_does_not_fit_is_refused(stored: object) -> None:
    """Nothing is filled in, left out or converted: it must be what was signed."""
    with pytest.raises(RefusedError, match="E_CANONICAL"):
        codec.from_value(Place, stored)  # type: ignore[arg-type]


@pytest.mark.parametrize("hint", [datetime, timedelta, Decimal, Result, tuple[Place, ...]])
@pytest.mark.parametrize("stored", [None, True, [5], {"a": 5}, "?", 10**30])
def test_what_is_of_another_type_is_refused_and_no_crash(hint: type, stored: object) -> None:
    """Whoever reads many plans passes over one that is refused; a rollback does."""
    with pytest.raises(RefusedError, match="E_CANONICAL"):
        codec.from_value(hint, stored)  # type: ignore[arg-type]


@pytest.mark.parametrize("stored", [None, [], "", 5])
def test_only_a_mapping_is_one(stored: object) -> None:
    with pytest.raises(RefusedError, match="want a mapping"):
        codec.from_value(Mapping[str, Any], stored)  # type: ignore[type-abstract, arg-type]


@pytest.mark.parametrize("op", ["invented", "", None])
def test_an_instruction_that_nobody_knows_is_refused(op: str | None) -> None:
    stored = {**codec.to_value(INSTRUCTIONS[1]), "op": op}  # type: ignore[dict-item]

    with pytest.raises(RefusedError):
        codec.from_value(Instruction, stored)  # type: ignore[arg-type]


def test_a_truth_value_is_no_number() -> None:
    with pytest.raises(RefusedError):
        codec.from_value(tuple[int, ...], [True])


def test_a_value_that_its_class_does_not_take_is_refused_and_no_fault_of_mcm() -> None:
    stored = codec.to_value(Window("quiet", "0 2 * * *", timedelta(hours=3), "Europe/Berlin"))
    assert isinstance(stored, dict)

    with pytest.raises(RefusedError, match=r"no such time zone.*E_CANONICAL"):
        codec.from_value(Window, {**stored, "timezone": "Europe/Nowhere"})
