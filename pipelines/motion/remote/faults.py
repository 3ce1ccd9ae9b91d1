"""What can go wrong with a video server, each as one sentence; and what may pass by itself."""

from __future__ import annotations

import json

import httpx2

from pipelines.errors import RemoteFailed
from pipelines.machine import RemoteServer
from pipelines.transfer.peer import PASSING, Hiccup, Peer, public_address, retry_after


class Faults(Peer):
    """Puts the failures of one video server into words."""

    sends_text = False

    def __init__(self, remote: RemoteServer) -> None:
        name = f"the video server {public_address(remote.url)}"
        super().__init__(name, "STILLWAVE_REMOTE_URL", remote.key)

    def late(self, seconds: float) -> RemoteFailed:
        """Return the error for a video that was not there after ``seconds``."""
        return self.failure(
            f"did not deliver within {seconds:g} s",
            "raise STILLWAVE_REMOTE_TIMEOUT_SECONDS, or ask for fewer frames or steps",
            actual=seconds,
        )

    def refusal(self, response: httpx2.Response, *, ordered: bool = True) -> RemoteFailed | Hiccup:
        """Put an answer that is not a success into words; its body has been read.

        Args:
            response: the answer.
            ordered: whether the server took an order before, and so has such routes. A video that
                is being made is not given up because one question about it failed.
        """
        status, words = response.status_code, self._words(response)
        said = f": {words}" if words else ""
        if status == 429 or status in PASSING:
            what = f"is {'busy' if status == 429 else 'not ready'} ({status}){said}"
            failure = self.failure(what, "try again later", actual=status)
            return Hiccup(failure, retry_after(response))
        if status in (401, 403):
            what = "refuses the key" if self._key else "asks for a key"
            return self.failure(f"{what} ({status})", "set STILLWAVE_REMOTE_KEY", actual=status)
        if status in (404, 410) and ordered:
            what = f"no longer has the video ({status}); it may have been started anew"
            return self.failure(what, "try again", actual=status)
        if status in (404, 405) and words.lower() in ("", "not found", "method not allowed"):
            return self.wrong_address(f"has no such route ({status})")
        if status >= 500:
            failure = self.failure(f"failed ({status}){said}", "look into its log", actual=status)
            return Hiccup(failure) if ordered else failure
        what = f"does not take the request ({status}){said}"
        return self.failure(what, "change what it names, the model among them", actual=status)

    def wrong_address(self, what: str) -> RemoteFailed:
        """Return the error for something that has no video routes."""
        fix = f"set {self._address} to its base address, up to and with /v1"
        return self.failure(what, fix)

    def no_json(self) -> RemoteFailed:
        """Return the error for an answer that is a web page or something else."""
        return self.wrong_address("answers with something else than JSON, perhaps a web page")

    def _words(self, response: httpx2.Response) -> str:
        """Find the sentence in the shapes that OpenAI's, FastAPI's and plain servers use."""
        try:
            said = response.json()
        except (json.JSONDecodeError, UnicodeDecodeError):
            return ""
        for key in ("error", "detail", "message", "msg"):
            while isinstance(said, list) and said:
                said = said[0]
            if isinstance(said, dict) and key in said:
                said = said[key]
        return self.quoted(said) if isinstance(said, str) else ""
