import numpy as np

from pipelines.encode.yuv import to_i420
from pipelines.video import planes_of


def test_every_colour_is_bt709_to_one_level() -> None:
    """Against the equations of BT.709, on flat patches so that chroma's averaging plays no part."""
    rng = np.random.default_rng(3)
    patches = np.concatenate(
        [rng.integers(0, 256, (1000, 3)), np.eye(3) * 255, np.zeros((1, 3)), np.full((20, 3), 255)]
    )
    picture = patches.reshape(32, 32, 3).repeat(8, 0).repeat(8, 1).astype(np.uint8)
    luma, blue, red = planes_of(to_i420(picture))
    scaled = patches.reshape(32, 32, 3) / 255
    y = scaled @ [0.2126, 0.7152, 0.0722]
    expected_blue = 128 + 224 * (scaled[..., 2] - y) / 1.8556
    expected_red = 128 + 224 * (scaled[..., 0] - y) / 1.5748
    assert np.abs(luma[4::8, 4::8] - (16 + 219 * y)).max() <= 1
    assert np.abs(blue[2::4, 2::4] - expected_blue).max() <= 1
    assert np.abs(red[2::4, 2::4] - expected_red).max() <= 1


def test_the_frame_says_what_it_is() -> None:
    frame = to_i420(np.zeros((16, 18, 3), np.uint8))
    assert (frame.width, frame.height, frame.format.name) == (18, 16, "yuv420p")
    assert int(frame.colorspace) == 1
