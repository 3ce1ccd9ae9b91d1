"""Opening a still: what it holds, before anything is made of it."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image as PillowImage

from pipelines.source.opening import open_still


@pytest.fixture
def turned(tmp_path: Path) -> Path:
    """A CMYK picture of 40 × 20, stored lying on its side, under a wrong suffix."""
    exif = PillowImage.Exif()
    exif[0x0112] = 6
    path = tmp_path / "turned.png"
    PillowImage.new("CMYK", (40, 20), (0, 255, 0, 0)).save(path, "JPEG", exif=exif)
    return path


def test_the_picture_is_as_it_is_stored(turned: Path) -> None:
    opened = open_still(turned)
    assert (opened.format, opened.picture.mode, opened.picture.size) == ("JPEG", "CMYK", (40, 20))
    assert (opened.file, opened.name) == (turned, "turned.png")
    assert opened.sha256 == hashlib.sha256(turned.read_bytes()).hexdigest()
    assert opened.notes == ("turned.png is a JPEG file in spite of its name: read as JPEG",)


def test_bytes_have_no_file_and_no_suffix_to_doubt() -> None:
    buffer = BytesIO()
    PillowImage.new("RGB", (16, 16)).save(buffer, "PNG")
    opened = open_still(buffer.getvalue())
    assert (opened.file, opened.name, opened.notes) == (None, "the still", ())


def test_it_waits_for_no_import_but_pillows() -> None:
    """A still is being read while a program imports the rest, so that rest must not come first."""
    heavy = "{'numpy', 'cv2', 'av', 'pydantic'} & set(sys.modules)"
    code = f"import sys, pipelines.source.opening; sys.exit(bool({heavy}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
