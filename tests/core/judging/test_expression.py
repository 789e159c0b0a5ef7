"""Metric math that a guardrail may write, and that sees its own metrics only."""

import pytest

from mcm.core.judging.expression import LONGEST, problem, renamed

NAMES = ("errors", "requests")


@pytest.mark.parametrize(
    "text",
    [
        "100 * errors / requests",
        "IF(requests > 20, errors / requests, 0)",
        "FILL(errors, 0) / requests",
        "MAX([errors, requests]) - .5",
        "errors && requests",
    ],
)
def test_a_formula_over_its_own_metrics_is_fine(text: str) -> None:
    assert problem(text, NAMES) == ""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("SUM(METRICS())", "METRICS"),
        ("SEARCH('{AWS/SageMaker}')", "SEARCH"),
        ('SUM(METRICS("e"))', "METRICS"),
        ("errors / others", "others, which is not among its metrics: errors, requests"),
        ("FILL(errors, REPEAT)", "makes up data"),
        ("FILL(errors, LINEAR)", "makes up data"),
        ("errors; requests", "';'"),
        ("1 + 2", "names none of its metrics"),
        ("errors" + " + 1" * LONGEST, "longer than"),
        ("ANOMALY_DETECTION_BAND(errors)", "ANOMALY_DETECTION_BAND"),
    ],
)
def test_what_would_see_others_metrics_or_make_up_data_is_refused(text: str, says: str) -> None:
    assert says in problem(text, NAMES)


def test_metrics_get_names_of_their_own_in_a_request() -> None:
    ids = {"errors": "m0_errors", "e": "m0_e"}

    assert renamed("IF(errors > 1, e, FILL(e, 0))", ids) == "IF(m0_errors > 1, m0_e, FILL(m0_e, 0))"
