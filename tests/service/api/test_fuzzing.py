"""Schemathesis over the whole document: no 5xx, and every answer as documented.

For longer: ``python -m benchmarks.faults.fuzz``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.faults.fuzz import fuzzed, summary

pytestmark = pytest.mark.xdist_group("service-keys")


def test_generated_requests_find_nothing(tmp_path: Path) -> None:
    """Event streams are left out: they end when a job does."""
    pytest.importorskip("schemathesis", reason="pip install 'stillwave[dev]'")
    code, said = fuzzed(tmp_path / "data", examples=8, seconds=25, seed=1)
    assert code == 0, said[-6000:]
    done = "\n".join(summary(said))
    for phase in ("Examples", "Coverage", "Fuzzing", "Stateful"):
        assert f"✅ {phase}" in done
