"""The contract of a look engine: it makes a look's picture of a still."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pipelines.arrays import Depth, Image, Mask
from pipelines.context import Context
from pipelines.registry import Registry
from pipelines.still.look import Look


@dataclass(frozen=True, eq=False)
class Request:
    """One still to be given a look.

    Attributes:
        pixels: (height, width, 3) uint8 sRGB.
        subject: (height, width) float32 coverage; all 0 when no subject was found.
        nearness: (height, width) float32, 1 = nearest.
        name: the look's name; it also names the random stream.
        look: its description.
        strength: 0 gives the pixels back as they are, 1 the full look.
    """

    pixels: Image
    subject: Mask
    nearness: Depth
    name: str
    look: Look
    strength: float


class StillEngine(Protocol):
    """Makes stage one's picture. The result has the size of the request's pixels."""

    @property
    def title(self) -> str:
        """A few words for people."""

    def render(self, request: Request, context: Context) -> Image:
        """Return (height, width, 3) uint8 sRGB.

        Raises:
            Cancelled: the context was cancelled.
            MissingCapability: the machine lacks what this engine needs.
        """


STILL_ENGINES: Registry[StillEngine] = Registry("pipelines.still.engines", "ENGINE", "still engine")
