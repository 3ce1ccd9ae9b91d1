"""Inflation against the shapes it must give."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines import relief


@pytest.mark.parametrize("radius", [20.0, 48.0, 90.0])
def test_a_disc_becomes_a_sphere(radius: float) -> None:
    size = int(2 * radius) + 30
    centre = (size - 1) / 2
    y, x = (axis - centre for axis in np.mgrid[:size, :size])
    disc = (np.hypot(x, y) < radius).astype(np.float32)
    height = relief.membrane(disc)
    inner = np.hypot(x, y) < 0.9 * radius
    sphere = np.sqrt(np.maximum(radius**2 - x**2 - y**2, 0))
    assert np.abs(np.sqrt(height) - sphere)[inner].max() < 0.02 * radius + 0.6
    expected = np.stack([x, y, sphere], axis=-1) / radius
    cosine = (relief.normals(height) * expected).sum(axis=-1)
    assert np.degrees(np.arccos(cosine[inner].clip(-1, 1))).max() < 4


def test_normals_lie_flat_at_the_rim_and_are_units() -> None:
    y, x = np.mgrid[:120, :120] - 59.5
    normals = relief.normals(relief.membrane((np.hypot(x, y) < 50).astype(np.float32)))
    np.testing.assert_allclose(np.linalg.norm(normals, axis=-1), 1, atol=1e-4)
    rim = (np.hypot(x, y) > 48.5) & (np.hypot(x, y) < 49.5)
    assert normals[rim][:, 2].mean() < 0.3
    assert normals[0, 0].tolist() == [0, 0, 1]


def test_a_long_bar_becomes_a_half_cylinder() -> None:
    bar = np.zeros((61, 301), np.float32)
    bar[10:51] = 1
    bar[:, :2] = bar[:, -2:] = 0
    ridge = np.sqrt(relief.membrane(bar)[30, 150])
    # In one dimension h'' = −4: the ridge rises √2 times the way to the first pixel outside.
    assert ridge == pytest.approx(np.sqrt(2) * 21, rel=0.05)
