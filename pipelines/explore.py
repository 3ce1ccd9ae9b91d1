"""Many cheap drafts of one still, side by side, so that a person can choose a direction."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.context import Context
from pipelines.encode import FORMATS, OutputPlan, encode_loop, frame_still, plan_output
from pipelines.files import publish_folder
from pipelines.loop import close_loop
from pipelines.media import Artifact, Framing, Still
from pipelines.pictures import save_png
from pipelines.prepare import Given, Scene, dress, find_scene
from pipelines.render import animate
from pipelines.report import (
    DraftReport,
    ExplorationReport,
    ExploredSource,
    Tile,
    draw_sheet,
    embed,
    write_player,
)
from pipelines.spec import RenderSpec
from pipelines.threads import one_thread_a_picture

WORKERS = 2
"""Drafts made at a time; each also keeps an encoder busy."""

VIDEO = "web-loop"
"""Stands in where the recipe's first format is not a video that every browser plays."""

MOMENTS = (0.0, 0.25, 0.5, 0.75)
"""Phases shown on the contact sheet."""

MANIFEST = "explore.json"
SHEET = "contact-sheet.png"
PAGE = "index.html"


@dataclass(frozen=True, eq=False)
class Framed:
    """A look's still, framed once for all its drafts."""

    still: Still
    framing: Framing
    plan: OutputPlan


def explore(
    variants: Sequence[RenderSpec], source: Given, out: Path, context: Context
) -> ExplorationReport:
    """Render drafts of one still; what they share is done once.

    Args:
        variants: recipes that differ in look, camera, ambient motion or seed only.
        source: a file, its bytes, or the decoded still.
        out: receives ``01.mp4 …``, each with its recipe inside, ``contact-sheet.png``,
            ``index.html`` (one file, plays all) and ``explore.json``.
        context: the job.

    Raises:
        StillwaveError: any of its kinds; nothing is left under a final name.
    """
    start = time.perf_counter()
    scene = find_scene(variants[0], source, context)
    with publish_folder(out, last=MANIFEST) as folder:
        made = _make_all(variants, scene, folder, context)
        several = len({spec.seed for spec in variants}) > 1
        tiles = [
            replace(tile, title=title(spec, several))
            for spec, (tile, _) in zip(variants, made, strict=True)
        ]
        drafts = [
            DraftReport.of(tile, artifact, spec.model_dump(mode="json"))
            for spec, tile, (_, artifact) in zip(variants, tiles, made, strict=True)
        ]
        with context.stage("contact sheet"):
            save_png(folder / SHEET, draw_sheet(tiles))
            write_player(folder / PAGE, tiles, drafts)
        report = ExplorationReport(
            source=_source(scene),
            drafts=tuple(drafts),
            contact_sheet=SHEET,
            page=PAGE,
            seconds=time.perf_counter() - start,
            timings=context.timings,
        )
        (folder / MANIFEST).write_text(report.to_json(), encoding="utf-8")
    return report


def _source(scene: Scene) -> ExploredSource:
    width, height = scene.source.size
    file = None if scene.source.file is None else str(scene.source.file)
    return ExploredSource(width=width, height=height, sha256=scene.source.sha256, file=file)


def _make_all(
    variants: Sequence[RenderSpec], scene: Scene, folder: Path, context: Context
) -> list[tuple[Tile, Artifact]]:
    """Looks are queued before drafts, so no draft waits for a look that cannot start."""
    quiet = context.aside()
    with ThreadPoolExecutor(WORKERS) as workers, one_thread_a_picture():
        looks: dict[tuple[object, int], Future[Framed]] = {}
        for spec in variants:
            job = replace(quiet, seed=spec.seed)
            if (key := (spec.look, spec.seed)) not in looks:
                looks[key] = workers.submit(_frame, scene, spec, job)
        drafts = []
        for index, spec in enumerate(variants, start=1):
            name = f"{index:0{max(2, len(str(len(variants))))}}"
            job = replace(quiet, seed=spec.seed)
            framed = looks[spec.look, spec.seed]
            drafts.append(workers.submit(_draft, name, spec, framed, scene, folder, job))
        return _gather(drafts, context)


def _gather(
    drafts: Sequence[Future[tuple[Tile, Artifact]]], context: Context
) -> list[tuple[Tile, Artifact]]:
    try:
        made = []
        for done, draft in enumerate(drafts):
            context.step("drafts", done, len(drafts))
            made.append(draft.result())
        context.step("drafts", len(drafts), len(drafts))
        return made
    except BaseException:
        for draft in drafts:
            draft.cancel()
        raise


def _frame(scene: Scene, spec: RenderSpec, context: Context) -> Framed:
    still = dress(scene, spec, context)
    target = FORMATS[video_format(spec)]
    plan = plan_output(target, still.size, spec.seconds, spec.fps, draft=True)
    framed, framing = frame_still(still, plan.width, plan.height)
    return Framed(framed, framing, plan)


def _draft(
    name: str,
    spec: RenderSpec,
    look: Future[Framed],
    scene: Scene,
    folder: Path,
    context: Context,
) -> tuple[Tile, Artifact]:
    framed = look.result()
    context.step("draft", 0)
    clip = animate(spec, framed.still, framed.framing, framed.plan, context)
    loop = close_loop(clip, spec.loop)
    artifact = encode_loop(
        loop,
        video_format(spec),
        folder / f"{name}.mp4",
        repeats=1,
        context=context,
        draft=True,
        metadata=embed(spec.model_dump(mode="json"), scene.source.sha256, scene.source.file),
    )
    frames = [loop.clip.render(int(moment * loop.clip.count)) for moment in MOMENTS]
    return Tile(name, "", frames), artifact


def video_format(spec: RenderSpec) -> str:
    """Return the format whose shape the drafts have: the recipe's first, if it is a video."""
    first = spec.formats[0]
    return first if FORMATS[first].container == "mp4" else VIDEO


def title(spec: RenderSpec, with_seed: bool = False) -> str:
    """Say in a few words what makes this draft different.

    >>> title(RenderSpec(look="winter", camera="orbit=6,push-in", seed=3), with_seed=True)
    'winter · orbit 6 + push-in · seed 3'
    """
    moves = " + ".join(
        step.move if step.amount is None else f"{step.move} {step.amount:g}" for step in spec.camera
    )
    return f"{spec.look.name} · {moves}" + (f" · seed {spec.seed}" if with_seed else "")
