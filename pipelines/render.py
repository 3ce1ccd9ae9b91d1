"""One job: a still becomes loops, one for each format asked for."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from pipelines.camera import build_path, parse_camera
from pipelines.context import Context
from pipelines.describe import describe
from pipelines.encode import FORMATS, OutputPlan, encode_loop, frame_still, plan_output
from pipelines.files import publish_folder
from pipelines.loop import close_loop
from pipelines.loop.length import frames_needed
from pipelines.media import Clip, Framing, Still
from pipelines.motion.engine import MOTION_ENGINES, Shot
from pipelines.pictures import recorded, save_jpeg, save_png
from pipelines.prepare import Scene, dress, find_scene
from pipelines.report import Delivery, RenderReport, embed
from pipelines.spec import RenderSpec

REPORT = "report.json"


def render(
    spec: RenderSpec,
    source: Path | bytes,
    out: Path,
    context: Context,
    keep_frames: bool = False,
) -> RenderReport:
    """Make every format of a recipe.

    Args:
        spec: what to make.
        source: a file, or its bytes.
        out: receives ``report.json``, ``still.png``, ``poster.jpg`` and one file per format,
            all at once when the job is done, or nothing.
        context: the job; its seed becomes the recipe's.
        keep_frames: also keep ``frames/0000.png …`` of the first format.

    Raises:
        StillwaveError: any of its kinds; nothing is left under a final name.
    """
    context = replace(context, seed=spec.seed)
    scene = find_scene(spec, source, context)
    still = dress(scene, spec, context)
    with publish_folder(out, last=REPORT) as folder, ThreadPoolExecutor(1) as beside:
        saved = beside.submit(save_png, folder / "still.png", still.pixels)
        kept = folder / "frames" if keep_frames else None
        deliveries = list(deliver_all(spec, scene, still, folder, context, kept))
        save_jpeg(folder / "poster.jpg", deliveries[0].loop.clip.render(0))
        report = describe(spec, scene, still, deliveries, context)
        saved.result()
        (folder / REPORT).write_text(report.to_json(), encoding="utf-8")
    return report


def deliver_all(
    spec: RenderSpec,
    scene: Scene,
    still: Still,
    folder: Path,
    context: Context,
    kept: Path | None = None,
) -> Iterator[Delivery]:
    """Make the formats one after the other; ``kept`` receives the first one's frames."""
    note = embed(spec.model_dump(mode="json"), scene.source.sha256, scene.file)
    for name in spec.formats:
        format_ = FORMATS[name]
        draft = spec.quality == "draft"
        plan = plan_output(format_, still.size, spec.seconds, spec.fps, draft)
        with context.stage("frame"):
            framed, framing = frame_still(still, plan.width, plan.height)
        with context.stage("animate"):
            clip = animate(spec, framed, framing, plan, context)
        loop = close_loop(clip, spec.loop)
        with context.stage("encode"):
            artifact = encode_loop(
                loop if kept is None else recorded(loop, kept),
                name,
                folder / f"{name}.{format_.container}",
                repeats=plan.repeats,
                context=context,
                draft=draft,
                metadata=note,
            )
        kept = None
        yield Delivery(artifact, loop, framed, framing)


def animate(
    spec: RenderSpec, still: Still, framing: Framing, plan: OutputPlan, context: Context
) -> Clip:
    """Put the recipe's camera and ambient motion into a framed still."""
    closed = spec.loop == "closed"
    steps = parse_camera([step.model_dump() for step in spec.camera])
    shot = Shot(
        still=still,
        framing=framing,
        path=build_path(steps, intensity=spec.intensity, closed=closed, seed=spec.seed),
        width=plan.width,
        height=plan.height,
        fps=plan.fps,
        count=frames_needed(spec.loop, plan.count, plan.fps),
        relief=spec.relief,
        fov_deg=spec.fov_deg,
        ambient=tuple((effect.name, effect.amount) for effect in spec.ambient),
    )
    return MOTION_ENGINES[spec.motion.chosen].animate(shot, context)
