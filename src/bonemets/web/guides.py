"""The guide of the knowledge that the page answers with, and its addresses."""

from __future__ import annotations

from functools import lru_cache

from bonemets.api import Knowledge
from bonemets.errors import UsageError
from bonemets.renderers.guide import Guidebook
from bonemets.renderers.page import PLACE
from bonemets.web.answers import Refused


@lru_cache(maxsize=8)
def guidebook(knowledge: Knowledge) -> Guidebook:
    """Give the guide: made once for a knowledge, as every page of a case leads to it.

    Raises:
        Refused: the knowledge has none.
    """
    try:
        return Guidebook(knowledge.pack)
    except UsageError as error:
        raise Refused(404, str(error)) from None


def address(book: Guidebook, identity: str) -> str | None:
    """Give where the guide tells of an item; None where it does not.

    A place of the patients' guide (`PLACE`) is a chapter, or a heading of the same chapter.
    """
    if identity.startswith(PLACE):
        name = identity.removeprefix(PLACE)
        return f"/guide/{name}" if name in book.chapters() else identity
    chapter = book.chapter_of.get(identity)
    return None if chapter is None else f"/guide/{chapter}?for=clinician#{identity}"
