"""What do our settings of x264 cost and give? The preset alone is what they are compared with.

Both code the same frames of our own at four rates; what is compared is the bytes that each needs
for the same quality (Bjøntegaard 2001, VCEG-M33, with straight lines between the rates).
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from benchmarks import ours
from benchmarks.findings import Findings, Table
from benchmarks.measure import apart
from benchmarks.rivals.encode_alone import encode
from benchmarks.stills import FRAME, PLAIN, draw_frames, draw_still
from pipelines.quality.fidelity import ssim_map

CLIPS: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "coffee": ("coffee", PLAIN),
    "astronaut": ("astronaut", PLAIN),
    "coffee, golden-hour": ("coffee", {"look": "golden-hour", "camera": "orbit"}),
    "coffee, watercolor": ("coffee", {"look": "watercolor", "camera": "orbit"}),
    "coffee, winter, snow and film-grain": (
        "coffee",
        {"look": "winter", "camera": "push-in", "ambient": "snow,film-grain"},
    ),
}
"""Clip → its photo and its recipe."""

RATES = (18, 20, 22, 24)
"""CRFs that are compared."""

FINAL = RATES.index(20)
"""A final's."""

EVERY = 7
"""Every so many frames one is looked at: no divisor of the rhythm in which P and B frames come."""

HEADER = (
    "clip",
    "CPU",
    "bytes at CRF 20",
    "PSNR at CRF 20",
    "bytes, same PSNR",
    "bytes, same SSIM",
)


@dataclass(frozen=True)
class _Coded:
    """A clip, coded once: bytes, luma PSNR and SSIM in dB, and processor seconds."""

    size: int
    psnr: float
    ssim: float
    seconds: float


def run(repeats: int) -> Findings:
    """Code every clip both ways; once, whatever ``repeats`` says, since bytes repeat."""
    del repeats
    rows = [_row(name, photo, recipe) for name, (photo, recipe) in CLIPS.items()]
    note = (
        "Ours against the preset alone, which may use AVX-512 where ours may not. Less is better, "
        "but for PSNR. PSNR and SSIM are of luma, over every seventh frame."
    )
    return Findings([Table("Our settings of x264 beside its preset's", HEADER, rows, note)])


def _row(name: str, photo: str, recipe: Mapping[str, object]) -> tuple[str, ...]:
    with tempfile.TemporaryDirectory(prefix="stillwave-bench-") as kept:
        folder = Path(kept)
        still, frames = folder / "still.png", folder / "frames.yuv"
        data = ours.fresh_data(folder / "data")
        apart(draw_still, photo, still)
        apart(draw_frames, still, data, frames, folder / "near.png", recipe)
        plain, own = (
            [_coded(frames, folder / "coded.mp4", params, rate) for rate in RATES]
            for params in ("", ours.x264_params())
        )
    seconds = sum(each.seconds for each in own) / sum(each.seconds for each in plain)
    first, second = plain[FINAL], own[FINAL]
    return (
        name,
        _percent(seconds),
        _percent(second.size / first.size),
        f"{second.psnr - first.psnr:+.2f} dB",
        _percent(
            bytes_for_the_same(*([(c.psnr, c.size) for c in coded] for coded in (plain, own)))
        ),
        _percent(
            bytes_for_the_same(*([(c.ssim, c.size) for c in coded] for coded in (plain, own)))
        ),
    )


def _coded(frames: Path, out: Path, params: str, rate: int) -> _Coded:
    clip = np.memmap(frames, np.uint8, "r").reshape(-1, FRAME[1] * 3 // 2, FRAME[0])
    start = time.process_time()
    encode(clip, out, params, str(rate))
    seconds = time.process_time() - start
    errors, likeness = [], []
    with av.open(str(out)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index % EVERY == 0:
                seen, drawn = (
                    planes[: FRAME[1]].astype(np.float32)
                    for planes in (frame.to_ndarray(), clip[index])
                )
                errors.append(float(np.mean((seen - drawn) ** 2)))
                likeness.append(float(ssim_map(seen, drawn).mean()))
    psnr = 10 * np.log10(255**2 / np.mean(errors))
    return _Coded(out.stat().st_size, float(psnr), -10 * np.log10(1 - np.mean(likeness)), seconds)


def bytes_for_the_same(
    plain: Sequence[tuple[float, int]], own: Sequence[tuple[float, int]]
) -> float:
    """Return the second curve's bytes over the first's, averaged over the quality both reach.

    Args:
        plain, own: quality in dB and bytes, for some rates.

    Raises:
        ValueError: no quality is reached by both.
    """
    first, second = (np.array(sorted(curve)).T for curve in (plain, own))
    low, high = max(first[0, 0], second[0, 0]), min(first[0, -1], second[0, -1])
    if low >= high:
        raise ValueError("the codings reach no quality in common")
    reached = np.linspace(low, high, 50)
    logs = [np.interp(reached, quality, np.log(size)) for quality, size in (first, second)]
    return float(np.exp(np.mean(logs[1] - logs[0])))


def _percent(ratio: float) -> str:
    return f"{100 * (ratio - 1):+.1f} %"
