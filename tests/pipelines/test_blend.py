"""A picture between two pictures against a texture that a formula shifts."""

from __future__ import annotations

import numpy as np

from pipelines.blend import blend
from tests.oracles import texture


def test_the_blend_lies_half_way_along_the_motion() -> None:
    middle = blend(texture(160, 120), texture(160, 120, 3), 0.5)[20:-20, 20:-20]
    moved = np.abs(middle.astype(int) - texture(160, 120, 1.5)[20:-20, 20:-20]).mean()
    mixed = (texture(160, 120).astype(int) + texture(160, 120, 3)) / 2
    plain = np.abs(mixed[20:-20, 20:-20] - texture(160, 120, 1.5)[20:-20, 20:-20]).mean()
    assert moved < plain / 2
