"""One server process for all tests of a module, and shots for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from pipelines.camera import build_path, parse_camera
from pipelines.context import Context
from pipelines.machine import Machine, RemoteServer
from pipelines.media import Clip
from pipelines.motion.engine import MOTION_ENGINES, Direction, Shot
from tests.pipelines.motion.remote.running import RunningServer
from tests.stills import make_still, textured, whole

Animate = Callable[..., Clip]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server process."""
    server = RunningServer(tmp_path_factory.mktemp("server"))
    yield server
    server.kill()


@pytest.fixture
def server(running: RunningServer) -> RunningServer:
    """A server with nothing wrong."""
    running.faults()
    return running


@pytest.fixture
def remote(server: RunningServer) -> RemoteServer:
    """Its address."""
    return RemoteServer(server.url, timeout_seconds=60.0)


@pytest.fixture
def shot() -> Shot:
    """A textured still and a closed orbit: with its fade one second, the least a server makes."""
    still = make_still(textured(96, 160))
    path = build_path(parse_camera("orbit"))
    return Shot(
        still, whole(still), path, 96, 160, 12.0, 6, direction=Direction(prompt="a cup", seed=7)
    )


@pytest.fixture
def animate(context: Context, shot: Shot, remote: RemoteServer) -> Animate:
    """Have the remote engine animate the shot; what is given replaces parts of shot or server."""

    def run(*, job: Context = context, server: RemoteServer = remote, **changes: object) -> Clip:
        surroundings = replace(job, machine=Machine(remote=server))
        return MOTION_ENGINES["remote"].animate(replace(shot, **changes), surroundings)  # type: ignore[arg-type]

    return run
