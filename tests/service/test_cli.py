"""The command line's contract: one JSON document, exit codes, one sentence an error."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.service.conftest import QUICK, Run

HEAVY = {"numpy", "cv2", "av", "pydantic", "onnxruntime", "PIL", "rich"}


def problem(result: subprocess.CompletedProcess[str]) -> dict[str, object]:
    """Check the shape every refusal has, and return its JSON document."""
    assert "Traceback" not in result.stderr
    errors = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, result.stderr
    document: dict[str, object] = json.loads(result.stdout)
    assert {"type", "title", "detail"} <= set(document)
    assert errors[0] == f"error: {document['detail']}"
    assert document["exit_code"] == result.returncode
    return document


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from service.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert "render" in result.stdout
    assert not HEAVY & set(result.stderr.split())


@pytest.mark.parametrize(
    "arguments",
    [
        ("formats",),
        ("looks",),
        ("cameras",),
        ("models", "list"),
        ("doctor",),
    ],
)
def test_json_is_one_document_and_nothing_else(run: Run, arguments: tuple[str, ...]) -> None:
    result = run(*arguments, "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)
    assert run(*arguments).stdout.strip()


def test_catalogues_name_every_plug_in(run: Run) -> None:
    from pipelines.camera.preset import MOVES
    from pipelines.encode import FORMATS
    from pipelines.still import LOOKS

    for command, names in (("looks", LOOKS), ("formats", FORMATS), ("cameras", MOVES)):
        listed = json.loads(run(command, "--json").stdout)[command]
        assert [entry["name"] for entry in listed] == list(names)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("rendr",), "render"),
        (("render", "x.jpg", "--sede", "3"), "--seed"),
        (("render",), "SOURCE"),
        (("render", "x.jpg", "--seed", "abc"), "--seed"),
        (("check", "x.mp4"), "--for"),
    ],
)
def test_wrong_usage_is_exit_2_with_a_hint(run: Run, arguments: tuple[str, ...], word: str) -> None:
    result = run(*arguments, "--json")
    assert result.returncode == 2
    assert word in str(problem(result)["detail"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--look", "goldn-hour"), "golden-hour"),
        (("--camera", "orbitt"), "orbit"),
        (("--for", "instagram-reels"), "instagram-reel"),
        (("--ambient", "steem"), "steam"),
        (("--engine", "paralax"), "parallax"),
        (("--camera", "orbit=500"), "allowed"),
        (("--seconds", "500"), "0.5 to 60"),
        (("--intensity", "3"), "0 to 2"),
        (("--motion-bucket-id", "256"), "motion.motion_bucket_id is 256; allowed: 1 to 255"),
        (("--noise-aug-strength", "-1"), "motion.noise_aug_strength is -1; allowed: 0 to 1"),
        (("--camera-strength", "1.2"), "motion.camera_strength is 1.2; allowed: 0 to 1"),
        (("--num-frames", "1"), "motion.num_frames is 1; allowed: 2 to 128"),
        (("--num-inference-steps", "0"), "motion.num_inference_steps is 0; allowed: 1 to 200"),
        (("--motion-mask", "nowhere.png"), "nowhere.png"),
        (("--loop", "closd"), "closed"),
        (("--recipe", "nowhere.json"), "nowhere.json"),
        (("--mask", "nowhere.png"), "nowhere.png"),
        (("--depth", "nowhere.png"), "nowhere.png"),
        (("--backdrop", "nowhere.png"), "nowhere.png"),
    ],
)
def test_bad_options_are_exit_2_and_leave_nothing(
    run: Run, coffee: Path, tmp_path: Path, options: tuple[str, ...], words: str
) -> None:
    out = tmp_path / "out"
    result = run("render", coffee, *QUICK, *options, "--out", out, "--json")
    assert result.returncode == 2, result.stderr
    assert words in str(problem(result)["detail"])
    assert not out.exists()


@pytest.mark.parametrize("content", [b"", b"no picture", b"\xff\xd8\xff\xe0 cut short"])
def test_bad_stills_are_exit_2(run: Run, tmp_path: Path, content: bytes) -> None:
    still = tmp_path / "cup.jpg"
    still.write_bytes(content)
    result = run("render", still, "--out", tmp_path / "out", "--json")
    assert result.returncode == 2
    assert "cup.jpg" in str(problem(result)["detail"])
    assert not (tmp_path / "out").exists()


def test_a_missing_still_is_exit_2(run: Run, tmp_path: Path) -> None:
    result = run("render", tmp_path / "none.jpg", "--out", tmp_path / "out", "--json")
    assert result.returncode == 2
    assert problem(result)["type"] == "InvalidSource"


def test_weights_that_are_not_here_are_exit_3(run: Run) -> None:
    result = run("models", "verify", "depth-anything-v2-small", "--json")
    assert result.returncode == 3
    assert "models pull" in str(problem(result)["detail"])


def test_an_unwritable_data_folder_is_said_with_the_variable_to_change(
    run: Run, coffee: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    result = run("inspect", coffee, "--json", STILLWAVE_DATA_DIR=str(tmp_path / "file" / "data"))
    assert result.returncode == 2
    assert "STILLWAVE_DATA_DIR" in str(problem(result)["detail"])


def test_without_json_an_error_is_one_line(run: Run) -> None:
    result = run("render", "none.jpg")
    assert result.returncode == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 2  # the stage it was in, and the error
    assert result.stderr.splitlines()[-1].startswith("error: ")
