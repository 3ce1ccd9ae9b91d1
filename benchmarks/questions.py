"""The questions: one module each, with ``run(repeats) -> Findings``."""

from __future__ import annotations

from importlib import import_module

from benchmarks.findings import Findings

QUESTIONS = (
    "end_to_end",
    "stages",
    "coding",
    "jitter",
    "seams",
    "variants",
    "startup",
    "service",
    "svd",
)


def answer(name: str, repeats: int) -> Findings:
    """Ask one question."""
    findings: Findings = import_module(f"benchmarks.{name}").run(repeats)
    return findings
