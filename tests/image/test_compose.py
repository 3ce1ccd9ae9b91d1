"""compose.yaml against the compose specification, the Dockerfile and the program."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import boto3
import pytest
import sqlalchemy as sa

from service.cli import cli
from service.jobs.database import database_url
from service.settings import PREFIX, Settings, read_settings
from service.storage.store import open_storage
from tests.docs_text import ROOT
from tests.image.compose import COMPOSE, document, services, variables
from tests.image.dockerfile import DOCKERFILE, read
from tests.service.storage.bucket_server import Server, bucket

SECRETS = {"POSTGRES_PASSWORD": "0f3a", "S3_ACCESS_KEY": "wave", "S3_SECRET_KEY": "5c7e"}
ALL = services(SECRETS)
OURS = {name: each for name, each in ALL.items() if each["image"].startswith("stillwave")}
IMAGE = read(DOCKERFILE)[1][-1]


def command_of(service: dict[str, Any]) -> list[str]:
    """What runs: the image's entrypoint and the command, where the file does not say otherwise."""
    return [*service.get("entrypoint", IMAGE.last("ENTRYPOINT").words), *service["command"]]


def parse(words: list[str]) -> dict[str, Any]:
    """Read one of our command lines as the program does, and return its parameters."""
    assert words[0] == "stillwave"
    command = cli.get_command(None, words[1])  # type: ignore[arg-type]
    assert command is not None
    return command.make_context(words[1], words[2:]).params


def test_the_file_is_of_the_compose_specification() -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*check, COMPOSE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("absent", SECRETS)
def test_nothing_starts_without_its_secrets(absent: str) -> None:
    assert {name for name, how in variables().items() if how == "?"} == set(SECRETS)
    with pytest.raises(KeyError, match=absent):
        services({name: value for name, value in SECRETS.items() if name != absent})


def test_no_secret_stands_in_the_file() -> None:
    """What is called a password or a key has a variable for its value."""
    raw = document(COMPOSE.read_text("utf-8"))["services"]
    told = [(name, str(value)) for each in raw.values() for name, value in _environment(each)]
    secret = [(name, value) for name, value in told if name.endswith(("PASSWORD", "KEY", "KEY_ID"))]
    assert len(secret) >= len(SECRETS)
    assert [value for _, value in secret if not value.startswith("${")] == []
    assert [
        value for name, value in told if "://" in value and "@" in value and "${" not in value
    ] == []


def _environment(service: dict[str, Any]) -> Iterator[tuple[str, object]]:
    yield from service.get("environment", {}).items()


@pytest.mark.parametrize("name", ["api", "worker", "gpu-worker"])
def test_each_command_is_one_of_the_program(name: str) -> None:
    parameters = parse(command_of(ALL[name]))
    if name == "api":
        assert (parameters["host"], parameters["workers"]) == ("0.0.0.0", 0)


def test_workers_are_checked_by_a_command_of_the_program() -> None:
    """They do not serve HTTP, which is what the image's own check asks."""
    for name, service in OURS.items():
        if "worker" in name:
            kind, *words = service["healthcheck"]["test"]
            assert kind == "CMD"
            assert parse(words) == {"as_json": False}


@pytest.mark.parametrize("name", OURS)
def test_each_variable_is_a_setting(name: str) -> None:
    told = {key: str(value) for key, value in _environment(OURS[name])}
    ours = {key.removeprefix(PREFIX).lower() for key in told if key.startswith(PREFIX)}
    assert ours
    assert ours <= set(Settings.model_fields)
    settings = read_settings(told)
    assert settings.drain_seconds * 2 <= float(OURS[name]["stop_grace_period"].removesuffix("s"))


def test_between_them_the_workers_take_every_queue() -> None:
    queues = {name: _settings(name).worker_queues for name in ("worker", "gpu-worker")}
    assert queues == {"worker": ("cpu", "gpu"), "gpu-worker": ("gpu",)}
    beside = services({**SECRETS, "WORKER_QUEUES": "cpu"})["worker"]["environment"]
    assert read_settings(beside).worker_queues == ("cpu",)


def _settings(name: str) -> Settings:
    return read_settings(OURS[name]["environment"])


@pytest.mark.parametrize("name", OURS)
def test_the_database_is_the_one_that_is_started(name: str) -> None:
    url = sa.make_url(database_url(_settings(name)))
    there = ALL[str(url.host)]["environment"]
    assert (url.username, url.password) == (there["POSTGRES_USER"], there["POSTGRES_PASSWORD"])
    assert url.database == there.get("POSTGRES_DB", there["POSTGRES_USER"])


@pytest.mark.parametrize("name", OURS)
def test_the_store_is_the_one_that_is_started(name: str) -> None:
    told = OURS[name]["environment"]
    address = urlsplit(told["AWS_ENDPOINT_URL"])
    store = ALL[str(address.hostname)]
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        assert told[key] == store["environment"][key]
    assert f":{address.port}/" in store["healthcheck"]["test"][-1]
    assert set(OURS[name]["networks"]) & set(store["networks"])


@pytest.fixture
def store() -> Iterator[Server]:
    with bucket() as server:
        yield server


def test_the_bucket_is_made_once_and_is_where_the_program_looks(store: Server) -> None:
    """The script runs as it stands, with the variables it is given, against an S3 server."""
    told = {**OURS["bucket"]["environment"], "AWS_ENDPOINT_URL": store.address}
    program, *words = command_of(OURS["bucket"])
    assert program == "python"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    for _ in range(2):
        subprocess.run([sys.executable, *words], env=clean | told, check=True)
    with patch.dict(os.environ, clean | told, clear=True):
        open_storage(read_settings()).check()
        held = boto3.client("s3").list_objects_v2(Bucket="stillwave")
        assert [each["Key"] for each in held["Contents"]] == ["probe"]


@pytest.mark.parametrize("name", OURS)
def test_place_and_user_are_the_image_s(name: str) -> None:
    service = OURS[name]
    assert [volume.partition(":")[2] for volume in service["volumes"]] == IMAGE.last("VOLUME").words
    assert service["user"].partition(":")[0] == IMAGE.last("USER").text


def test_the_port_is_the_image_s_and_is_heard_on_this_machine_alone() -> None:
    published = {name: each["ports"] for name, each in ALL.items() if "ports" in each}
    port = IMAGE.last("EXPOSE").text
    assert published == {"api": [f"127.0.0.1:{port}:{port}"]}
    assert f":{port}/" in IMAGE.last("HEALTHCHECK").command[-1]
    assert str(parse(command_of(ALL["api"]))["port"]) == port


def test_the_build_arguments_are_the_dockerfile_s() -> None:
    given = OURS["gpu-worker"]["build"]["args"]
    stages = read(DOCKERFILE)[1]
    known = {name for stage in stages for step in stage.all("ARG") for name in step.pairs}
    assert set(given) <= known
    extras = set(given["EXTRAS"].split(","))
    lines = (ROOT / "pyproject.toml").read_text("utf-8").splitlines()
    assert extras <= {line.partition(" = [")[0] for line in lines if " = [" in line}
    assert "diffusion" in extras


@pytest.mark.parametrize("name", ALL)
def test_every_service_is_guarded(name: str) -> None:
    service = ALL[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"].partition(":")[0] not in ("0", "root")
    assert any(place.startswith("/tmp") for place in service["tmpfs"])
    assert "healthcheck" in service or service["image"] == "stillwave"


def test_volumes_networks_and_services_that_are_named_are_there() -> None:
    raw = document(COMPOSE.read_text("utf-8"))
    assert {volume.partition(":")[0] for each in ALL.values() for volume in each["volumes"]} == set(
        raw["volumes"]
    )
    assert {network for each in ALL.values() for network in each["networks"]} == set(
        raw["networks"]
    )
    for service in ALL.values():
        for other, when in service.get("depends_on", {}).items():
            if when["condition"] == "service_healthy":
                assert "test" in ALL[other]["healthcheck"]


def test_only_the_program_reaches_the_world() -> None:
    raw = document(COMPOSE.read_text("utf-8"))
    assert raw["networks"]["inside"] == {"internal": True}
    assert {name for name, each in ALL.items() if "outside" in each["networks"]} == set(OURS)
