"""Pulling over real HTTP from a server that speaks the hub's routes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.errors import Cancelled, MissingCapability
from pipelines.models import (
    Hub,
    Repository,
    find_model,
    installed,
    locate,
    pull,
    table,
    verify,
)
from tests.pipelines.models.folder_of_weights import svd_files, tensors
from tests.pipelines.models.hub_server import COMMIT, HubServer, serving

UNET = "unet/diffusion_pytorch_model.fp16.safetensors"
BIG = tensors(7, 1_000_000)
"""4 MB, so that there is progress to see in megabytes, and a middle to stop in."""

PIECE = 1 << 20
"""Bytes that the library is told to hand over at a time; by itself it takes ten times that."""


def silent(stage: str, done: int, total: int) -> None:
    """Listen to nothing."""


@pytest.fixture(autouse=True)
def toy_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table with svd and its like pinned to the commit of the server."""
    models = tuple(
        replace(model, revision=COMMIT) if model.name.startswith("svd") else model
        for model in table.MODELS
    )
    monkeypatch.setattr(table, "MODELS", models)


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", PIECE)


@pytest.fixture
def server() -> Iterator[HubServer]:
    files = {**svd_files(), UNET: BIG, "README.md": b"# SVD", "svd.safetensors": tensors(8)}
    with serving("stabilityai/stable-video-diffusion-img2vid", files) as hub:
        yield hub


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "models"


def published(store: Path) -> list[str]:
    """Names under which something can be found; a download under way has none."""
    return [path.name for path in store.iterdir() if not path.name.startswith(".")]


def test_a_model_comes_whole_with_its_note_and_nothing_else(server: HubServer, store: Path) -> None:
    path = pull("svd", store, None, silent, hub=Hub(server.url))

    here = {file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file()}
    assert here == {*svd_files(), "stillwave.json"}
    assert (path / UNET).read_bytes() == BIG
    assert verify("svd", store) == path
    note = json.loads((path / "stillwave.json").read_text())
    assert note["revision"] == COMMIT
    assert note["brought_from"].endswith(f"img2vid@{COMMIT}")
    assert installed(store) == ("svd",)


def test_progress_is_told_in_megabytes(server: HubServer, store: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    pull("svd", store, None, lambda *step: steps.append(step), hub=Hub(server.url))
    megabytes = [done for stage, done, total in steps if (stage, total) == ("pull svd", 4)]
    assert megabytes == sorted(set(megabytes))
    assert {1, 2, 3, 4} <= set(megabytes)
    assert steps[-1] == ("pull svd", 1, 1)


def test_a_pull_that_was_stopped_leaves_no_model_and_goes_on_from_there(
    server: HubServer, store: Path
) -> None:
    def stop(stage: str, done: int, total: int) -> None:
        if total == 4 and done >= 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        pull("svd", store, None, stop, hub=Hub(server.url))
    assert published(store) == []
    assert installed(store) == ()

    server.requests.clear()
    path = pull("svd", store, None, silent, hub=Hub(server.url))
    again = dict(server.requests)
    assert again[UNET] == f"bytes={PIECE}-"
    assert "image_encoder/model.fp16.safetensors" not in again  # came whole the first time
    assert (path / UNET).read_bytes() == BIG


def test_what_another_revision_left_is_dropped(server: HubServer, store: Path) -> None:
    old = store / ".downloads" / "svd" / "unet"
    old.mkdir(parents=True)
    (old / "old.fp16.safetensors").write_bytes(tensors(1))
    (old / f"{UNET.split('/')[1]}.01234567.partial").write_bytes(b"half of another file")
    path = pull("svd", store, None, silent, hub=Hub(server.url))
    assert {file.name for file in (path / "unet").iterdir()} == {
        "config.json",
        "diffusion_pytorch_model.fp16.safetensors",
    }
    assert (path / UNET).read_bytes() == BIG


def test_a_connection_that_breaks_off_is_taken_up_again(server: HubServer, store: Path) -> None:
    server.breaks[UNET] = PIECE + 100_000
    path = pull("svd", store, None, silent, hub=Hub(server.url))
    assert [asked for name, asked in server.requests if name == UNET] == [None, f"bytes={PIECE}-"]
    assert verify("svd", store) == path


def test_bytes_other_than_the_hub_states_are_refused(server: HubServer, store: Path) -> None:
    server.stated[UNET] = "0" * 64
    with pytest.raises(MissingCapability, match=f"{UNET} came damaged") as caught:
        pull("svd", store, None, silent, hub=Hub(server.url))
    assert caught.value.exit_code == 3
    assert published(store) == []


def test_bytes_other_than_the_table_states_are_refused(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lora = replace(find_model("lcm-lora-sd15"), revision=COMMIT)
    monkeypatch.setattr(table, "MODELS", (lora,))
    files = {"pytorch_lora_weights.safetensors": tensors(0)}
    with (
        serving("latent-consistency/lcm-lora-sdv1-5", files) as hub,
        pytest.raises(MissingCapability, match="the table says 8f90d840"),
    ):
        pull("lcm-lora-sd15", store, None, silent, hub=Hub(hub.url))
    assert published(store) == []


def test_a_pickle_that_the_hub_calls_safetensors_is_refused(server: HubServer, store: Path) -> None:
    server.files[UNET] = b"\x80\x04" + b"x" * 100
    with pytest.raises(MissingCapability, match="pickle under the name of safetensors"):
        pull("svd", store, None, silent, hub=Hub(server.url))
    assert list(store.rglob("*")) == []


def test_a_repository_that_lacks_a_component_is_refused(server: HubServer, store: Path) -> None:
    del server.files["vae/diffusion_pytorch_model.fp16.safetensors"]
    with pytest.raises(MissingCapability) as caught:
        pull("svd", store, None, silent, hub=Hub(server.url))
    assert f"{caught.value.actual}/vae holds no safetensors" in str(caught.value)


def test_whole_weights_are_not_asked_for_again(server: HubServer, store: Path) -> None:
    pull("svd", store, None, silent, hub=Hub(server.url))
    server.requests.clear()
    pull("svd", store, None, silent, hub=Hub("http://127.0.0.1:9"))
    assert server.requests == []


def test_damaged_weights_are_replaced(server: HubServer, store: Path) -> None:
    path = pull("svd", store, None, silent, hub=Hub(server.url))
    (path / UNET).write_bytes(BIG[:-1] + b"!")
    pull("svd", store, None, silent, hub=Hub(server.url))
    assert (path / UNET).read_bytes() == BIG


def test_a_token_is_shown_and_its_lack_is_a_sentence(server: HubServer, store: Path) -> None:
    server.token = "secret"
    with pytest.raises(MissingCapability, match="STILLWAVE_HUB_TOKEN") as caught:
        pull("svd", store, None, silent, hub=Hub(server.url))
    assert "stillwave models pull svd" in str(caught.value)
    hub = Hub(server.url, "secret")
    assert "secret" not in repr(hub)
    assert pull("svd", store, None, silent, hub=hub)


def test_a_token_in_the_environment_is_not_used(
    server: HubServer, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "secret")
    pull("svd", store, None, silent, hub=Hub(server.url))
    assert server.shown == {None}


def test_a_revision_that_is_gone_is_a_sentence(
    server: HubServer, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = replace(find_model("svd"), revision="f" * 40)
    monkeypatch.setattr(table, "MODELS", (gone,))
    with pytest.raises(MissingCapability, match=f"no revision '{'f' * 40}'"):
        pull("svd", store, None, silent, hub=Hub(server.url))


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://nowhere.invalid"])
def test_a_hub_that_is_not_there_is_a_sentence(store: Path, url: str) -> None:
    with pytest.raises(MissingCapability, match=f"{url} does not give the files") as caught:
        pull("svd", store, None, silent, hub=Hub(url))
    assert "--from DIR" in str(caught.value)


def test_a_base_comes_along(
    store: Path, server: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    unet_only = Repository(server.repository, ("svd.safetensors",))
    few_step = replace(find_model("animatelcm-svd-xt"), base="svd", source=unet_only)
    monkeypatch.setattr(table, "MODELS", (find_model("svd"), few_step))
    pull("animatelcm-svd-xt", store, None, silent, hub=Hub(server.url))
    assert installed(store) == ("svd", "animatelcm-svd-xt")
    note = json.loads((locate("animatelcm-svd-xt", store) / "stillwave.json").read_text())
    assert note["revision"] == COMMIT  # of the branch, as it stood


@pytest.mark.parametrize("whole", [True, False])
def test_a_small_network_comes_as_one_file(
    store: Path, monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    network = b"an ONNX network"
    stated = hashlib.sha256(network if whole else b"another").hexdigest()
    depth = find_model("depth-anything-v2-small")
    assert isinstance(depth.source, Repository)
    source = replace(depth.source, digests={"onnx/model.onnx": stated})
    monkeypatch.setattr(table, "MODELS", (replace(depth, revision=COMMIT, source=source),))
    with serving(source.name, {"onnx/model.onnx": network, "onnx/model_int8.onnx": b""}) as hub:
        if whole:
            path = pull(depth.name, store, None, silent, hub=Hub(hub.url))
            assert path == verify(depth.name, store) == store / "depth-anything-v2-small.onnx"
            assert path.read_bytes() == network
        else:
            with pytest.raises(MissingCapability, match=f"allowed: sha256 {stated}"):
                pull(depth.name, store, None, silent, hub=Hub(hub.url))


def test_two_at_once_do_not_mix(server: HubServer, store: Path) -> None:
    refusals: list[str] = []

    def pull_meanwhile(stage: str, done: int, total: int) -> None:
        if done == 2 and not refusals:
            with pytest.raises(MissingCapability, match="another process") as caught:
                pull("svd", store, None, silent, hub=Hub(server.url))
            refusals.append(str(caught.value))

    pull("svd", store, None, pull_meanwhile, hub=Hub(server.url))
    assert len(refusals) == 1
    assert verify("svd", store)


def test_a_path_that_leads_out_of_the_folder_is_left_alone(server: HubServer, store: Path) -> None:
    server.files["unet/../../../../escaped.fp16.safetensors"] = tensors(1)
    server.files["scheduler/../../escaped.json"] = b"{}"
    path = pull("svd", store, None, silent, hub=Hub(server.url))
    assert {file.relative_to(path).as_posix() for file in path.rglob("*.json")} == {
        name for name in (*svd_files(), "stillwave.json") if name.endswith(".json")
    }
    assert not list(store.parent.rglob("escaped*"))
