"""What is chosen for one run: device, precision, memory mode, compiling; and why."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

from pipelines.machine import Machine, MemoryMode, Precision
from pipelines.models.hardware import Hardware, find_hardware
from pipelines.models.needs import MemoryNeeds

if TYPE_CHECKING:
    import torch

BYTES = {"float32": 4, "float16": 2, "bfloat16": 2}
"""Of one number in each precision."""

USABLE = 0.9
"""Share of the free memory that is planned with; the rest is for kernels' workspaces."""

EASY_CHUNK = 8
"""Frames decoded at once below which a leaner mode is taken first: fewer flicker at borders."""

LEANER: dict[MemoryMode, MemoryMode] = {
    "full": "model-offload",
    "model-offload": "group-offload",
    "group-offload": "sequential-offload",
}
"""The next mode that keeps less on the device, and takes longer."""

COMPILED: frozenset[MemoryMode] = frozenset({"full", "model-offload"})
"""Modes that leave a denoiser whole while it runs, so that compiling it pays."""


@dataclass(frozen=True)
class Plan:
    """What was chosen. Frozen: a leaner one is another plan.

    Attributes:
        hardware: the device.
        precision: of weights and activations.
        memory: how much of the pipeline stays on the device.
        needs: what the run will hold.
        compile: whether the denoiser's blocks are compiled.
        channels_last: whether pictures lie in memory pixel by pixel, as tensor cores want them.
        decode_chunk_limit: most pictures at once, see :class:`~pipelines.models.needs.MemoryNeeds`;
            None where that is not limited.
        reasons: sentences for the report.
        warnings: those of them that a person has to see.
    """

    hardware: Hardware
    precision: Precision
    memory: MemoryMode
    needs: MemoryNeeds
    compile: bool = False
    channels_last: bool = False
    decode_chunk_limit: int | None = None
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def device(self) -> str:
        """The device, as torch calls it."""
        return self.hardware.device

    @property
    def dtype(self) -> torch.dtype:
        """The precision, as torch calls it."""
        return as_dtype(self.precision)

    @property
    def decode_chunk_size(self) -> int:
        """Frames to decode, or variations to draw, at once."""
        wanted = self.needs.decode_chunk_size
        return wanted if self.decode_chunk_limit is None else min(wanted, self.decode_chunk_limit)

    def report(self) -> dict[str, object]:
        """Return everything chosen, as JSON values."""
        return {
            "device": self.device,
            "device_name": self.hardware.name,
            "precision": self.precision,
            "memory": self.memory,
            "compile": self.compile,
            "channels_last": self.channels_last,
            "at_once" if self.needs.variations else "decode_chunk_size": self.decode_chunk_size,
            "reasons": list(self.reasons),
        }

    def leaner(self) -> Plan | None:
        """Return the next leaner plan; None when there is none.

        It keeps less of the networks on a device that has memory of its own, and decodes a
        quarter of the frames, or draws a quarter of the variations, at once on any device.
        """
        memory = LEANER.get(self.memory, self.memory)
        if not self.hardware.own_memory:
            memory = self.memory
        chunk = max(1, self.decode_chunk_size // 4)
        if memory == self.memory and chunk == self.decode_chunk_size:
            return None
        return replace(
            self,
            memory=memory,
            decode_chunk_limit=chunk,
            compile=self.compile and memory in COMPILED,
        )


def choose(machine: Machine, needs: MemoryNeeds, hardware: Hardware | None = None) -> Plan:
    """Choose how a run with these ``needs`` is done on ``machine``, and say why.

    What the machine asks for is honoured; what it leaves to ``auto`` is chosen.

    Args:
        machine: device, precision, memory mode and compiling as asked for.
        needs: of the run, by :func:`~pipelines.models.needs.measure_needs`.
        hardware: the device, where it is known already.

    Raises:
        MissingCapability: the device asked for is not there.
    """
    hardware = hardware or find_hardware(machine.device)
    precision = choose_precision(machine, hardware)
    memory, chunk = _choose_memory(machine.memory, needs, hardware, BYTES[precision])
    plan = Plan(
        hardware=hardware,
        precision=precision,
        memory=memory,
        needs=needs,
        compile=machine.compile and memory in COMPILED and _can_compile(hardware),
        channels_last=hardware.device == "cuda" and precision != "float32",
        decode_chunk_limit=None if chunk == needs.decode_chunk_size else chunk,
    )
    return replace(plan, reasons=tuple(_reasons(machine, plan)))


def choose_precision(machine: Machine, hardware: Hardware) -> Precision:
    """Return the precision asked for; ``auto`` is the device's quickest safe one."""
    return hardware.precision if machine.precision == "auto" else machine.precision


def as_dtype(precision: Precision) -> torch.dtype:
    """Return torch's name of a precision; ``auto`` has none."""
    import torch

    dtype = getattr(torch, precision)
    assert isinstance(dtype, torch.dtype)
    return dtype


def _choose_memory(
    asked: MemoryMode, needs: MemoryNeeds, hardware: Hardware, bytes_each: int
) -> tuple[MemoryMode, int]:
    """Return the memory mode and how many pictures to decode, or to draw, at once."""
    wanted = needs.decode_chunk_size
    if not hardware.own_memory or hardware.free is None:
        return ("full" if asked == "auto" else asked), wanted
    modes: tuple[MemoryMode, ...] = ("full", *LEANER.values()) if asked == "auto" else (asked,)
    room = int(hardware.free * USABLE) // bytes_each
    easy = 1 if needs.variations else min(wanted, EASY_CHUNK)
    for smallest in (easy, 1):
        for mode in modes:
            if needs.peak(mode, smallest) <= room:
                return mode, min(wanted, needs.at_once(room - needs.resident(mode)))
    return modes[-1], 1


def _can_compile(hardware: Hardware) -> bool:
    """Whether torch finds the tools with which it compiles for this device."""
    compiler = any(shutil.which(name) for name in ("c++", "g++", "clang++", "cl"))
    return compiler and (hardware.device != "cuda" or find_spec("triton") is not None)


def _reasons(machine: Machine, plan: Plan) -> Iterator[str]:
    hardware, needs, each = plan.hardware, plan.needs, BYTES[plan.precision]
    if machine.device == "auto" and plan.device == "cpu":
        yield "No GPU was found, so networks run on the CPU."
    if plan.precision == "float16" and plan.device == "cpu":
        yield "float16 was asked for; a CPU is slower with it, not quicker."
    if machine.memory != "auto" and plan.memory != "full" and not hardware.own_memory:
        yield f"{plan.memory} was asked for; it saves nothing where there is only one memory."
    if machine.memory == "auto" and plan.memory != "full" and hardware.free is not None:
        whole, free = _gigabytes(needs.peak("full") * each), _gigabytes(hardware.free)
        yield f"Everything at once would take about {whole} GB, and {free} GB are free."
    if plan.decode_chunk_limit is not None:
        work = "Variations are drawn" if needs.variations else "Frames are decoded"
        most, wanted = plan.decode_chunk_limit, needs.decode_chunk_size
        yield f"{work} {most} at a time, not {wanted}, so that they fit."
    if machine.compile and plan.memory not in COMPILED:
        yield f"Nothing is compiled: {plan.memory} takes networks apart while they run."
    elif machine.compile and not plan.compile:
        yield "Nothing is compiled: torch needs a C++ compiler, and on a GPU triton, for that."


def _gigabytes(count: float) -> str:
    return f"{count / 1e9:.1f}"
