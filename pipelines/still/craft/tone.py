"""Tone and colour: curves on luminance so that a brand's hue survives, split toning, grain.

Everything takes and gives (height, width, 3) float32 linear light; nothing changes its input.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from pipelines.arrays import ImageF, Mask
from pipelines.colour import lab_to_linear, linear_to_lab, luminance
from pipelines.ramp import eased
from pipelines.still.craft.noise import specks

Rgb = tuple[float, float, float]
Tint = tuple[float, float]
"""A shift of (a*, b*) in CIELAB units."""


def smoothstep(low: float, high: float, x: Mask) -> Mask:
    """Rise smoothly from 0 at ``low`` to 1 at ``high``."""
    return eased((x - np.float32(low)) / np.float32(high - low))


def spread(weight: Mask) -> ImageF:
    """Repeat a map over three channels: full arrays multiply twice as fast as broadcast ones."""
    return cv2.merge((weight, weight, weight))


def peak(linear: ImageF) -> Mask:
    """Brightest channel of each pixel."""
    red, green, blue = cv2.split(linear)
    return cv2.max(cv2.max(red, green), blue)


def _lowest(linear: ImageF) -> Mask:
    red, green, blue = cv2.split(linear)
    return np.maximum(cv2.min(cv2.min(red, green), blue), 0)


def mix(a: ImageF, b: ImageF | Rgb, weight: Mask) -> ImageF:
    """Blend from ``a`` to ``b`` (an image or one colour) by ``weight`` (height, width)."""
    mixed = np.asarray(b, np.float32) - a
    mixed *= spread(weight)
    mixed += a
    return mixed


def contain(linear: ImageF, knee: float = 0.8, ceiling: float = 1.0) -> ImageF:
    """Bring light above ``knee`` back under ``ceiling`` along its own hue.

    The brightest channel rolls off as a tanh of slope 1, the others follow in proportion and
    then give up saturation as the overshoot grows, the way film burns to white; pale colours do so
    first, so that a lit red stays red.
    """
    top = peak(linear)
    over = np.maximum(top - np.float32(knee), 0) / np.float32(ceiling - knee)
    if float(over.max()) == 0:
        return linear
    rolled = np.minimum(top, np.float32(knee)) + np.float32(ceiling - knee) * np.tanh(over)
    scaled = linear * spread(rolled / np.maximum(top, np.float32(1e-6)))
    pale = np.sqrt(_lowest(linear) / np.maximum(top, np.float32(1e-6)))
    return mix(scaled, spread(rolled), np.float32(0.9) * smoothstep(0.4, 4.5, over) * pale)


def curve(linear: ImageF, shape: Callable[[Mask], Mask]) -> ImageF:
    """Apply a tone curve to luminance only, given on perceptual values 0..1 (gamma 2.2)."""
    steps = np.linspace(0, 1, 1024, dtype=np.float32)
    table = np.maximum(shape(steps), 0) ** np.float32(2.2)
    gain = (table / np.maximum(steps**2.2, 1e-5)).astype(np.float32)
    gain[:8] = gain[8]
    y = np.clip(luminance(linear), 0, 1) ** np.float32(1 / 2.2)
    return linear * spread(gain[(y * 1023).astype(np.intp)])


def contrast(linear: ImageF, power: float, pivot: float = 0.5) -> ImageF:
    """Bend luminance by the S-curve x^g / (x^g + (1 − x)^g); g > 1 is harder, < 1 softer."""

    def sigmoid(x: Mask) -> Mask:
        x = x ** np.float32(np.log(0.5) / np.log(pivot))
        bent = x**power / (x**power + (1 - x) ** power + 1e-9)
        return np.asarray(bent ** np.float32(np.log(pivot) / np.log(0.5)), np.float32)

    return curve(linear, sigmoid)


def balance(linear: ImageF, gains: Rgb) -> ImageF:
    """Multiply the channels, keeping the luminance of grey."""
    g = np.array(gains, np.float32)
    return linear * (g / luminance(g[None, None])[0, 0])


def saturate(linear: ImageF, amount: float) -> ImageF:
    """Scale colourfulness about luminance; above 1 weak colours gain more than strong ones."""
    y = luminance(linear)
    grey = spread(y)
    if amount <= 1:
        return grey + (linear - grey) * np.float32(amount)
    top = peak(linear)
    purity = np.minimum((top - y) / np.maximum(top, np.float32(1e-4)) * 1.3, 1)
    gain = 1 + np.float32(amount - 1) * (1 - np.float32(0.7) * purity)
    return np.maximum(grey + (linear - grey) * spread(gain), 0)


def split_tone(linear: ImageF, shadows: Tint, highlights: Tint) -> ImageF:
    """Tint dark and light parts in CIELAB: a*, b* += s·(1 − L)² + h·L²; L* stays.

    Wants light that :func:`contain` has brought under 1: clipped channels would turn orange
    highlights lemon.
    """
    lab = linear_to_lab(np.clip(linear, 0, 1))
    light = lab[..., 0] / 100
    dark2, light2 = (1 - light) ** 2, light**2
    for channel in (0, 1):
        lab[..., channel + 1] += shadows[channel] * dark2 + highlights[channel] * light2
    return lab_to_linear(lab)


def fade(linear: ImageF, black: Rgb, white: float) -> ImageF:
    """Lift black to a colour and lower white, as prints do (linear values)."""
    base = np.array(black, np.float32)
    return base + linear * (np.float32(white) - base)


def clarity(linear: ImageF, radius: float, amount: float) -> ImageF:
    """Strengthen local contrast of luminance at ``radius`` pixels.

    Only texture gains: a step larger than a tenth counts as a border and is left, or a dark
    product before a light wall would turn black.
    """
    y = np.sqrt(np.clip(luminance(linear), 0, 1))
    local = y - blur(y, radius)
    texture = local / (1 + (local / np.float32(0.1)) ** 2)
    gain = (1 + np.float32(amount) * texture * (1 - y) / np.maximum(y, 0.08)) ** 2
    return linear * spread(gain)


def grain(linear: ImageF, rng: np.random.Generator, amount: float, size: float) -> ImageF:
    """Add film grain: strongest in the mid-tones, in perceptual steps of ``amount``.

    Also hides the steps that 8 bits would leave in wide soft gradients.
    """
    y = np.sqrt(np.clip(luminance(linear), 0, 1))
    noise = specks(y.shape, rng, size) * np.float32(amount)
    grained = np.maximum(y + noise * (0.35 + 2.6 * y * (1 - y)), 0)
    return linear * spread(((grained + np.float32(0.02)) / (y + np.float32(0.02))) ** 2)


def vignette(linear: ImageF, amount: float, centre: tuple[float, float] = (0.5, 0.5)) -> ImageF:
    """Darken towards the corners by the lens' cos⁴ law, scaled so that corners lose ``amount``."""
    height, width = linear.shape[:2]
    x = (np.arange(width, dtype=np.float32) / width - np.float32(centre[0])) * 2
    y = (np.arange(height, dtype=np.float32) / height - np.float32(centre[1])) * 2
    r2 = (x[None, :] ** 2 + y[:, None] ** 2) / 2
    fall = 1 / (1 + 0.42 * np.minimum(r2, 2)) ** 2
    return linear * spread(1 - np.float32(2 * amount) * (1 - fall))


def blur(array: Mask | ImageF, sigma: float) -> Mask:
    """Blur by a Gaussian; wide ones are done on a smaller picture, which looks the same."""
    height, width = array.shape[:2]
    shrink = int(min(max(sigma / 3, 1), max(min(height, width) / 8, 1)))
    if shrink == 1:
        return cv2.GaussianBlur(array, (0, 0), max(sigma, 0.3), borderType=cv2.BORDER_REPLICATE)
    small_size = (max(width // shrink, 1), max(height // shrink, 1))
    small = cv2.resize(array, small_size, interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), sigma / shrink, borderType=cv2.BORDER_REPLICATE)
    return cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR)
