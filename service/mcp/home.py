"""Where the work is done: a service that is there, or our own, started when it is needed."""

from __future__ import annotations

import socket
import threading

from service.client.connection import Connection
from service.processes import Household, listen
from service.settings import Settings


class Home:
    """A service.

    Our own one is the household of ``stillwave serve`` on a free port of this machine. It ends
    with this process, however that ends; a job that is not done then goes on with the next.

    Args:
        settings: of this machine.
        url: of a service that is there; None is our own.
    """

    def __init__(self, settings: Settings, url: str | None) -> None:
        self._settings = settings
        self._url = url
        self._turn = threading.Lock()
        self._listener: socket.socket | None = None

    def connection(self, cancel: threading.Event) -> Connection:
        """Return a connection; ``cancel`` ends every wait on it.

        Raises:
            InvalidInput: the address is none.
        """
        secret = self._settings.server_key
        key = None if secret is None else secret.get_secret_value()
        return Connection(self._address(), key, cancel)

    def _address(self) -> str:
        with self._turn:
            if self._url is None:
                self._listener = listener = listen("127.0.0.1", 0)  # open as long as we live
                household = Household(self._settings, listener, workers=1)
                threading.Thread(target=household.keep, name="household", daemon=True).start()
                self._url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            return self._url
