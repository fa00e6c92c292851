"""Who may talk to the server, how much they may send, and what every answer carries.

It listens on this machine alone. Whoever opens the start address gets a cookie; without it, or the
same token in a header, nothing is answered. `Host` has to be ours (else a page elsewhere could
reach us by renaming itself), and what changes anything has to come from our own page.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bonemets.web.answers import Refused, refusal

MOST_BYTES: Final = 12_000_000
"""The largest body that is read: an opened record with its form around it."""
MOST_SECONDS = 60.0
"""How long a body may take to arrive."""
OPEN_PATHS: Final = ("/start", "/healthz")
OPEN_FOLDER: Final = "/static/"
"""What needs no token: no patient is there."""
SAFE: Final = ("GET", "HEAD")
POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "content-security-policy": POLICY,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


BROKEN: Final = Refused(500, "Something went wrong here. Nothing was kept.")
LOG: Final = logging.getLogger("bonemets.web")


class Guard:
    """Stands before the application."""

    def __init__(self, app: ASGIApp, token: str, hosts: Iterable[str], cookie: str) -> None:
        """Take the application, the token of this run, our own names, and that of the cookie."""
        self.app, self.token, self.hosts, self.cookie = app, token, frozenset(hosts), cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            if message["type"] == "http.response.start":
                own = [(k, v) for k, v in message["headers"] if k.decode().lower() not in HEADERS]
                ours = [(k.encode(), v.encode()) for k, v in HEADERS.items()]
                message = {**message, "headers": [*own, *ours]}
            await send(message)

        try:
            self.admit(scope)
            await self.app(scope, limited(receive), sending)
        except Exception as error:  # noqa: BLE001  (its words may hold something of a patient)
            refused = error if isinstance(error, Refused) else BROKEN
            if refused is BROKEN:
                LOG.error("an answer broke off: %s", type(error).__name__)
            if begun:
                return
            told = refusal(refused.status, refused.title, scope["path"], Headers(scope=scope))
            await told(scope, receive, sending)

    def admit(self, scope: Scope) -> None:
        """Refuse what is not from our own page or from a holder of the token.

        Raises:
            Refused: with the status and the reason.
        """
        headers = Headers(scope=scope)
        if headers.get("host", "") not in self.hosts:
            raise Refused(421, "This server is not called by that name.")
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MOST_BYTES:
            raise Refused(413, f"At most {MOST_BYTES // 1_000_000} MB are read.")
        if scope["path"] in OPEN_PATHS or scope["path"].startswith(OPEN_FOLDER):
            return
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.is_token(given):
            return  # a program: no browser adds this by itself
        if not self.is_token(cookie_of(headers.get("cookie", ""), self.cookie)):
            raise Refused(401, "Open the start address that the program printed.")
        if scope["method"] not in SAFE and not self.is_own(headers):
            raise Refused(403, "This has to come from the page itself.")

    def is_token(self, given: str) -> bool:
        """Say whether this is the token, in a time that does not tell how much of it is right."""
        return hmac.compare_digest(given.encode(), self.token.encode())

    def is_own(self, headers: Headers) -> bool:
        """Say whether a browser sent a request from a page of ours."""
        origin, came_from = headers.get("origin"), headers.get("sec-fetch-site")
        if origin is not None:
            return origin.partition("://")[2] == headers["host"]
        return came_from == "same-origin"


def cookie_of(text: str, name: str) -> str:
    """Give the token of a cookie header."""
    try:
        found = SimpleCookie(text).get(name)
    except CookieError:
        return ""
    return "" if found is None else found.value


def limited(receive: Receive) -> Receive:
    """Stop reading a body that grows beyond the limit, whatever its head said, or does not end."""
    total, whole, until = 0, False, asyncio.get_running_loop().time() + MOST_SECONDS

    async def receiving() -> Message:
        nonlocal total, whole
        try:
            async with asyncio.timeout_at(None if whole else until):
                message = await receive()
        except TimeoutError:
            raise Refused(408, "The request did not arrive in time.") from None
        whole = not message.get("more_body", False)
        total += len(message.get("body", b""))
        if total > MOST_BYTES:
            raise Refused(413, f"At most {MOST_BYTES // 1_000_000} MB are read.")
        return message

    return receiving
