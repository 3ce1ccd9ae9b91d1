"""Two rules of the house, read off the source and off a fresh process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_weights_become_networks_in_one_module_only() -> None:
    callers = {
        path.relative_to(ROOT).as_posix()
        for folder in ("pipelines", "service")
        for path in (ROOT / folder).rglob("*.py")
        if ".from_pretrained" in path.read_text() or ".from_single_file" in path.read_text()
    }
    assert callers == {"pipelines/models/loading.py"}


def test_pickles_are_read_by_no_module() -> None:
    for folder in ("pipelines", "service"):
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text()
            assert "import pickle" not in text, path
            assert "torch.load(" not in text.replace("weights_only=True", ""), path


def test_the_table_and_the_store_load_no_network_library() -> None:
    program = (
        "import sys\n"
        "from pipelines.models import MODELS, known_models, verify\n"
        "import service.commands.models\n"
        "heavy = {'torch', 'diffusers', 'transformers', 'huggingface_hub', 'safetensors'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
