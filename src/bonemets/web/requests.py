"""What requests say: the knowledge that they are answered with, their dates, lists and forms."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final, cast

from msgspec import Struct
from starlette.datastructures import UploadFile
from starlette.requests import Request

from bonemets.api import Knowledge
from bonemets.errors import UsageError

MOST_FIELDS: Final = 4000
MOST_PART: Final = 10_000_000
"""Bytes of one field of a form: an opened record travels in one."""


def knowledge_of(request: Request) -> Knowledge:
    """Give the knowledge that the server runs with."""
    return cast("Knowledge", request.app.state.knowledge)


def day_of(request: Request) -> dt.date | None:
    """Read the index date of a request.

    Raises:
        UsageError: it is no date.
    """
    text = request.query_params.get("index_date")
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError("index_date: this is no date. Write YYYY-MM-DD.") from None


def lists_of(request: Request) -> list[Any]:
    """Read the lists to take as complete."""
    text = request.query_params.get("assume_complete", "")
    return [x for x in text.split(",") if x]


def is_part(request: Request) -> bool:
    """Say whether only the part of a page that changes is asked for."""
    return request.headers.get("hx-request") == "true"


class Posted(Struct, frozen=True):
    """What a form sent: its texts, and the file with its name, if any."""

    texts: dict[str, str]
    name: str = ""
    data: bytes | None = None


async def posted(request: Request) -> Posted:
    """Read a form.

    Of several controls of one name the last that says something counts.
    """
    async with request.form(max_fields=MOST_FIELDS, max_part_size=MOST_PART, max_files=1) as form:
        texts: dict[str, str] = {}
        name, data = "", None
        for key, value in form.multi_items():
            if isinstance(value, UploadFile):
                name, data = value.filename or "record", await value.read()
            elif value or key not in texts:
                texts[key] = value
        return Posted(texts, name, data)
