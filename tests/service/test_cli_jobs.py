"""Whole jobs through the command line: results, cancelling, crashes, full and closed disks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from pipelines.report import report_schema
from tests.service.conftest import PROGRAM, QUICK, Run
from tests.service.test_cli import problem

MEDIA = ("--for", "web-loop,gif")


@pytest.fixture(scope="module")
def rendered(run: Run, coffee: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished render; its report is what ``--json`` printed."""
    out = tmp_path_factory.mktemp("cli") / "out"
    options = ("--look", "golden-hour", "--camera", "orbit", *MEDIA, *QUICK)
    result = run("render", coffee, *options, "--out", out, "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == json.loads((out / "report.json").read_text())
    return out


def test_the_report_is_valid(rendered: Path) -> None:
    report = json.loads((rendered / "report.json").read_text())
    Draft202012Validator(report_schema()).validate(report)
    for artifact in report["artifacts"]:
        assert (rendered / artifact["path"]).stat().st_size == artifact["bytes"]


def test_options_win_over_the_recipe_file(run: Run, coffee: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.json"
    recipe.write_text(json.dumps({"look": {"name": "winter", "strength": 0.5}, "seed": 4}))
    options = (*QUICK, "--for", "web-loop", "--recipe", recipe, "--seed", "9", "--keep-frames")
    result = run("render", coffee, *options, "--out", tmp_path / "out", "--json")
    report = json.loads(result.stdout)
    assert (report["recipe"]["look"]["name"], report["seed"]) == ("winter", 9)
    assert (tmp_path / "out" / "frames" / "0000.png").exists()


def test_without_json_the_files_are_named_on_stdout(run: Run, coffee: Path, tmp_path: Path) -> None:
    result = run("render", coffee, *QUICK, "--for", "web-loop", "--out", tmp_path)
    assert result.returncode == 0
    assert str(tmp_path / "web-loop.mp4") in result.stdout
    assert "encode" in result.stderr
    assert "\x1b" not in result.stderr


def test_remake_gives_the_same_bytes(run: Run, rendered: Path, tmp_path: Path) -> None:
    result = run("remake", rendered / "gif.gif", "--out", tmp_path, "--json")
    assert result.returncode == 0, result.stderr
    for name in ("web-loop.mp4", "gif.gif", "still.png"):
        assert (tmp_path / name).read_bytes() == (rendered / name).read_bytes()


def test_explore_then_promote(run: Run, coffee: Path, tmp_path: Path) -> None:
    grid = ("--looks", "winter,noir", "--cameras", "orbit=4+push-in", "--seconds", "0.5")
    result = run("explore", coffee, *grid, "--for", "web-loop", "--out", tmp_path, "--json")
    assert result.returncode == 0, result.stderr
    drafts = json.loads(result.stdout)["drafts"]
    assert [draft["recipe"]["look"]["name"] for draft in drafts] == ["winter", "noir"]
    draft = tmp_path / "explore" / drafts[1]["path"]
    result = run("promote", draft, "--strength", "0.7", "--out", tmp_path / "final", "--json")
    assert result.returncode == 0, result.stderr
    recipe = json.loads(result.stdout)["recipe"]
    assert recipe["quality"] == "final"
    assert recipe["look"] == drafts[1]["recipe"]["look"] | {"strength": 0.7}
    assert recipe["camera"] == drafts[1]["recipe"]["camera"]


def test_promote_of_a_foreign_file_is_exit_2(run: Run, coffee: Path, tmp_path: Path) -> None:
    for file in (coffee, tmp_path / "none.mp4"):
        result = run("promote", file, "--out", tmp_path / "out", "--json")
        assert result.returncode == 2
        assert problem(result)["type"] == "InvalidRecipe"


def test_check_passes_ours_and_refuses_the_wrong_platform(run: Run, rendered: Path) -> None:
    file = rendered / "web-loop.mp4"
    result = run("check", file, "--for", "web-loop", "--json")
    assert result.returncode == 0, result.stdout
    assert json.loads(result.stdout)["ok"]
    result = run("check", file, "--for", "web-loop,gif", "--json")
    assert result.returncode == 1
    verdict = json.loads(result.stdout)
    assert [entry["ok"] for entry in verdict["results"]] == [True, False]
    assert {"rule", "limit", "value", "ok", "source", "read_on"} <= set(
        verdict["results"][1]["conformance"][0]
    )
    assert "FAIL" in run("check", file, "--for", "gif").stdout


def test_check_of_nonsense_is_exit_2(run: Run, tmp_path: Path, rendered: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    for file in (tmp_path / "none.mp4", tmp_path / "text.mp4", tmp_path):
        result = run("check", file, "--for", "web-loop", "--json")
        assert result.returncode == 2, file
        problem(result)
    result = run("check", rendered / "web-loop.mp4", "--for", "web-lop", "--json")
    assert result.returncode == 2
    assert "web-loop" in str(problem(result)["detail"])


def test_inspect_gives_figures_and_advice(run: Run, coffee: Path) -> None:
    result = run("inspect", coffee, "--json")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert (found["figures"]["width"], found["figures"]["height"]) == (600, 400)
    assert any("1024" in sentence for sentence in found["advice"])
    assert "1024" in run("inspect", coffee).stdout


@pytest.fixture
def long_job(
    environment: dict[str, str], coffee: Path, tmp_path: Path
) -> Iterator[subprocess.Popen[str]]:
    """A render that would take a minute, caught while it encodes."""
    options = ("--seconds", "60", "--for", "instagram-reel", "--out", tmp_path / "out", "--json")
    command = [*PROGRAM, "render", str(coffee), *map(str, options)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(command, env=environment, text=True, **pipes)  # type: ignore[call-overload]
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("encode"):
            break
    time.sleep(0.5)
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_within_a_second(
    long_job: subprocess.Popen[str], tmp_path: Path, number: signal.Signals
) -> None:
    start = time.monotonic()
    long_job.send_signal(number)
    stdout, stderr = long_job.communicate(timeout=10)
    assert time.monotonic() - start < 2  # one on a machine that does nothing else
    assert long_job.returncode == 130
    assert stderr.splitlines()[-1].startswith("error: cancelled")
    assert json.loads(stdout)["type"] == "Cancelled"
    assert not (tmp_path / "out").exists()


STUBBORN = """
import time
from importlib import import_module
from pipelines.files import publish_folder
from service.cli import main

def render(spec, still, out, *rest):
    with publish_folder(out, last="report.json") as folder:
        (folder / "still.png").write_bytes(b"half")
        print("begun", flush=True)
        time.sleep(30)

import_module("pipelines.render").render = render
main()
"""
"""A render that hears nothing for long, as within one step of a large network."""


def test_a_job_that_does_not_hear_is_left_without_a_trace(
    environment: dict[str, str], coffee: Path, tmp_path: Path
) -> None:
    out = tmp_path / "new" / "out"
    command = [sys.executable, "-c", STUBBORN, "render", str(coffee), "--out", str(out)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(command, env=environment, text=True, **pipes)  # type: ignore[call-overload]
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    assert list(out.glob(".*/still.png"))
    start = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == 130
    assert time.monotonic() - start < 5
    assert list(tmp_path.iterdir()) == []


def test_kill_leaves_no_partial_file_and_the_same_command_then_succeeds(
    long_job: subprocess.Popen[str], run: Run, coffee: Path, tmp_path: Path
) -> None:
    long_job.kill()
    long_job.wait()
    out = tmp_path / "out"
    left = list(out.iterdir())
    assert left
    assert all(entry.name.startswith(".") for entry in left)
    result = run("render", coffee, *QUICK, "--for", "web-loop", "--out", out, "--json")
    assert result.returncode == 0, result.stderr
    names = {"report.json", "still.png", "poster.jpg", "web-loop.mp4"}
    assert {entry.name for entry in out.iterdir()} == names


def test_a_file_where_the_folder_should_be(run: Run, coffee: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    result = run("render", coffee, *QUICK, *MEDIA, "--out", tmp_path / "out", "--json")
    assert result.returncode == 2
    assert problem(result)["type"] == "OutputRefused"
    assert (tmp_path / "out").read_text() == "mine"


def test_a_folder_where_a_file_should_be(run: Run, coffee: Path, tmp_path: Path) -> None:
    (tmp_path / "gif.gif").mkdir()
    result = run("render", coffee, *QUICK, *MEDIA, "--out", tmp_path, "--json")
    assert result.returncode == 2
    assert "gif.gif" in str(problem(result)["detail"])
    assert [entry.name for entry in tmp_path.iterdir()] == ["gif.gif"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_closed_folder(run: Run, coffee: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    result = run("render", coffee, *QUICK, *MEDIA, "--out", tmp_path / "out", "--json")
    tmp_path.chmod(0o700)
    assert result.returncode == 2
    assert "--out" in str(problem(result)["fix"])


def test_a_full_disk_is_exit_3_and_leaves_nothing(run: Run, coffee: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        result = run("render", coffee, *QUICK, *MEDIA, "--out", disk / "out", "--json")
        assert result.returncode == 3, result.stderr
        assert problem(result)["actual"] == str(disk / "out")
        assert not list(disk.iterdir())
    finally:
        subprocess.run(["umount", str(disk)], check=True)
