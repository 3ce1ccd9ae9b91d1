"""Measure the trained model: ``python -m tests.tiny_svd.table`` prints README.md's tables.

Everything is the stock pipeline on scenes that the training never saw, beside a control: the same
pipeline with an untrained denoiser.
"""

from __future__ import annotations

import argparse
import logging
import math
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from diffusers import StableVideoDiffusionPipeline
from numpy.typing import NDArray
from PIL import Image, ImageOps

from tests.tiny_svd import FOLDER, build, measure, runs, scenes
from tests.tiny_svd.measure import Clip

log = logging.getLogger(__name__)

BUCKETS = (30, 90, 160, 250)
SEEDS = 2
UNSEEN = 2_000_000
"""Scenes are drawn from seeds from here on, which no training reaches."""

Stills = Sequence[NDArray[np.uint8]]


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("tables", nargs="*", choices=[[], *TABLES], help="all when none is named")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    for name in options.tables or TABLES:
        log.info("\n### %s\n", name)
        TABLES[name](build.load(options.folder))


def untrained(pipeline: StableVideoDiffusionPipeline) -> StableVideoDiffusionPipeline:
    """Return the pipeline with a random denoiser: the control that every table should tell."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        control = StableVideoDiffusionPipeline(**{**pipeline.components, "unet": build.make_unet()})
    control.set_progress_bar_config(disable=True)
    return control


def unseen(count: int) -> list[scenes.Scene]:
    """Return ``count`` plain textured scenes that the training never saw."""
    return [scenes.textured(np.random.default_rng(UNSEEN + i)) for i in range(count)]


def unseen_leaves(count: int) -> list[scenes.Scene]:
    """Return ``count`` photo-like scenes that the training never saw."""
    return [scenes.photographic(np.random.default_rng(UNSEEN + i)) for i in range(count)]


def photos(side: int = scenes.SIDE) -> list[NDArray[np.uint8]]:
    """Return the repository's sample pictures, their middle squares shrunk to ``side``."""
    folder = Path(__file__).parents[2] / "samples"
    names = ("coffee.jpg", "serum.jpg", "shoebox.jpg", "tin.jpg", "candle.png")
    pictures = (Image.open(folder / name).convert("RGB") for name in names)
    return [
        np.asarray(ImageOps.fit(picture, (side, side), Image.Resampling.BOX))
        for picture in pictures
    ]


def spread(values: Iterable[float], digits: int = 2) -> str:
    """Return "mean [least, most]"."""
    found = list(values)
    shown = (f"{x:.{digits}f}" for x in (np.mean(found), min(found), max(found)))
    return "{} [{}, {}]".format(*shown)


def row(*cells: object) -> None:
    """Print one row of a Markdown table."""
    log.info("| %s |", " | ".join(str(cell) for cell in cells))


def header(*cells: str) -> None:
    """Print the head of a Markdown table."""
    row(*cells)
    row(*["---"] * len(cells))


# --- tables ------------------------------------------------------------------------------------


def bucket_table(pipeline: StableVideoDiffusionPipeline) -> None:
    """Motion bucket against measured flow, for each kind of still, at two guidances."""
    header("stills", "max. guidance", "bucket", "truth px/frame", "flow px/frame", "frame 0 dB")
    textures = [scene.still() for scene in unseen(6)]
    leaves = [scene.still() for scene in unseen_leaves(6)]
    control = untrained(pipeline)
    _bucket_rows("textures", pipeline, textures, 1.0)
    _bucket_rows("textures", pipeline, textures, 3.0)
    _bucket_rows("leaves", pipeline, leaves, 1.0)
    _bucket_rows("sample photos", pipeline, photos(), 1.0)
    _bucket_rows("textures, 64×64", pipeline, [s.still(64) for s in unseen(6)], 1.0)
    _bucket_rows("textures, untrained", control, textures, 1.0)


def _bucket_rows(
    name: str, pipeline: StableVideoDiffusionPipeline, stills: Stills, guidance: float
) -> None:
    for bucket in BUCKETS:
        flows, likeness = [], []
        for seed in range(SEEDS):
            seeds = [100 * seed + i for i in range(len(stills))]
            clips = runs.animate(
                pipeline, stills, seeds, motion_bucket_id=bucket, max_guidance_scale=guidance
            )
            flows += [measure.flow_speed(clip) for clip in clips]
            likeness += [measure.psnr(c[0], s) for c, s in zip(clips, stills, strict=True)]
        truth = f"{scenes.speed_of(bucket):.2f}"
        row(name, guidance, bucket, truth, spread(flows), spread(likeness, 1))


PATHS: dict[str, Callable[[int], scenes.Path]] = {
    "pan": lambda turn: scenes.pan(0.4 + turn * math.pi / 2),
    "orbit": lambda turn: scenes.orbit(0.4 + turn * math.pi / 2, (-1.0) ** turn),
    "sway": lambda turn: scenes.orbit(0.4 + turn * math.pi / 2, 0.0),
}
"""Paths for the guide start, by name and quarter of a turn, before ``at_speed``."""


def guide_table(pipeline: StableVideoDiffusionPipeline) -> None:
    """Distance to the guide's path against the step that the denoising starts at."""
    header(
        "path", "start", "noise level", "path error px", "seam ratio", "untrained: error", "seam"
    )
    control = untrained(pipeline)
    for name in PATHS:
        for start in (0, 4, 6, 7, 8, 9):
            errors, seams = guided(pipeline, name, start)
            off_errors, off_seams = guided(control, name, start)
            level = f"{runs.levels(pipeline)[start]:.2f}"
            row(
                name,
                start,
                level,
                spread(errors),
                spread(seams),
                spread(off_errors),
                spread(off_seams),
            )


def guided(
    pipeline: StableVideoDiffusionPipeline, name: str, start: int, speed: float = 1.0
) -> tuple[list[float], list[float]]:
    """Return path errors in pixels and seam ratios of 12 clips that follow a named path."""
    errors, seams = [], []
    for turn in range(2):
        path = scenes.at_speed(PATHS[name](turn), speed)
        guides = [scene.clip(path) for scene in unseen(6)]
        seeds = [100 * turn + i for i in range(6)]
        bucket = scenes.bucket_of(speed)
        clips = runs.follow(pipeline, guides, seeds, start, motion_bucket_id=bucket)
        errors += [measure.trajectory_error(clip, path) for clip in clips]
        seams += [measure.seam_ratio(clip) for clip in clips]
    return errors, seams


def mask_table(pipeline: StableVideoDiffusionPipeline) -> None:
    """Change between neighbours in a half that is held still, over that in the free half."""
    header("denoiser", "left half", "held / free change", "held change", "free change")
    for name, pipe in (("trained", pipeline), ("untrained", untrained(pipeline))):
        for held in (False, True):
            clips = masked(pipe, held)
            edge = clips[0].shape[2] // 2
            left = [measure.restlessness(clip[:, :, : edge - 4]) for clip in clips]
            right = [measure.restlessness(clip[:, :, edge + 4 :]) for clip in clips]
            ratios = [a / b for a, b in zip(left, right, strict=True)]
            state = "held" if held else "free"
            row(name, state, spread(ratios, 3), spread(left, 4), spread(right, 4))


def masked(pipeline: StableVideoDiffusionPipeline, held: bool) -> list[Clip]:
    """Return 12 clips at bucket 250 whose left half is held to the still, or is not."""
    clips = []
    for turn in range(2):
        stills = [scene.still() for scene in unseen(6)]
        seeds = [100 * turn + i for i in range(6)]
        frozen = [np.stack([still] * scenes.NUM_FRAMES) for still in stills]
        latents = runs.encode(pipeline, frozen)
        region = torch.zeros(latents.shape[-2:], dtype=torch.bool)
        region[:, : region.shape[1] // 2] = held
        noise = runs.noise_for(latents, seeds)
        after = runs.holding(latents, noise, region, runs.levels(pipeline))
        clips += runs.animate(
            pipeline, stills, seeds, motion_bucket_id=250, latents=noise, callback_on_step_end=after
        )
    return clips


def loop_table(pipeline: StableVideoDiffusionPipeline) -> None:
    """Seam and motion of clips whose frames are turned round between steps."""
    header("latent shift", "seam ratio", "flow px/frame")
    stills = [scene.still() for scene in unseen(12)]
    for by in (0, 1, 3):
        clips = runs.animate(
            pipeline,
            stills,
            range(12),
            motion_bucket_id=127,
            callback_on_step_end=runs.rolling(by=by),
        )
        seams = [measure.seam_ratio(clip) for clip in clips]
        row(by, spread(seams), spread(measure.flow_speed(clip) for clip in clips))


def identity_table(pipeline: StableVideoDiffusionPipeline) -> None:
    """Clips started late against their guide, once through the autoencoder."""
    header("denoiser", "start", "noise level", "PSNR to the guide's reconstruction, dB")
    path = scenes.at_speed(scenes.pan(0.4), 1.0)
    guides = [scene.clip(path) for scene in unseen(12)]
    again = [runs.reconstruct(pipeline, guide) for guide in guides]
    for name, pipe in (("trained", pipeline), ("untrained", untrained(pipeline))):
        for start in (8, 9, 10, 11):
            clips = runs.follow(pipe, guides, range(12), start, motion_bucket_id=127)
            likeness = [measure.psnr(a, b) for a, b in zip(clips, again, strict=True)]
            row(name, start, f"{runs.levels(pipe)[start]:.2f}", spread(likeness, 1))


def noise_table(pipeline: StableVideoDiffusionPipeline) -> None:
    """Noise augmentation against the first frame's likeness and the motion."""
    header("noise_aug_strength", "frame 0 dB", "flow px/frame")
    stills = [scene.still() for scene in unseen(12)]
    for strength in (0.0, 0.02, 0.1, 0.25, 0.5, 1.0):
        clips = runs.animate(pipeline, stills, range(12), noise_aug_strength=strength)
        likeness = [measure.psnr(c[0], s) for c, s in zip(clips, stills, strict=True)]
        row(strength, spread(likeness, 1), spread(measure.flow_speed(clip) for clip in clips))


def autoencoder_table(pipeline: StableVideoDiffusionPipeline) -> None:
    """Pictures encoded and decoded."""
    header("pictures", "PSNR dB")
    for side in (48, 64, 96):
        kinds: dict[str, Stills] = {
            "textures": [scene.still(side) for scene in unseen(12)],
            "leaves": [scene.still(side) for scene in unseen_leaves(12)],
            "sample photos": photos(side),
        }
        for name, pictures in kinds.items():
            again = runs.reconstruct(pipeline, np.stack(pictures))
            likeness = [measure.psnr(a, b) for a, b in zip(again, pictures, strict=True)]
            row(f"{name}, {side}×{side}", spread(likeness, 1))


TABLES: dict[str, Callable[[StableVideoDiffusionPipeline], None]] = {
    "autoencoder": autoencoder_table,
    "bucket": bucket_table,
    "guide": guide_table,
    "mask": mask_table,
    "loop": loop_table,
    "identity": identity_table,
    "noise": noise_table,
}


if __name__ == "__main__":
    main()
