"""LoRAs, a reference picture, a structure lock: each changes the picture, at weight 0 none does."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipelines.context import Context
from pipelines.errors import InvalidInput, MissingCapability, MissingModel, UnknownName
from pipelines.machine import Machine
from pipelines.still import Guidance
from pipelines.still.diffusion.structure import draw_structure
from pipelines.still.engine import Structure
from tests.pipelines.still.diffusion.studio import Studio, picture, ramp, rms


def test_a_lora_counts_by_its_weight(studio: Studio) -> None:
    usual = studio.request.guidance
    plain = studio.render().pictures[0]
    distances = []
    for scale in (0.0, 0.5, 1.0):
        made = studio.render(replace(usual, loras=(("tiny-lora-1", scale),)))
        assert made.models == ("tiny-sd", "tiny-lora-1")
        distances.append(rms(made.pictures[0], plain))
    assert distances[0] == 0
    assert 0 < distances[1] < distances[2]
    assert np.array_equal(studio.render().pictures[0], plain), "it is gone when not asked for"


def test_two_loras_add_up(studio: Studio) -> None:
    usual = studio.request.guidance
    both = studio.render(replace(usual, loras=(("tiny-lora-1", 1.0), ("tiny-lora-2", 1.0))))
    one = studio.render(replace(usual, loras=(("tiny-lora-1", 1.0), ("tiny-lora-2", 0.0))))
    alone = studio.render(replace(usual, loras=(("tiny-lora-1", 1.0),)))
    assert rms(both.pictures[0], alone.pictures[0]) > 0
    assert rms(one.pictures[0], alone.pictures[0]) < 0.5  # sums of floats in another order


def test_a_reference_picture_counts_by_its_weight(studio: Studio) -> None:
    usual, plain = studio.request.guidance, studio.render().pictures[0]
    with_reference = replace(usual, reference=picture(80, 50, seed=7))
    made = {
        scale: studio.render(replace(with_reference, reference_scale=scale)).pictures[0]
        for scale in (0.0, 0.5, 1.0)
    }
    assert rms(made[0.0], plain) == 0
    assert 0 < rms(made[0.5], plain) < rms(made[1.0], plain)
    other = replace(usual, reference=picture(80, 50, seed=1), reference_scale=1.0)
    assert rms(studio.render(other).pictures[0], made[1.0]) > 0


@pytest.mark.parametrize("structure", ["canny", "depth"])
def test_a_structure_lock_counts_by_its_weight(studio: Studio, structure: Structure) -> None:
    usual, plain = studio.request.guidance, studio.render().pictures[0]
    locked = replace(usual, structure=structure)
    made = {
        scale: studio.render(replace(locked, structure_scale=scale)) for scale in (0.0, 0.5, 1.5)
    }
    assert made[0.0].models == ("tiny-sd", f"tiny-{structure}")
    distances = [rms(each.pictures[0], plain) for each in made.values()]
    assert distances[0] == 0
    assert 0 < distances[1] < distances[2]


def test_variations_are_locked_alike(studio: Studio) -> None:
    guidance = replace(studio.request.guidance, structure="canny", variations=2, seed=4)
    batch = studio.render(guidance)
    second = studio.render(replace(guidance, variations=1, seed=5))
    assert np.abs(batch.pictures[1].astype(int) - second.pictures[0]).max() <= 1


def test_canny_draws_the_edge_that_is_there() -> None:
    still = np.full((64, 64, 3), 40, np.uint8)
    still[:, 30:] = 220
    edges = draw_structure("canny", still, ramp(64, 64))
    assert edges.shape == still.shape
    rows, columns, _ = np.nonzero(edges)
    assert set(rows) == set(range(64)), "a line through every row"
    assert set(columns) <= {29, 30}
    assert np.array_equal(edges[..., 0], cv2.Canny(still, 100, 200))


def test_depth_is_white_where_it_is_near() -> None:
    plane = draw_structure("depth", np.zeros((9, 4, 3), np.uint8), ramp(9, 4))
    expected = np.round(np.linspace(0, 255, 9))[:, None, None]
    assert np.abs(plane - expected).max() <= 1
    flat = np.full((9, 4), 0.3, np.float32)
    assert not draw_structure("depth", np.zeros((9, 4, 3), np.uint8), flat).any()


def test_the_structure_goes_to_the_network_as_it_lies_in_the_still(studio: Studio) -> None:
    """A still that is padded and shrunk has its edges shrunk with it: the size fits."""
    locked = replace(studio.request.guidance, structure="depth")
    made = studio.render(locked, pixels=picture(150, 97))
    assert made.pictures[0].shape == (150, 97, 3)


def test_a_lora_for_another_family_is_refused(studio: Studio) -> None:
    wrong = Guidance(model="tiny-sdxl", loras=(("tiny-lora-1", 1.0),))
    with pytest.raises(InvalidInput, match="'tiny-lora-1' does not fit"):
        studio.render(wrong)
    studio.render(Guidance(model="tiny-sdxl", num_inference_steps=2))


def test_an_unknown_lora_names_the_nearest(studio: Studio) -> None:
    with pytest.raises(UnknownName, match="did you mean 'tiny-lora-2'") as caught:
        studio.render(Guidance(model="tiny-sd", loras=(("tiny-lora-22", 1.0),)))
    assert "tiny-sd" not in caught.value.allowed.split(", ")


@pytest.mark.parametrize(
    ("guidance", "wanted"),
    [
        (Guidance(model="tiny-sdxl", structure="canny"), "no controlnet that fits 'tiny-sdxl'"),
        (Guidance(model="tiny-sdxl", reference=picture()), "no ip-adapter that fits 'tiny-sdxl'"),
        (Guidance(model="tiny-sd3", structure="canny"), "takes no canny"),
        (Guidance(model="tiny-sd3", reference=picture()), "takes no reference"),
        (Guidance(model="tiny-lcm", structure="depth"), "takes no depth"),
    ],
    ids=["controlnet-sdxl", "adapter-sdxl", "controlnet-sd3", "adapter-sd3", "controlnet-lcm"],
)
def test_what_does_not_fit_a_family_is_said_before_it_is_loaded(
    studio: Studio, guidance: Guidance, wanted: str
) -> None:
    with pytest.raises(MissingCapability, match=wanted):
        studio.render(guidance)


def test_without_any_model_the_command_for_the_first_is_given(
    studio: Studio, context: Context
) -> None:
    with pytest.raises(MissingModel, match=r"stillwave models pull sd-1\.5"):
        studio.render(Guidance(), context=replace(context, machine=Machine(device="cpu")))


def test_a_model_of_the_table_that_is_not_here_is_named_with_its_command(studio: Studio) -> None:
    with pytest.raises(MissingModel, match=r"stillwave models pull sdxl-1\.0"):
        studio.render(Guidance(model="sdxl-1.0"))
    with pytest.raises(MissingModel, match="stillwave models pull lcm-lora-sd15"):
        studio.render(Guidance(model="tiny-sd", loras=(("lcm-lora-sd15", 1.0),)))


def test_where_none_is_named_one_that_is_here_is_taken(studio: Studio) -> None:
    made = studio.render(Guidance(num_inference_steps=2))
    assert made.details["model"] == "tiny-lcm", "of a person's own models the first by name"


def test_a_licence_that_is_refused_is_refused_here_too(studio: Studio) -> None:
    strict = Machine(device="cpu", licence_policy="commercial")
    job = replace(studio.context, machine=strict)
    with pytest.raises(MissingCapability, match="licence policy"):
        studio.render(Guidance(model="tiny-sd"), context=job)
    with pytest.raises(MissingCapability, match="licence policy"):
        studio.render(Guidance(), context=job)
