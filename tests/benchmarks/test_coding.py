"""The comparison of two codings, on curves whose distance is known."""

from __future__ import annotations

import pytest

from benchmarks.coding import bytes_for_the_same


def curve(scale: float, shift: float = 0.0) -> list[tuple[float, int]]:
    """Bytes that double every 6 dB, as (quality, bytes) at four rates."""
    points = [38.0 + shift, 40.0 + shift, 42.0 + shift, 44.0 + shift]
    return [(quality, round(scale * 1e6 * 2 ** (quality / 6))) for quality in points]


@pytest.mark.parametrize("scale", [0.8, 1.0, 1.25])
def test_as_many_bytes_more_as_the_curve_lies_higher(scale: float) -> None:
    assert bytes_for_the_same(curve(1.0), curve(scale)) == pytest.approx(scale, rel=1e-6)


def test_another_operating_point_on_the_same_curve_is_no_gain() -> None:
    assert bytes_for_the_same(curve(1.0), curve(1.0, shift=1.5)) == pytest.approx(1.0, rel=1e-3)


def test_curves_that_reach_no_quality_in_common_are_refused() -> None:
    with pytest.raises(ValueError, match="no quality in common"):
        bytes_for_the_same(curve(1.0), curve(1.0, shift=20.0))
