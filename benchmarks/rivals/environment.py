"""The virtual environment of the rivals that cannot live beside the program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.measure import progress

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".venv-rivals"
REQUIREMENTS = ROOT / "benchmarks" / "rivals.txt"


def rival_python() -> Path | None:
    """Return the rivals' interpreter, made when needed; None when it cannot be made."""
    python, done = FOLDER / "bin" / "python", FOLDER / "requirements.txt"
    if done.is_file() and done.read_text() == REQUIREMENTS.read_text():
        return python
    progress("making .venv-rivals")
    install = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    try:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(FOLDER)], check=True)
        (FOLDER / ".gitignore").write_text("*\n")
        subprocess.run([*install, "-r", str(REQUIREMENTS)], check=True)
    except subprocess.CalledProcessError as error:
        progress(f".venv-rivals cannot be made: {error}")
        return None
    done.write_text(REQUIREMENTS.read_text())
    return python
