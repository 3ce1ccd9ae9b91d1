"""The order statistic, against NumPy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipelines.quantile import quantile

VALUES = arrays(
    np.float32,
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    elements=st.floats(-1e6, 1e6, width=32),
)


@given(values=VALUES, share=st.floats(0, 1))
def test_it_is_numpys(values: np.ndarray, share: float) -> None:
    expected = np.quantile(values.astype(np.float64), share)
    assert quantile(values, share) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_the_array_is_left_in_its_order() -> None:
    values = np.array([3.0, 1.0, 2.0])
    quantile(values, 0.5)
    assert values.tolist() == [3.0, 1.0, 2.0]


def test_of_nothing_there_is_none() -> None:
    with pytest.raises(IndexError):
        quantile(np.empty(0), 0.5)
