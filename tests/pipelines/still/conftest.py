"""A small product still with a known mask and nearness."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import pytest

from pipelines.arrays import Image, Mask
from pipelines.context import Context
from pipelines.media import DepthMap, Subject
from pipelines.still import restyle


@dataclass(frozen=True, eq=False)
class Shot:
    """A still with what the look is told about it."""

    pixels: Image
    subject: Subject
    depth: DepthMap

    @property
    def inside(self) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Where the product surely is."""
        return self.subject.mask > 0.95

    def styled(self, look: str, context: Context, strength: float = 1.0) -> Image:
        """Pixels after a look."""
        still = restyle(
            self.pixels, self.subject, self.depth, look=look, strength=strength, context=context
        )
        return still.pixels

    def mirrored(self) -> Shot:
        """The same still, seen in a mirror."""
        return replace(
            self,
            pixels=np.ascontiguousarray(self.pixels[:, ::-1]),
            subject=Subject(np.ascontiguousarray(self.subject.mask[:, ::-1]), "file"),
            depth=DepthMap(np.ascontiguousarray(self.depth.nearness[:, ::-1]), "file"),
        )


def rounded_box(height: int, width: int) -> Mask:
    """Coverage of an upright product in the middle, edge two pixels soft."""
    mask = np.zeros((height, width), np.float32)
    top, bottom = round(height * 0.25), round(height * 0.8)
    cv2.rectangle(mask, (round(width * 0.35), top), (round(width * 0.65), bottom), 1.0, -1)
    return cv2.GaussianBlur(mask, (0, 0), 1.0)


@pytest.fixture(scope="session")
def shot() -> Shot:
    """A teal product with a label, on a table before a wall; even frontal light."""
    height, width = 240, 200
    mask = rounded_box(height, width)
    wall = np.full((height, width, 3), (176, 168, 158), np.uint8)
    wall[150:] = (150, 116, 84)
    product = np.full_like(wall, (38, 118, 122))
    cv2.rectangle(product, (78, 100), (121, 150), (232, 226, 214), -1)
    cv2.putText(product, "TEA", (82, 132), cv2.FONT_HERSHEY_SIMPLEX, 0.55, (40, 40, 44), 1)
    noise = np.random.default_rng(3).normal(0, 2, (height, width, 1))
    mixed = wall + (product.astype(np.float32) - wall) * mask[..., None] + noise
    ground = np.clip((np.arange(height, dtype=np.float32) - 140) / 100, 0.05, 1)[:, None]
    nearness = ground * 0.7 * (1 - mask) + 0.6 * mask
    return Shot(
        np.clip(mixed, 0, 255).astype(np.uint8),
        Subject(mask, "file"),
        DepthMap(nearness.astype(np.float32), "file"),
    )
