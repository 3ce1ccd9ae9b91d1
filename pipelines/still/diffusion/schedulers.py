"""Samplers by the names that people know them by, each the library's own class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipelines.errors import InvalidInput, UnknownName
from pipelines.models.libraries import diffusers_class, quietly
from pipelines.still.diffusion.family import Family

if TYPE_CHECKING:
    from diffusers import SchedulerMixin


@dataclass(frozen=True)
class Sampler:
    """A scheduler class and what makes it the sampler of that name."""

    kind: str
    options: Mapping[str, object] = field(default_factory=dict)


_KARRAS: dict[str, object] = {"use_karras_sigmas": True}
_SDE: dict[str, object] = {"algorithm_type": "sde-dpmsolver++"}

NOISE: Mapping[str, Sampler] = {
    "ddim": Sampler("DDIMScheduler"),
    "ddpm": Sampler("DDPMScheduler"),
    "deis": Sampler("DEISMultistepScheduler"),
    "dpmpp-2m": Sampler("DPMSolverMultistepScheduler"),
    "dpmpp-2m-karras": Sampler("DPMSolverMultistepScheduler", _KARRAS),
    "dpmpp-2m-sde": Sampler("DPMSolverMultistepScheduler", _SDE),
    "dpmpp-2m-sde-karras": Sampler("DPMSolverMultistepScheduler", _SDE | _KARRAS),
    "dpmpp-2s": Sampler("DPMSolverSinglestepScheduler"),
    "euler": Sampler("EulerDiscreteScheduler"),
    "euler-ancestral": Sampler("EulerAncestralDiscreteScheduler"),
    "euler-karras": Sampler("EulerDiscreteScheduler", _KARRAS),
    "heun": Sampler("HeunDiscreteScheduler"),
    "lcm": Sampler("LCMScheduler"),
    "pndm": Sampler("PNDMScheduler"),
    "tcd": Sampler("TCDScheduler"),
    "unipc": Sampler("UniPCMultistepScheduler"),
}
"""For models that remove noise step by step (SD, SDXL)."""

FLOW: Mapping[str, Sampler] = {
    "flow-euler": Sampler("FlowMatchEulerDiscreteScheduler"),
    "flow-heun": Sampler("FlowMatchHeunDiscreteScheduler"),
}
"""For models that follow a flow from noise to picture (SD 3, Flux, Z-Image)."""

SAMPLERS = {**NOISE, **FLOW}


def require_sampler(name: str | None) -> None:
    """Check a sampler's name before anything is loaded; None is the model's own.

    Raises:
        UnknownName: no such sampler; names the nearest.
    """
    if name is not None and name not in SAMPLERS:
        raise UnknownName("scheduler", name, SAMPLERS)


def make_scheduler(
    name: str | None, own: SchedulerMixin, family: Family, model: str
) -> SchedulerMixin:
    """Return a fresh scheduler with the noise schedule of the model's own.

    Args:
        name: of a sampler; None is the model's own.
        own: the scheduler that the model came with.
        family: of the model.
        model: its name.

    Raises:
        InvalidInput: a sampler of the other kind, or one that this family cannot use.
    """
    if name is None:
        return type(own).from_config(own.config)
    fitting = _fitting(own, family)
    if name not in fitting:
        raise InvalidInput(
            f"the scheduler {name!r} does not fit the model {model!r}, a {family.name}",
            actual=name,
            allowed=", ".join(fitting),
            fix="choose one of these, or none for the model's own",
        )
    sampler = SAMPLERS[name]
    with quietly():  # they remark on each other's settings
        return diffusers_class(sampler.kind).from_config(own.config, **sampler.options)


def _fitting(own: SchedulerMixin, family: Family) -> Mapping[str, Sampler]:
    if family.runs_every_step:
        return {name: NOISE[name] for name in ("lcm",)}
    flows = type(own).__name__.startswith("FlowMatch")
    return FLOW if flows else NOISE
