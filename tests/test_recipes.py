"""Every recipe in the samples makes its loops, shortened to a quick draft."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines import Context, load_recipe, render
from pipelines.encode import FORMATS

SAMPLES = Path(__file__).parents[1] / "samples"
RECIPES = sorted((SAMPLES / "recipes").glob("*.json"))
DRAFT = {"quality": "draft", "seconds": 2.0}


def still_of(recipe: Path) -> Path:
    """A recipe's name starts with the name of the still it suits."""
    (still,) = SAMPLES.glob(f"{recipe.stem.partition('-')[0]}.*")
    return still


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Context:
    """One data folder, so that each still's product is found once."""
    return Context(data_dir=tmp_path_factory.mktemp("data"))


@pytest.mark.xdist_group("recipes")
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.stem)
def test_a_recipe_makes_loops_that_close_and_conform(
    recipe: Path, job: Context, tmp_path: Path
) -> None:
    spec = load_recipe(recipe)
    report = render(spec.revised(DRAFT), still_of(recipe), tmp_path, job)
    assert tuple(artifact.format for artifact in report.artifacts) == spec.formats
    for artifact in report.artifacts:
        assert (tmp_path / artifact.path).stat().st_size == artifact.bytes
        assert 0.8 <= artifact.seam.ratio <= 1.25
        assert all(rule.ok for rule in artifact.conformance)


def test_the_recipes_show_different_things() -> None:
    specs = [load_recipe(recipe) for recipe in RECIPES]
    assert len(specs) >= 5
    assert len({spec.look.name for spec in specs}) == len(specs)
    assert {spec.camera for spec in specs} >= {spec.camera for spec in specs[:5]}
    assert {still_of(recipe).stem for recipe in RECIPES} == {
        path.stem for path in SAMPLES.iterdir() if path.suffix in (".jpg", ".png")
    }
    assert {name for spec in specs for name in spec.formats} == set(FORMATS.names)
