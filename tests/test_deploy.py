"""docs/deploy.md: its commands are parsed or run, its claims looked up or measured."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import boto3
import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.api.bodies import MOST_BYTES
from service.api.headers import MOST_WAIT
from service.api.metrics import Metrics
from service.cli import cli
from service.settings import PREFIX, Settings, read_settings
from tests.docs_text import DOCS, blocks
from tests.image.compose import services, variables
from tests.image.dockerfile import DOCKERFILE, read
from tests.service.api.conftest import DRAFT, ROOT, serving, surroundings
from tests.service.house import house
from tests.service.jobs.conftest import LONG, eventually
from tests.service.storage.bucket_server import Server, bucket

PAGE = DOCS / "deploy.md"
TEXT = PAGE.read_text("utf-8")
SHELL = "".join(blocks(PAGE, "sh") + blocks(PAGE, "bash")).replace("\\\n", " ")
SERVICES = services(dict.fromkeys(variables(), "x"))
NEEDED = {name for name, how in variables().items() if how == "?"}


def lines(start: str) -> list[list[str]]:
    """Return the page's commands that begin so, but for those with a program between quotes."""
    found = [line for line in SHELL.splitlines() if line.startswith(start)]
    return [shlex.split(line, comments=True) for line in found if line.count("'") % 2 == 0]


def parse(words: list[str]) -> None:
    """Read a command line of ours as the program does."""
    group: Any = cli
    while hasattr(group, "get_command"):
        name, *words = words
        group = group.get_command(None, name)
        assert group is not None, name
    group.make_context(name, words)


@pytest.mark.parametrize("line", lines("docker compose"), ids=" ".join)
def test_compose_commands_name_services_and_what_those_can_do(line: list[str]) -> None:
    if "--profile" in line:
        assert [line[line.index("--profile") + 1]] == SERVICES["gpu-worker"]["profiles"]
    verb = next(word for word in line if word in ("build", "exec", "run", "up"))
    rest = line[line.index(verb) + 1 :]
    asked = [word.partition("=")[0] for word in rest if word in SERVICES or "=" in word]
    assert set(asked) <= set(SERVICES)
    if verb in ("run", "exec"):
        place = next(index for index, word in enumerate(rest) if word in SERVICES)
        name, *words = rest[place:]
        if verb == "exec" and SERVICES[name]["image"] == "stillwave":
            assert words.pop(0) == "stillwave"
        if words and SERVICES[name]["image"].startswith("stillwave"):
            parse(words)


@pytest.mark.parametrize("line", lines("docker run"), ids=" ".join)
def test_containers_are_given_commands_of_the_program(line: list[str]) -> None:
    image = read(DOCKERFILE)[1][-1]
    place = len(line) - 1 - line[::-1].index("stillwave")
    parse(line[place + 1 :] or image.last("CMD").words)
    assert f"stillwave:{image.last('VOLUME').words[0]}" in line


def test_the_secrets_are_the_ones_that_compose_needs(tmp_path: Path) -> None:
    made = SHELL[SHELL.index("umask") : SHELL.index("docker compose")]
    subprocess.run(["sh", "-euc", made], cwd=tmp_path, check=True)
    told = dict(line.split("=") for line in (tmp_path / ".env").read_text().splitlines())
    assert set(told) == NEEDED
    assert all(len(value) >= 20 and value.isalnum() for value in told.values())
    assert services(told)["api"]["environment"]["AWS_SECRET_ACCESS_KEY"] == told["S3_SECRET_KEY"]
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0


def test_the_fleets_variables_are_settings(tmp_path: Path) -> None:
    made = SHELL[SHELL.index("cat > fleet.env") : SHELL.index("docker run --detach --init --env")]
    subprocess.run(["sh", "-euc", made], cwd=tmp_path, check=True)
    told = dict(line.split("=", 1) for line in (tmp_path / "fleet.env").read_text().splitlines())
    settings = read_settings(told)
    assert settings.storage_url is not None
    assert settings.database_url is not None


def test_every_setting_that_is_named_is_one() -> None:
    named = {name.lower() for name in re.findall(rf"{PREFIX}([A-Z_]+[A-Z])", TEXT)}
    assert len(named) > 8
    assert named <= set(Settings.model_fields)


def test_the_unit_starts_the_program() -> None:
    (text,) = blocks(PAGE, "ini")
    unit = ConfigParser(strict=True)
    unit.optionxform = str  # type: ignore[assignment]
    unit.read_string(text)
    told = unit["Service"]
    program, *words = shlex.split(told["ExecStart"])
    assert program.endswith("/bin/stillwave")
    parse(words)
    settings = read_settings(dict([told["Environment"].split("=")]))
    assert settings.data_dir == Path("/var/lib") / told["StateDirectory"]
    assert settings.drain_seconds * 2 <= float(told["TimeoutStopSec"])


def test_the_proxy_lets_through_what_the_service_takes() -> None:
    (text,) = blocks(PAGE, "nginx")
    most = int(re.findall(r"client_max_body_size (\d+)m;", text)[0]) * 2**20
    waits = [int(number) for number in re.findall(r"proxy_read_timeout (\d+)s;", text)]
    assert most > MOST_BYTES
    assert min(waits) > MOST_WAIT
    assert min(waits) > read_settings({}).heartbeat_seconds
    (events,) = re.findall(r"location ~ (\S+) \{.*?proxy_buffering off", text, re.S)
    assert re.search(events, "/v1/renders/0f3a/events")
    assert not re.search(events, "/v1/renders/0f3a")


def figures() -> list[set[str]]:
    """Return the names of each row of the table."""
    section = TEXT.split("## Figures")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", section, re.M)
    return [set(re.findall(r"`(stillwave_\w+)`", row)) for row in rows]


def test_the_table_has_every_figure_once() -> None:
    rows = figures()
    ours = [each.name for each in Metrics().registry.collect() if each.name[:9] == "stillwave"]
    assert sorted(name for row in rows for name in row) == sorted(ours)


def test_several_api_processes_count_as_the_table_says(tmp_path: Path) -> None:
    """One job, submitted to one of two: requests are each one's own, jobs are everybody's."""
    where = surroundings(tmp_path)
    still = {"source": (ROOT / "samples/coffee.jpg").read_bytes()}
    with (
        serving(where) as first,
        serving(where, "--workers", "0") as second,
        first.client() as one,
        second.client() as other,
    ):
        form = {"spec": json.dumps(DRAFT)}
        done = one.post("/v1/renders", files=still, data=form, headers={"Prefer": "wait=60"})
        assert done.json()["state"] == "succeeded"
        eventually(lambda: _runs(one) == 1)
        eventually(lambda: _runs(other) == 1)
        texts = [one.get("/metrics").text, other.get("/metrics").text]
    assert [_count(text, "job_run_seconds_count") for text in texts] == [1, 1]
    assert [_count(text, "workers") for text in texts] == [1, 1]
    assert [_count(text, "http_received_bytes_total") > 10_000 for text in texts] == [True, False]


def _runs(client: httpx2.Client) -> float:
    return _count(client.get("/metrics").text, "job_run_seconds_count")


def _count(text: str, name: str) -> float:
    families = text_string_to_metric_families(text)
    return sum(each.value for family in families for each in family.samples if name in each.name)


def test_a_copy_taken_while_a_job_runs_is_a_service_that_ends_it(tmp_path: Path) -> None:
    (copy,) = (text for text in blocks(PAGE, "bash") if "VACUUM INTO" in text)
    (saved := tmp_path / "saved").mkdir()
    with house(tmp_path / "data") as home:
        done = home.submit()
        home.finish(done)
        job = home.submit(**LONG | {"seconds": 8})
        eventually(lambda: home.state(job) == "running")
        told = {"STILLWAVE_DATA_DIR": str(home.data_dir), "BACKUP": str(saved)}
        places = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
        subprocess.run(["sh", "-euc", copy], env=told | places, check=True)
    with house(saved) as home:
        assert home.finish(job) == "succeeded"
        assert home.get(f"/v1/renders/{job}")["attempts"] == 2
        loop = home.client.get(f"/v1/renders/{done}/artifacts/web-loop.mp4")
        assert loop.content[4:8] == b"ftyp"


@pytest.fixture
def store() -> Iterator[Server]:
    with bucket() as server:
        server.client().create_bucket(Bucket="stillwave")
        yield server


def test_the_files_of_the_bucket_are_copied_and_put_back(store: Server, tmp_path: Path) -> None:
    copy, restore = re.findall(r"bucket -c '\n(.*?)\n'\n", SHELL, re.S)
    client = boto3.client("s3")
    kept = {f"blobs/{number:064x}": bytes([number]) * number for number in range(3)}
    for key, data in kept.items():
        client.put_object(Bucket="stillwave", Key=key, Body=data)
    for script in (copy, copy):
        _run(script, tmp_path)
    found = {str(path.relative_to(tmp_path)): path.read_bytes() for path in _files(tmp_path)}
    assert found == kept
    for key in kept:
        client.delete_object(Bucket="stillwave", Key=key)
    _run(restore, tmp_path)
    for key, data in kept.items():
        assert client.get_object(Bucket="stillwave", Key=key)["Body"].read() == data


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _run(script: str, folder: Path) -> None:
    subprocess.run([sys.executable, "-c", script.replace("/copy", str(folder))], check=True)


def test_the_rule_for_abandoned_uploads_is_one(store: Server) -> None:
    (text,) = blocks(PAGE, "json")
    client = boto3.client("s3")
    rule = json.loads(text)
    client.put_bucket_lifecycle_configuration(Bucket="stillwave", LifecycleConfiguration=rule)
    (held,) = client.get_bucket_lifecycle_configuration(Bucket="stillwave")["Rules"]
    assert held["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert "Expiration" not in held
