"""A video server that speaks the OpenAI-shaped routes, as a process of its own: for tests.

It really makes videos: a slow zoom into the picture it was sent, encoded by libav. What is wrong
with it is set by ``PUT /faults`` (see `Faults`), what it was asked is told by ``GET /journal``.
Its videos lie in a folder, so that a server started anew in the same folder still has them.

    python -m tests.video_server FOLDER [PORT]
"""

from __future__ import annotations

import hashlib
import json
import sys
import threading
import time
import uuid
from dataclasses import asdict, dataclass, field
from email import message_from_bytes
from email.message import Message
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

DEFAULT_FPS = 16
ZOOM = 0.12
PIECE = 2048


@dataclass
class Faults:
    """What is wrong; by default nothing.

    Attributes:
        frame_seconds: that each frame takes to make.
        fails_at: share of the frames after which a video fails.
        status: answered to every order instead of making a video.
        message: in the body of that answer, or of a failure.
        html: a web page is answered to everything.
        key: that every request must bear.
        busy: that many orders are answered 429 first.
        retry_after: seconds, in those answers.
        loses_answers: that many orders are taken, and the connection closed without an answer.
        truncates: share of the file that is sent as if it were all.
        drops: that many downloads' connections are closed before their end,
        drops_after: each after this share of the file.
        piece_seconds: pause after each `PIECE` of a download.
        ranges: whether a download may be resumed.
        silent_seconds: pause before every answer about a video.
        stumbles: that many questions about a video are answered 500 first.
        size: of every video, whatever was asked.
        forgets_last_frame: whether the last of two pictures is ignored.
        models: names it knows.
        moved: the content is found at this address instead.
        keeps: whether it refuses to delete.
    """

    frame_seconds: float = 0.0
    fails_at: float = 2.0
    status: int = 0
    message: str = "the model is out of memory"
    html: bool = False
    key: str = ""
    busy: int = 0
    retry_after: str = "0"
    loses_answers: int = 0
    truncates: float = 1.0
    drops: int = 0
    drops_after: float = 0.5
    piece_seconds: float = 0.0
    ranges: bool = True
    silent_seconds: float = 0.0
    stumbles: int = 0
    size: list[int] = field(default_factory=list)
    forgets_last_frame: bool = False
    models: list[str] = field(default_factory=list)
    moved: str = ""
    keeps: bool = False


@dataclass
class Video:
    """What the server knows about one video; the same as its JSON answer."""

    id: str
    model: str
    size: str
    seconds: str
    object: str = "video"
    status: str = "queued"
    progress: int = 0
    created_at: int = 0
    error: dict[str, str] | None = None


class Studio:
    """All videos of one server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faults = Faults()
        self.journal: list[dict[str, Any]] = []
        self.videos: dict[str, Video] = {}
        self.by_key: dict[str, str] = {}
        self.stopped: set[str] = set()
        for path in folder.glob("*.json"):
            video = Video(**json.loads(path.read_text()))
            self.videos[video.id] = video

    def order(self, fields: dict[str, str], pictures: list[bytes], key: str) -> Video:
        """Start to make a video; the same idempotency key gives the same one."""
        if key in self.by_key:
            return self.videos[self.by_key[key]]
        width, height = self.faults.size or [int(side) for side in fields["size"].split("x")]
        model = fields.get("model", "zoom-1")
        video = Video(f"video_{uuid.uuid4().hex}", model, f"{width}x{height}", fields["seconds"])
        video.created_at = int(time.time())
        self.videos[video.id] = video
        self.by_key[key] = video.id
        work = (video, fields, pictures, (width, height), self.faults)
        threading.Thread(target=self._make, args=work, daemon=True).start()
        return video

    def path(self, video: Video) -> Path:
        """Where its file lies."""
        return self.folder / f"{video.id}.mp4"

    def forget(self, video: Video) -> None:
        """Stop making it, and delete what there is."""
        self.stopped.add(video.id)
        del self.videos[video.id]
        self.path(video).unlink(missing_ok=True)
        self.path(video).with_suffix(".json").unlink(missing_ok=True)

    def _make(
        self,
        video: Video,
        fields: dict[str, str],
        pictures: list[bytes],
        size: tuple[int, int],
        faults: Faults,
    ) -> None:
        fps = int(fields.get("fps", DEFAULT_FPS))
        count = int(fields.get("num_frames", int(fields["seconds"]) * fps))
        closes = len(pictures) == 2 and not faults.forgets_last_frame
        still = cv2.resize(_decoded(pictures[0]), size, interpolation=cv2.INTER_AREA)
        video.status = "in_progress"
        writing = self.path(video).with_suffix(".part")
        try:
            self._write(video, writing, still, (count, fps, closes), faults)
            writing.replace(self.path(video))
            self.path(video).with_suffix(".json").write_text(
                json.dumps(asdict(video) | {"status": "completed"})
            )
            video.status = "completed"
        except _Stopped:
            writing.unlink()

    def _write(
        self,
        video: Video,
        path: Path,
        still: Picture,
        timing: tuple[int, int, bool],
        faults: Faults,
    ) -> None:
        count, fps, closes = timing
        options = {"movflags": "+faststart"}
        with av.open(str(path), "w", format="mp4", options=options) as container:
            stream = container.add_stream("libx264", rate=Fraction(fps))
            stream.height, stream.width = still.shape[:2]
            stream.pix_fmt, stream.options = "yuv420p", {"preset": "ultrafast", "crf": "16"}
            for index in range(count):
                if video.id in self.stopped:
                    raise _Stopped
                if index >= faults.fails_at * count:
                    video.status, video.error = "failed", {"message": faults.message}
                    raise _Stopped
                frame = zoomed(still, index / (count - 1), closes=closes)
                picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
                container.mux(stream.encode(picture))
                time.sleep(faults.frame_seconds)
                video.progress = 100 * (index + 1) // count
            container.mux(stream.encode(None))


class _Stopped(Exception):
    """Nobody waits for this video any more."""


def zoomed(still: Picture, phase: float, *, closes: bool) -> Picture:
    """Zoom into a picture about its middle; one that closes comes back to it at phase 1."""
    height, width = still.shape[:2]
    near = 1 + ZOOM * (0.5 - 0.5 * np.cos(2 * np.pi * phase) if closes else phase)
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    affine = np.column_stack([np.eye(2) * near, middle * (1 - near)])
    return cv2.warpAffine(still, affine, (width, height), borderMode=cv2.BORDER_REFLECT_101)


def _decoded(png: bytes) -> Picture:
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    studio: Studio

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet; the journal tells what was asked."""

    def do_POST(self) -> None:
        """Take an order."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        fields, files = _form(self.headers["Content-Type"], body)
        names = [name for name, _ in files]
        sizes = [list(_decoded(data).shape[1::-1]) for _, data in files]
        self._note(fields=fields, files=names, sizes=sizes)
        faults = self.studio.faults
        if not self._welcome():
            return
        if self.path != "/v1/videos":
            self._answer(404, {"detail": "Not Found"})
        elif faults.busy:
            faults.busy -= 1
            self._answer(429, {"error": {"message": "queue full"}}, retry=faults.retry_after)
        elif faults.status:
            self._answer(faults.status, {"error": {"message": faults.message}})
        elif faults.models and fields.get("model") not in faults.models:
            said = f"model {fields.get('model')!r} does not exist"
            self._answer(404, {"error": {"message": said, "code": "model_not_found"}})
        else:
            key = self.headers.get("Idempotency-Key") or uuid.uuid4().hex
            video = self.studio.order(fields, [data for _, data in files], key)
            if faults.loses_answers:
                faults.loses_answers -= 1
                self.close_connection = True
            else:
                self._answer(200, asdict(video))

    def do_GET(self) -> None:
        """Tell about a video, or send it."""
        if self.path == "/journal":
            self._answer(200, {"journal": self.studio.journal})
            return
        self._note()
        if not self._welcome():
            return
        time.sleep(self.studio.faults.silent_seconds)
        video, rest = self._video()
        if video is None:
            self._answer(404, {"detail": "Video not found"})
        elif self.studio.faults.stumbles:
            self.studio.faults.stumbles -= 1
            self._answer(500, {"error": {"message": self.studio.faults.message}})
        elif rest == "content":
            self._send_content(video)
        else:
            self._answer(200, asdict(video))

    def do_DELETE(self) -> None:
        """Forget a video."""
        self._note()
        video, _ = self._video()
        if not self._welcome():
            return
        if video is None or self.studio.faults.keeps:
            self._answer(404, {"detail": "Video not found"})
            return
        self.studio.forget(video)
        self._answer(200, {"id": video.id, "object": "video.deleted", "deleted": True})

    def do_PUT(self) -> None:
        """Set the faults, and begin a new journal."""
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.studio.faults, self.studio.journal = Faults(**said), []
        self._answer(200, {})

    def _welcome(self) -> bool:
        """Whether the request may go on; else it was answered."""
        faults = self.studio.faults
        bears = self.headers.get("Authorization", "")
        if faults.html:
            self._send(200, b"<!doctype html><h1>Sign in</h1>", {"Content-Type": "text/html"})
        elif faults.key and bears != f"Bearer {faults.key}":
            said = f"Incorrect API key provided: {bears}"
            self._answer(401, {"error": {"message": said}})
        else:
            return True
        return False

    def _video(self) -> tuple[Video | None, str]:
        name, _, rest = self.path.removeprefix("/v1/videos/").partition("/")
        return self.studio.videos.get(name), rest

    def _send_content(self, video: Video) -> None:
        faults, path = self.studio.faults, self.studio.path(video)
        if faults.moved:
            self._send(302, b"", {"Location": faults.moved})
            return
        data = path.read_bytes()
        data = data[: int(len(data) * faults.truncates)]
        tag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
        start = 0
        wanted = self.headers.get("Range", "")
        if faults.ranges and wanted and self.headers.get("If-Range", tag) == tag:
            start = int(wanted.removeprefix("bytes=").partition("-")[0])
        headers = {"Content-Type": "video/mp4", "Content-Length": str(len(data) - start)}
        if faults.ranges:
            headers |= {"ETag": tag, "Accept-Ranges": "bytes"}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        self.send_response(206 if start else 200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self._send_pieces(data, start)

    def _send_pieces(self, data: bytes, start: int) -> None:
        faults = self.studio.faults
        for at in range(start, len(data), PIECE):
            if faults.drops and at - start >= faults.drops_after * len(data):
                faults.drops -= 1
                self.close_connection = True
                return
            self.wfile.write(data[at : at + PIECE])
            self.wfile.flush()
            time.sleep(faults.piece_seconds)

    def _note(self, **more: object) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        entry = {"method": self.command, "path": self.path, "headers": headers, **more}
        self.studio.journal.append(entry)

    def _answer(self, status: int, said: dict[str, Any], retry: str = "") -> None:
        headers = {"Content-Type": "application/json"} | ({"Retry-After": retry} if retry else {})
        self._send(status, json.dumps(said).encode(), headers)

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _form(kind: str, body: bytes) -> tuple[dict[str, str], list[tuple[str, bytes]]]:
    """Read a multipart form: its fields, and (name, bytes) of its files."""
    whole: Message = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    fields, files = {}, []
    for part in whole.get_payload():
        assert isinstance(part, Message)
        name = str(part.get_param("name", header="content-disposition"))
        data = part.get_payload(decode=True)
        assert isinstance(data, bytes)
        if part.get_filename():
            files.append((name, data))
        else:
            fields[name] = data.decode()
    return fields, files


def main() -> None:
    """Serve on a free port of this machine, or on the one given, and say which."""
    folder, *port = sys.argv[1:]
    Handler.studio = Studio(Path(folder))
    server = ThreadingHTTPServer(("127.0.0.1", int(*port)), Handler)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
