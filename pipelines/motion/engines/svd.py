"""Stable Video Diffusion: life in the still, under the recipe's own camera."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pipelines.context import Context
from pipelines.errors import InvalidInput
from pipelines.media import Clip
from pipelines.models import find_in_store
from pipelines.models.pool import Pool
from pipelines.motion.engine import Guide, Shot
from pipelines.motion.svd.closing import JUMP
from pipelines.motion.svd.compute import Loaded, find_key, load, run
from pipelines.motion.svd.finish import finish
from pipelines.motion.svd.region import Region
from pipelines.motion.svd.settings import require_detail, settle
from pipelines.motion.svd.shoot import Shooting, Take, take
from pipelines.motion.svd.size import choose_size
from pipelines.motion.svd.weights import choose_model, find_native


@dataclass(frozen=True)
class StableVideoDiffusion:
    """The diffusion engine: a GPU makes it practical, a CPU is enough for it.

    Attributes:
        pool: keeps the pipeline from one format, and one job, to the next.
    """

    title: str = "Stable Video Diffusion, led by the parallax clip of the same path"
    pool: Pool[Loaded] = field(default_factory=lambda: Pool("animate"))

    def animate(self, shot: Shot, context: Context) -> Clip:
        """Generate the shot's clip; frames are interpolated and enlarged on demand.

        Raises:
            Cancelled: the context was cancelled.
            MissingCapability: no weights, or they do not fit this machine.
            OutOfRange: the direction says a number that the model cannot work with.
            InvalidSource: too little of the still is shown.
        """
        guide = _require_guide(shot)
        name = choose_model(shot.direction.model, context)
        key = find_key(name, context)
        with self.pool.lend(key, lambda: load(key), context) as loaded:
            native = find_native(loaded.pipeline)
            size = choose_size(shot.width, shot.height, native)
            require_detail(shot.framing, size, native)
            settings = settle(shot.direction, size, native, loaded.wishes)
            scene = Shooting(loaded.pipeline, shot, guide, settings, context)
            reference = guide(shot.width, shot.height, shot.count)
            taken, plan = run(loaded, settings, context, lambda chunk: take(scene, chunk))
        moving = shot.still.moving
        region = None if moving is None else Region(shot, moving, reference.camera, scene.softness)
        return Clip(
            shot.width,
            shot.height,
            shot.fps,
            shot.count,
            finish(shot, taken.film, reference, region),
            reference.camera,
            shot.path.closed,
            engine="svd",
            models=tuple(filter(None, (name, find_in_store(name, context.models_dir).base))),
            details={"model": name, **taken.details, "mode": plan.report()},
            warnings=(*reference.warnings, *_remarks(scene, taken), *plan.warnings),
        )


ENGINE = StableVideoDiffusion()
"""One for the process, so that a model that was loaded serves the next format as well."""


def _require_guide(shot: Shot) -> Guide:
    if shot.guide is None:
        raise InvalidInput(
            "the engine 'svd' was given no guide to follow",
            fix="hand over shot.guide, the parallax clip of the same path",
        )
    return shot.guide


def _remarks(scene: Shooting, taken: Take) -> Iterator[str]:
    if scene.shot.ambient and not scene.led:
        yield "ambient effects are drawn into the guide, which a camera strength of 0 leaves out"
    if taken.closing is not None and taken.closing.shown.ratio > JUMP:
        yield (
            f"the loop's seam is {taken.closing.shown.ratio:.1f} times as large a step as its "
            "neighbours, even with time given to the way back; a higher camera strength closes it"
        )
