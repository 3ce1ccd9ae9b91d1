"""Regions and their borders: the same bytes wherever they lie in memory."""

from __future__ import annotations

import numpy as np

from pipelines.motion.craft.scene import clearance, feathered


def test_distances_do_not_depend_on_where_the_mask_lies_in_memory() -> None:
    """OpenCV's own differ in the last bit for about half of the places, for this very mask."""
    steps = np.tri(64, 65, dtype=np.float32)[::-1]
    softened, cleared = set(), set()
    for pad in range(40):
        room = np.empty(pad * 613 + steps.size, np.float32)
        region = room[pad * 613 :].reshape(steps.shape)
        region[:] = steps
        softened.add(feathered(region, 8.0).tobytes())
        cleared.add(clearance(region).tobytes())
    assert len(softened) == len(cleared) == 1


def test_clearance_is_the_distance_in_pixels() -> None:
    allowed = np.ones((20, 30), np.float32)
    allowed[5, 7] = 0
    rows, columns = np.mgrid[:20, :30]
    np.testing.assert_allclose(clearance(allowed), np.hypot(rows - 5, columns - 7), rtol=1e-6)
