"""The guide of the knowledge that the page answers with, made once."""

from __future__ import annotations

from functools import lru_cache

from bonemets.api import Knowledge
from bonemets.errors import UsageError
from bonemets.pack.load import Pack
from bonemets.renderers.guide import Guidebook, Reader
from bonemets.web.answers import Refused

__all__ = ["Reader", "address", "guidebook"]


def guidebook(knowledge: Knowledge) -> Guidebook:
    """Give the guide of some knowledge.

    Raises:
        Refused: it has none.
    """
    try:
        return _guidebook(_Kept(knowledge.pack))
    except UsageError as error:
        raise Refused(404, str(error)) from None


class _Kept:
    """A pack as a key: by its content."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Kept) and _key(other.pack) == _key(self.pack)

    def __hash__(self) -> int:
        return hash(_key(self.pack))


def _key(pack: Pack) -> tuple[str, str]:
    return pack.hash, pack.language


@lru_cache(maxsize=4)
def _guidebook(kept: _Kept) -> Guidebook:
    return Guidebook(kept.pack)


def address(knowledge: Knowledge, identity: str) -> str | None:
    """Give where the guide tells of an item; None where it does not."""
    if knowledge.pack.guide is None:
        return None
    chapter = guidebook(knowledge).chapter_of.get(identity)
    return None if chapter is None else f"/guide/{chapter}?for=clinician#{identity}"
