from __future__ import annotations

import os
import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image as PillowImage

from pipelines.errors import InvalidSource
from pipelines.source import MAX_BYTES, decode, limits

pillow_heif.register_heif_opener()


def png_claiming(width: int, height: int) -> bytes:
    """A PNG header for any size, with next to nothing behind it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def valid(kind: str) -> bytes:
    noise = np.random.default_rng(3).integers(0, 255, (40, 48, 3), np.uint8)
    buffer = BytesIO()
    PillowImage.fromarray(noise).save(buffer, kind)
    return buffer.getvalue()


def clear() -> bytes:
    buffer = BytesIO()
    PillowImage.new("RGBA", (40, 40), (200, 0, 0, 0)).save(buffer, "PNG")
    return buffer.getvalue()


BAD = {
    "empty": (b"", "is empty", "download the still again"),
    "truncated": (valid("JPEG")[:-400], "damaged or cut short", "download the still again"),
    "no image": (b"%PDF-1.7 hello", "is not an image this program reads", "JPEG, PNG, WebP"),
    "another format": (b"P6 20 20 255 " + bytes(1200), "is not an image", "export the still"),
    "one pixel": (png_claiming(1, 1), "is 1 × 1 pixels", "sides of 16 to 16384 pixels"),
    "very wide": (png_claiming(30_000, 100), "is 30000 × 100 pixels", "resize the still"),
    "many pixels": (png_claiming(9_000, 9_000), "81 megapixels", "up to 64 megapixels"),
    "bomb": (png_claiming(60_000, 60_000), "too many pixels", "up to 64 megapixels"),
    "all transparent": (clear(), "transparent everywhere", "layers visible"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_bytes_are_one_sentence(case: str) -> None:
    data, problem, mend = BAD[case]
    with pytest.raises(InvalidSource) as caught:
        decode(data)
    sentence = str(caught.value)
    assert problem in sentence
    assert mend in sentence
    assert "\n" not in sentence
    assert caught.value.allowed
    assert caught.value.fix
    assert caught.value.exit_code == 2


def test_too_many_bytes_are_refused_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.jpg"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)  # sparse: takes no room
    with pytest.raises(InvalidSource, match=r"huge.jpg is 64 MB; allowed: up to 64 MB"):
        decode(path)


def test_the_limits_include_their_bounds() -> None:
    limits.check_bytes(MAX_BYTES, "x")
    limits.check_size(limits.MIN_SIDE, limits.MAX_SIDE, "x")
    limits.check_size(8_000, 8_000, "x")
    with pytest.raises(InvalidSource):
        limits.check_size(limits.MIN_SIDE - 1, 100, "x")
    with pytest.raises(InvalidSource):
        limits.check_size(8_001, 8_000, "x")


def test_a_missing_file_a_folder_and_a_bad_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidSource, match=r"does not exist; .*check the path"):
        decode(tmp_path / "none.jpg")
    with pytest.raises(InvalidSource, match="is a folder"):
        decode(tmp_path)
    with pytest.raises(InvalidSource, match="cannot be read"):
        decode(tmp_path / ("x" * 300))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file(tmp_path: Path) -> None:
    path = tmp_path / "secret.png"
    path.write_bytes(valid("PNG"))
    path.chmod(0)
    with pytest.raises(InvalidSource, match=r"cannot be read \(Permission denied\)"):
        decode(path)


def outcome(data: bytes) -> str:
    """``"refused"`` by InvalidSource, or ``"read"``; anything else that is raised goes through."""
    try:
        source = decode(data)
    except InvalidSource:
        return "refused"
    return "read" if min(source.size) >= limits.MIN_SIDE else "too small"


STARTS = [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"II*\0", b"RIFF1234WEBP"]
STARTS += [b"\0\0\0\x18ftypheic", b"\0\0\0\x1cftypavif"]
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@QUICK
@given(st.sampled_from(STARTS), st.binary(max_size=400))
@example(b"GIF89a", b"")
def test_random_bytes_raise_nothing_else(start: bytes, rest: bytes) -> None:
    assert outcome(start + rest) in ("refused", "read")


FILES = {
    kind: valid(kind) for kind in ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF", "HEIF")
}


@QUICK
@given(st.sampled_from(sorted(FILES)), st.floats(0, 1))
def test_a_file_cut_anywhere_raises_nothing_else(kind: str, share: float) -> None:
    assert outcome(FILES[kind][: int(len(FILES[kind]) * share)]) in ("refused", "read")


@QUICK
@given(
    st.sampled_from(sorted(FILES)),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=12),
)
def test_flipped_bytes_raise_nothing_else(kind: str, changes: list[tuple[float, int]]) -> None:
    data = bytearray(FILES[kind])
    for share, value in changes:
        data[int(share * len(data))] = value
    assert outcome(bytes(data)) in ("refused", "read")
