"""What every motion engine promises, asked of each of them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pipelines.camera import build_path, parse_camera
from pipelines.context import Context
from pipelines.errors import Cancelled
from pipelines.machine import Machine, RemoteServer
from pipelines.media import Clip
from pipelines.models import add_folder
from pipelines.motion.engine import MOTION_ENGINES, Direction, Shot
from tests.pipelines.motion.remote.running import RunningServer
from tests.stills import make_still, psnr, textured, whole
from tests.tiny_svd import FOLDER

WIDTH, HEIGHT = 96, 72


Prepared = Iterator[tuple[Context, Direction]]
"""A job in which an engine can work, and what it is told."""


@contextmanager
def nothing(context: Context, _: Path) -> Prepared:
    """Prepare an engine that needs nothing."""
    yield context, Direction()


@contextmanager
def running_server(context: Context, folder: Path) -> Prepared:
    """Start a video server, and name it to the job."""
    server = RunningServer(folder)
    try:
        yield replace(context, machine=Machine(remote=RemoteServer(server.url))), Direction()
    finally:
        server.kill()


@contextmanager
def small_weights(context: Context, _: Path) -> Prepared:
    """Put the small trained model into the job's store."""
    add_folder("tiny-svd", FOLDER, context.models_dir, kind="svd")
    yield context, Direction(model="tiny-svd", num_inference_steps=3, seed=5)


@dataclass(frozen=True)
class Candidate:
    """An engine and what it needs.

    Attributes:
        name: in the registry.
        prepare: given a job and an empty folder, makes what the engine needs there.
        likeness: of frame 0 to the framed still, dB at least: a network or a codec only comes
            near it.
    """

    name: str
    prepare: Callable[[Context, Path], AbstractContextManager[tuple[Context, Direction]]]
    likeness: float


CANDIDATES = (
    Candidate("parallax", nothing, likeness=60.0),
    Candidate("svd", small_weights, likeness=18.0),
    Candidate("remote", running_server, likeness=28.0),
)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Toy networks gain nothing from more, and other tests run beside."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module", params=CANDIDATES, ids=lambda candidate: candidate.name)
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Candidate, Context, Direction]]:
    """Each engine with a job in which it can work."""
    candidate: Candidate = request.param
    folder = tmp_path_factory.mktemp(candidate.name)
    with candidate.prepare(Context(folder / "data"), folder) as (context, direction):
        yield candidate, context, direction


Engine = tuple[Candidate, Context, Direction]


def shot_for(
    engine: Engine, *, closed: bool, count: int = 7, context: Context | None = None
) -> Shot:
    """Return a shot with the guide that the journey hands over."""
    _, own, direction = engine
    path = build_path(parse_camera("orbit=1"), closed=closed)
    still = make_still(textured(WIDTH, HEIGHT))
    shot = Shot(still, whole(still), path, WIDTH, HEIGHT, 12.0, count, direction=direction)

    def guide(width: int, height: int, count: int) -> Clip:
        smaller = replace(shot, width=width, height=height, count=count)
        return MOTION_ENGINES["parallax"].animate(smaller, context or own)

    return replace(shot, guide=guide)


def animate(engine: Engine, *, closed: bool, count: int = 7) -> Clip:
    candidate, context, _ = engine
    shot = shot_for(engine, closed=closed, count=count)
    return MOTION_ENGINES[candidate.name].animate(shot, context)


@pytest.mark.parametrize(("closed", "count"), [(True, 7), (False, 2)])
def test_the_clip_is_the_shot(engine: Engine, closed: bool, count: int) -> None:
    clip = animate(engine, closed=closed, count=count)
    assert (clip.width, clip.height, clip.fps, clip.count) == (WIDTH, HEIGHT, 12.0, count)
    assert clip.closed is closed
    assert clip.engine == engine[0].name
    frames = clip.stack()
    assert frames.shape == (count, HEIGHT, WIDTH, 3)
    assert frames.dtype == np.uint8


def test_the_camera_has_a_row_for_each_frame_and_starts_in_the_world(engine: Engine) -> None:
    camera = animate(engine, closed=True).camera
    assert camera.intrinsics.shape == (7, 3, 3)
    assert camera.world_to_camera.shape == (7, 3, 4)
    np.testing.assert_array_equal(camera.world_to_camera[0], np.eye(3, 4))
    assert (camera.width, camera.height) == (WIDTH, HEIGHT)
    assert np.abs(camera.world_to_camera[2] - np.eye(3, 4)).max() > 1e-3


def test_it_begins_with_the_still(engine: Engine) -> None:
    still = textured(WIDTH, HEIGHT)
    assert psnr(animate(engine, closed=False).render(0), still) > engine[0].likeness


def test_frames_are_pure_in_any_order_and_from_any_thread(engine: Engine) -> None:
    clip = animate(engine, closed=True)
    expected = clip.stack()
    with ThreadPoolExecutor(4) as pool:
        frames = list(pool.map(clip.render, reversed(range(clip.count))))
    np.testing.assert_array_equal(np.stack(frames[::-1]), expected)


def test_the_same_shot_gives_the_same_bytes(engine: Engine) -> None:
    first, second = (animate(engine, closed=False) for _ in range(2))
    np.testing.assert_array_equal(first.stack(), second.stack())


def test_details_and_warnings_can_be_reported(engine: Engine) -> None:
    clip = animate(engine, closed=True)
    json.dumps(dict(clip.details), allow_nan=False)
    assert all(isinstance(warning, str) for warning in clip.warnings)


def test_a_cancelled_job_stops(engine: Engine) -> None:
    candidate, context, _ = engine
    cancelled = replace(context, cancel=threading.Event())
    cancelled.cancel.set()
    shot = shot_for(engine, closed=True, context=cancelled)
    with pytest.raises(Cancelled):
        MOTION_ENGINES[candidate.name].animate(shot, cancelled)


def test_its_title_is_a_few_words(engine: Engine) -> None:
    title = MOTION_ENGINES[engine[0].name].title
    assert 2 <= len(title.split()) <= 12
