"""The modes that are compared, and the measuring of one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from diffusers import StableVideoDiffusionPipeline
from numpy.typing import NDArray
from PIL import Image as Pillow

from benchmarks.diffusion.networks import Scale, make_pipeline, make_scheduler
from benchmarks.diffusion.roofline import Work
from benchmarks.measure import progress
from pipelines.machine import Machine, MemoryMode
from pipelines.models.compute import (
    Hardware,
    as_dtype,
    choose,
    find_hardware,
    measure_needs,
    place,
    withdraw,
)
from pipelines.models.shortage import is_out_of_memory
from pipelines.motion.svd.feature_cache import cached_features
from pipelines.motion.svd.few_step import FEW_STEP_DEFAULTS, EdmConsistencyScheduler


@dataclass(frozen=True)
class Mode:
    """A row of the table.

    Attributes:
        name: of the row.
        machine: what our placement is told; None leaves the pipeline as the library puts it.
        interval: steps that deep features are kept for.
        few: whether it is sampled in few steps, without guidance.
    """

    name: str
    machine: Machine | None = field(default_factory=Machine)
    interval: int = 1
    few: bool = False

    @property
    def compiles(self) -> bool:
        """Whether it waits for a compiler first."""
        return self.machine is not None and self.machine.compile

    def operations(self, work: Work, scale: Scale) -> float:
        """Return the operations that a clip takes in this mode."""
        if self.few:
            return work.clip(steps=int(FEW_STEP_DEFAULTS["num_inference_steps"]), passes=1)
        return work.clip(scale.steps, passes=2, interval=self.interval)


STOCK = Mode("stock diffusers", None)
COMPILED = Mode("compiled", Machine(compile=True))
FEW_STEPS = Mode("4 steps, compiled", Machine(compile=True), few=True)

OFFLOADING: tuple[MemoryMode, ...] = ("model-offload", "group-offload", "sequential-offload")

MODES = (
    STOCK,
    Mode("as chosen by auto"),
    COMPILED,
    Mode("features kept for 2 steps", interval=2),
    Mode("features kept for 3 steps", interval=3),
    Mode("features kept for 3 steps, compiled", Machine(compile=True), interval=3),
    Mode("4 steps", few=True),
    FEW_STEPS,
    *(Mode(memory, Machine(memory=memory)) for memory in OFFLOADING),
    Mode("stock diffusers, again", None),
)
"""In the order in which they are measured: stock comes twice, to show how steady the device is."""


@dataclass(frozen=True, eq=False)
class Measured:
    """What a mode took.

    Attributes:
        seconds: of each clip after the first.
        peak: most bytes that torch held on the device; 0 where it does not say.
        frames: (frames, height, width, 3) float32 of the last clip.
    """

    seconds: Sequence[float]
    peak: int
    frames: NDArray[np.float32]


def measure_modes(scale: Scale, hardware: Hardware, repeats: int) -> dict[str, Measured | None]:
    """Return what each mode took, by its name; None for one that does not fit into memory.

    Nothing is compiled for a CPU: that takes minutes, for a toy.
    """
    pipeline = make_pipeline(scale, hardware.device, as_dtype(hardware.precision))
    found: dict[str, Measured | None] = {}
    for mode in MODES:
        if mode.compiles and hardware.device == "cpu":
            continue
        progress(f"svd: {mode.name}")
        try:
            found[mode.name] = measure(pipeline, mode, scale, hardware, repeats)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            found[mode.name] = None
    return found


def measure(
    pipeline: StableVideoDiffusionPipeline,
    mode: Mode,
    scale: Scale,
    hardware: Hardware,
    repeats: int,
) -> Measured:
    """Put the pipeline in place, make one clip to warm up, and time the next ones."""
    put(pipeline, mode, scale, hardware)
    pipeline.scheduler = EdmConsistencyScheduler() if mode.few else make_scheduler()
    on_gpu = hardware.device == "cuda"
    finish: Callable[[], object] = torch.cuda.synchronize if on_gpu else lambda: None
    seconds = []
    for _ in range(1 + repeats):
        if on_gpu:
            torch.cuda.reset_peak_memory_stats()
        start = time.perf_counter()
        with cached_features(pipeline.unet, mode.interval):
            frames = clip(pipeline, mode, scale)
        finish()
        seconds.append(time.perf_counter() - start)
    peak = torch.cuda.max_memory_allocated() if on_gpu else 0
    return Measured(seconds[1:], peak, frames)


def put(
    pipeline: StableVideoDiffusionPipeline, mode: Mode, scale: Scale, hardware: Hardware
) -> None:
    """Put the pipeline where the mode wants it."""
    withdraw(pipeline)
    if mode.machine is None:
        pipeline.to(hardware.device)
        return
    needs = measure_needs(
        pipeline,
        width=scale.width,
        height=scale.height,
        num_frames=scale.num_frames,
        guided=not mode.few,
    )
    machine = replace(mode.machine, device=hardware.device)
    place(pipeline, choose(machine, needs, find_hardware(hardware.device)))


def clip(pipeline: StableVideoDiffusionPipeline, mode: Mode, scale: Scale) -> NDArray[np.float32]:
    """Make one clip, at the settings of the stock pipeline or those of few steps."""
    options = dict(FEW_STEP_DEFAULTS) if mode.few else {"num_inference_steps": scale.steps}
    still = np.random.default_rng(0).integers(0, 255, (scale.height, scale.width, 3), np.uint8)
    output = pipeline(
        Pillow.fromarray(still),
        height=scale.height,
        width=scale.width,
        num_frames=scale.num_frames,
        generator=torch.Generator().manual_seed(0),
        output_type="np",
        **options,
    )
    return np.asarray(output.frames[0], np.float32)
