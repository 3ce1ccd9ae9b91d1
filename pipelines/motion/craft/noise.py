"""Noise that repeats: seamless in space by its spectrum, seamless in time by whole harmonics.

Source: spectral synthesis (Saupe 1988); an inverse DFT is periodic by construction, as used for
looping motion by Chuang et al. 2005, "Animating Pictures with Stochastic Motion Textures".
"""

from __future__ import annotations

import numpy as np

from pipelines.arrays import Mask


def tile(
    rng: np.random.Generator,
    shape: tuple[int, int],
    wavelength: tuple[float, float],
    slope: float = 2.0,
) -> Mask:
    """Return a (height, width) float32 field, mean 0, variance 1, that tiles in both directions.

    Args:
        wavelength: of the largest features, in pixels, (down, across).
        slope: amplitude falls as frequency to this power; larger is smoother.
    """
    down = np.fft.fftfreq(shape[0])[:, None] * wavelength[0]
    across = np.fft.rfftfreq(shape[1])[None, :] * wavelength[1]
    square = down**2 + across**2
    # Rises to the wanted wavelength, so that no slow blotch drowns it, then falls by the slope.
    spectrum = np.fft.rfft2(rng.standard_normal(shape)) * square / (1 + square) ** (slope / 2 + 1)
    field = np.fft.irfft2(spectrum, shape)
    return np.asarray(field / max(field.std(), 1e-12), np.float32)


class Breath:
    """Noise that changes in place and repeats each loop.

    n(x, φ) = Σ_k a_k (C_k(x) cos 2πkφ + S_k(x) sin 2πkφ), a_k ∝ 1/k, with independent tiles C, S.

    Args:
        wavelength: of the features in pixels, (down, across).
        harmonics: the quickest change, in cycles a loop.
        slope: as for :func:`tile`.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        shape: tuple[int, int],
        wavelength: tuple[float, float],
        harmonics: int = 3,
        slope: float = 2.0,
    ) -> None:
        self._shape = shape
        self._orders = np.arange(1, harmonics + 1)
        amplitude = (1 / self._orders) / np.sqrt(np.sum(1 / self._orders**2))
        fields = [a * tile(rng, shape, wavelength, slope) for a in amplitude for _ in range(2)]
        self._fields = np.stack(fields).reshape(2 * harmonics, -1)

    def at(self, phase: float) -> Mask:
        """Return the (height, width) float32 field, variance about 1, at ``phase``."""
        angle = 2 * np.pi * self._orders * phase
        weights = np.stack([np.cos(angle), np.sin(angle)], axis=1).ravel().astype(np.float32)
        return np.asarray(weights @ self._fields, np.float32).reshape(self._shape)
