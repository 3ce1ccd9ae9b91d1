"""Puts the cut-out product on a sweep, a gradient of its own colours, or a user's plate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from pipelines.arrays import Image, ImageF, Mask, check_image, check_map
from pipelines.colour import decode, encode, lab_to_linear, linear_to_lab, luminance
from pipelines.context import Context
from pipelines.errors import InvalidInput, InvalidSource
from pipelines.media import Subject
from pipelines.still.craft import light, matte, tone
from pipelines.still.look import Scene

GENERATED = ("studio", "gradient")


def place_on_backdrop(
    pixels: Image, subject: Subject, backdrop: str | Path, context: Context
) -> tuple[Image, Subject]:
    """Cut the product out and set it, where it was, before another backdrop.

    Args:
        pixels: (height, width, 3) uint8 sRGB.
        subject: where the product is.
        backdrop: ``"studio"``, ``"gradient"`` or the path of a picture (cover-fitted).
        context: the job's surroundings.

    Returns:
        The new still, of the size of ``pixels``, and its subject.

    Raises:
        InvalidInput: no product was found in the still.
        InvalidSource: the plate cannot be read as a picture.
    """
    check_image(pixels, "pixels")
    check_map(subject.mask, pixels.shape[:2], "subject mask")
    if float(subject.mask.max()) < 0.5:
        raise InvalidInput(
            "a backdrop needs a product to put on it, and none was found in the still",
            allowed="a still with a clear product, or one with an alpha channel",
            fix="give its outline with --mask FILE or leave the backdrop out",
        )
    context.step("backdrop", 0, 1)
    linear = decode(pixels)
    scene = Scene(linear, subject.mask, np.zeros_like(subject.mask), context.rng("backdrop"))
    product = matte.decontaminate(linear, subject.mask, scene.unit)
    if backdrop in GENERATED:
        plate = _sweep(scene) if backdrop == "studio" else _gradient(scene, product)
    else:
        plate = decode(_cover(Path(backdrop), (pixels.shape[1], pixels.shape[0])))
        product = _relight(product, subject.mask, plate, scene.unit)
    placed = tone.mix(plate * _contact(scene)[..., None], product, subject.mask)
    context.step("backdrop", 1, 1)
    return encode(_dithered(placed, scene)), subject


def _dithered(linear: ImageF, scene: Scene) -> ImageF:
    """Hide the steps that 8 bits leave in a wide gradient; the product stays clean."""
    return tone.mix(tone.grain(linear, scene.rng, 0.004, 1.0), linear, scene.subject)


def _sweep(scene: Scene) -> ImageF:
    """Paper that curves from floor to wall: no horizon, one soft pool of light behind."""
    height, width = scene.subject.shape
    base = light.contact_row(scene.subject) / height
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    bend = tone.smoothstep(base - 0.42, base + 0.12, y)
    pool = light.glow((height, width), (0.42, max(base - 0.45, 0.1)), 0.75)
    level = (0.44 + 0.22 * pool) * (1 - bend) + (0.72 + 0.08 * pool) * bend
    return np.asarray(level[..., None] * np.array([1.0, 0.985, 0.96]), np.float32)


def _gradient(scene: Scene, product: ImageF) -> ImageF:
    """A light and a deeper tone of the product's own main hue, quiet enough to stand behind it."""
    height, width = scene.subject.shape
    lab = linear_to_lab(product)[scene.subject > 0.9]
    chroma = np.hypot(lab[:, 1], lab[:, 2])
    weight = (chroma + 0.5)[:, None]
    hue = (lab[:, 1:] * weight).sum(axis=0) / weight.sum()
    hue *= min(1.0, 26 / max(float(np.hypot(*hue)), 1e-3))
    dark = float(np.median(lab[:, 0])) < 45
    ends = ((88.0, 0.45), (68.0, 1.0)) if dark else ((62.0, 1.0), (38.0, 1.0))
    pool = light.glow((height, width), (0.40, 0.38), 0.85)
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    share = np.clip(0.75 * pool + 0.25 * (1 - np.abs(2 * y - 1)), 0, 1)
    tones = np.array([[lightness, *(hue * amount)] for lightness, amount in ends], np.float32)
    return lab_to_linear(tones[1] + (tones[0] - tones[1]) * share[..., None])


def _contact(scene: Scene) -> Mask:
    """Gain of the plate under the product: tight and dark where it stands, wide and soft beyond."""
    tight, near = light.contact_shadow(scene, 1.0), light.contact_shadow(scene, 7.0)
    wide = light.cast_shadow(scene, lean=0.35, squash=0.18, softness=9.0)
    return (1 - 0.62 * tight) * (1 - 0.55 * near) * (1 - 0.28 * wide)


def _cover(path: Path, size: tuple[int, int]) -> Image:
    """Read a plate and cut it, centred, to exactly ``size`` (width, height)."""
    try:
        with Pillow.open(path) as file:
            upright = ImageOps.exif_transpose(file).convert("RGB")
    except (OSError, UnidentifiedImageError, Pillow.DecompressionBombError) as error:
        raise InvalidSource(
            f"the backdrop {str(path)!r} cannot be read as a picture",
            actual=str(path),
            allowed=f"{', '.join(GENERATED)} or the path of a JPEG, PNG, WebP or TIFF file",
            fix="check the path, or save the picture again as PNG",
        ) from error
    return np.asarray(ImageOps.fit(upright, size, Pillow.Resampling.LANCZOS))


def _relight(product: ImageF, mask: Mask, plate: ImageF, unit: float) -> ImageF:
    """Match the product's broad light to the plate's, after Reinhard et al. 2001, clamped.

    Only the low frequencies take part, so that texture and lettering keep their contrast: the
    mean of L*, a*, b* moves part of the way, and the side the plate is brighter on is taken over.
    """
    lab = linear_to_lab(np.clip(product, 0, 1))
    around = linear_to_lab(np.clip(plate, 0, 1))
    inside = mask > 0.5
    shift = around.reshape(-1, 3).mean(axis=0) - lab[inside].mean(axis=0)
    limit = np.array([12.0, 7.0, 9.0], np.float32)
    lab += np.clip(shift * np.array([0.25, 0.35, 0.35], np.float32), -limit, limit)
    broad = tone.blur(luminance(plate), 18 * unit)
    slope = broad / max(float(broad[inside].mean()), 1e-3)
    return lab_to_linear(lab) * np.clip(slope, 0.75, 1.3)[..., None]
