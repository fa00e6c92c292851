"""A minute of requests, as many as two cores give: none is lost, and how long one takes.

Whole assessments, and findings alone.
"""

from __future__ import annotations

import http.client
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

SECONDS = 60
CORES = 2
CLIENTS_OF_EACH = 4
WANTED = 200
"""Assessments a second."""
SHAPES = {"assess": b'"assessment/1"', "findings": b'"findings/1"'}


@contextmanager
def program() -> Iterator[tuple[int, str]]:
    """Run `bonemets serve` as a program of its own; give its port and token."""
    command = [sys.executable, "-c", "from bonemets.cli import main; main()", "serve", "--port=0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        try:
            address = urlsplit(server.stderr.readline().removeprefix("Open ").strip())
            assert address.port is not None
            yield address.port, parse_qs(address.query)["token"][0]
        finally:
            server.terminate()


def client(
    port: int,
    token: str,
    what: str,
    record: bytes,
    until: float,
    took: list[float],
    lost: list[str],
) -> None:
    """Ask again as soon as there is an answer, on one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    headers = {"Authorization": f"Bearer {token}"}
    while (began := time.monotonic()) < until:
        try:
            connection.request("POST", f"/api/{what}", record, headers)
            answer = connection.getresponse()
            body = answer.read()
        except OSError as error:
            lost.append(type(error).__name__)
            connection.close()
            continue
        if answer.status != 200 or SHAPES[what] not in body[:100]:
            lost.append(str(answer.status))
        took.append(time.monotonic() - began)
    connection.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("what", SHAPES)
def test_a_minute_of_requests_on_two_cores_loses_none(
    root: Path, record_property: Callable[[str, tuple[float, float]], None], what: str
) -> None:
    record = (root / "examples" / "cord_compression_prostate.yaml").read_bytes()
    took: list[float] = []
    lost: list[str] = []
    with ExitStack() as running:
        servers = [running.enter_context(program()) for _ in range(CORES)]
        until = time.monotonic() + SECONDS
        threads = [
            threading.Thread(target=client, args=(*server, what, record, until, took, lost))
            for server in servers
            for _ in range(CLIENTS_OF_EACH)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert took
    assert lost == []
    p99 = sorted(took)[int(0.99 * len(took))]
    record_property(f"/api/{what} a second for a minute", (round(len(took) / SECONDS, 1), WANTED))
    record_property(
        f"/api/{what}: milliseconds of the slowest hundredth", (round(1000 * p99), 1000)
    )
