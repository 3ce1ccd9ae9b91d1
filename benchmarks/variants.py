"""How quickly can a person look around? One draft, and twelve of one still."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks import ours
from benchmarks.findings import Findings, Promise, Table
from benchmarks.measure import Job, apart, interleaved, spread
from benchmarks.stills import draw_still

DRAFT = "one draft of a reel, 360×640, cached"
TWELVE = "explore: 4 looks × 3 cameras, cached"
COLD = "explore: 4 looks × 3 cameras, first time"
SEEDS = "explore: 2 looks × 3 cameras × 2 seeds, cached"
SMALL = ("--looks", "golden-hour,watercolor", "--cameras", "orbit,push-in,rise", "--seeds", "0,1")


def run(repeats: int) -> Findings:
    """Measure drafts of the astronaut."""
    with tempfile.TemporaryDirectory(prefix="stillwave-bench-") as folder:
        samples = interleaved(_jobs(Path(folder)), repeats)
    rows = [
        (
            name,
            spread([sample.wall for sample in runs]),
            f"{median(sample.cpu for sample in runs):.2f}",
            f"{max(sample.peak for sample in runs) / 1e6:.0f}",
        )
        for name, runs in samples.items()
    ]
    walls = {name: median(sample.wall for sample in runs) for name, runs in samples.items()}
    table = Table("Looking around: astronaut", ("what", "wall s", "CPU s", "peak MB"), rows)
    promises = [
        Promise("one draft, cached", 1.0, walls[DRAFT], " s"),
        Promise("twelve drafts, cached", 10.0, walls[TWELVE], " s"),
        Promise("twelve drafts, first time", 10.0, walls[COLD], " s"),
    ]
    return Findings([table], promises)


def _jobs(folder: Path) -> list[Job]:
    photo = folder / "still.png"
    apart(draw_still, "astronaut", photo)
    warm, cold = (ours.fresh_data(folder / name) for name in ("warm", "cold"))
    draft = ours.render(photo, folder / "draft", *ours.PLAIN, "--quality", "draft")
    explore = [ours.PROGRAM, "explore", str(photo), "--for", "instagram-reel", "--out"]
    kept = ours.using(warm)
    forget = partial(ours.forget, cold)
    return [
        Job(DRAFT, draft, kept),
        Job(TWELVE, [*explore, str(folder / "twelve")], kept),
        Job(COLD, [*explore, str(folder / "cold-twelve")], ours.using(cold), before=forget),
        Job(SEEDS, [*explore, str(folder / "seeds"), *SMALL], kept),
    ]
