"""Camera grammar, signs and combination, checked on points projected by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.arrays import Matrix
from pipelines.camera import CAMERAS, Step, build_path, parse_camera
from pipelines.camera.move import EARLY
from pipelines.camera.preset import MOVES
from pipelines.errors import InvalidRecipe, OutOfRange, UnknownName

QUARTER = 0.25
PEAK = 0.5 - EARLY
PROMISED = [
    "locked",
    "breathe",
    "push-in",
    "pull-out",
    "zoom-in",
    "zoom-out",
    "slide",
    "rise",
    "pan",
    "tilt",
    "orbit",
    "circle",
    "turntable",
    "crane",
    "dolly-zoom",
    "reveal",
    "float",
    "handheld",
    "roll",
    "rack-focus",
]
AXES = [
    "truck",
    "pedestal",
    "dolly",
    "pan",
    "tilt",
    "roll",
    "orbit",
    "crane",
    "zoom",
    "dolly-zoom",
    "handheld",
    "static",
]


def centre(camera: Matrix) -> Matrix:
    """Camera centre in the world."""
    return np.asarray(-camera[:3, :3].T @ camera[:3, 3])


def seen(camera: str, point: tuple[float, float, float], phase: float = QUARTER) -> Matrix:
    """Where a world point appears, on the plane at focal length 1."""
    pose = build_path(parse_camera(camera)).at(phase)
    x, y, z = (pose.camera @ np.array([*point, 1.0]))[:3]
    return pose.zoom * np.array([x / z, y / z]) + np.array(pose.shift)


def test_every_promised_name_is_there() -> None:
    assert set(PROMISED) | set(AXES) <= set(MOVES.names)


@pytest.mark.parametrize(
    ("camera", "axis", "sign"),
    [("truck=0.1", 0, 1), ("truck=-0.1", 0, -1), ("orbit=5", 0, 1), ("orbit-left=5", 0, -1),
     ("pedestal=0.1", 1, -1), ("crane=5", 1, -1), ("dolly=0.1", 2, 1), ("push-in", 2, 1),
     ("pull-out", 2, -1), ("slide-right", 0, 1), ("slide-left", 0, -1), ("rise", 1, -1)],
)  # fmt: skip
def test_the_camera_goes_where_the_sign_says(camera: str, axis: int, sign: int) -> None:
    where = centre(build_path(parse_camera(camera)).at(QUARTER).camera)
    assert math.copysign(1, where[axis]) == sign
    assert abs(where[axis]) > 0.01


@pytest.mark.parametrize(
    ("camera", "axis", "sign"),
    [("pan=3", 0, -1), ("pan-left=3", 0, 1), ("tilt=3", 1, 1), ("tilt-down=3", 1, -1)],
)
def test_what_is_seen_moves_against_a_turning_camera(camera: str, axis: int, sign: int) -> None:
    assert math.copysign(1, seen(camera, (0, 0, 1))[axis]) == sign


def test_roll_turns_the_picture_clockwise_as_seen() -> None:
    right_of_middle = seen("roll=10", (0.5, 0, 1))
    assert right_of_middle[1] > 0  # y grows downwards: what was at three o'clock went down


def test_orbit_turns_by_its_amount_and_keeps_the_subject_in_place() -> None:
    camera = build_path(parse_camera("orbit=6")).at(QUARTER).camera
    turn = math.degrees(math.acos((np.trace(camera[:3, :3]) - 1) / 2))
    assert turn == pytest.approx(6.0)
    assert seen("orbit=6", (0, 0, 1)) == pytest.approx((0, 0), abs=1e-12)
    assert np.linalg.norm(centre(camera) - (0, 0, 1)) == pytest.approx(1.0)


def test_dolly_zoom_keeps_the_subject_and_moves_what_lies_behind() -> None:
    assert seen("dolly-zoom=0.2", (0.3, 0.1, 1), 0.5) == pytest.approx((0.3, 0.1))
    assert seen("dolly-zoom=0.2", (0.6, 0.2, 2), 0.5)[0] < 0.299


def test_zoom_is_a_pure_enlargement() -> None:
    for depth in (0.5, 1.0, 3.0):
        point = (0.2 * depth, -0.1 * depth, depth)
        assert seen("zoom=1.5", point, PEAK) == pytest.approx((0.3, -0.15))


def test_intensity_scales_about_neutral() -> None:
    full, half = (build_path(parse_camera("zoom=1.4"), intensity=i).at(PEAK).zoom for i in (1, 0.5))
    assert full == pytest.approx(1.4)
    assert half == pytest.approx(1.2)
    still = build_path(parse_camera("orbit=6,zoom=1.3"), intensity=0).at(0.3)
    assert np.allclose(still.camera, np.eye(4))
    assert still.zoom == 1


def test_moves_combine_in_order() -> None:
    both = build_path(parse_camera("orbit=6,push-in=0.1")).at(QUARTER).camera
    orbit = build_path(parse_camera("orbit=6")).at(QUARTER).camera
    push = build_path(parse_camera("push-in=0.1")).at(QUARTER).camera
    assert np.allclose(both, push @ orbit)


def test_objects_and_strings_parse_alike() -> None:
    assert parse_camera("orbit=6,pan") == parse_camera(
        [{"move": "orbit", "amount": 6}, {"move": "pan"}]
    )
    assert parse_camera([{"move": "pan", "easing": "ease-out"}])[0] == Step("pan", None, "ease-out")


def test_one_way_paths_end_at_rest_at_their_full_amount() -> None:
    path = build_path(parse_camera("push-in=0.1"), closed=False)
    assert path.phases(5)[-1] == 1.0
    assert centre(path.at(1.0).camera)[2] == pytest.approx(0.1)
    late = centre(path.at(0.999).camera)[2]
    assert (0.1 - late) / 0.001 < 0.01  # no speed left


@pytest.mark.parametrize(
    ("camera", "error", "words"),
    [("orbt", UnknownName, "did you mean 'orbit'"), ("slide-up", UnknownName, "slide"),
     ("orbit=900", OutOfRange, "-30 to 30 degrees"), ("orbit=fast", InvalidRecipe, "not a number"),
     ("orbit=nan", InvalidRecipe, "not a number"), ("", InvalidRecipe, "empty")],
)  # fmt: skip
def test_refusals_say_what_was_wrong(camera: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words.replace("'", ".")):
        parse_camera(camera)


@pytest.mark.parametrize("item", [{"amount": 3}, {"move": "orbit", "speed": 1}])
def test_refused_objects(item: dict[str, object]) -> None:
    with pytest.raises(InvalidRecipe, match="move, amount, easing"):
        parse_camera([item])


def test_unknown_easing_is_refused() -> None:
    with pytest.raises(UnknownName, match="easing"):
        parse_camera([{"move": "orbit", "easing": "bouncy"}])


@given(
    name=st.sampled_from(sorted(CAMERAS)),
    phase=st.floats(0, 1, exclude_max=True),
    intensity=st.floats(0, 2),
    closed=st.booleans(),
)
def test_every_pose_is_rigid(name: str, phase: float, intensity: float, closed: bool) -> None:
    pose = build_path(parse_camera(name), intensity=intensity, closed=closed).at(phase)
    for motion in (pose.camera, pose.subject):
        assert np.allclose(motion[:3, :3] @ motion[:3, :3].T, np.eye(3), atol=1e-9)
        assert np.linalg.det(motion[:3, :3]) == pytest.approx(1.0)
    assert pose.zoom > 0
    assert pose.blur >= 0


@given(seed=st.integers(0, 2**32 - 1))
def test_handheld_repeats_for_a_seed_and_differs_between_seeds(seed: int) -> None:
    def shake(value: int) -> Matrix:
        return build_path(parse_camera("handheld"), seed=value).at(0.37).camera

    assert np.array_equal(shake(seed), shake(seed))
    assert not np.allclose(shake(seed), shake(seed + 1), atol=1e-9)
