"""A job's files appear together or not at all, and what killed jobs leave is swept away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines.errors import NoSpace, OutputRefused
from pipelines.files import publish_folder


def write(out: Path, *names: str, failing: bool = False) -> None:
    """Publish a few files, or fail after writing them."""
    with publish_folder(out, last=names[-1]) as folder:
        for name in names:
            (folder / name).write_text("after")
        if failing:
            raise RuntimeError


def test_files_and_folders_appear_at_the_end(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    with publish_folder(out, last="b.txt") as folder:
        (folder / "b.txt").write_text("b")
        (folder / "frames").mkdir()
        (folder / "frames" / "0.png").write_text("0")
        assert not (out / "b.txt").exists()
    assert (out / "b.txt").read_text() == "b"
    assert (out / "frames" / "0.png").read_text() == "0"
    assert sorted(entry.name for entry in out.iterdir()) == ["b.txt", "frames"]


def test_a_folder_replaces_its_namesake_whole(tmp_path: Path) -> None:
    for names in (("0.png", "1.png"), ("0.png",)):
        with publish_folder(tmp_path, last="x") as folder:
            (folder / "frames").mkdir()
            for name in names:
                (folder / "frames" / name).touch()
    assert [entry.name for entry in (tmp_path / "frames").iterdir()] == ["0.png"]


def test_a_failure_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("before")
    with pytest.raises(RuntimeError):
        write(tmp_path, "a.txt", failing=True)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "before"


def test_a_failure_removes_the_folder_it_made(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), publish_folder(tmp_path / "deep" / "out", last="a"):
        raise RuntimeError
    assert not list(tmp_path.iterdir())


def test_something_in_the_way_is_found_before_anything_moves(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    with pytest.raises(OutputRefused, match="in the way"):
        write(tmp_path, "a", "b")
    assert [entry.name for entry in tmp_path.iterdir()] == ["b"]


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(OutputRefused), publish_folder(tmp_path / "out", last="a"):
        pass


@pytest.mark.parametrize("name", ["/proc/none/out", "/dev/null/out", "x" * 300])
def test_a_place_where_no_folder_can_be(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputRefused, match="--out"):
        write(tmp_path / name, "a")


def test_a_full_disk_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(NoSpace), publish_folder(tmp_path, last="a"):
        raise OSError(28, os.strerror(28))
    assert not list(tmp_path.iterdir())


def test_what_a_killed_job_left_is_swept_but_not_what_a_living_one_uses(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from pipelines.files import publish_folder\n"
        "with publish_folder(Path(sys.argv[1]), last='a') as folder:\n"
        "    (folder / 'a').touch(); print('ready', flush=True); time.sleep(60)\n"
    )
    jobs = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    try:
        for job in jobs:
            assert job.stdout is not None
            assert job.stdout.readline() == b"ready\n"
        assert len(list(tmp_path.iterdir())) == 2
        jobs[0].send_signal(signal.SIGKILL)
        jobs[0].wait()
        with publish_folder(tmp_path, last="b") as folder:
            (folder / "b").touch()
        left = [entry.name for entry in tmp_path.iterdir() if entry.name != "b"]
        assert len(left) == 1
    finally:
        for job in jobs:
            job.kill()
            job.communicate()
    deadline = time.monotonic() + 5
    with publish_folder(tmp_path, last="b") as folder:
        (folder / "b").touch()
    assert time.monotonic() < deadline
    assert [entry.name for entry in tmp_path.iterdir()] == ["b"]
