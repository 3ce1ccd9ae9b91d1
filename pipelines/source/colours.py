"""Any picture Pillow opens → 8-bit sRGB, by its colour profile where it has one."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageCms

from pipelines.errors import InvalidSource

PROFILE_UNUSABLE = "the still's colour profile is damaged and was ignored: read as sRGB"
CMYK_WITHOUT_PROFILE = "the still is CMYK without a colour profile: its colours are approximate"

_SPACES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab ": "LAB"}
"""ICC colour space signature → the Pillow mode that holds it."""


def to_srgb(picture: PillowImage.Image, name: str) -> tuple[PillowImage.Image, list[str]]:
    """Return ``picture`` without its alpha in mode RGB, and warnings.

    An ICC profile is followed by the relative colorimetric intent with black point compensation
    (ICC.1:2022), as photo editors do by default. Without a profile the numbers are taken as sRGB.

    Raises:
        InvalidSource: samples are floats or 32-bit integers, whose white point nobody can know.
    """
    plain = _eight_bit(picture, name)
    stored = picture.info.get("icc_profile")
    if stored:
        try:
            return _through_profile(plain, stored), []
        except (ImageCms.PyCMSError, OSError, ValueError, KeyError):
            return plain.convert("RGB"), [PROFILE_UNUSABLE]
    if plain.mode == "LAB":
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        return _transform(plain, profile), []
    warnings = [CMYK_WITHOUT_PROFILE] if plain.mode == "CMYK" else []
    return (plain if plain.mode == "RGB" else plain.convert("RGB")), warnings


def _eight_bit(picture: PillowImage.Image, name: str) -> PillowImage.Image:
    """Return ``picture`` in mode L, RGB, CMYK or LAB."""
    if picture.mode.startswith("I;16"):
        samples = np.asarray(picture).astype(np.uint32)
        return PillowImage.fromarray(((samples + 128) // 257).astype(np.uint8))
    if picture.mode in ("I", "F"):
        raise InvalidSource(
            f"{name} holds 32-bit samples",
            actual=picture.mode,
            allowed="8 or 16 bits a channel",
            fix="save it as 8- or 16-bit PNG or TIFF",
        )
    if picture.mode in ("L", "RGB", "CMYK", "LAB"):
        return picture
    return picture.convert("L" if picture.mode in ("1", "LA", "La") else "RGB")


def _through_profile(plain: PillowImage.Image, stored: bytes) -> PillowImage.Image:
    profile = ImageCms.ImageCmsProfile(BytesIO(stored))
    mode = _SPACES[profile.profile.xcolor_space]
    if mode == plain.mode == "RGB" and _is_srgb(profile):
        return plain  # a round trip through the same space would only round
    if plain.mode == "L" and mode == "RGB":
        plain = plain.convert("RGB")
    if plain.mode != mode:
        raise ValueError("the profile is of another colour space than the picture")
    return _transform(plain, profile)


def _transform(picture: PillowImage.Image, profile: ImageCms.ImageCmsProfile) -> PillowImage.Image:
    result = ImageCms.profileToProfile(
        picture,
        profile,
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    if result is None:
        raise ValueError("the profile gave no picture")
    return result


def _is_srgb(profile: ImageCms.ImageCmsProfile) -> bool:
    description = ImageCms.getProfileDescription(profile).strip().lower()
    return description.startswith("srgb")
