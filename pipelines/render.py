"""One job: a still becomes loops, one for each format asked for."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from threading import Event
from typing import TypeVar

from pipelines import encode, report
from pipelines.arrays import Image
from pipelines.camera import build_path, parse_camera
from pipelines.context import Context
from pipelines.describe import Examination, describe, examine
from pipelines.encode import FORMATS, OutputPlan, frame_still, plan_output
from pipelines.files import publish_folder
from pipelines.loop import close_loop
from pipelines.loop.length import frames_needed
from pipelines.media import Artifact, Clip, Delivery, Framing, Loop, Showing, Still
from pipelines.motion.choice import PARALLAX, Choice, choose_engine
from pipelines.motion.engine import MOTION_ENGINES, Direction, Shot
from pipelines.parts import AUTO, MotionSpec
from pipelines.pictures import recorded, save_jpeg, save_stills
from pipelines.prepare import Given, Scene, dress, find_scene
from pipelines.spec import RenderSpec
from pipelines.still import LOOKS, join_words
from pipelines.threads import one_thread_a_picture, step_back

T = TypeVar("T")

REPORT = "report.json"

LATE = ("pipelines.encode.artifact", "pipelines.report.build", "pipelines.report.fidelity")
"""What the end of the journey needs and nothing before it: the codec, the report, the measures."""

LAST = 8
"""Pictures still to be drawn when other work begins, which takes what time the codec leaves."""

PLACES = {"engine", "mask"}
"""Keys of a recipe's motion that are not said to the engine itself."""


def render(
    spec: RenderSpec,
    source: Given,
    out: Path,
    context: Context,
    keep_frames: bool = False,
) -> report.RenderReport:
    """Make every format of a recipe.

    Args:
        spec: what to make.
        source: a file, its bytes, or the decoded still.
        out: receives ``report.json``, ``still.png``, ``poster.jpg`` and one file per format,
            all at once when the job is done, or nothing; with several variations ``stills/`` too.
        context: the job; its seed becomes the recipe's.
        keep_frames: also keep ``frames/0000.png …`` of the first format.

    Raises:
        StillwaveError: any of its kinds; nothing is left under a final name.
    """
    context = replace(context, seed=spec.seed)
    scene = find_scene(spec, source, context)
    still = dress(scene, spec, context)
    with publish_folder(out, last=REPORT) as folder:
        first, *others = spec.formats
        showing = show(spec, still, first, context)

        def meanwhile() -> Examination:
            save_pictures(spec, scene, still, showing, folder)
            return examine(spec, scene, showing, context)

        kept = folder / "frames" if keep_frames else None
        artifact, examined = deliver_first(spec, scene, showing, folder, context, meanwhile, kept)
        deliveries = [Delivery(artifact, showing)]
        for name in others:
            other = show(spec, still, name, context)
            artifact = deliver(spec, scene, other, name, folder, context)
            deliveries.append(Delivery(artifact, other))
        described = describe(spec, scene, still, deliveries, examined, context)
        (folder / REPORT).write_text(described.to_json(), encoding="utf-8")
    return described


def get_ready() -> None:
    """Import what a job will use, which may be done while its still is read.

    By itself each thing is imported when it is needed, and the job waits for it.
    """
    for module in LATE:
        import_module(module)
    MOTION_ENGINES[PARALLAX]


def show(spec: RenderSpec, still: Still, name: str, context: Context) -> Showing:
    """Fit the still into a format and put it in motion; its frames render when asked for."""
    plan = plan_output(FORMATS[name], still.size, spec.seconds, spec.fps, spec.quality == "draft")
    with context.stage("frame"):
        framed, framing = frame_still(still, plan.width, plan.height)
    with context.stage("animate"):
        clip = animate(spec, framed, framing, plan, context)
    return Showing(close_loop(clip, spec.loop), framed, framing, plan.repeats)


def save_pictures(
    spec: RenderSpec, scene: Scene, still: Still, showing: Showing, folder: Path
) -> None:
    """Write the still, its variations and the poster."""
    save_stills(folder, still, scene.full_size if spec.quality == "final" else None)
    save_jpeg(folder / "poster.jpg", showing.loop.clip.render(0))


def deliver_first(
    spec: RenderSpec,
    scene: Scene,
    showing: Showing,
    folder: Path,
    context: Context,
    meanwhile: Callable[[], T],
    kept: Path | None = None,
) -> tuple[Artifact, T]:
    """Encode what the first format shows, and do something else ``meanwhile``.

    That begins when the last pictures are being drawn: from then on the codec alone is at work,
    which leaves a third of two cores idle.
    """
    drawn = Event()
    heard = replace(showing, loop=_announced(showing.loop, drawn.set))
    with ThreadPoolExecutor(1, initializer=step_back) as beside:
        beside.submit(drawn.wait)
        doing = beside.submit(meanwhile)
        try:
            artifact = deliver(spec, scene, heard, spec.formats[0], folder, context, kept)
        except BaseException:
            doing.cancel()
            raise
        finally:
            drawn.set()
        return artifact, doing.result()


def _announced(loop: Loop, drawn: Callable[[], object]) -> Loop:
    """Return the same loop; ``drawn`` is called when all but `LAST` pictures were rendered."""
    left = set(loop.clip.twins or range(loop.clip.count))

    def frame(index: int) -> Image:
        pixels = loop.clip.render(index)
        left.discard(index)
        if len(left) <= LAST:
            drawn()
        return pixels

    return replace(loop, clip=replace(loop.clip, render=frame))


def deliver(
    spec: RenderSpec,
    scene: Scene,
    showing: Showing,
    name: str,
    folder: Path,
    context: Context,
    kept: Path | None = None,
) -> Artifact:
    """Encode what a format shows; ``kept`` receives its frames."""
    with context.stage("encode"), one_thread_a_picture():
        return encode.encode_loop(
            showing.loop if kept is None else recorded(showing.loop, kept),
            name,
            folder / f"{name}.{FORMATS[name].container}",
            repeats=showing.repeats,
            context=context,
            draft=spec.quality == "draft",
            metadata=report.embed(
                spec.model_dump(mode="json"), scene.source.sha256, scene.source.file
            ),
        )


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
        direction=direct(spec),
    )

    def guide(width: int, height: int, count: int) -> Clip:
        smaller = replace(shot, width=width, height=height, count=count)
        return MOTION_ENGINES[PARALLAX].animate(smaller, context)

    choice = _choice(spec, context)
    clip = MOTION_ENGINES[choice.engine].animate(replace(shot, guide=guide), context)
    return replace(clip, engine=choice.engine, details={**clip.details, "chosen": choice.reason})


def direct(spec: RenderSpec) -> Direction:
    """Say to a generative engine what the recipe says."""
    said = {key: getattr(spec.motion, key) for key in MotionSpec.model_fields.keys() - PLACES}
    look = LOOKS[spec.look.name]
    words = join_words(spec.look.prompt, look.prompt)
    negative = join_words(spec.look.negative_prompt, look.negative_prompt)
    return Direction(prompt=words, negative_prompt=negative, seed=spec.seed, **said)


def _choice(spec: RenderSpec, context: Context) -> Choice:
    if spec.motion.engine != AUTO:
        return Choice(spec.motion.engine, "the recipe asks for it")
    return choose_engine(context, draft=spec.quality == "draft")
