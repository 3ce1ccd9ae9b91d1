"""The ease curve, against its polynomial."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ramp import eased


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=50))
def test_it_is_hermites_cubic_held_at_its_ends(values: list[float]) -> None:
    ramp = np.array(values)
    cubic = np.polynomial.Polynomial([0, 0, 3, -2])(np.clip(ramp, 0, 1))
    result = eased(ramp)
    np.testing.assert_allclose(result, cubic, atol=1e-6)
    assert result.dtype == np.float32


def test_it_is_level_at_both_ends() -> None:
    ends = eased(np.array([0.0, 1e-4, 1 - 1e-4, 1.0]))
    assert np.abs(np.diff(ends)[[0, 2]]).max() < 1e-6
