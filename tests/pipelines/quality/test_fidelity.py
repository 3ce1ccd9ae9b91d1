import numpy as np
import pytest
from skimage.color import deltaE_ciede2000
from skimage.metrics import structural_similarity as reference_ssim

from pipelines.quality import (
    colour_difference,
    colour_drift,
    structural_similarity,
    text_similarity,
)
from pipelines.quality.fidelity import ciede2000, ssim_map
from tests.oracles import grey, texture

# Sharma, Wu, Dalal 2005, table 1: pairs chosen where implementations go wrong.
SHARMA = [
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, 3.1571, -77.2803), (50.0, 0.0, -82.7485), 2.8615),
    ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0000),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0009), 7.1792),
    ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0011), 7.2195),
    ((50.0, -0.0010, 2.4900), (50.0, 0.0009, -2.4900), 4.8045),
    ((50.0, -0.0010, 2.4900), (50.0, 0.0011, -2.4900), 4.7461),
    ((50.0, 2.5, 0.0), (50.0, 0.0, -2.5), 4.3065),
    ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ((50.0, 2.5, 0.0), (58.0, 24.0, 15.0), 19.4535),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((63.0109, -31.0961, -5.8663), (62.8187, -29.7946, -4.0864), 1.2630),
    ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ((90.8027, -2.0831, 1.4410), (91.1528, -1.6435, 0.0447), 1.4441),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]


@pytest.mark.parametrize(("first", "second", "expected"), SHARMA)
def test_ciede2000_of_the_published_pairs(
    first: tuple[float, ...], second: tuple[float, ...], expected: float
) -> None:
    assert float(ciede2000(np.array(first), np.array(second))) == pytest.approx(expected, abs=1e-4)
    assert float(ciede2000(np.array(second), np.array(first))) == pytest.approx(expected, abs=1e-4)


def test_ciede2000_agrees_with_scikit_image() -> None:
    rng = np.random.default_rng(1)
    labs = rng.uniform([0, -100, -100], [100, 100, 100], (2, 5000, 3))
    expected = deltaE_ciede2000(*labs)
    np.testing.assert_allclose(ciede2000(*labs), expected, atol=1e-6)


def test_ssim_agrees_with_scikit_image() -> None:
    first, second = grey(texture(120, 90)), grey(texture(120, 90, 0.7))
    _, expected = reference_ssim(
        first.astype(float),
        second.astype(float),
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=255,
        full=True,
    )
    ours = ssim_map(first.astype(np.float32), second.astype(np.float32))
    np.testing.assert_allclose(ours[6:-6, 6:-6], expected[6:-6, 6:-6], atol=2e-3)


def test_only_the_masked_part_counts() -> None:
    first = texture(64, 48)
    second = first.copy()
    second[:, 32:] = 0
    mask = np.zeros((48, 64), np.float32)
    mask[:, :20] = 1
    assert colour_difference(first, second, mask) == 0
    assert structural_similarity(first, second, mask) == pytest.approx(1)
    assert colour_difference(first, second) > 10
    assert structural_similarity(first, second) < 0.9


def test_drift_is_the_farthest_frame() -> None:
    frames = [np.full((8, 8, 3), level, np.uint8) for level in (100, 101, 140, 100)]
    alone = colour_drift([frames[0], frames[2]])
    assert colour_drift(frames) == pytest.approx(alone)
    assert alone > 5
    assert colour_drift(frames[:1]) == 0


def test_text_is_compared_blind_to_case_and_spacing() -> None:
    assert text_similarity("NET 250 ml", "net 250  ML") == 1
    assert 0.5 < text_similarity("Cold Brew", "Cold Bnew") < 1
    assert text_similarity("abc", "xyz") == 0
