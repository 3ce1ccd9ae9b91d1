"""Few steps: the scheduler of AnimateLCM-SVD, which jumps to a clean clip and noises it again.

The UNet of AnimateLCM-SVD (Wang et al., "AnimateLCM", arXiv 2402.00769) is a consistency model
(Song et al., arXiv 2303.01469) in the scalings of EDM (Karras et al., arXiv 2206.00364): from any
noise level its answer points straight at the end of the path. Each step takes that end and adds
fresh noise of the next level, so one to eight steps do what twenty-five small ones did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from diffusers import ConfigMixin, SchedulerMixin
from diffusers.configuration_utils import register_to_config
from diffusers.utils import BaseOutput
from diffusers.utils.torch_utils import randn_tensor

from pipelines.errors import require_range

FEW_STEP_DEFAULTS: Mapping[str, float] = {
    "num_inference_steps": 4,
    "min_guidance_scale": 1.0,
    "max_guidance_scale": 1.0,
}
"""What a few-step model is run with unless it is told otherwise. Guidance is in its weights, and
the stock pipeline leaves the unguided pass out where the highest guidance is 1.0: half the work."""

STREAM = 0x5EED_0FF5E7
"""Tells the noise between steps from the first noise of the same seed."""


@dataclass
class ConsistencyOutput(BaseOutput):  # type: ignore[misc]  # untyped library
    """What a step gives.

    Attributes:
        prev_sample: latents at the next noise level, in the model output's dtype.
        pred_original_sample: the clean latents that the model points at, float32.
    """

    prev_sample: torch.Tensor
    pred_original_sample: torch.Tensor


class EdmConsistencyScheduler(SchedulerMixin, ConfigMixin):  # type: ignore[misc]  # untyped library
    """Multistep consistency sampling over EDM's noise levels (algorithm 1 of arXiv 2303.01469).

    It stands where :class:`diffusers.EulerDiscreteScheduler` stands in the stock pipeline, and
    speaks as that one does with ``set_timesteps(sigmas=…)``, so that a start from a noised guide
    is the same for both.

    Args:
        original_inference_steps: levels of the grid that the model was trained on.
        sigma_min, sigma_max: the grid's ends; it falls evenly in σ^(1/rho).
        sigma_data: standard deviation of clean latents that the scalings stand for.
        rho: see ``sigma_min``.

    Attributes:
        noise_seed: of the noise between steps. Drawn on the CPU and from the start at each
            ``set_timesteps``, so that the same seed gives the same clip on any device; not the
            noise that a generator of that seed begins with, which the first latents are made of.
        sigmas: noise levels of the run, falling, with 0 at the end; float32 on the CPU.
        timesteps: what the network is told of each level, ln(σ)/4; without the 0.
    """

    order = 1

    @register_to_config  # type: ignore[untyped-decorator]
    def __init__(
        self,
        original_inference_steps: int = 40,
        sigma_min: float = 0.002,
        sigma_max: float = 700.0,
        sigma_data: float = 1.0,
        rho: float = 7.0,
    ) -> None:
        self.noise_seed = 0
        self.set_timesteps(original_inference_steps)

    @property
    def init_noise_sigma(self) -> float:
        """Standard deviation of the latents at the run's first level."""
        return float((self.sigmas[0] ** 2 + self.config.sigma_data**2) ** 0.5)

    def set_timesteps(
        self,
        num_inference_steps: int | None = None,
        device: str | torch.device | None = None,
        sigmas: Sequence[float] | None = None,
    ) -> None:
        """Set the noise levels of the next run.

        Args:
            num_inference_steps: takes that many levels of the training grid, evenly, from its
                highest on.
            device: where ``timesteps`` lie.
            sigmas: the levels themselves, falling, with 0 at the end.

        Raises:
            OutOfRange: more steps than the training grid has levels, or less than one.
            ValueError: neither steps nor levels, or levels that do not fall to 0.
        """
        if sigmas is not None:
            levels = np.asarray(sigmas, np.float64)
            if levels.size < 2 or levels[-1] != 0 or (np.diff(levels) >= 0).any():
                raise ValueError("sigmas must fall and end with 0")
        elif num_inference_steps is not None:
            levels = self._levels(num_inference_steps)
        else:
            raise ValueError("give num_inference_steps or sigmas")
        self.num_inference_steps = levels.size - 1
        self.sigmas = torch.from_numpy(levels).float()
        self.timesteps = (0.25 * self.sigmas[:-1].log()).to(device)
        self._noise = torch.Generator().manual_seed(self.noise_seed ^ STREAM)

    def scale_model_input(
        self, sample: torch.Tensor, timestep: float | torch.Tensor
    ) -> torch.Tensor:
        """Return latents of the unit variance that the network wants."""
        sigma = float(self.sigmas[self._index(timestep)])
        return sample / (sigma**2 + self.config.sigma_data**2) ** 0.5

    def step(
        self,
        model_output: torch.Tensor,
        timestep: float | torch.Tensor,
        sample: torch.Tensor,
        generator: torch.Generator | None = None,
        return_dict: bool = True,
    ) -> ConsistencyOutput | tuple[torch.Tensor, torch.Tensor]:
        """Jump to the clean latents, and noise them to the next level; the last level is clean.

        Args:
            model_output: the network's v-prediction.
            timestep: one of ``timesteps``.
            sample: latents at that level, any shape.
            generator: of the noise; None draws from ``noise_seed``.
            return_dict: whether the answer has names.
        """
        index = self._index(timestep)
        skip, out = self.scalings(float(self.sigmas[index]))
        clean = skip * sample.float() + out * model_output.float()
        after = float(self.sigmas[index + 1])
        noised = clean
        if after > 0:
            source = self._noise if generator is None else generator
            noise = randn_tensor(clean.shape, generator=source, device=clean.device)
            noised = clean + after * noise
        output = ConsistencyOutput(noised.to(model_output.dtype), clean)
        return output if return_dict else output.to_tuple()

    def scalings(self, sigma: float) -> tuple[float, float]:
        """Return what the sample and the network's output count in the clean latents at ``sigma``.

        At 0 they are 1 and 0: what is clean stays as it is, whatever the network says.
        """
        data = self.config.sigma_data
        total = sigma**2 + data**2
        return data**2 / total, -sigma * data / total**0.5

    def __len__(self) -> int:
        return int(self.config.original_inference_steps)

    def _levels(self, num_inference_steps: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        count = self.config.original_inference_steps
        require_range("num_inference_steps", num_inference_steps, 1, count)
        places = np.arange(num_inference_steps) * (count // num_inference_steps) / max(1, count - 1)
        high, low = (
            self.config[end] ** (1 / self.config.rho) for end in ("sigma_max", "sigma_min")
        )
        return np.append((high + places * (low - high)) ** self.config.rho, 0.0)

    def _index(self, timestep: float | torch.Tensor) -> int:
        return int((self.timesteps - timestep).abs().argmin())
