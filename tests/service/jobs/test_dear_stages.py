"""What a network made is kept: a job killed while encoding does not animate again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.models import add_folder
from service.renders import open_renders
from service.settings import Settings
from tests.service.jobs.conftest import Service, assert_done_once

pytest.importorskip("diffusers", reason="pip install 'stillwave[diffusion]'")

MODEL = "toy-svd"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Service]:
    """A service with a network of toy size."""
    from tests.tiny.svd import save_tiny_svd

    settings = Settings(data_dir=tmp_path / "data", min_free_mb=0, drain_seconds=0)
    add_folder(MODEL, save_tiny_svd(tmp_path / "toy"), settings.data_dir / "models", kind="svd")
    service = Service(settings, open_renders(settings))
    yield service
    service.dismiss()


def test_a_generated_clip_is_not_generated_again(shop: Service) -> None:
    worker = shop.hire(OMP_NUM_THREADS="1")
    motion = {"engine": "svd", "model": MODEL, "num_inference_steps": 2}
    job = shop.submit(motion=motion, seconds=6, fps=30, ambient="snow,haze")
    shop.reaches(job, "encode")
    for hand in worker.hands:
        hand.kill()

    done = shop.finish(job)

    assert done.state == "succeeded", done.error
    assert (done.queue, done.attempts) == ("gpu", 2)
    story = [event.data.get("stage", event.kind) for event in shop.events(done)]
    again = story[story.index("retrying") + 1 :]
    assert "animate" in story
    assert set(again) == {"running", "encode", "report", "succeeded"}
    assert_done_once(shop, done)
