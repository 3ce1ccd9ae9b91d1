"""What each setting of the video engine does, measured on a model that learnt to move things.

The model is the trained toy of ``tests/tiny_svd`` (48×48 pixels, 8 frames), run by the engine's own
way on scenes that its training never saw. Every experiment changes one setting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from diffusers import StableVideoDiffusionPipeline
from PIL import Image, ImageOps

from docs.pictures.draw import Line, Plot, Strip
from pipelines.arrays import Frames
from pipelines.colour import srgb_to_lab
from pipelines.context import Context
from pipelines.motion.engine import Shot
from pipelines.motion.svd.pipeline import DirectedPipeline
from tests.pipelines.motion.svd.shots import make_shot
from tests.pipelines.motion.svd.studio import SIDE, WAYS, Studio
from tests.stills import make_still, whole
from tests.tiny_svd import load_pipeline, measure, scenes, table

SHOWN = 2
"""The scene of the strips."""

SCENES = 6
"""Of the measurements."""

SAMPLES = Path(__file__).parents[2] / "samples"

Row = tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """What an experiment shows: strips, a plot, and the same figures as a table."""

    strips: Sequence[Strip]
    plot: Plot | None
    columns: Row
    rows: Sequence[Row]


@dataclass(frozen=True, eq=False)
class Lab:
    """The trained toy, and the same with a random denoiser as the control."""

    trained: Studio
    untrained: Studio

    @classmethod
    def open(cls, data_dir: Path) -> Lab:
        """Load the model."""
        pipeline: StableVideoDiffusionPipeline = load_pipeline()
        job = Context(data_dir)
        return cls(
            Studio(DirectedPipeline.of(pipeline), job),
            Studio(DirectedPipeline.of(table.untrained(pipeline)), job),
        )


def motion_bucket(lab: Lab) -> Found:
    """Bucket against measured flow, without a camera."""
    buckets = (10, 60, 127, 190, 250)

    def clips(bucket: int) -> list[Frames]:
        return [_free(lab, scene, motion_bucket_id=bucket) for scene in range(SCENES)]

    made = {bucket: clips(bucket) for bucket in buckets}
    flows = {bucket: [measure.flow_speed(clip) for clip in made[bucket]] for bucket in buckets}
    taught = {bucket: [scenes.speed_of(bucket)] for bucket in buckets}
    return Found(
        [_strip(f"bucket {bucket}", made[bucket][SHOWN]) for bucket in buckets],
        Plot("motion_bucket_id", "flow, pixels a frame", _lines(measured=flows, taught=taught)),
        ("`motion_bucket_id`", "taught, px a frame", "measured flow, px a frame"),
        [(str(bucket), f"{taught[bucket][0]:.2f}", _spread(flows[bucket])) for bucket in buckets],
    )


def camera_strength(lab: Lab) -> Found:
    """Strength against the distance to the path that the camera's matrices say."""
    strengths = (0.0, 0.25, 0.45, 0.6, 0.75, 0.9)

    def shot(studio: Studio, scene: int, strength: float) -> Shot:
        return studio.shot(scene, WAYS[scene % len(WAYS)], camera_strength=strength)

    def errors(studio: Studio, strength: float) -> list[float]:
        shots = [shot(studio, scene, strength) for scene in range(SCENES)]
        return [studio.path_error(each, studio.frames(each)) for each in shots]

    trained = {strength: errors(lab.trained, strength) for strength in strengths}
    control = {strength: errors(lab.untrained, strength) for strength in strengths}
    guide = shot(lab.trained, SHOWN, 0.0).guide
    assert guide is not None
    shown = [
        _strip(f"strength {strength:g}", lab.trained.frames(shot(lab.trained, SHOWN, strength)))
        for strength in strengths[:-1]
    ]
    return Found(
        [_strip("guide:\nthe parallax clip", guide(SIDE, SIDE, scenes.NUM_FRAMES).stack()), *shown],
        Plot(
            "camera_strength",
            "distance to the path, pixels",
            _lines(trained=trained, **{"random network": control}),
        ),
        ("`camera_strength`", "distance to the path, px", "a random network's"),
        [(f"{each:g}", _spread(trained[each]), _spread(control[each])) for each in strengths],
    )


def bucket_and_path(lab: Lab) -> Found:
    """One path of one pixel a frame, told buckets that fit and that do not."""
    fitting = scenes.bucket_of(1.0)
    buckets = {"too small": 30, "fits the path": fitting, "too large": 250}

    def errors(bucket: int, strength: float) -> list[float]:
        shots = [
            lab.trained.shot(scene, way, camera_strength=strength, motion_bucket_id=bucket)
            for scene, way in enumerate(WAYS)
        ]
        return [lab.trained.path_error(shot, lab.trained.frames(shot)) for shot in shots]

    return Found(
        (),
        None,
        ("`motion_bucket_id`", "", "distance at strength 0.45, px", "at 0.6, px"),
        [
            (str(bucket), name, _spread(errors(bucket, 0.45)), _spread(errors(bucket, 0.6)))
            for name, bucket in buckets.items()
        ],
    )


def noise_augmentation(lab: Lab) -> Found:
    """Noise on the still against the first frame's likeness to it, and the flow."""
    strengths = (0.0, 0.02, 0.1, 0.25, 0.5, 1.0)
    made = {
        strength: [_free(lab, scene, noise_aug_strength=strength) for scene in range(SCENES)]
        for strength in strengths
    }
    likeness = {
        strength: [measure.psnr(clip[0], _still(scene)) for scene, clip in enumerate(clips)]
        for strength, clips in made.items()
    }
    flows = {strength: _spread(map(measure.flow_speed, clips)) for strength, clips in made.items()}
    return Found(
        [_strip(f"noise {each:g}", made[each][SHOWN]) for each in strengths],
        Plot(
            "noise_aug_strength",
            "first frame like the still, dB",
            _lines(measured=likeness),
            least=None,
        ),
        ("`noise_aug_strength`", "first frame to the still, dB", "flow, px a frame"),
        [(f"{each:g}", _spread(likeness[each], 1), flows[each]) for each in strengths],
    )


def guidance(lab: Lab) -> Found:
    """Most guidance against the last frame's contrast and colour, with and without colour hold."""
    scales = (1.0, 2.0, 3.0, 5.0, 8.0)

    def clips(scale: float, *, held: bool) -> list[Frames]:
        said = {"max_guidance_scale": scale, "colour_hold": held}
        return [_free(lab, scene, **said) for scene in range(SCENES)]

    free = {scale: clips(scale, held=False) for scale in scales}
    held = {scale: clips(scale, held=True) for scale in scales}
    drift, kept = (
        {scale: [_contrast(clip) for clip in every[scale]] for scale in scales}
        for every in (free, held)
    )
    flows = {scale: _spread(map(measure.flow_speed, free[scale])) for scale in scales}
    shown = [
        *(Strip(f"guidance to {scale:g}", free[scale][SHOWN]) for scale in scales),
        Strip(f"guidance to {scales[-1]:g},\ncolours held", held[scales[-1]][SHOWN]),
    ]
    return Found(
        shown,
        Plot(
            "max_guidance_scale",
            "contrast, last frame : first",
            _lines(**{"colours free": drift, "colours held": kept}),
        ),
        ("`max_guidance_scale`", "contrast, last : first", "the same, held", "flow, px a frame"),
        [(f"{each:g}", _spread(drift[each]), _spread(kept[each]), flows[each]) for each in scales],
    )


def seed(lab: Lab) -> Found:
    """The same shot with other seeds: which way it drifts, and the spread of its speed."""
    seeds = range(4)
    made = [_free(lab, SHOWN, seed=each) for each in seeds]
    ends = [measure.trajectory(clip)[-1] for clip in made]
    return Found(
        [_strip(f"seed {each}", clip) for each, clip in zip(seeds, made, strict=True)],
        None,
        ("`seed`", "content ends at x, y, px", "flow, px a frame"),
        [
            (str(each), f"{end[0]:+.1f}, {end[1]:+.1f}", f"{measure.flow_speed(clip):.2f}")
            for each, end, clip in zip(seeds, ends, made, strict=True)
        ],
    )


def held_half(lab: Lab) -> Found:
    """A mask that lets the right half move, against none."""
    moving = np.zeros((2 * SIDE, 2 * SIDE), np.float32)
    moving[:, SIDE:] = 1

    def clip(scene: int, *, masked: bool) -> Frames:
        mask = moving if masked else None
        said = {"camera_strength": 0.0, "motion_bucket_id": 250}
        return lab.trained.frames(lab.trained.shot(scene, "locked", mask, **said))

    made = {
        masked: [clip(each, masked=masked) for each in range(SCENES)] for masked in (False, True)
    }
    halves = (slice(None, SIDE // 2 - 4), slice(SIDE // 2 + 8, None))
    change = {
        masked: [
            _spread((255 * measure.restlessness(each[:, :, half]) for each in clips), 1)
            for half in halves
        ]
        for masked, clips in made.items()
    }
    names = {False: "no mask", True: "right half may move"}
    return Found(
        [Strip(name.replace(" may", "\nmay"), made[key][SHOWN]) for key, name in names.items()],
        None,
        ("", "left half: change a frame, levels of 255", "right half"),
        [(name, *change[key]) for key, name in names.items()],
    )


def guide(lab: Lab) -> Found:
    """The clip that leads the camera, of a real photo: large, and at what speed."""
    size = 384, 384
    photo = ImageOps.fit(Image.open(SAMPLES / "serum.jpg").convert("RGB"), size)
    still = make_still(np.asarray(photo))
    moves = ("orbit=6", "push-in=0.1", "slide=0.06")
    clips = []
    for move in moves:
        shot = make_shot(lab.trained.job, still=still, framing=whole(still), camera=move, size=size)
        assert shot.guide is not None
        clips.append(shot.guide(*size, 14).stack())
    return Found(
        [Strip(move, clip[::4], side=144) for move, clip in zip(moves, clips, strict=True)],
        None,
        ("camera", "speed of what moves, px a frame at 1024 wide and 14 frames"),
        [(f"`{move}`", _speed(clip)) for move, clip in zip(moves, clips, strict=True)],
    )


def _speed(clip: Frames) -> str:
    """Return the speed that a tenth of the picture exceeds: a plain backdrop shows none."""
    greys = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in clip]
    method = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flows = np.stack([method.calc(one, other, None) for one, other in pairwise(greys)])
    speed = np.percentile(np.linalg.norm(flows, axis=-1), 90)
    return f"{speed * 1024 / clip.shape[2]:.1f}"


def _strip(label: str, clip: Frames) -> Strip:
    """Return a clip with the path that was measured on it."""
    return Strip(label, clip, measure.trajectory(clip))


def _free(lab: Lab, scene: int, **said: object) -> Frames:
    """Return a clip whose motion is left to the model."""
    return lab.trained.frames(lab.trained.shot(scene, "locked", None, camera_strength=0.0, **said))


def _still(scene: int) -> Frames:
    return table.unseen(scene + 1)[scene].still(SIDE)


def _contrast(clip: Frames) -> float:
    """Return the spread of the last frame's lightness over the first's."""
    first, last = (srgb_to_lab(clip[index].astype(np.float32) / 255)[..., 0] for index in (0, -1))
    return float(last.std() / first.std())


def _lines(**named: dict[float, list[float]] | dict[int, list[float]]) -> list[Line]:
    return [Line(name, {float(x): y for x, y in points.items()}) for name, points in named.items()]


def _spread(values: Iterable[float], digits: int = 2) -> str:
    """Return "mean (least to most)"."""
    found = list(values)
    mean, least, most = (f"{each:.{digits}f}" for each in (np.mean(found), min(found), max(found)))
    return f"{mean} ({least} to {most})"


EXPERIMENTS: dict[str, Callable[[Lab], Found]] = {
    "guide": guide,
    "motion-bucket": motion_bucket,
    "camera-strength": camera_strength,
    "bucket-and-path": bucket_and_path,
    "noise-augmentation": noise_augmentation,
    "guidance": guidance,
    "seed": seed,
    "held-half": held_half,
}
"""By the name of the picture, and of the place on the page."""
