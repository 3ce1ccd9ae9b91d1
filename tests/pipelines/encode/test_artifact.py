import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pipelines.context import Context
from pipelines.encode import embedded_text, encode_loop
from pipelines.errors import Cancelled, EncodingFailed, NoSpace, OutputRefused, UnknownName
from pipelines.media import Loop
from tests.oracles import circle, moving_clip

LOOP = Loop(moving_clip(64, 48, 20, circle(3), fps=20), "closed")
KINDS = [("tiktok", "mp4"), ("master", "mp4"), ("gif", "gif"), ("webp", "webp")]
RECIPE = '{"look": "golden hour", "prompt": "<é & ü>"}' * 20


@pytest.mark.parametrize(("name", "suffix"), KINDS)
@pytest.mark.parametrize("text", [RECIPE, ""])
def test_a_recipe_comes_back(
    name: str, suffix: str, text: str, context: Context, tmp_path: Path
) -> None:
    path = tmp_path / f"loop.{suffix}"
    encode_loop(LOOP, name, path, repeats=1, context=context, metadata=text)
    assert embedded_text(path) == (text or None)


def test_foreign_files_hold_no_recipe(tmp_path: Path) -> None:
    (tmp_path / "x.mp4").write_bytes(b"nothing of the kind")
    assert embedded_text(tmp_path / "x.mp4") is None


@pytest.mark.parametrize(("name", "suffix"), KINDS)
def test_a_cancelled_job_leaves_nothing(name: str, suffix: str, tmp_path: Path) -> None:
    cancel = threading.Event()

    def listener(stage: str, done: int, total: int) -> None:
        if stage == "encode" and done == 10:
            cancel.set()

    context = Context(tmp_path / "data", progress=listener, cancel=cancel)
    with pytest.raises(Cancelled):
        encode_loop(LOOP, name, tmp_path / f"loop.{suffix}", repeats=1, context=context)
    assert list(tmp_path.iterdir()) == []


def test_progress_counts_every_frame(tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    context = Context(tmp_path, progress=lambda *step: steps.append(step))
    encode_loop(LOOP, "gif", tmp_path / "a.gif", repeats=1, context=context)
    assert steps == [("encode", done, 20) for done in range(21)]


@pytest.mark.parametrize(("name", "suffix"), KINDS)
def test_a_full_disk_is_said_plainly(
    name: str, suffix: str, context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel really refuses: the temporary name is a link to a device that is always full."""
    monkeypatch.setattr("pipelines.files.secrets.token_hex", lambda _: "full")
    target = tmp_path / f".loop-full.stillwave-partial.{suffix}"
    target.symlink_to("/dev/full")
    with pytest.raises(NoSpace, match="full"):
        encode_loop(LOOP, name, tmp_path / f"loop.{suffix}", repeats=1, context=context)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_refused(context: Context, tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(OutputRefused):
        encode_loop(LOOP, "gif", tmp_path / "out" / "a.gif", repeats=1, context=context)


def test_frames_the_codec_refuses(context: Context, tmp_path: Path) -> None:
    odd = Loop(moving_clip(63, 47, 4, circle(1)), "closed")
    with pytest.raises(EncodingFailed, match="tiktok"):
        encode_loop(odd, "tiktok", tmp_path / "a.mp4", repeats=1, context=context)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_format_is_named(context: Context, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="tiktok"):
        encode_loop(LOOP, "tik-tok", tmp_path / "a.mp4", repeats=1, context=context)


def test_a_killed_process_leaves_no_final_file(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from pipelines.context import Context; from pipelines.encode import encode_loop\n"
        "from pipelines.media import Loop; from tests.oracles import circle, moving_clip\n"
        "def told(stage, done, total):\n"
        "    if done == 30: print('half', flush=True); import time; time.sleep(60)\n"
        "folder = Path(sys.argv[1]); loop = Loop(moving_clip(64, 48, 90, circle(3)), 'closed')\n"
        "context = Context(folder, progress=told)\n"
        "encode_loop(loop, 'tiktok', folder / 'a.mp4', repeats=1, context=context)\n"
    )
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, cwd=root
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"half\n"
        os.kill(process.pid, signal.SIGKILL)
    assert not (tmp_path / "a.mp4").exists()
    context = Context(tmp_path)
    encode_loop(LOOP, "tiktok", tmp_path / "a.mp4", repeats=1, context=context)
    assert (tmp_path / "a.mp4").exists()
