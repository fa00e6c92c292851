"""The application, and the server that runs it on this machine."""

from __future__ import annotations

import re
import secrets  # noqa: TID251  (who may ask, no part of an assessment)
import socket
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from bonemets.api import Knowledge
from bonemets.errors import UsageError
from bonemets.web import cohorts, pages, rest
from bonemets.web.answers import Refused, refusal
from bonemets.web.guard import BROKEN, Guard

if TYPE_CHECKING:
    from bonemets.cohort.look import Look

LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?", re.ASCII)
SECONDS_IDLE: Final = 20
MOST_AT_ONCE: Final = 64


def application(
    knowledge: Knowledge,
    token: str,
    hosts: Sequence[str],
    *,
    encrypted: bool = False,
    cohort: Look | None = None,
) -> ASGIApp:
    """Build the application: pages and API behind the guard.

    Args:
        knowledge: what it answers with.
        token: who holds it may ask.
        hosts: the values of `Host` that are ours, with the port.
        encrypted: whether the browser reaches us by https only.
        cohort: a finished cohort to look at beside; its knowledge is that of the pages.
    """

    def refused(request: Request, error: Exception) -> Response:
        told = BROKEN  # the guard names its kind in the log, and nothing more of it
        if isinstance(error, HTTPException):
            told = Refused(error.status_code, error.detail)
        elif isinstance(error, Refused):
            told = error
        return refusal(told.status, told.title, request.url.path, request.headers)

    app = Starlette(
        routes=[*pages.ROUTES, *rest.ROUTES, *(cohorts.ROUTES if cohort is not None else ())],
        exception_handlers={x: refused for x in (Refused, HTTPException, Exception)},
    )
    app.state.knowledge = knowledge
    app.state.cohort = cohort
    # Cookies do not know ports: another server of this machine has one of another name.
    app.state.cookie = "bonemets-" + re.sub(r"\W", "-", hosts[0])
    app.state.encrypted = encrypted
    guard = Guard(app, token, hosts, app.state.cookie)
    app.state.is_token = guard.is_token
    return guard


def hosts_of(port: int) -> list[str]:
    """Give the values of `Host` by which this machine calls itself."""
    return [f"{name}:{port}" for name in LOOPBACK]


def listener(port: int) -> socket.socket:
    """Listen on this machine alone.

    asyncio sends small answers at once only on a socket that names its protocol: on another each
    waits 40 ms for the other side to acknowledge what came before.

    Args:
        port: where; 0 for any that is free.

    Raises:
        OSError: the port is taken.
    """
    bound = socket.create_server(("127.0.0.1", port))
    named = socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP
    return socket.socket(*named, fileno=bound.detach())


def ready(
    knowledge: Knowledge, port: int, behind: str | None, cohort: Look | None = None
) -> tuple[str, Callable[[], None]]:
    """Make a server ready to run: give its start address, and what runs it.

    Args:
        knowledge: what it answers with.
        port: where to listen; 0 for any that is free.
        behind: the name of a reverse proxy that asks who is there and passes requests on to this
            machine; None for this machine alone.
        cohort: a finished cohort to look at beside.

    Raises:
        UsageError: the port is taken, or the proxy's name is none.
    """
    import uvicorn

    if behind is not None and not HOST.fullmatch(behind):
        raise UsageError("--behind-proxy: a name is wanted here, such as bonemets.example.org.")

    try:
        listening = listener(port)
    except OSError as error:
        raise UsageError(f"port {port}: {error.strerror}. Choose another with --port.") from None
    port = listening.getsockname()[1]
    token = secrets.token_urlsafe(32)
    hosts = hosts_of(port)
    base = f"http://127.0.0.1:{port}"
    if behind is not None:
        hosts, base = [behind], f"https://{behind}"
    config = uvicorn.Config(
        application(knowledge, token, hosts, encrypted=behind is not None, cohort=cohort),
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=MOST_AT_ONCE,
        timeout_keep_alive=SECONDS_IDLE,
        lifespan="off",
    )
    server = uvicorn.Server(config)
    return f"{base}/start?token={token}", lambda: server.run(sockets=[listening])
