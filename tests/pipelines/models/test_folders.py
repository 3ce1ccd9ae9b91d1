from __future__ import annotations

import hashlib
import json
import pickle
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.errors import InvalidInput, MissingCapability, MissingModel, UnknownName
from pipelines.models import (
    MODELS,
    add_folder,
    as_brought,
    find_in_store,
    installed,
    known_models,
    locate_folder,
    present,
    pull,
    verify,
)
from tests.pipelines.models.folder_of_weights import lay_out, svd_files, tensors

UNET = "unet/diffusion_pytorch_model.fp16.safetensors"


def silent(stage: str, done: int, total: int) -> None:
    """Listen to nothing."""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "mine", svd_files())


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "models"


def left_in(store: Path) -> list[Path]:
    return sorted(store.rglob("*")) if store.exists() else []


def test_a_folder_of_ones_own_comes_in_whole_with_its_note(source: Path, store: Path) -> None:
    steps: list[tuple[str, int, int]] = []

    path = add_folder(
        "my-svd",
        source,
        store,
        kind="svd",
        licence="Apache-2.0",
        progress=lambda *step: steps.append(step),
    )

    assert path == locate_folder("my-svd", store) == verify("my-svd", store)
    note = json.loads((path / "stillwave.json").read_text())
    assert set(note["files"]) == set(svd_files())
    for name, data in svd_files().items():
        assert (path / name).read_bytes() == data
        assert note["files"][name]["sha256"] == hashlib.sha256(data).hexdigest()
    assert note["licence"] == "Apache-2.0"
    assert note["commercial"] == "yes"
    assert installed(store) == present(store) == ("my-svd",)
    assert steps[-1][0] == "copy my-svd"
    assert steps[-1][1] == steps[-1][2]


def test_ones_own_are_listed_after_the_table(source: Path, store: Path) -> None:
    add_folder("a-model", source, store, kind="svd", licence="House rules", commercial="no")
    known = known_models(store)
    assert known[:-1] == MODELS
    assert known[-1] == find_in_store("a-model", store)
    assert (known[-1].kind, known[-1].licence, known[-1].commercial) == ("svd", "House rules", "no")
    assert known[-1].size == sum(map(len, svd_files().values()))


def test_a_second_folder_of_the_same_name_replaces_the_first(source: Path, store: Path) -> None:
    add_folder("my-svd", source, store, kind="svd")
    (source / UNET).write_bytes(tensors(9))
    add_folder("my-svd", source, store, kind="svd")
    assert (verify("my-svd", store) / UNET).read_bytes() == tensors(9)


@pytest.mark.parametrize("name", ["", "Mine", "../mine", "a b", "-x", ".mine", "a/b", "x" * 65])
def test_a_name_that_is_no_folder_and_no_word_is_refused(
    source: Path, store: Path, name: str
) -> None:
    with pytest.raises(InvalidInput, match="cannot be a model's name"):
        add_folder(name, source, store, kind="svd")
    assert left_in(store) == []


def test_a_name_of_the_table_is_taken_by_pull_from(source: Path, store: Path) -> None:
    with pytest.raises(InvalidInput, match="stillwave models pull svd-xt --from DIR"):
        add_folder("svd-xt", source, store, kind="svd")
    pull("svd-xt", store, source, silent)
    note = json.loads((verify("svd-xt", store) / "stillwave.json").read_text())
    assert note["licence"] == "stable-video-diffusion-community"
    assert note["brought_from"] == "file:mine"


@pytest.mark.parametrize("disguised", [True, False])
@pytest.mark.parametrize("way", ["add", "pull"])
def test_a_pickle_never_comes_in(source: Path, store: Path, way: str, disguised: bool) -> None:
    name = "unet/extra.safetensors" if disguised else "unet/diffusion_pytorch_model.bin"
    (source / name).write_bytes(pickle.dumps({"weight": [1.0]}))
    (source / UNET).unlink()  # so that the table's own list of files does not fit
    ways: dict[str, Callable[[], Path]] = {
        "add": lambda: add_folder("my-svd", source, store, kind="svd"),
        "pull": lambda: pull("svd", store, source, silent),
    }
    with pytest.raises(InvalidInput, match="pickle") as caught:
        ways[way]()
    assert name.rpartition("/")[2] in caught.value.problem
    assert left_in(store) == []


def test_code_beside_weights_never_comes_in(source: Path, store: Path) -> None:
    (source / "pipeline.py").write_text("import os")
    with pytest.raises(InvalidInput, match="program code"):
        add_folder("my-svd", source, store, kind="svd")


def test_pictures_hidden_files_and_other_precisions_stay_outside(source: Path, store: Path) -> None:
    lay_out(
        source,
        {
            "README.md": b"# A model",
            "demo.png": b"x",
            ".cache/huggingface/x.json": b"{}",
            "svd_xt.safetensors": tensors(5),
            "unet/diffusion_pytorch_model.safetensors": tensors(6),
        },
    )
    path = pull("svd-xt", store, source, silent)
    here = {file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file()}
    assert here == {*svd_files(), "stillwave.json"}


def test_links_as_a_download_cache_has_them_are_followed(
    tmp_path: Path, source: Path, store: Path
) -> None:
    blob = tmp_path / "blob"
    (source / UNET).rename(blob)
    (source / UNET).symlink_to(blob)
    path = add_folder("my-svd", source, store, kind="svd")
    assert not (path / UNET).is_symlink()
    assert verify("my-svd", store)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda folder: (folder / "model_index.json").unlink(), "no readable model_index.json"),
        (lambda folder: (folder / "model_index.json").write_text("["), "no readable model_index"),
        (lambda folder: (folder / UNET).unlink(), "unet holds no safetensors"),
        (lambda folder: (folder / "vae").rename(folder / "elsewhere"), "vae is missing"),
        (
            lambda folder: (folder / "scheduler/scheduler_config.json").unlink(),
            "scheduler is (empty|missing)",
        ),
        (lambda folder: (folder / UNET).write_bytes(tensors(1)[:-4]), "not a whole safetensors"),
        (lambda folder: (folder / "unet/config.json").unlink(), r"unet/config\.json is missing"),
    ],
)
def test_a_folder_that_is_not_whole_is_refused(
    source: Path, store: Path, change: object, sentence: str
) -> None:
    assert callable(change)
    change(source)
    with pytest.raises(InvalidInput, match=sentence):
        add_folder("my-svd", source, store, kind="svd")
    assert left_in(store) == []


def test_a_flaw_is_named_where_a_person_can_find_it(source: Path, store: Path) -> None:
    """Not in the hidden copy, which is gone by the time that the sentence is read."""
    (source / UNET).unlink()
    with pytest.raises(InvalidInput) as caught:
        pull("svd-xt", store, source, silent)
    assert str(caught.value).startswith(f"{source / 'unet'} holds no safetensors; ")


def test_a_shard_that_is_named_and_not_there_is_missed(source: Path, store: Path) -> None:
    index = {"weight_map": {"a": UNET.split("/")[1], "b": "second.safetensors"}}
    lay_out(
        source,
        {"unet/diffusion_pytorch_model.safetensors.index.json": json.dumps(index).encode()},
    )
    with pytest.raises(InvalidInput, match=r"second\.safetensors is missing"):
        add_folder("my-svd", source, store, kind="svd")


def test_another_pipeline_is_no_svd(source: Path, store: Path) -> None:
    index = json.loads((source / "model_index.json").read_text())
    index["_class_name"] = "StableDiffusionPipeline"
    (source / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(InvalidInput, match="is a StableDiffusionPipeline, not"):
        add_folder("my-svd", source, store, kind="svd")


def test_an_svd_is_no_image_pipeline(source: Path, store: Path) -> None:
    with pytest.raises(InvalidInput, match="makes clips and no stills"):
        pull("sd-1.5", store, source, silent)
    assert left_in(store) == []


def test_a_class_out_of_the_folder_itself_is_not_trusted(source: Path, store: Path) -> None:
    index = json.loads((source / "model_index.json").read_text())
    index["unet"] = ["my_unet", "Unet"]
    (source / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(InvalidInput, match="'my_unet', which is not trusted"):
        add_folder("my-svd", source, store, kind="svd")


def test_a_source_that_is_not_there_is_a_sentence(tmp_path: Path, store: Path) -> None:
    with pytest.raises(InvalidInput, match="nowhere does not exist"):
        add_folder("my-svd", tmp_path / "nowhere", store, kind="svd")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("lora.bin", "is a pickle"), ("notes.txt", "neither safetensors nor folder")],
)
def test_a_file_that_is_no_safetensors_is_a_sentence(
    tmp_path: Path, store: Path, name: str, sentence: str
) -> None:
    (tmp_path / name).write_bytes(pickle.dumps({}))
    with pytest.raises(InvalidInput, match=sentence):
        add_folder("my-lora", tmp_path / name, store, kind="lora")


def test_a_replaced_part_may_come_as_its_one_file(tmp_path: Path, store: Path) -> None:
    file = tmp_path / "AnimateLCM-SVD-xt.safetensors"
    file.write_bytes(tensors(3))
    path = pull("animatelcm-svd-xt", store, file, silent)
    assert (path / file.name).read_bytes() == tensors(3)
    assert verify("animatelcm-svd-xt", store) == path


def test_a_copy_stopped_half_way_leaves_nothing(source: Path, store: Path) -> None:
    class Stopped(Exception):
        pass

    def stop(stage: str, done: int, total: int) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        add_folder("my-svd", source, store, kind="svd", progress=stop)
    assert left_in(store) == []


def test_an_altered_byte_is_found_and_the_mending_command_named(source: Path, store: Path) -> None:
    pull("svd-xt", store, source, silent)
    file = store / "svd-xt" / UNET
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    assert locate_folder("svd-xt", store)  # of the same size
    with pytest.raises(MissingCapability, match=r"run: stillwave models pull svd-xt") as caught:
        verify("svd-xt", store)
    assert str(file) in str(caught.value)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("name", sorted(svd_files()))
def test_each_missing_file_is_named_even_by_the_quick_look(
    source: Path, store: Path, name: str
) -> None:
    add_folder("my-svd", source, store, kind="svd")
    (store / "my-svd" / name).unlink()
    with pytest.raises(MissingCapability, match=rf"{name} is missing") as caught:
        locate_folder("my-svd", store)
    assert "stillwave models add my-svd --from DIR --kind svd" in str(caught.value)
    assert installed(store) == ()
    assert present(store) == ("my-svd",)


def test_a_file_of_another_size_is_named_by_the_quick_look(source: Path, store: Path) -> None:
    add_folder("my-svd", source, store, kind="svd")
    (store / "my-svd" / UNET).write_bytes(tensors(1, 10))
    with pytest.raises(MissingCapability, match=UNET):
        locate_folder("my-svd", store)


def test_a_pickle_put_there_later_is_refused(source: Path, store: Path) -> None:
    add_folder("my-svd", source, store, kind="svd")
    (store / "my-svd" / "unet" / "x.bin").write_bytes(pickle.dumps(1))
    with pytest.raises(MissingCapability, match=r"x\.bin is a pickle"):
        locate_folder("my-svd", store)


@pytest.mark.parametrize("note", [None, "{", "[]", '{"files": {"a": {}}}', '{"files": {}}'])
def test_a_folder_without_a_note_that_can_be_read_is_no_model(
    source: Path, store: Path, note: str | None
) -> None:
    pull("svd-xt", store, source, silent)
    if note is None:
        (store / "svd-xt" / "stillwave.json").unlink()
    else:
        (store / "svd-xt" / "stillwave.json").write_text(note)
    with pytest.raises(MissingCapability, match=r"stillwave\.json"):
        verify("svd-xt", store)


def test_one_damaged_note_leaves_the_other_models_usable(source: Path, store: Path) -> None:
    add_folder("my-svd", source, store, kind="svd")
    pull("svd-xt", store, source, silent)
    (store / "my-svd" / "stillwave.json").write_text("{")
    assert verify("svd-xt", store)
    assert installed(store) == ("svd-xt",)
    assert present(store) == ("svd-xt", "my-svd")
    with pytest.raises(MissingCapability, match=r"the note .* of the model 'my-svd' is damaged"):
        locate_folder("my-svd", store)


def test_what_came_in_is_what_is_told_whatever_the_table_says(source: Path, store: Path) -> None:
    """The digest is one that anybody can take again with ``sha256sum``."""
    model = find_in_store("svd-xt", store)
    assert as_brought(model, store) == model  # nothing is there
    path = pull("svd-xt", store, source, silent)
    told = as_brought(model, store)
    assert told.revision == ""
    files = sorted(svd_files())
    listed = subprocess.run(["sha256sum", *files], cwd=path, capture_output=True, check=True).stdout
    assert told.sha256 == hashlib.sha256(listed).hexdigest()
    (path / "stillwave.json").write_text("{")
    assert as_brought(model, store) == model


def test_a_single_file_is_told_by_its_digest(tmp_path: Path, store: Path) -> None:
    name = "depth-anything-v2-small"
    (tmp_path / "any.onnx").write_bytes(b"another export")
    pull(name, store, tmp_path / "any.onnx", silent)
    told = as_brought(find_in_store(name, store), store)
    assert told.sha256 == hashlib.sha256(b"another export").hexdigest()
    (store / f"{name}.json").write_text("{")
    with pytest.raises(MissingCapability, match=r"its note .* cannot be read"):
        verify(name, store)


def test_what_is_not_there_says_how_to_get_it(store: Path) -> None:
    with pytest.raises(MissingModel, match="run: stillwave models pull svd-xt"):
        locate_folder("svd-xt", store)
    with pytest.raises(UnknownName, match="did you mean 'svd-xt'"):
        locate_folder("svd-xl", store)


def test_known_digests_are_compared_with_what_comes_from_a_folder(
    tmp_path: Path, store: Path
) -> None:
    source = lay_out(tmp_path / "lora", {"pytorch_lora_weights.safetensors": tensors(0)})
    with pytest.raises(InvalidInput, match="the table says 8f90d840"):
        pull("lcm-lora-sd15", store, source, silent)
    assert left_in(store) == []
