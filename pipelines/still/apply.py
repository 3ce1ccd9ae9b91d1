"""A look's engine makes the still."""

from __future__ import annotations

from pipelines.arrays import Image, check_image, check_map
from pipelines.context import Context
from pipelines.errors import require_range
from pipelines.media import DepthMap, Still, Subject
from pipelines.still.engine import STILL_ENGINES, Guidance, Request
from pipelines.still.looks import LOOKS


def restyle(
    pixels: Image,
    subject: Subject,
    depth: DepthMap,
    *,
    look: str = "natural",
    strength: float = 1.0,
    engine: str = "grade",
    guidance: Guidance | None = None,
    context: Context,
) -> Still:
    """Give a still its look.

    Args:
        pixels: (height, width, 3) uint8 sRGB.
        subject: mask of the same size.
        depth: nearness of the same size.
        look: name of a look, see `LOOKS`.
        strength: 0 (the pixels, bit for bit) to 1 (the full look), continuous between.
        engine: name of an engine, see `STILL_ENGINES`.
        guidance: what generative engines are told.
        context: the job's surroundings; its seed decides grain, paper and snow.

    Returns:
        The still, of the size of ``pixels``.

    Raises:
        UnknownName: no such look or engine.
        OutOfRange: strength outside 0..1.
        Cancelled: the context was cancelled.
    """
    require_range("strength", strength, 0.0, 1.0)
    check_image(pixels, "pixels")
    check_map(subject.mask, pixels.shape[:2], "subject mask")
    check_map(depth.nearness, pixels.shape[:2], "nearness")
    request = Request(
        pixels,
        subject.mask,
        depth.nearness,
        look,
        LOOKS[look],
        strength,
        guidance or Guidance(),
    )
    made = STILL_ENGINES[engine].render(request, context)
    return Still(
        made.pictures[0],
        subject,
        depth,
        look,
        strength,
        engine,
        before=pixels,
        paper=made.paper,
        outline=made.outline,
        variations=made.pictures if len(made.pictures) > 1 else (),
        models=made.models,
        details=made.details,
        warnings=made.warnings,
    )
