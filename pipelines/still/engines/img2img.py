"""The diffusion engine: the look by its prompt, through any image-to-image family."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipelines.context import Context
from pipelines.still.diffusion.restyling import Restyler
from pipelines.still.engine import Rendition, Request


@dataclass(frozen=True)
class ImageToImage:
    """Noises the still and lets a model remove the noise, told in words what it shall see."""

    title: str = "Diffusion (img2img)"
    restyler: Restyler = field(default_factory=Restyler)

    def render(self, request: Request, context: Context) -> Rendition:
        """Return the restyled still and its variations; at strength 0 a bit-for-bit copy."""
        if request.strength == 0:
            return Rendition((request.pixels.copy(),))
        return self.restyler.restyle(request, context)


ENGINE = ImageToImage()
"""One for the process, so that a model that was loaded serves the next still as well."""
