"""``--server URL`` as a person types it: same files, same document, same exit codes."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.service.api.conftest import PROGRAM, ROOT, Service, serving, surroundings
from tests.service.api.test_recipe_files import disc, frames, numpy_file, ramp
from tests.service.conftest import QUICK
from tests.service.test_cli import problem

pytestmark = pytest.mark.xdist_group("service-client")

Run = Callable[..., "subprocess.CompletedProcess[str]"]
NAMES = {"report.json", "still.png", "poster.jpg", "web-loop.mp4"}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Of a machine that has nothing of the service's."""
    return surroundings(tmp_path / "mine")


@pytest.fixture
def run(environment: dict[str, str], service: Service, tmp_path: Path) -> Run:
    """Run a command to its end, with the service's address."""

    def start(*words: object, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PROGRAM, *map(str, words), "--server", service.url, "--json"],
            env=environment | settings,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return start


def test_a_render(run: Run, samples: Path, tmp_path: Path) -> None:
    options = ("--look", "winter", "--for", "web-loop", *QUICK)
    done = run("render", samples / "coffee.jpg", *options, "--out", "out")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report == json.loads((tmp_path / "out/report.json").read_text())
    assert (report["recipe"]["look"]["name"], report["recipe"]["seconds"]) == ("winter", 0.5)
    assert {path.name for path in (tmp_path / "out").iterdir()} == NAMES
    lines = done.stderr.splitlines()
    assert lines[0] == "queued"
    assert {"still", "animate", "encode"} <= set(lines)
    assert lines[-1].startswith("download ")


def test_drafts_and_the_final_of_one(run: Run, samples: Path, tmp_path: Path) -> None:
    grid = ("--looks", "winter,noir", "--cameras", "orbit=4+push-in", "--seconds", "0.5")
    done = run("explore", samples / "coffee.jpg", *grid, "--for", "web-loop", "--out", "try")
    assert done.returncode == 0, done.stderr
    drafts = json.loads(done.stdout)["drafts"]
    assert [draft["recipe"]["look"]["name"] for draft in drafts] == ["winter", "noir"]
    names = {"01.mp4", "02.mp4", "contact-sheet.png", "explore.json", "index.html"}
    assert {path.name for path in (tmp_path / "try/explore").iterdir()} == names

    draft = tmp_path / "try/explore/02.mp4"
    still = ("--source", samples / "coffee.jpg")
    done = run("promote", draft, *still, "--strength", "0.7", "--fps", "12", "--out", "final")
    assert done.returncode == 0, done.stderr
    recipe = json.loads(done.stdout)["recipe"]
    assert (recipe["quality"], recipe["look"]["strength"]) == ("final", 0.7)
    assert recipe["camera"] == drafts[1]["recipe"]["camera"]
    assert {path.name for path in (tmp_path / "final").iterdir()} == NAMES


@pytest.mark.parametrize(
    ("words", "code", "kind", "said"),
    [
        (("--seconds", "99"), 2, "OutOfRange", "0.5 to 60"),
        (("--backdrop", "plate.png"), 2, "InvalidSource", "plate.png"),
        (("--mask", "mask.png"), 2, "InvalidMask", "mask.png"),
        (("--depth", "depth.npy"), 2, "InvalidDepth", "depth.npy"),
        (("--mask", "source:" + 64 * "0"), 2, "NotFound", "0000"),
        (("--keep-frames",), 2, "InvalidInput", "--keep-frames"),
        (("--preview", "look.jpg"), 2, "InvalidInput", "--preview"),
        (("--engine", "remote"), 3, "JobFailed", "video server behind this service"),
    ],
)
def test_refusals(
    run: Run, samples: Path, tmp_path: Path, words: tuple[str, ...], code: int, kind: str, said: str
) -> None:
    done = run("render", samples / "coffee.jpg", *QUICK, *words, "--out", "out")
    assert done.returncode == code, done.stderr
    told = problem(done)
    assert told["type"] == kind
    assert said in str(told["detail"])
    assert not (tmp_path / "out").exists()


def test_files_of_a_recipe_travel_with_it(run: Run, samples: Path, tmp_path: Path) -> None:
    files = {"mask": disc(), "depth": numpy_file(ramp())}
    (tmp_path / "mask.png").write_bytes(files["mask"])
    (tmp_path / "depth.npy").write_bytes(files["depth"])
    words = ("--for", "web-loop", *QUICK, "--mask", "mask.png", "--depth", "depth.npy")

    done = run("render", samples / "coffee.jpg", *words, "--out", "theirs")
    assert done.returncode == 0, done.stderr
    here = [*PROGRAM, "render", str(samples / "coffee.jpg"), *words, "--out", "ours"]
    subprocess.run(here, env=surroundings(tmp_path / "mine"), cwd=tmp_path, check=True)
    recipe = json.loads(done.stdout)["recipe"]
    for role, data in files.items():
        assert recipe[role] == "source:" + hashlib.sha256(data).hexdigest()
    theirs, ours = (
        frames((tmp_path / made / "web-loop.mp4").read_bytes(), tmp_path)
        for made in ("theirs", "ours")
    )
    np.testing.assert_array_equal(theirs, ours)


def test_a_still_that_is_none_is_refused_before_it_is_sent(run: Run, tmp_path: Path) -> None:
    (tmp_path / "cup.jpg").write_bytes(b"no picture")
    done = run("render", "cup.jpg")
    assert done.returncode == 2
    assert "cup.jpg" in str(problem(done)["detail"])


def test_ctrl_c_stops_the_service_too(
    service: Service, environment: dict[str, str], samples: Path, tmp_path: Path
) -> None:
    long = ("--seconds", "30", "--for", "instagram-reel", "--out", str(tmp_path / "out"))
    words = ["render", str(samples / "coffee.jpg"), *long, "--server", service.url, "--json"]
    with subprocess.Popen(
        [*PROGRAM, *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("encode"):
                break
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=20)
    assert process.returncode == 130
    assert json.loads(stdout)["type"] == "Cancelled"
    assert stderr.splitlines()[-1].startswith("error: cancelled")
    with service.client() as http:
        (newest,) = http.get("/v1/renders?limit=1").json()["data"]
    assert newest["state"] == "canceled"
    assert not (tmp_path / "out").exists()


def test_the_key_comes_from_the_environment(samples: Path, tmp_path: Path) -> None:
    guarded = surroundings(tmp_path / "theirs")
    with serving(guarded, "--workers", "0") as service:
        key = service.new_key("reader", "--scope", "read")
        words = ("render", samples / "coffee.jpg", "--server", service.url, "--json")

        def refused(**settings: str) -> dict[str, Any]:
            own = {**os.environ, "PYTHONPATH": str(ROOT), "STILLWAVE_DATA_DIR": str(tmp_path / "m")}
            done = subprocess.run(
                [*PROGRAM, *map(str, words)],
                env=own | settings,
                cwd=tmp_path,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert done.returncode == 2
            return problem(done)

        without = refused()
        assert without["type"] == "Unauthenticated"
        assert "STILLWAVE_SERVER_KEY" in without["detail"]
        with_key = refused(STILLWAVE_SERVER_KEY=key)
        assert with_key["type"] == "Forbidden"
        assert "write" in with_key["detail"]
