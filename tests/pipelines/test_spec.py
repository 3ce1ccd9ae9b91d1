"""The recipe: what parses, what it becomes, and the sentence for what does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.camera import CAMERAS
from pipelines.errors import InvalidInput, InvalidRecipe, OutOfRange, UnknownName
from pipelines.spec import RenderSpec, load_recipe, parse_spec
from pipelines.still import LOOKS

recipes = st.fixed_dictionaries(
    {},
    optional={
        "look": st.one_of(
            st.sampled_from(LOOKS.names),
            st.fixed_dictionaries(
                {"name": st.sampled_from(LOOKS.names), "strength": st.floats(0, 1)}
            ),
        ),
        "camera": st.lists(st.sampled_from(sorted(CAMERAS)), min_size=1, max_size=3).map(",".join),
        "intensity": st.floats(0, 2),
        "relief": st.floats(0, 2),
        "fov_deg": st.floats(10, 120),
        "seconds": st.floats(0.5, 60),
        "fps": st.one_of(st.none(), st.floats(1, 60)),
        "loop": st.sampled_from(["closed", "pingpong", "crossfade", "none"]),
        "protect": st.sets(st.sampled_from(["subject", "text"])).map(sorted),
        "seed": st.integers(0, 2**32 - 1),
        "motion": st.fixed_dictionaries({}, optional={"motion_bucket_id": st.integers(1, 255)}),
    },
)


@given(recipes)
def test_a_recipe_survives_its_own_json(data: dict[str, object]) -> None:
    spec = parse_spec(data)
    again = parse_spec(json.loads(spec.to_json()))
    assert again == spec
    assert again.to_json() == spec.to_json()


def test_short_strings_and_full_objects_say_the_same() -> None:
    short = parse_spec({"look": "winter", "camera": "orbit=6,push-in", "protect": "subject,text"})
    full = parse_spec(
        {
            "look": {"name": "winter"},
            "camera": [{"move": "orbit", "amount": 6}, {"move": "push-in"}],
            "protect": ["subject", "text"],
        }
    )
    assert short == full


def test_ambient_reads_names_amounts_and_objects() -> None:
    expected = [("steam", 0.5), ("haze", 0.3)]
    for given_form in ("steam,haze=0.3", ["steam", {"name": "haze", "amount": 0.3}]):
        spec = parse_spec({"ambient": given_form})
        assert [(effect.name, effect.amount) for effect in spec.ambient] == expected


@pytest.mark.parametrize(
    ("data", "key", "nearest"),
    [
        ({"sedn": 1}, "sedn", "seed"),
        ({"look": {"name": "winter", "strenght": 1}}, "strenght", "strength"),
        ({"camera": [{"move": "orbit", "amont": 3}]}, "amont", "amount"),
        ({"motion": {"engin": "parallax"}}, "engin", "engine"),
        ({"ambient": [{"name": "steam", "ammount": 1}]}, "ammount", "amount"),
    ],
)
def test_an_unknown_key_is_named_with_its_nearest(
    data: dict[str, object], key: str, nearest: str
) -> None:
    with pytest.raises(UnknownName) as caught:
        parse_spec(data)
    assert f"'{key}'" in str(caught.value)
    assert f"did you mean '{nearest}'" in str(caught.value)


@pytest.mark.parametrize(
    ("data", "nearest"),
    [
        ({"look": "wintr"}, "winter"),
        ({"camera": "orbti"}, "orbit"),
        ({"ambient": "steem"}, "steam"),
        ({"formats": "instagram-reels"}, "instagram-reel"),
        ({"motion": {"engine": "paralax"}}, "parallax"),
        ({"look": {"name": "winter", "engine": "grad"}}, "grade"),
        ({"loop": "closd"}, "closed"),
        ({"quality": "finl"}, "final"),
        ({"protect": ["tekst"]}, "text"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(
    data: dict[str, object], nearest: str
) -> None:
    with pytest.raises(UnknownName, match=f"did you mean '{nearest}'"):
        parse_spec(data)


@pytest.mark.parametrize(
    ("key", "low", "high"),
    [
        ("intensity", 0, 2),
        ("relief", 0, 2),
        ("fov_deg", 10, 120),
        ("seconds", 0.5, 60),
        ("fps", 1, 60),
        ("seed", 0, 2**32 - 1),
        ("look.strength", 0, 1),
        ("motion.motion_bucket_id", 1, 255),
        ("motion.noise_aug_strength", 0, 1),
        ("motion.camera_strength", 0, 1),
    ],
)
def test_ranges_include_their_bounds_and_nothing_beyond(key: str, low: float, high: float) -> None:
    def spec_with(value: float) -> RenderSpec:
        group, _, name = key.rpartition(".")
        return parse_spec({group: {name: value}} if group else {name: value})

    spec_with(low)
    spec_with(high)
    for beyond in (low - 1, high + 1):
        with pytest.raises(OutOfRange) as caught:
            spec_with(beyond)
        assert f"allowed: {low} to {high}" in str(caught.value)
        assert key in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        [],
        {"seconds": "long"},
        {"seconds": float("nan")},
        {"camera": []},
        {"formats": []},
        {"formats": 3},
        {"source": {}},
        {"source": {"url": "https://a", "id": "b"}},
        {"camera": [{"amount": 3}]},
    ],
)
def test_what_does_not_parse_is_one_sentence_without_pydantic(data: object) -> None:
    with pytest.raises(InvalidRecipe) as caught:
        parse_spec(data)
    assert "pydantic" not in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists))
def test_no_value_whatever_escapes_as_another_error(value: object) -> None:
    for key in RenderSpec.model_fields:
        try:
            result: object = parse_spec({key: value})
        except InvalidInput as refusal:
            result = refusal
        assert isinstance(result, RenderSpec | InvalidInput)


def test_revised_lays_changes_over_a_recipe_key_by_key() -> None:
    spec = parse_spec({"look": {"name": "winter", "strength": 0.4}, "seed": 3})
    revised = spec.revised({"look": {"strength": 0.9}, "camera": "slide-left"})
    assert (revised.look.name, revised.look.strength, revised.seed) == ("winter", 0.9, 3)
    assert [step.move for step in revised.camera] == ["slide-left"]


def test_load_recipe_reads_a_recipe_and_a_report(tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    path.write_text('{"look": "winter"}')
    assert load_recipe(path).look.name == "winter"
    path.write_text(json.dumps({"schema_version": 1, "recipe": {"look": "noir"}}))
    assert load_recipe(path).look.name == "noir"


@pytest.mark.parametrize("content", ["", "{", "[1]", "\x00", '"winter"'])
def test_load_recipe_refuses_what_is_no_recipe(tmp_path: Path, content: str) -> None:
    path = tmp_path / "recipe.json"
    path.write_text(content)
    with pytest.raises(InvalidRecipe):
        load_recipe(path)


def test_load_recipe_says_when_there_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidRecipe, match="cannot be read"):
        load_recipe(tmp_path / "none.json")


def test_every_key_is_documented() -> None:
    schema = RenderSpec.model_json_schema()
    for model in (schema, *schema["$defs"].values()):
        for key, field in model["properties"].items():
            assert field.get("description"), key
