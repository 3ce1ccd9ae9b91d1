"""The page about img2img says what the program does."""

from __future__ import annotations

import json
import re
from pathlib import Path

from pipelines.parts import LookSpec
from pipelines.spec import parse_spec
from pipelines.still.diffusion.schedulers import SAMPLERS
from pipelines.still.diffusion.settings import LORAS, MODELS

PAGE = (Path(__file__).parents[4] / "docs/img2img.md").read_text("utf-8")


def test_its_recipe_is_one_and_uses_every_key_of_a_look() -> None:
    (recipe,) = re.findall(r"```json\n(.*?)```", PAGE, re.S)
    assert parse_spec(json.loads(recipe)).look.scheduler in SAMPLERS
    assert set(json.loads(recipe)["look"]) == set(LookSpec.model_fields)


def test_it_names_every_scheduler() -> None:
    named = PAGE.split("**Schedulers.**")[1].split("\n\n")[0]
    assert set(SAMPLERS) <= set(re.findall(r"`([\w-]+)`", named))


def test_its_table_of_defaults_is_the_programs() -> None:
    for name, habits in {**MODELS, **LORAS}.items():
        (row,) = re.findall(rf"^\| .*`{re.escape(name)}`.* \|$", PAGE, re.M)
        _, _, steps, guidance, _, _ = (cell.strip() for cell in row.split("|"))
        assert int(steps) == habits.num_inference_steps, name
        assert guidance == ("off" if habits.guidance_scale <= 1 else f"{habits.guidance_scale:g}")
