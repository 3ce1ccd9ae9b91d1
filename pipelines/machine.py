"""What a machine decides, not a recipe: where networks run, how lean, and whom to ask.

A front-end reads these from its settings and hands them over inside the context.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Device = Literal["auto", "cpu", "cuda", "mps"]
Precision = Literal["auto", "float32", "float16", "bfloat16"]
MemoryMode = Literal["auto", "full", "model-offload", "group-offload", "sequential-offload"]
LicencePolicy = Literal["any", "commercial"]


@dataclass(frozen=True)
class RemoteServer:
    """A server that speaks the OpenAI-shaped video routes.

    Attributes:
        url: its base, up to and with ``/v1``.
        key: the bearer token; None where the server asks for none. Never printed.
        model: the name it knows its model by; None is its default.
        timeout_seconds: longest wait for one video.
        keyframes: whether it takes a last frame beside the first, so that a loop can close.
    """

    url: str
    key: str | None = None
    model: str | None = None
    timeout_seconds: float = 900.0
    keyframes: bool = False

    def __repr__(self) -> str:
        return f"RemoteServer({self.url!r})"


@dataclass(frozen=True)
class Machine:
    """Surroundings of the generative engines.

    Attributes:
        device: where networks run; ``auto`` takes the first there is of cuda, mps, cpu.
        precision: of weights and activations; ``auto`` is the device's quickest safe one.
        memory: how much of a pipeline stays on the device; ``auto`` measures what fits.
        compile: whether networks are compiled first: slow to start, quicker after.
        licence_policy: ``commercial`` refuses weights that may not be used commercially.
        remote: the server of the ``remote`` engine; None when there is none.
    """

    device: Device = "auto"
    precision: Precision = "auto"
    memory: MemoryMode = "auto"
    compile: bool = False
    licence_policy: LicencePolicy = "any"
    remote: RemoteServer | None = None
