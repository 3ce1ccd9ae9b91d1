"""One generation, from the framed still to a film: reads as the order of its parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from pipelines.arrays import Frames, Image
from pipelines.context import Context
from pipelines.models.preview import find_developer
from pipelines.motion.engine import Guide, Shot
from pipelines.motion.parallax.canvas import draw_canvas
from pipelines.motion.svd.closing import Closing, close
from pipelines.motion.svd.colour import Colours, hold_colours
from pipelines.motion.svd.decode import chunk_number, decode
from pipelines.motion.svd.denoise import Lead, denoise
from pipelines.motion.svd.film import Film
from pipelines.motion.svd.guide import Guided, encode, render_guide
from pipelines.motion.svd.pipeline import DirectedPipeline
from pipelines.motion.svd.preview import Previews
from pipelines.motion.svd.progress import Progress
from pipelines.motion.svd.region import Region
from pipelines.motion.svd.settings import Settings
from pipelines.motion.svd.start import Start, draw_noise, find_start

BORDER = 2.0
"""Width of the soft border inside a motion mask, in latents."""


@dataclass(frozen=True, eq=False)
class Take:
    """What came out.

    Attributes:
        film: the frames, at any moment.
        closing: how it closes; None where the path is open.
        details: what was done and measured, as JSON values.
    """

    film: Film
    closing: Closing | None
    details: dict[str, object]


@dataclass(frozen=True, eq=False)
class Shooting:
    """What a take is made with.

    Attributes:
        pipeline: in its place.
        shot: what to animate.
        guide: the shot's.
        settings: all numbers.
        context: told about each step; stops the work when it is cancelled.
    """

    pipeline: DirectedPipeline
    shot: Shot
    guide: Guide
    settings: Settings
    context: Context

    @property
    def led(self) -> bool:
        """Whether anything is taken from the guide."""
        return self.settings.camera_strength > 0 or self.shot.still.moving is not None

    @property
    def shifting(self) -> int:
        """Steps between two turns of what the model sees; 0 never turns it."""
        wanted = self.shot.path.closed and self.shot.direction.latent_shift
        return self.settings.feature_cache if wanted else 0

    @property
    def softness(self) -> float:
        """Width of a motion mask's border as a share of the frame's longer side."""
        latents = max(self.settings.width, self.settings.height) / self.pipeline.vae_scale_factor
        return BORDER / latents


def take(scene: Shooting, decode_chunk_size: int) -> Take:
    """Generate the clip of a shot.

    Args:
        scene: what with.
        decode_chunk_size: frames decoded at once, at most those of the settings.

    Raises:
        Cancelled: the context was cancelled.
    """
    settings, closed = scene.settings, scene.shot.path.closed
    start = find_start(
        scene.pipeline.scheduler, settings.num_inference_steps, settings.camera_strength
    )
    advance = _progress(scene, start, decode_chunk_size).advance
    still = frame_still(scene.shot, settings)
    guided = _guided(scene) if scene.led else None
    lead = None if guided is None else _lead(scene, guided, advance)
    latents = denoise(
        scene.pipeline,
        still,
        settings,
        start,
        lead,
        _after_step(scene, still, lead, advance),
        closed=closed,
        shifting=scene.shifting,
    )
    frames = decode(scene.pipeline, latents, decode_chunk_size, advance, closed=closed)
    follows = guided is not None and settings.camera_strength > 0
    frames, held = _hold(scene, frames, guided.frames if guided and follows else still[None])
    film, closing = _film(scene, frames, advance)
    details = {**_details(scene, start), "colour_hold": held, "loop": _loop(scene, closing)}
    return Take(film, closing, details)


def frame_still(shot: Shot, settings: Settings) -> Image:
    """Return what the shot shows of its still, (height, width, 3) uint8 at the model's size."""
    canvas = draw_canvas(shot.still, shot.framing, settings.width, settings.height, 0)
    return np.ascontiguousarray(canvas.pixels)


def _progress(scene: Shooting, start: Start, decode_chunk_size: int) -> Progress:
    count, closed = scene.settings.num_frames, scene.shot.path.closed
    chunks = chunk_number(count, decode_chunk_size, closed=closed)
    encoded, pairs = count if scene.led else 0, count if closed else count - 1
    return Progress(scene.context, encoded + start.steps + chunks + pairs)


def _guided(scene: Shooting) -> Guided:
    shot, settings = scene.shot, scene.settings
    return render_guide(
        scene.guide,
        (shot.width, shot.height),
        (settings.width, settings.height),
        settings.num_frames,
    )


def _lead(scene: Shooting, guided: Guided, advance: Callable[[], None]) -> Lead:
    settings, shot = scene.settings, scene.shot
    latents = encode(scene.pipeline, guided.frames, guided.twins, advance)
    dtype = next(scene.pipeline.image_encoder.parameters()).dtype
    size = settings.width, settings.height
    noise = draw_noise(settings.seed, size, tuple(latents.shape), dtype).float()
    if shot.still.moving is None:
        return Lead(latents, noise, None)
    region = Region(shot, shot.still.moving, guided.camera, scene.softness)
    return Lead(latents, noise, region.latents((latents.shape[-1], latents.shape[-2])))


def _after_step(
    scene: Shooting, still: Image, lead: Lead | None, advance: Callable[[], None]
) -> Callable[[torch.Tensor | None], None]:
    """Return what is done after each step: count it, and show how far things are."""
    context, scale = scene.context, scene.pipeline.vae.config.scaling_factor
    if context.preview is None:
        return lambda aim: advance()
    first = encode(scene.pipeline, still[None], (0,), lambda: None) if lead is None else lead.guide
    previews = Previews(context.preview, find_developer(scale, first[0, 0], still, context))

    def after(aim: torch.Tensor | None) -> None:
        advance()
        previews.look(aim)

    return after


def _hold(scene: Shooting, frames: Frames, references: Frames) -> tuple[Frames, dict[str, object]]:
    """Tie each frame's colours to its reference, or all of them to the only one."""
    if not scene.shot.direction.colour_hold:
        return frames, {"on": False}
    colours = [Colours.of(reference) for reference in references]
    if len(colours) == 1:
        colours *= len(frames)
    held, moved = zip(*map(hold_colours, frames, colours), strict=True)
    return np.stack(held), {
        "on": True,
        "tied_to": "the still" if len(references) == 1 else "the guide",
        "most_moved_lab": round(max(moved), 2),
    }


def _film(
    scene: Shooting, frames: Frames, advance: Callable[[], None]
) -> tuple[Film, Closing | None]:
    if scene.shot.path.closed:
        return close(frames, advance)
    return Film(frames, closed=False, advance=advance), None


def _loop(scene: Shooting, closing: Closing | None) -> dict[str, object] | None:
    if closing is None:
        return None
    return {"method": "latent-shift" if scene.shifting else "none", **closing.report()}


def _details(scene: Shooting, start: Start) -> dict[str, object]:
    settings, closed = scene.settings, scene.shot.path.closed
    return {
        **settings.report(),
        "guidance": "triangle" if closed else "ramp",
        "start_step": round(start.step, 2),
        "start_sigma": round(start.sigma, 3),
        "steps_taken": start.steps,
        "motion_mask": scene.shot.still.moving is not None,
        "interpolation": "flow",
    }
