"""Whether every closed move hides its seam, on every sample, in the files a person gets.

Each move on each sample is encoded and measured on the decoded file: MP4 and GIF, at the size of a
draft; the moves people choose most also as finals.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.findings import Findings, Promise, Table
from benchmarks.measure import progress
from pipelines.camera.preset import MOVES
from pipelines.context import Context
from pipelines.media import Seam
from pipelines.prepare import Scene, dress, find_scene
from pipelines.render import deliver, show
from pipelines.spec import RenderSpec, parse_spec
from service.settings import read_settings

SAMPLES = sorted(
    path
    for path in Path(__file__).parents[1].joinpath("samples").iterdir()
    if path.suffix in (".jpg", ".png")
)
FINALS = ("orbit", "push-in", "circle")
WAYS = ("pingpong", "crossfade")
LOWEST, HIGHEST = 0.8, 1.25


def run(repeats: int) -> Findings:
    """Measure each loop once: a seam does not vary from run to run."""
    context = Context(data_dir=read_settings().data_dir)
    drafts = [_row(name, context, camera=name, quality="draft") for name in MOVES.names]
    finals = [
        _row(f"{name}, final", context, formats="instagram-reel", camera=name) for name in FINALS
    ]
    ways = [
        _row(f"push-in, {way}", context, camera="push-in", loop=way, quality="draft")
        for way in WAYS
    ]
    rows = [*drafts, *finals, *ways]
    ratios = [seam.ratio for _, seams in rows for seam in seams.values()]
    header = ("move", "MP4 ratio", "MP4 kink", "GIF ratio")
    table = Table(
        f"Seams over {len(SAMPLES)} samples, on the decoded files",
        header,
        [(name, *_cells(seams)) for name, seams in rows],
        "Lowest to highest over the samples. 1 is perfect, below 0.8 a hold, above 1.25 a jump.",
    )
    promises = (
        Promise("highest seam ratio", HIGHEST, max(ratios)),
        Promise("lowest seam ratio, turned over", 1 / LOWEST, 1 / min(ratios)),
    )
    return Findings([table], promises)


def _row(name: str, context: Context, **recipe: object) -> tuple[str, dict[tuple[str, str], Seam]]:
    """Return the seam of each sample and format."""
    progress(f"   {name}")
    look = {"name": "natural", "strength": 0}
    spec = parse_spec({"formats": "web-loop,gif", "look": look, "seconds": 3, **recipe})
    seams = {}
    for sample in SAMPLES:
        scene = find_scene(spec, sample, context)
        for format_id, seam in _seams(spec, scene, context):
            seams[sample.stem, format_id] = seam
    return name, seams


def _seams(spec: RenderSpec, scene: Scene, context: Context) -> Iterable[tuple[str, Seam]]:
    still = dress(scene, spec, context)
    with tempfile.TemporaryDirectory() as folder:
        for name in spec.formats:
            showing = show(spec, still, name, context)
            yield name, deliver(spec, scene, showing, name, Path(folder), context).seam


def _cells(seams: dict[tuple[str, str], Seam]) -> Sequence[str]:
    videos = [seam for (_, name), seam in seams.items() if name != "gif"]
    gifs = [seam for (_, name), seam in seams.items() if name == "gif"]
    return (
        _span([seam.ratio for seam in videos]),
        _span([seam.kink for seam in videos]),
        _span([seam.ratio for seam in gifs]),
    )


def _span(values: Sequence[float]) -> str:
    return f"{min(values):.2f}–{max(values):.2f}" if values else "–"
