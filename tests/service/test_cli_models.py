"""``stillwave models``, as a person types it."""

from __future__ import annotations

import json
import pickle
import re
import shlex
from pathlib import Path

import click
import pytest

from pipelines.errors import MissingModel
from pipelines.models import MODELS, find_model
from pipelines.models.store import mend
from service.cli import cli
from tests.pipelines.models.folder_of_weights import lay_out, svd_files, tensors
from tests.pipelines.models.hub_server import serving
from tests.service.conftest import Run

UNET = "unet/diffusion_pytorch_model.fp16.safetensors"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "mine", svd_files())


def parse(command: str) -> dict[str, object]:
    """Parse a command as the program would, without doing it, and return its parameters."""
    program, *arguments = shlex.split(command)
    assert program == "stillwave"
    group: click.Command = cli
    context = click.Context(cli, info_name=program)
    while isinstance(group, click.Group):
        name, found, arguments = group.resolve_command(context, arguments)
        assert found is not None, command
        context = click.Context(found, info_name=name, parent=context)
        group = found
    return group.make_context(context.info_name, arguments, parent=context.parent).params


@pytest.mark.parametrize("name", [model.name for model in MODELS])
def test_the_command_that_gets_a_missing_model_is_one_the_program_takes(name: str) -> None:
    error = MissingModel(name)
    assert error.exit_code == 3
    parameters = parse(error.fix.removeprefix("run: "))
    assert parameters["name"] == name
    assert parse(mend(find_model(name)))["name"] == name


def test_the_table_names_licence_memory_and_what_is_here(
    run: Run, data: Path, source: Path
) -> None:
    where = {"STILLWAVE_DATA_DIR": str(data)}
    run("models", "add", "my-svd", "--from", source, "--kind", "svd", "--licence", "MIT", **where)

    result = run("models", "list", **where)

    assert result.returncode == 0
    header, *lines = result.stdout.split("\n\n")[0].splitlines()
    columns = ["model", "kind", "size", "memory GB", "licence", "commercial", "here"]
    assert re.split(r" {2,}", header) == columns
    rows = {line.split()[0]: line for line in lines}
    assert list(rows) == [*(model.name for model in MODELS), "my-svd"]
    assert "stable-video-diffusion-community" in rows["svd-xt"]
    assert "conditional" in rows["svd-xt"]
    assert rows["svd-xt-1.1"].endswith("gated")
    assert rows["my-svd"].endswith("yes")
    assert "revenue is below 1,000,000 USD" in result.stdout
    # Others' weights may have an unknown licence too, and are no derivatives.
    assert "animatelcm-svd-xt, animatelcm-svd-xt-1.1: Made from Stable Video" in result.stdout


def test_the_same_as_json(run: Run, data: Path) -> None:
    result = run("models", "list", "--json", STILLWAVE_DATA_DIR=str(data))
    listed = {entry["name"]: entry for entry in json.loads(result.stdout)["models"]}
    assert set(listed) == {model.name for model in MODELS}
    svd = listed["svd-xt"]
    assert svd["commercial"] == "conditional"
    assert svd["condition"].endswith(".")
    assert svd["memory"] == {
        "full": 22_000_000_000,
        "model_offload": 10_000_000_000,
        "sequential_offload": 8_000_000_000,
        "measured": False,
    }
    assert svd["pinned"] is True
    assert listed["animatelcm-svd-xt"]["pinned"] is False
    assert listed["animatelcm-svd-xt"]["base"] == "svd-xt"


def test_a_folder_comes_in_is_verified_and_an_altered_byte_is_found(
    run: Run, data: Path, source: Path
) -> None:
    where = {"STILLWAVE_DATA_DIR": str(data)}
    pulled = run("models", "pull", "svd-xt", "--from", source, **where)
    assert pulled.returncode == 0, pulled.stderr
    assert pulled.stdout == f"pulled svd-xt: {data / 'models' / 'svd-xt'}\n"
    assert "copy svd-xt" in pulled.stderr
    assert "1,000,000 USD" in pulled.stderr
    verified = run("models", "verify", "--json", **where)
    assert [entry["model"] for entry in json.loads(verified.stdout)["models"]] == ["svd-xt"]

    file = data / "models" / "svd-xt" / UNET
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    damaged = run("models", "verify", **where)
    assert damaged.returncode == 3
    (sentence,) = damaged.stderr.strip().splitlines()
    assert str(file) in sentence
    command = re.search(r"run: (stillwave models [^.]*)\.$", sentence)
    assert command is not None
    assert parse(command.group(1))["name"] == "svd-xt"


def test_each_damaged_model_is_named(run: Run, data: Path, source: Path) -> None:
    where = {"STILLWAVE_DATA_DIR": str(data)}
    for name in ("one", "two", "three"):
        run("models", "add", name, "--from", source, "--kind", "svd", **where)
    for name in ("one", "three"):
        (data / "models" / name / UNET).unlink()
    result = run("models", "verify", **where)
    assert result.returncode == 3
    assert result.stdout.startswith("verified two: ")
    assert all(f"{name}/{UNET} is missing" in result.stderr for name in ("one", "three"))


def test_a_pickle_is_one_sentence(run: Run, data: Path, source: Path) -> None:
    (source / "unet" / "model.bin").write_bytes(pickle.dumps({}))
    result = run(
        "models", "add", "mine", "--from", source, "--kind", "svd", STILLWAVE_DATA_DIR=str(data)
    )
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert "model.bin is a pickle" in result.stderr
    assert not list(data.rglob("*.*"))


def test_the_policy_of_the_machine_refuses_a_licence(run: Run, data: Path, source: Path) -> None:
    where = {"STILLWAVE_DATA_DIR": str(data), "STILLWAVE_LICENCE_POLICY": "commercial"}
    refused = run("models", "pull", "animatelcm-svd-xt", "--from", source, **where)
    assert refused.returncode == 3
    assert "licence policy here is 'commercial'" in refused.stderr
    allowed = run("models", "pull", "svd-xt", "--from", source, **where)
    assert allowed.returncode == 0


def test_a_model_is_pulled_from_the_hub_that_the_settings_name(run: Run, data: Path) -> None:
    taesdxl = find_model("taesdxl")
    files = {"config.json": b"{}", "diffusion_pytorch_model.safetensors": tensors(0, 500_000)}
    with serving("madebyollin/taesdxl", files, taesdxl.revision) as hub:
        hub.token = "secret"
        where = {"STILLWAVE_DATA_DIR": str(data), "STILLWAVE_HUB_URL": hub.url}
        refused = run("models", "pull", "taesdxl", **where)
        assert refused.returncode == 3
        assert "STILLWAVE_HUB_TOKEN" in refused.stderr
        pulled = run("models", "pull", "taesdxl", STILLWAVE_HUB_TOKEN="secret", **where)
    assert pulled.returncode == 0, pulled.stderr
    assert "pull taesdxl 2/2" in pulled.stderr
    assert "secret" not in pulled.stderr
    folder = data / "models" / "taesdxl"
    assert {path.name for path in folder.iterdir()} == {*files, "stillwave.json"}


def test_no_network_is_one_sentence_with_a_way_out(run: Run, data: Path) -> None:
    result = run(
        "models",
        "pull",
        "svd-xt",
        STILLWAVE_DATA_DIR=str(data),
        STILLWAVE_HUB_URL="http://127.0.0.1:9",
    )
    assert result.returncode == 3
    assert result.stderr.strip().splitlines()[-1].startswith("error: the weights of 'svd-xt'")
    command = re.search(r"run: (stillwave models [^.]*)\.$", result.stderr.strip())
    assert command is not None
    assert parse(command.group(1))["given"] == Path("DIR")


def test_a_kind_that_is_none_is_refused_with_the_list(run: Run, source: Path) -> None:
    result = run("models", "add", "mine", "--from", source, "--kind", "video")
    assert result.returncode == 2
    assert "svd" in result.stderr
