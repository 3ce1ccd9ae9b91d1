"""The photos that are measured on, and our own frames of them, ready for an encoder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

STILL = (1620, 2880)
"""Width and height of a still: half as large again as the frames."""

FRAME = (1080, 1920)
FPS = 30
COUNT = 90
"""The clip that is measured: a reel of 3 s."""


def draw_still(name: str, path: Path) -> None:
    """Write a photo, cropped to 9:16 about its middle and enlarged by Lanczos to `STILL`.

    Args:
        name: ``astronaut`` or ``coffee`` of scikit-image.
        path: a PNG.
    """
    import skimage.data
    from PIL import Image

    photo = Image.fromarray(getattr(skimage.data, name)())
    width = round(photo.height * STILL[0] / STILL[1])
    left = (photo.width - width) // 2
    cut = photo.crop((left, 0, left + width, photo.height))
    cut.resize(STILL, Image.Resampling.LANCZOS).save(path, compress_level=1)


PLAIN: Mapping[str, object] = {"look": {"name": "natural", "strength": 0}, "camera": "orbit"}
"""A recipe without a look."""


def draw_frames(
    still: Path, data: Path, frames: Path, nearness: Path, recipe: Mapping[str, object] = PLAIN
) -> None:
    """Render our reel of a still and write what rivals need.

    Args:
        still: the photo.
        data: our data folder.
        frames: receives all frames as I420, one after the other.
        nearness: receives the depth as an 8-bit PNG at the still's size.
        recipe: what is rendered.
    """
    import cv2
    import numpy as np

    from pipelines.context import Context
    from pipelines.encode import FORMATS, frame_still, plan_output
    from pipelines.encode.yuv import to_i420
    from pipelines.prepare import dress, find_scene
    from pipelines.render import animate
    from pipelines.spec import RenderSpec, parse_spec
    from pipelines.video import planes_of

    spec: RenderSpec = parse_spec(dict(recipe))
    context = Context(data)
    scene = find_scene(spec, still, context)
    dressed = dress(scene, spec, context)
    plan = plan_output(FORMATS["instagram-reel"], dressed.size, spec.seconds)
    framed, framing = frame_still(dressed, plan.width, plan.height)
    clip = animate(spec, framed, framing, plan, context)
    cv2.imwrite(str(nearness), np.rint(scene.depth.nearness * 255).astype(np.uint8))
    with frames.open("wb") as file:
        for index in range(clip.count):
            for plane in planes_of(to_i420(clip.render(index))):
                file.write(plane.tobytes())
