"""What each process of the service runs: ``python -m service.supervised api|worker …``."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from typing import NoReturn

from pipelines.errors import StillwaveError
from service.logs import log_json
from service.settings import Settings, read_settings
from service.tracing import tracing
from service.tuning import fit_to_service, settle

SSE_PATIENCE_SECONDS = 3
"""Open event streams get so long to close when the HTTP process stops."""


def run_api(settings: Settings, host: str, listener: socket.socket) -> None:
    """Serve HTTP on a socket that is listening already, until SIGTERM."""
    fit_to_service()
    import uvicorn

    from service.app import create_app

    config = uvicorn.Config(
        create_app(settings, host),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=SSE_PATIENCE_SECONDS,
    )
    settle()
    with tracing(settings, "api"):
        uvicorn.Server(config).run(sockets=[listener])


def run_worker(settings: Settings) -> NoReturn:
    """Do jobs and send webhooks until SIGTERM or SIGINT, then hand back what is not done.

    The process ends without waiting for threads: whoever still holds a stage has been fenced off.
    """
    fit_to_service()
    from service.jobs.worker import Worker
    from service.webhooks.courier import Courier

    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: ending.set())
    with tracing(settings, "worker"):
        worker, courier = Worker(settings), Courier(settings)
        worker.start()
        courier.start()
        ending.wait()
        courier.stop()
        worker.stop()
    sys.stderr.flush()
    os._exit(0)


def hold_lifeline(descriptor: int) -> None:
    """Stop this process when the other end of a pipe closes: its parent is dead."""

    def wait() -> None:
        os.read(descriptor, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


def main(kind: str, lifeline: str, *more: str) -> None:
    """Run one process of a household; an expected error becomes one line and an exit code."""
    log_json()
    hold_lifeline(int(lifeline))
    try:
        settings = read_settings()
        if kind == "api":
            host, door = more
            run_api(settings, host, socket.socket(fileno=int(door)))
        else:
            run_worker(settings)
    except StillwaveError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main(*sys.argv[1:])
