from __future__ import annotations

import struct
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage
from PIL import ImageCms

from pipelines.arrays import Image
from pipelines.errors import InvalidSource
from pipelines.source import decode
from pipelines.source.colours import CMYK_WITHOUT_PROFILE, PROFILE_UNUSABLE

ADOBE_RGB_TO_XYZ = np.array(
    [
        [0.60974, 0.20528, 0.14919],
        [0.31111, 0.62567, 0.06322],
        [0.01947, 0.06087, 0.74457],
    ]
)
"""Adobe RGB (1998), adapted to D50 as its own profile stores it."""

SRGB_TO_XYZ = np.array(
    [
        [0.43607, 0.38515, 0.14307],
        [0.22249, 0.71687, 0.06061],
        [0.01392, 0.09708, 0.71410],
    ]
)
"""sRGB, adapted to D50 (IEC 61966-2-1 by Bradford)."""

GAMMA = 563 / 256


def wide_gamut_profile() -> bytes:
    """A matrix profile with Adobe RGB's numbers, written by hand (ICC.1:2022 §7 to §10)."""

    def fixed(value: float) -> bytes:
        return struct.pack(">i", round(value * 65536))

    def xyz(column: Any) -> bytes:  # noqa: ANN401
        return b"XYZ \0\0\0\0" + b"".join(fixed(part) for part in column)

    name = b"Wide\0"
    description = b"desc\0\0\0\0" + struct.pack(">I", len(name)) + name + bytes(78)
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(GAMMA * 256)) + b"\0\0"
    tags = {
        b"desc": description,
        b"cprt": b"text\0\0\0\0none\0",
        b"wtpt": xyz((0.9642, 1.0, 0.8249)),
        b"rXYZ": xyz(ADOBE_RGB_TO_XYZ[:, 0]),
        b"gXYZ": xyz(ADOBE_RGB_TO_XYZ[:, 1]),
        b"bXYZ": xyz(ADOBE_RGB_TO_XYZ[:, 2]),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for signature, data in tags.items():
        padded = data + bytes(-len(data) % 4)
        table += signature + struct.pack(">II", start + len(body), len(data))
        body += padded
    header = struct.pack(">I", 128 + len(table) + len(body)) + b"lcms\x02\x40\0\0mntrRGB XYZ "
    header += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    header += b"".join(fixed(part) for part in (0.9642, 1.0, 0.8249))
    return header + bytes(128 - len(header)) + table + body


def swatches() -> Image:
    levels = np.array([30, 90, 150, 200], np.uint8)
    red, green, blue = np.meshgrid(levels, levels, levels)
    flat = np.stack([red, green, blue], axis=3).reshape(8, 8, 3)
    return flat.repeat(4, axis=0).repeat(4, axis=1)


def encode(picture: PillowImage.Image, kind: str = "PNG", **options: Any) -> bytes:  # noqa: ANN401
    buffer = BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def expected_srgb(image: Image) -> tuple[Any, Any]:
    """Adobe RGB → sRGB by the matrices, and which pixels sRGB can hold."""
    linear = (image / 255) ** GAMMA @ ADOBE_RGB_TO_XYZ.T @ np.linalg.inv(SRGB_TO_XYZ).T
    inside = ((linear >= 0) & (linear <= 1)).all(axis=2)
    clipped = np.clip(linear, 0, 1)
    encoded = np.where(clipped <= 0.0031308, clipped * 12.92, 1.055 * clipped ** (1 / 2.4) - 0.055)
    return encoded * 255, inside


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_a_wide_gamut_profile_is_followed(kind: str) -> None:
    image = swatches()
    data = encode(PillowImage.fromarray(image), kind, icc_profile=wide_gamut_profile())
    pixels = decode(data).pixels
    expected, inside = expected_srgb(image)
    assert inside.mean() > 0.3
    assert np.abs(pixels - expected)[inside].max() <= 2
    assert np.abs(pixels.astype(int) - image)[inside].max() > 5  # it does make a difference


def test_a_profile_gives_what_pillows_own_conversion_gives() -> None:
    picture = PillowImage.fromarray(swatches())
    source = ImageCms.ImageCmsProfile(BytesIO(wide_gamut_profile()))
    target = ImageCms.createProfile("sRGB")
    expected = ImageCms.profileToProfile(
        picture,
        source,
        target,
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
    )
    pixels = decode(encode(picture, icc_profile=wide_gamut_profile())).pixels
    assert np.abs(pixels.astype(int) - np.array(expected)).max() <= 1


def test_a_photo_in_srgb_is_left_alone() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = encode(PillowImage.fromarray(swatches()), icc_profile=profile)
    source = decode(data)
    assert np.array_equal(source.pixels, swatches())
    assert source.warnings == ()


def test_the_profile_of_a_cut_out_is_followed_and_its_alpha_kept() -> None:
    alpha = np.zeros((32, 32), np.uint8)
    alpha[8:24, 8:24] = 255
    image = np.dstack([swatches(), alpha])
    source = decode(encode(PillowImage.fromarray(image), icc_profile=wide_gamut_profile()))
    plain = decode(encode(PillowImage.fromarray(swatches()), icc_profile=wide_gamut_profile()))
    assert source.alpha is not None
    assert np.array_equal(source.pixels[8:24, 8:24], plain.pixels[8:24, 8:24])


@pytest.mark.parametrize("damage", ["garbage", "cut", "wrong space", "empty tags"])
def test_a_corrupted_profile_is_a_warning(damage: str) -> None:
    whole = wide_gamut_profile()
    profile = {
        "garbage": b"\xde\xad" * 200,
        "cut": whole[:150],
        "wrong space": whole.replace(b"mntrRGB ", b"mntrCMYK"),
        "empty tags": whole[:128] + bytes(4),
    }[damage]
    source = decode(encode(PillowImage.fromarray(swatches()), icc_profile=profile))
    assert source.warnings == (PROFILE_UNUSABLE,)
    assert np.array_equal(source.pixels, swatches())


def test_a_colour_profile_on_a_grey_picture_is_followed() -> None:
    grey = PillowImage.fromarray(np.full((32, 32), 120, np.uint8))
    pixels = decode(encode(grey, icc_profile=wide_gamut_profile())).pixels
    expected = ((120 / 255) ** GAMMA) ** (1 / 2.4) * 1.055 - 0.055
    assert pixels[0, 0] == pytest.approx(np.full(3, expected * 255), abs=2)


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_without_a_profile_is_close_and_says_so(kind: str) -> None:
    patches = np.zeros((32, 64, 4), np.uint8)
    patches[:, :16], patches[:, 16:32] = (255, 0, 0, 0), (0, 255, 0, 0)
    patches[:, 32:48], patches[:, 48:] = (0, 0, 255, 0), (0, 0, 0, 255)
    options = {"quality": 95} if kind == "JPEG" else {}
    source = decode(encode(PillowImage.fromarray(patches, "CMYK"), kind, **options))
    assert source.warnings == (CMYK_WITHOUT_PROFILE,)
    cyan, magenta, yellow, black = (source.pixels[16, x].astype(int) for x in (8, 24, 40, 56))
    assert cyan[0] < 90 < 200 < min(cyan[1:])
    assert magenta[1] < 90 < 200 < min(magenta[0], magenta[2])
    assert yellow[2] < 90 < 200 < min(yellow[:2])
    assert max(black) < 50


def test_lab_is_converted() -> None:
    lab = PillowImage.new("LAB", (32, 32), (128, 128, 128))
    pixel = decode(encode(lab, "TIFF")).pixels[0, 0].astype(int)
    assert np.ptp(pixel) <= 2
    assert 110 < pixel.mean() < 130  # L* 50 is sRGB 119


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_samples_without_a_known_white_are_refused(dtype: type) -> None:
    picture = PillowImage.fromarray(np.ones((32, 32), dtype))
    with pytest.raises(InvalidSource, match="8 or 16 bits a channel"):
        decode(encode(picture, "TIFF"))
