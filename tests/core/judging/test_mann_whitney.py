"""The U test is scipy's, and what is missing counts as the worst that it could be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu

from mcm.core.judging.mann_whitney import larger, worst

# Few distinct values, so that there are ties, and many.
numbers = st.one_of(st.integers(0, 6).map(float), st.floats(-1e6, 1e6).map(lambda x: round(x, 3)))
samples = st.lists(numbers, min_size=1, max_size=40)


@given(samples, samples)
def test_it_is_what_scipy_says(first: list[float], second: list[float]) -> None:
    if len({*first, *second}) == 1:
        return  # scipy divides by zero there; see below
    expected = mannwhitneyu(first, second, alternative="greater", method="asymptotic")

    found = larger(first, second)

    assert found.u == pytest.approx(expected.statistic)
    assert found.p == pytest.approx(expected.pvalue, abs=1e-12)
    assert found.share == pytest.approx(expected.statistic / len(first) / len(second))


def test_equal_samples_are_never_larger() -> None:
    assert larger([5.0] * 20, [5.0] * 20).p == 1.0


@given(samples, samples, st.data())
def test_no_values_of_missing_points_make_it_sharper(
    first: list[float], second: list[float], data: st.DataObject
) -> None:
    """Taking points away and asking for the worst is never milder than having them."""
    known = data.draw(st.integers(0, len(first)))
    known_second = data.draw(st.integers(0, len(second)))
    whole = larger(first, second)

    poorer = worst(
        first[:known], second[:known_second], len(first) - known, len(second) - known_second
    )

    assert poorer.u >= whole.u - 1e-9
    if whole.u > len(first) * len(second) / 2 + 0.5:
        assert poorer.p <= whole.p + 1e-12
