"""The proxy's geometry against closed forms; depth files good and bad."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from pipelines.context import Context
from pipelines.depth import find_depth
from pipelines.depth.file import read_depth
from pipelines.depth.proxy import build_proxy
from pipelines.errors import InvalidDepth
from pipelines.media import Subject
from pipelines.relief import inflate
from tests.stills import disc, textured


def test_a_disc_inflates_to_a_half_sphere() -> None:
    radius = 60
    height = inflate(disc(160, 160, 80, 80, radius))
    for offset in (0, 20, 40, 52):
        expected = np.sqrt(radius**2 - offset**2)
        assert height[80, 80 + offset] == pytest.approx(expected, rel=0.05)
    assert height[2, 2] == 0


def test_the_subject_stands_on_the_ground() -> None:
    """Along the contact line the nearness of subject and ground is one: nothing can slide."""
    mask = disc(300, 400, 150, 220, 80)
    nearness, horizon = build_proxy(mask)
    inside = mask > 0.5
    bottom = 400 - 1 - inside[::-1].argmax(axis=0)
    for column in range(120, 181, 10):
        row = bottom[column]
        assert nearness[row, column] == pytest.approx(nearness[row + 2, column], abs=0.03)
    top = int(inside[:, 150].argmax())
    assert (
        nearness[top + 3, 150] - nearness[top - 3, 150] > 0.2
    )  # but it stands before the backdrop
    assert 100 < horizon < 300


def test_the_ground_recedes_and_the_backdrop_stands() -> None:
    nearness, horizon = build_proxy(np.zeros((200, 100), np.float32))
    column = nearness[:, 50]
    ground = column[int(horizon) + 12 :]
    assert np.allclose(np.diff(ground), np.diff(ground).mean(), atol=1e-4)  # a plane, in 1/z
    assert np.all(np.diff(ground) > 0)
    assert np.ptp(column[: int(horizon) - 12]) < 1e-6


def test_the_relief_is_rounded() -> None:
    mask = disc(300, 400, 150, 220, 80)
    nearness, _ = build_proxy(mask)
    row = nearness[200, 80:221]
    assert row.argmax() == pytest.approx(70, abs=4)
    assert row.max() - row[2] > 0.08


@pytest.mark.parametrize(
    ("suffix", "kind"), [("png", np.uint8), ("png", np.uint16), ("tiff", np.uint16)]
)
def test_integer_files_span_their_range(tmp_path: Path, suffix: str, kind: type) -> None:
    ramp = np.linspace(0, 1, 50)[None, :].repeat(40, axis=0)
    path = tmp_path / f"depth.{suffix}"
    cv2.imwrite(str(path), (ramp * np.iinfo(kind).max).astype(kind))
    assert np.allclose(read_depth(path, (40, 50)), ramp, atol=1 / 200)


def test_raw_disparity_is_scaled_by_its_largest(tmp_path: Path) -> None:
    values = np.linspace(5, 60, 40 * 50).reshape(40, 50).astype(np.float32)
    np.save(tmp_path / "depth.npy", values)
    assert np.allclose(read_depth(tmp_path / "depth.npy", (40, 50)), values / 60)


def _write(path: Path, values: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Path:
    np.save(path, values)
    return path


@pytest.mark.parametrize(
    ("values", "words"),
    [(np.full((40, 50), np.nan, np.float32), "not numbers"),
     (np.full((40, 50), -1, np.float32), "negative"),
     (np.zeros((40, 90), np.float32), "90x40 but the still is 50x40"),
     (np.zeros((40, 50, 3, 2), np.float32), "shape")],
)  # fmt: skip
def test_bad_values_are_refused(
    tmp_path: Path, values: np.ndarray[tuple[int, ...], np.dtype[np.float32]], words: str
) -> None:
    path = _write(tmp_path / "depth.npy", values)
    with pytest.raises(InvalidDepth, match=words) as caught:
        read_depth(path, (40, 50))
    assert caught.value.allowed
    assert caught.value.fix


@pytest.mark.parametrize("content", [b"", b"hello", b"\x93NUMPY broken"])
@pytest.mark.parametrize("name", ["depth.png", "depth.npy"])
def test_unreadable_files_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidDepth, match="cannot be read"):
        read_depth(tmp_path / name, (40, 50))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidDepth, match="is not there"):
        read_depth(tmp_path / "none.png", (4, 4))


def test_the_proxy_is_kept_by_key_and_comes_back_the_same(context: Context) -> None:
    pixels, mask = textured(120, 90), disc(120, 90, 60, 50, 25)
    first, again = (find_depth(pixels, Subject(mask, "file"), context, key="one") for _ in range(2))
    assert first.origin == "proxy"
    assert first.nearness.shape == (90, 120)
    assert np.array_equal(first.nearness, again.nearness)
    assert len(list(context.cache_dir.iterdir())) == 1


def test_a_depth_file_wins(context: Context, tmp_path: Path) -> None:
    path = _write(tmp_path / "depth.npy", np.full((90, 120), 0.25, np.float32))
    found = find_depth(
        textured(120, 90), Subject(np.zeros((90, 120), np.float32), "none"), context,
        key="x", depth_file=path,
    )  # fmt: skip
    assert found.origin == "file"
    assert np.allclose(found.nearness, 0.25)
