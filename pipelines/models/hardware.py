"""What networks can run on here: the device, its free memory, the precision it is quick in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipelines.errors import MissingCapability
from pipelines.machine import Device, Precision

Place = Literal["cpu", "cuda", "mps"]

MEMORY_INFORMATION = Path("/proc/meminfo")


@dataclass(frozen=True)
class Hardware:
    """A device as it was found.

    Attributes:
        device: its kind, as torch calls it.
        name: for people.
        free: bytes that networks may take now; None where nobody says.
        precision: the quickest one that is safe there.
    """

    device: Place
    name: str
    free: int | None
    precision: Precision

    @property
    def own_memory(self) -> bool:
        """Whether its memory is apart from the processor's, so that offloading saves some."""
        return self.device == "cuda"


def find_hardware(asked: Device = "auto") -> Hardware:
    """Return the device asked for; ``auto`` is the first there is of cuda, mps, cpu.

    Raises:
        MissingCapability: that device is not there.
    """
    here = [device for device in ("cuda", "mps", "cpu") if _is_here(device)]
    device = here[0] if asked == "auto" else asked
    if device not in here:
        raise MissingCapability(
            f"the device {device!r} was asked for, and torch finds none here",
            actual=device,
            allowed=", ".join(["auto", *here]),
            fix="ask for one of these, or install a torch that was built for that device",
        )
    if device == "cuda":
        return _cuda()
    return _mps() if device == "mps" else _cpu()


def _is_here(device: str) -> bool:
    import torch

    if device == "cuda":
        return torch.cuda.is_available()
    return device == "cpu" or torch.backends.mps.is_available()


def _cuda() -> Hardware:
    import torch

    free, _ = torch.cuda.mem_get_info()
    # bfloat16 has float32's range, so nothing overflows; older cards only emulate it.
    native = torch.cuda.is_bf16_supported(including_emulation=False)
    half: Precision = "bfloat16" if native else "float16"
    return Hardware("cuda", torch.cuda.get_device_name(), free + _cached(), half)


def _cached() -> int:
    """Return bytes that torch keeps from the driver but gives out again."""
    import torch

    return torch.cuda.memory_reserved() - torch.cuda.memory_allocated()


def _mps() -> Hardware:
    import torch

    free = torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
    return Hardware("mps", "Apple GPU", max(0, free), "float16")


def _cpu() -> Hardware:
    return Hardware("cpu", "CPU", _available_memory(), "float32")


def _available_memory() -> int | None:
    """Return the kernel's estimate of bytes a new program can have without swapping."""
    if not MEMORY_INFORMATION.is_file():
        return None
    for line in MEMORY_INFORMATION.read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None
