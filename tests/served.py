"""The page and the API on a real server of this process, and a plain client without any manners."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import uvicorn

import bonemets
from bonemets.web.server import application, hosts_of, listener

TOKEN = "token-of-the-tests"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Served:
    """A running server: its port, and how to talk to it."""

    port: int

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def cookie(self) -> str:
        return f"bonemets-127-0-0-1-{self.port}={TOKEN}"

    @property
    def start(self) -> str:
        return f"{self.base}/start?token={TOKEN}"

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send exactly this, with nothing added but the length."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            data = body.encode() if isinstance(body, str) else body
            connection.request(method, path, data, dict(headers or {}))
            answer = connection.getresponse()
            named = {k.lower(): v for k, v in answer.getheaders()}
            return Answer(answer.status, named, answer.read())
        finally:
            connection.close()

    def api(self, method: str, path: str, body: bytes | str | None = None) -> Answer:
        """Ask as a program does that holds the token."""
        return self.ask(method, path, body, {"Authorization": f"Bearer {TOKEN}"})

    def post(self, path: str, fields: Mapping[str, str], **more: str) -> Answer:
        """Send a form as our own page does."""
        headers = {
            "Cookie": self.cookie,
            "Origin": self.base,
            "Content-Type": "application/x-www-form-urlencoded",
            **more,
        }
        return self.ask("POST", path, urlencode(fields), headers)

    def send_file(self, name: str, data: bytes) -> Answer:
        """Send a file as the start page does."""
        mark = uuid4().hex
        head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = head.encode() + data + f"\r\n--{mark}--\r\n".encode()
        headers = {
            "Cookie": self.cookie,
            "Origin": self.base,
            "Content-Type": f"multipart/form-data; boundary={mark}",
        }
        return self.ask("POST", "/open", body, headers)


@contextmanager
def serving(cohort: Any = None) -> Iterator[Served]:
    """Run the server in a thread; with a finished cohort, if one is given."""
    listening = listener(0)
    port = listening.getsockname()[1]
    app = application(bonemets.load_pack(), TOKEN, hosts_of(port), cohort=cohort)
    config = uvicorn.Config(app, log_level="error", access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield Served(port)
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()
