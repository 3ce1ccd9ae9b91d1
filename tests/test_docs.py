"""The documentation cannot lie: it is generated, run, parsed or looked up."""

from __future__ import annotations

import ast
import doctest
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest

from docs import markdown
from docs.generate import PAGES as MAKERS
from docs.pictures import draw
from docs.pictures.experiments import EXPERIMENTS
from pipelines.errors import StillwaveError
from pipelines.report.model import report_schema
from pipelines.spec import RenderSpec
from service.cli import cli
from service.commands.options import changes
from service.settings import Settings, read_settings
from tests.docs_text import DOCS, PAGES, ROOT, anchors, blocks, commands, links

REFERENCE = DOCS / "reference"
MOST_PICTURE_BYTES = 300_000
PLUG_INS = {
    "looks.md": "pipelines/still/looks",
    "cameras.md": "pipelines/camera/moves",
    "ambient.md": "pipelines/motion/ambient",
    "formats.md": "pipelines/encode/formats",
    "engines.md": "pipelines/motion/engines",
}


def documented(name: str) -> str:
    return (REFERENCE / name).read_text("utf-8")


@pytest.mark.parametrize("name", MAKERS)
def test_the_committed_page_is_what_the_generator_makes(name: str) -> None:
    assert documented(name) == MAKERS[name](), "run: make docs"


def test_the_generators_own_example_runs() -> None:
    assert doctest.testmod(markdown) == (0, 1)


def test_no_other_page_lies_in_the_reference() -> None:
    assert {path.name for path in REFERENCE.iterdir()} == set(MAKERS)


@pytest.mark.parametrize("name", PLUG_INS)
def test_every_plug_in_file_is_documented(name: str) -> None:
    files = (ROOT / PLUG_INS[name]).glob("[a-z]*.py")
    expected = {path.stem.replace("_", "-") for path in files}
    named = set(re.findall(r"\| `([a-z0-9-]+)` \|", documented(name)))
    assert expected
    assert expected <= named


def all_commands(group: click.Group) -> dict[str, click.Command]:
    """Every command by the words it is called with."""
    context = click.Context(group)
    found: dict[str, click.Command] = {}
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            inner = all_commands(command)
            found |= {f"{name} {word}": each for word, each in inner.items()}
        else:
            found[name] = command
    return found


def test_every_command_and_option_is_documented() -> None:
    sections = dict(
        re.findall(r"^## stillwave (.+?)\n(.*?)(?=^## |\Z)", documented("cli.md"), re.M | re.S)
    )
    expected = all_commands(cli)
    assert set(sections) == set(expected)
    for name, command in expected.items():
        flags = {
            flag for each in command.params if isinstance(each, click.Option) for flag in each.opts
        }
        assert flags == set(re.findall(r"^\| `(--[a-z-]+)` ", sections[name], re.M)), name


def test_every_error_is_documented_in_the_page_and_in_the_tree() -> None:
    module = ast.parse((ROOT / "pipelines/errors.py").read_text("utf-8"))
    names = {node.name for node in module.body if isinstance(node, ast.ClassDef)}
    page = documented("errors.md")
    assert names == set(re.findall(r"^\| `(\w+)` ", page, re.M))
    assert names == set(re.findall(r"^[│├└─ ]*([A-Z]\w+)", page.split("```")[1], re.M))


def test_every_exit_code_is_documented() -> None:
    def codes(kind: type[StillwaveError]) -> set[int]:
        return {kind.exit_code}.union(*map(codes, kind.__subclasses__()))

    table = documented("errors.md").split("## Exit codes")[1]
    assert codes(StillwaveError) | {0} == {
        int(code) for code in re.findall(r"^\| (\d+) ", table, re.M)
    }


@pytest.mark.parametrize(
    ("page", "schema"),
    [("recipe.md", RenderSpec.model_json_schema()), ("report.md", report_schema())],
)
def test_every_key_is_documented_in_its_part(page: str, schema: dict[str, Any]) -> None:
    parts = {schema["title"]: schema, **schema["$defs"]}
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^#|\Z)", documented(page), re.M | re.S))
    for name, part in parts.items():
        keys = set(re.findall(r"^\| `(\w+)` ", sections[name], re.M))
        assert keys == set(part["properties"]), name
        cells = re.findall(r"\| ([^|]*) \|$", sections[name], re.M)
        assert all(cell.strip() for cell in cells), f"{name} has a key without a description"


def test_every_setting_is_documented_with_what_it_is_when_nothing_is_said() -> None:
    rows = re.findall(
        r"^\| `STILLWAVE_(\w+)` \| (.*?) \|.*\| (.*?) \|$", documented("settings.md"), re.M
    )
    assert {name.lower() for name, _, _ in rows} == set(Settings.model_fields)
    assert all(text.strip() for _, _, text in rows)
    told = {f"STILLWAVE_{name}": value.strip("`") for name, value, _ in rows}
    home = {"HOME": str(Path.home())}
    assert read_settings(home | told) == read_settings(home)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links(page):
        target, _, anchor = link.partition("#")
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), link
        assert not anchor or anchor in anchors(path), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_line_parses(page: Path) -> None:
    """Their options exist and make a recipe; `tests/test_readme.py` runs those of the README."""
    known = all_commands(cli)
    for _, *words in commands(page):
        name = words.pop(0) if words[0] in known else f"{words.pop(0)} {words.pop(0)}"
        context = known[name].make_context(name, words)
        assert context.params
        given = {key: context.params[key] for key in RECIPE_OPTIONS if key in context.params}
        spec = RenderSpec().revised(changes(given))
        assert spec.formats


RECIPE_OPTIONS = (
    "look",
    "camera",
    "ambient",
    "backdrop",
    "formats",
    "seconds",
    "quality",
    "relief",
)


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the samples, and an empty data folder."""
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STILLWAVE_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


def run(words: list[str], **environment: str) -> str:
    """Run this checkout's program and return what it says."""
    done = subprocess.run(
        [sys.executable, "-c", "from service.cli import main; main()", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_frames_follow_the_homography_as_the_camera_page_shows(workplace: Path) -> None:
    page = DOCS / "camera.md"
    for command in commands(page):
        run(command[1:])
    (snippet,) = blocks(page, "python")
    names: dict[str, Any] = {}
    exec(compile(snippet, str(page), "exec"), names)
    assert names["i"] == len(names["K"]) - 1 >= 20
    assert names["inside"].mean() > 0.5


def test_the_examples_of_the_architecture_page_are_new_features(workplace: Path) -> None:
    """The page's four files are dropped into a copy of the program, and used."""
    for package in ("pipelines", "service"):
        shutil.copytree(ROOT / package, workplace / package)
    for text in blocks(DOCS / "architecture.md", "python"):
        path = workplace / text.splitlines()[0].removeprefix("# ")
        assert not path.exists(), path
        path.write_text(text)
    words = [
        "render",
        "samples/coffee.jpg",
        "--look",
        "sepia",
        "--camera",
        "bow",
        "--ambient",
        "pulse",
    ]
    words += ["--for", "shop-tile", "--seconds", "1", "--quality", "draft", "--json"]
    report = json.loads(run(words, PYTHONPATH=str(workplace)))
    (artifact,) = report["artifacts"]
    assert (artifact["format"], artifact["width"], artifact["height"]) == ("shop-tile", 360, 360)
    assert 0.8 <= artifact["seam"]["ratio"] <= 1.25
    assert all(rule["ok"] for rule in artifact["conformance"])


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_motion_page_holds_what_its_experiment_measured(name: str) -> None:
    """Its marks, a table between them, and a picture that a page can afford."""
    page = (DOCS / "motion.md").read_text("utf-8")
    (inner,) = re.findall(f"<!-- begin {name} -->\n(.*?)\n<!-- end {name} -->", page, re.S)
    assert inner.count("\n") >= 2
    assert re.search(r"\d\.\d", inner)
    if f"images/motion-{name}.png" in page:
        assert (DOCS / "images" / f"motion-{name}.png").stat().st_size < MOST_PICTURE_BYTES


def test_the_range_of_a_plot_is_spanned_by_round_numbers() -> None:
    assert doctest.testmod(draw) == (0, 1)


def test_a_plot_puts_higher_values_higher() -> None:
    """Two points of one line, found again by their colour."""
    clip = np.zeros((2, 8, 8, 3), np.uint8)
    line = draw.Line("measured", {0.0: [1.0], 10.0: [3.0]})
    sheet = np.asarray(draw.draw([draw.Strip("still", clip)], draw.Plot("x", "y", [line])))
    rows, columns = np.nonzero((sheet == draw.COLOURS[0]).all(axis=2))
    assert rows[columns.argmin()] > rows[columns.argmax()] + 50
