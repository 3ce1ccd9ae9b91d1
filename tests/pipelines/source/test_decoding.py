from __future__ import annotations

import hashlib
import os
import warnings
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pillow_heif
import pytest
from PIL import Image as PillowImage

from pipelines.arrays import Image
from pipelines.errors import InvalidSource
from pipelines.source import STUDIO_TONE, decode

pillow_heif.register_heif_opener()

LOSSLESS = ("PNG", "TIFF", "BMP")
LOSSY = ("JPEG", "WEBP", "AVIF", "HEIF")


def picture() -> Image:
    """96 × 64, each quarter and its gradient unlike the others, so that any turn shows."""
    y, x = np.mgrid[0:64, 0:96]
    image = np.stack([x * 2, y * 3, (x + y) % 97], axis=2)
    image[:32, :48] = (230, 30, 40)
    return image.astype(np.uint8)


def encode(image: Image | PillowImage.Image, kind: str, **options: Any) -> bytes:  # noqa: ANN401
    still = image if isinstance(image, PillowImage.Image) else PillowImage.fromarray(image)
    buffer = BytesIO()
    still.save(buffer, kind, **options)
    return buffer.getvalue()


def difference(a: Image, b: Image) -> float:
    return float(np.abs(a.astype(int) - b.astype(int)).mean())


@pytest.mark.parametrize("kind", LOSSLESS)
def test_lossless_formats_come_out_bit_for_bit(kind: str) -> None:
    data = encode(picture(), kind)
    source = decode(data)
    assert np.array_equal(source.pixels, picture())
    assert source.format == kind
    assert source.alpha is None
    assert source.warnings == ()
    assert source.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("kind", LOSSY)
def test_lossy_formats_come_out_close(kind: str) -> None:
    source = decode(encode(picture(), kind, quality=95))
    assert source.format == kind
    assert source.size == (96, 64)
    assert difference(source.pixels, picture()) < 4


def test_a_gif_gives_its_first_frame() -> None:
    red, blue = (PillowImage.new("RGB", (40, 30), colour) for colour in ("#c81e28", "#1428c8"))
    source = decode(encode(red, "GIF", save_all=True, append_images=[blue]))
    assert difference(source.pixels, np.array(red)) < 3
    assert source.warnings == ("the file is an animation of 2 frames: the first is used",)


@pytest.mark.parametrize("kind", ["WEBP", "PNG", "AVIF"])
def test_other_animations_give_their_first_frame_too(kind: str) -> None:
    red, blue = (PillowImage.new("RGB", (40, 30), colour) for colour in ("#c81e28", "#1428c8"))
    source = decode(encode(red, kind, save_all=True, append_images=[blue]))
    assert difference(source.pixels, np.array(red)) < 4
    assert "animation of 2 frames" in source.warnings[0]


def test_many_pages_give_the_first() -> None:
    pages = [PillowImage.new("RGB", (40, 30), colour) for colour in ("#c81e28", "#1428c8")]
    source = decode(encode(pages[0], "TIFF", save_all=True, append_images=pages[1:]))
    assert np.array_equal(source.pixels, np.array(pages[0]))
    assert source.warnings == ("the file holds 2 pictures: the first is used",)


TURNS = {
    1: lambda stored: stored,
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.transpose(1, 0, 2),
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: stored.transpose(1, 0, 2)[::-1, ::-1],
    8: lambda stored: np.rot90(stored, 1),
}
"""EXIF 2.32 table of orientations: what to do with the stored rows to see them upright."""


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_exif_orientation_is_undone(kind: str, orientation: int) -> None:
    exif = PillowImage.Exif()
    exif[0x0112] = orientation
    source = decode(encode(picture(), kind, exif=exif.tobytes()))
    assert np.array_equal(source.pixels, TURNS[orientation](picture()))


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("kind", ["JPEG", "HEIF", "AVIF", "WEBP"])
def test_exif_orientation_is_undone_in_photo_formats(kind: str, orientation: int) -> None:
    exif = PillowImage.Exif()
    exif[0x0112] = orientation
    source = decode(encode(picture(), kind, exif=exif.tobytes(), quality=95))
    upright = TURNS[orientation](picture())
    assert source.pixels.shape == upright.shape
    assert difference(source.pixels, upright) < 4


def test_a_damaged_exif_block_is_a_warning_at_most() -> None:
    source = decode(encode(picture(), "PNG", exif=b"Exif\0\0II*\0\xff\xff\xff\xffgarbage"))
    assert np.array_equal(source.pixels, picture())


@pytest.mark.parametrize("mode", ["L", "P", "1", "LA", "RGBA", "RGBX"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    kind = "TIFF" if mode == "RGBX" else "PNG"
    stored = PillowImage.fromarray(picture()).convert(mode)
    source = decode(encode(stored, kind))
    assert source.pixels.shape == (64, 96, 3)
    assert np.array_equal(source.pixels, np.array(stored.convert("RGB")))


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bit_grey_keeps_its_tones(kind: str) -> None:
    ramp = np.linspace(0, 65535, 96).astype(np.uint16)[None].repeat(64, axis=0)
    source = decode(encode(PillowImage.fromarray(ramp), kind))
    assert np.abs(source.pixels[..., 0] - ramp / 257).max() <= 0.5 + 1e-9
    assert np.ptp(source.pixels, axis=2).max() == 0


def test_sixteen_bit_colour_keeps_its_tones() -> None:
    """A 48-bit PNG written by another library."""
    deep = picture()[..., ::-1].astype(np.uint16) * 257
    _, data = cv2.imencode(".png", deep)
    assert np.array_equal(decode(data.tobytes()).pixels, picture())


def test_the_suffix_does_not_decide(tmp_path: Path) -> None:
    path = tmp_path / "cup.png"
    path.write_bytes(encode(picture(), "JPEG"))
    source = decode(path)
    assert source.format == "JPEG"
    assert source.warnings == ("cup.png is a JPEG file in spite of its name: read as JPEG",)


def test_a_right_suffix_is_no_news(tmp_path: Path) -> None:
    path = tmp_path / "CUP.JPEG"
    path.write_bytes(encode(picture(), "JPEG"))
    assert decode(path).warnings == ()


def test_a_path_and_its_bytes_are_the_same_source(samples: Path) -> None:
    path = samples / "coffee.jpg"
    from_path, from_bytes = decode(path), decode(path.read_bytes())
    assert from_path.sha256 == from_bytes.sha256
    assert np.array_equal(from_path.pixels, from_bytes.pixels)


def cut_out() -> Image:
    """A solid square on a clear ground full of garbage, one column half covered."""
    rgba = np.zeros((64, 96, 4), np.uint8)
    rgba[..., :3] = np.random.default_rng(0).integers(0, 255, (64, 96, 3))
    rgba[16:48, 24:72] = (200, 40, 40, 255)
    rgba[16:48, 24, 3] = 128
    return rgba


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_a_cut_out_keeps_its_alpha_and_stands_on_studio_paper(kind: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    source = decode(encode(cut_out(), kind, **options))
    assert source.alpha is not None
    assert source.alpha.dtype == np.float32
    assert np.array_equal(source.alpha, cut_out()[..., 3] / np.float32(255))
    clear, solid = source.alpha == 0, source.alpha == 1
    assert np.array_equal(np.unique(source.pixels[clear], axis=0), [STUDIO_TONE])
    assert np.array_equal(np.unique(source.pixels[solid], axis=0), [(200, 40, 40)])
    assert "studio tone" in source.warnings[0]


def test_a_half_covered_pixel_mixes_light_not_numbers() -> None:
    mixed = decode(encode(cut_out(), "PNG")).pixels[20, 24].astype(float) / 255
    share = 128 / 255

    def light(level: float) -> float:
        return float(((level / 255 + 0.055) / 1.055) ** 2.4)

    for channel, front, back in zip(mixed, (200, 40, 40), STUDIO_TONE, strict=True):
        expected = light(front) * share + light(back) * (1 - share)
        assert ((channel + 0.055) / 1.055) ** 2.4 == pytest.approx(expected, abs=0.005)


def test_a_palette_with_a_clear_colour_is_a_cut_out() -> None:
    indices = np.zeros((64, 96), np.uint8)
    indices[16:48, 24:72] = 1
    stored = PillowImage.new("P", (96, 64))
    stored.putdata(indices.ravel().tolist())
    stored.putpalette([0, 0, 0, 200, 40, 40] + [0] * 762)
    source = decode(encode(stored, "PNG", transparency=0))
    assert source.alpha is not None
    assert np.array_equal(source.alpha, indices.astype(np.float32))


@pytest.mark.parametrize("level", [255, 128])
def test_an_even_alpha_says_nothing_about_the_subject(level: int) -> None:
    rgba = np.dstack([picture(), np.full((64, 96), level, np.uint8)])
    assert decode(encode(rgba, "PNG")).alpha is None


def test_pillows_warnings_stay_inside() -> None:
    """Pillow warns of a bomb at half the size it refuses; we refuse, it has nothing to add."""
    wide = BytesIO()
    PillowImage.new("1", (10_000, 9_500)).save(wide, "PNG")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.warns(PillowImage.DecompressionBombWarning):
            PillowImage.open(BytesIO(wide.getvalue()))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InvalidSource, match="95 megapixels"):
            decode(wide.getvalue())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a POSIX system")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.jpg"
    os.mkfifo(pipe)
    with pytest.raises(InvalidSource, match="is not a plain file"):
        decode(pipe)
