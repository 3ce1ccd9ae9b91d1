"""A server of a test's own that speaks the S3 protocol, on loopback.

It is moto's: a double of the protocol, with its objects in memory. It shows that requests are well
formed and answers are understood, redirects and parts of uploads included; it checks no signature,
and says nothing about the speed, the durability or the limits of a real store.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import boto3
import httpx2
from moto.server import ThreadedMotoServer

BUCKET = "wave"


@dataclass(frozen=True)
class Server:
    """A running server with one bucket.

    Attributes:
        address: where it listens.
        environment: what a process needs to find it.
    """

    address: str
    environment: dict[str, str]

    @property
    def url(self) -> str:
        """A place in the bucket, as a setting names it."""
        return f"s3://{BUCKET}/some/prefix"

    def client(self) -> Any:  # noqa: ANN401 - made from a description of the service
        """Return another client of it than ours."""
        return boto3.client("s3")


@contextmanager
def bucket() -> Iterator[Server]:
    """Run a server with an empty bucket; this process finds it too."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    address = f"http://{host}:{port}"
    environment = {
        "AWS_ACCESS_KEY_ID": "wave",
        "AWS_SECRET_ACCESS_KEY": "a secret of nothing",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": address,
    }
    with patch.dict(os.environ, environment):
        server = Server(address, environment)
        httpx2.post(f"{address}/moto-api/reset")  # one before it in this process left its objects
        server.client().create_bucket(Bucket=BUCKET)
        try:
            yield server
        finally:
            running.stop()
            boto3.DEFAULT_SESSION = None
