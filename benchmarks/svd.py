"""How fast is Stable Video Diffusion, stock and in each of our modes, and how fast could it be.

Random weights: what is computed does not depend on their values. On a GPU the networks have the
released sizes; without one a toy exercises the same code and says nothing about speed.
"""

from __future__ import annotations

from importlib.metadata import version
from importlib.util import find_spec
from statistics import median
from typing import TYPE_CHECKING

import click
import numpy as np

from benchmarks.findings import Findings, Promise, Table, promises_table
from benchmarks.measure import spread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.diffusion.modes import Measured, Mode
    from benchmarks.diffusion.networks import Scale
    from pipelines.models.compute import Hardware

    Results = dict[str, Measured | None]

TERA = 1e12


def run(repeats: int, *, tiny: bool = False) -> Findings:
    """Measure at full size where there is a GPU, else at toy size.

    Args:
        repeats: clips of each mode after one warm-up.
        tiny: the toy, on the CPU, even where there is a GPU.
    """
    if any(find_spec(name) is None for name in ("torch", "diffusers", "transformers")):
        row = [("the optional part 'diffusion' is not installed",)]
        return Findings([Table("Stable Video Diffusion", ("not measured",), row)])
    import torch

    from benchmarks.diffusion.modes import measure_modes
    from benchmarks.diffusion.networks import SVD_XT, TOY
    from pipelines.models.compute import find_hardware

    hardware = find_hardware("cpu" if tiny or not torch.cuda.is_available() else "cuda")
    if hardware.device == "cuda":
        results = measure_modes(SVD_XT, hardware, repeats)
        tables = [arithmetic(), modes(SVD_XT, hardware, results)]
        return Findings(tables, promises(hardware, results))
    torch.set_num_threads(1)  # a toy gains nothing from more
    return Findings([arithmetic(), modes(TOY, hardware, measure_modes(TOY, hardware, repeats))])


def arithmetic() -> Table:
    """Return what the full-size model computes, and the least time that takes."""
    from benchmarks.diffusion.networks import SVD_XT
    from benchmarks.diffusion.roofline import REFERENCE, count_work

    rows = []
    for num_frames in (14, 25):
        work = count_work(SVD_XT, num_frames)
        whole, few = work.clip(25, passes=2), work.clip(4, passes=1)
        parts = (2 * work.whole, 2 * work.outermost, work.decoding, whole, few)
        bounds = (f"{total / REFERENCE:.2f} s" for total in (whole, few))
        rows.append((str(num_frames), *(f"{part / TERA:.0f}" for part in parts), *bounds))
    header = (
        "frames",
        "a guided step",
        "the same with kept features",
        "decoding",
        "25 guided steps",
        "4 steps, no guidance",
        "25 take at least",
        "4 take at least",
    )
    note = (
        "TFLOP at 1024×576, counted by torch on the full-size networks without their memory. The "
        f"bounds are for {REFERENCE / TERA:.0f} TFLOP/s, about what bfloat16 reaches on an H100."
    )
    return Table("Stable Video Diffusion by arithmetic", header, rows, note)


def modes(scale: Scale, hardware: Hardware, results: Results) -> Table:
    """Return seconds, throughput, share of the roofline and memory of each mode."""
    from benchmarks.diffusion.modes import MODES, STOCK
    from benchmarks.diffusion.roofline import count_work, find_peak

    work, peak = count_work(scale, scale.num_frames), find_peak(hardware.name)
    rows = [
        cells(mode, results[mode.name], results[STOCK.name], mode.operations(work, scale), peak)
        for mode in MODES
        if mode.name in results
    ]
    header = (
        "mode",
        "seconds a clip",
        "× stock",
        "TFLOP",
        "TFLOP/s",
        "of the roofline",
        "peak GB",
        "dB to stock",
    )
    return Table("Stable Video Diffusion, mode by mode", header, rows, remarks(scale, hardware))


def cells(
    mode: Mode,
    found: Measured | None,
    stock: Measured | None,
    operations: float,
    peak: float | None,
) -> tuple[str, ...]:
    """Return a mode's row."""
    if found is None:
        return (mode.name, "does not fit", *["–"] * 6)
    seconds = median(found.seconds)
    return (
        mode.name,
        spread(found.seconds),
        "–" if stock is None else f"{median(stock.seconds) / seconds:.2f}",
        f"{operations / TERA:.3g}",
        f"{operations / seconds / TERA:.3g}",
        "–" if peak is None else f"{operations / peak / seconds:.0%}",
        "–" if found.peak == 0 else f"{found.peak / 1e9:.1f}",
        "–" if stock is None else likeness(found.frames, stock.frames),
    )


def likeness(frames: NDArray[np.float32], stock: NDArray[np.float32]) -> str:
    """Return the PSNR of two clips, values 0..1, in words."""
    error = float(np.mean((frames - stock) ** 2))
    return "equal" if error == 0 else f"{-10 * np.log10(error):.1f}"


def remarks(scale: Scale, hardware: Hardware) -> str:
    """Return what the reader must know beside the table of modes."""
    from benchmarks.diffusion.roofline import find_peak

    peak = find_peak(hardware.name)
    known = "its peak is unknown" if peak is None else f"peak {peak / TERA:.0f} TFLOP/s"
    libraries = ", ".join(f"{name} {version(name)}" for name in ("torch", "diffusers"))
    note = (
        f"{scale.name}, random weights, {hardware.precision}, on {hardware.name} ({known}), "
        f"{libraries}. Operations are those that the mode has to do, not those that stock does. "
        "The last column compares pictures of random weights: that modes agree, not that they "
        "look good."
    )
    if hardware.device == "cuda":
        return note
    return f"{note} **The full size was not run: that needs a GPU. A toy's times say nothing.**"


def promises(hardware: Hardware, results: Results) -> list[Promise]:
    """Judge the aims that are set for a GPU; none where one of their modes does not fit."""
    from benchmarks.diffusion.modes import COMPILED, FEW_STEPS, STOCK
    from benchmarks.diffusion.networks import SVD_XT
    from benchmarks.diffusion.roofline import count_work, find_peak

    needed = [results[mode.name] for mode in (STOCK, COMPILED, FEW_STEPS)]
    found = [median(each.seconds) for each in needed if each is not None]
    if len(found) < len(needed):
        return []
    stock, compiled, few = found
    judged = [
        Promise("SVD at equal output, of stock's time", 0.5, compiled / stock),
        Promise("SVD in 4 steps, of stock's time", 0.1, few / stock),
    ]
    peak = find_peak(hardware.name)
    if peak is not None:
        operations = COMPILED.operations(count_work(SVD_XT, SVD_XT.num_frames), SVD_XT)
        bound = operations / peak
        judged.append(Promise("SVD at equal output, times its bound", 2, compiled / bound))
    return judged


@click.command()
@click.option("--tiny", is_flag=True, help="The toy, on the CPU, whatever there is.")
@click.option("--repeats", type=click.IntRange(1), default=3, show_default=True, help="Clips.")
def main(tiny: bool, repeats: int) -> None:
    """Measure Stable Video Diffusion alone and print what was found."""
    found = run(repeats, tiny=tiny)
    tables = [promises_table(found.promises)] if found.promises else []
    click.echo("\n\n".join(table.markdown() for table in [*tables, *found.tables]))


if __name__ == "__main__":
    main()
