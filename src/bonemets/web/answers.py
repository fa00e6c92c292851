"""What answers are made of: pages, JSON, files to keep, and refusals in words."""

from __future__ import annotations

import json
from typing import Any, Final

import msgspec
from starlette.datastructures import Headers
from starlette.responses import Response

from bonemets.errors import BonemetsError, KnowledgeError, RecordRefused
from bonemets.renderers.html.environment import environment

HTML: Final = "text/html; charset=utf-8"
PROBLEM: Final = "application/problem+json"


class Refused(Exception):
    """A request that is not answered: its HTTP status, and why in words."""

    def __init__(self, status: int, title: str) -> None:
        """Take the HTTP status and the words."""
        super().__init__(title)
        self.status, self.title = status, title


def page(template: str, status: int = 200, **values: Any) -> Response:
    """Fill a template."""
    found = environment("bonemets.web").get_template(template)
    return Response(found.render(**values), status, media_type=HTML)


def as_json(content: object) -> Response:
    """Give JSON."""
    return Response(msgspec.json.encode(content), media_type="application/json")


def download(data: bytes, name: str, kind: str) -> Response:
    """Give a file to keep; its name says nothing of the patient."""
    disposition = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=kind, headers=disposition)


def problem(status: int, title: str, detail: str = "", **more: object) -> Response:
    """Give problem details (RFC 9457)."""
    body: dict[str, object] = {"type": "about:blank", "title": title, "status": status}
    if detail:
        body["detail"] = detail
    return Response(json.dumps(body | more), status, media_type=PROBLEM)


def refusal(status: int, title: str, path: str, headers: Headers) -> Response:
    """Refuse a request: a person gets a page, a program problem details."""
    person = "text/html" in headers.get("accept", "") and not path.startswith("/api/")
    if person:
        return page("refused.html.jinja", status, faults=[title])
    return problem(status, title)


def problem_of(error: BonemetsError) -> Response:
    """Give an error that we raise on purpose as problem details, each fault with its place."""
    if isinstance(error, RecordRefused | KnowledgeError):
        faults = [msgspec.to_builtins(x) for x in error.faults]
        return problem(422, "The record cannot be read.", faults=faults)
    return problem(400, str(error))


def page_of(error: BonemetsError, *, part: bool = False) -> Response:
    """Show an error that we raise on purpose: as a page, or in the place of the assessment."""
    faults = [str(x) for x in error.faults] if isinstance(error, RecordRefused) else [str(error)]
    if part:  # the interactive layer shows what comes with a status of success only
        return page("refused_part.html.jinja", 200, faults=faults)
    return page("refused.html.jinja", 422, faults=faults)
