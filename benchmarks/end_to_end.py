"""A reel as a whole process, beside what others take for the same work.

1080×1920, 30 fps, 3 s, H.264 by x264 veryfast at CRF 20. The floor is the encode alone: our own
frames, already I420, into the same encoder as a process of its own.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks import ours
from benchmarks.findings import Findings, Promise, Table
from benchmarks.measure import Job, Samples, apart, interleaved, ratios, spread
from benchmarks.rivals.environment import ROOT, rival_python
from benchmarks.stills import draw_frames, draw_still

ENCODE = "encode alone"
ENCODE_OURS = "encode alone, x264 set as ours is"
WARM = "stillwave, mask and depth cached"
COLD = "stillwave, first time for this still"
LOOK = "stillwave, cached, golden-hour"
ZOOMPAN = "zoompan on 4× upscaling"

STILLS = {"astronaut": True, "coffee": False}
"""Still → whether every rival is asked; the second one shows that the first is no exception."""

HEADER = ("what", "wall s", "÷ encode alone", "CPU s", "peak MB")


def run(repeats: int) -> Findings:
    """Measure every still."""
    tables: list[Table] = []
    promises: list[Promise] = []
    for still, every_rival in STILLS.items():
        with tempfile.TemporaryDirectory(prefix="stillwave-bench-") as folder:
            jobs, missing = _jobs(still, Path(folder), every_rival)
            samples = interleaved(jobs, repeats)
        tables.append(_table(still, samples, missing))
        promises += _promises(still, samples)
    return Findings(tables, promises)


def _jobs(still: str, folder: Path, every_rival: bool) -> tuple[list[Job], list[str]]:
    """Return what to run, and rows for what cannot be."""
    photo, frames, nearness = (folder / name for name in ("still.png", "frames.yuv", "near.png"))
    warm, cold = (ours.fresh_data(folder / name) for name in ("warm", "cold"))
    apart(draw_still, still, photo)
    apart(draw_frames, photo, warm, frames, nearness)
    module = (sys.executable, "-m", "benchmarks.rivals.encode_alone", str(frames))
    jobs = [
        Job(ENCODE, [*module, str(folder / "encoded.mp4")]),
        Job(ENCODE_OURS, [*module, str(folder / "ours.mp4"), apart(ours.x264_params)]),
        *_own(photo, folder, warm, cold),
        Job(ZOOMPAN, _zoompan(photo, folder, 4)),
    ]
    if not every_rival:
        return jobs, []
    jobs.append(Job("zoompan as it is (jitters)", _zoompan(photo, folder, 1)))
    jobs.append(_single_layer(photo, nearness, folder))
    python = rival_python()
    if python is None:
        return jobs, ["moviepy 2.2.1, resize: .venv-rivals could not be made"]
    script = ROOT / "benchmarks" / "rivals" / "moviepy_resize.py"
    command = [str(python), str(script), str(photo), str(folder / "moviepy.mp4")]
    return [*jobs, Job("moviepy 2.2.1, resize", command)], []


def _own(photo: Path, folder: Path, warm: Path, cold: Path) -> Iterator[Job]:
    render = partial(ours.render, photo)
    kept = ours.using(warm)
    yield Job(WARM, render(folder / "warm-out", *ours.PLAIN), kept)
    yield Job(LOOK, render(folder / "look-out", "--look", "golden-hour"), kept)
    command = render(folder / "cold-out", *ours.PLAIN)
    yield Job(COLD, command, ours.using(cold), before=partial(ours.forget, cold))


def _zoompan(photo: Path, folder: Path, enlarged: int) -> list[str]:
    from benchmarks.rivals import zoompan

    return zoompan.command(photo, folder / f"zoompan-{enlarged}.mp4", enlarged=enlarged)


def _single_layer(photo: Path, nearness: Path, folder: Path) -> Job:
    module = (sys.executable, "-m", "benchmarks.rivals.single_layer")
    command = [*module, str(photo), str(nearness), str(folder / "single.mp4")]
    return Job("one cv2.remap a frame (no true parallax)", command)


def _table(still: str, samples: Samples, missing: list[str]) -> Table:
    rows = [
        (
            name,
            spread([sample.wall for sample in runs]),
            spread(ratios(samples, name, ENCODE)),
            f"{median(sample.cpu for sample in runs):.2f}",
            f"{max(sample.peak for sample in runs) / 1e6:.0f}",
        )
        for name, runs in samples.items()
    ]
    rows += [(row, "–", "–", "–", "–") for row in missing]
    note = "Medians with ranges; ratios are taken round by round; peak is the worst round's."
    return Table(f"A reel of 3 s, 1080×1920, 30 fps: {still}", HEADER, rows, note)


def _promises(still: str, samples: Samples) -> list[Promise]:
    def ratio(name: str, base: str) -> float:
        return median(ratios(samples, name, base))

    peak = max(sample.peak for name in (WARM, COLD, LOOK) for sample in samples[name])
    return [
        Promise(f"{still}: cached, ÷ encode alone", 1.6, ratio(WARM, ENCODE)),
        Promise(f"{still}: first time, ÷ encode alone", 2.6, ratio(COLD, ENCODE)),
        Promise(f"{still}: first time, ÷ zoompan 4×", 1.0, ratio(COLD, ZOOMPAN)),
        Promise(f"{still}: peak memory", 1000, peak / 1e6, " MB"),
    ]
