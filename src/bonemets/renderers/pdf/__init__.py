"""An assessment -> a PDF to print, hand round and file: the essentials on one page, then all of it.

Typeset by Typst. All text enters as JSON, as data: no text of a record or of the knowledge is ever
read as markup. The document is tagged (PDF/UA-1) and holds its fonts; the same assessment gives the
same bytes.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Final, Literal

import msgspec
import typst

from bonemets.model import Assessment
from bonemets.renderers.pdf.blocks import RESERVED, Blocks, Marked
from bonemets.renderers.pdf.document import Document, Writer
from bonemets.renderers.pdf.letters import FONTS

Paper = Literal["a4", "letter"]

HERE: Final = Path(__file__).parent
TYPST_PAPERS: Final = {"a4": "a4", "letter": "us-letter"}


def render(assessment: Assessment, paper: Paper = "a4", *, detail: bool = True) -> bytes:
    """Show an assessment as a PDF.

    Args:
        assessment: as given by `assess`.
        paper: the size of its pages.
        detail: tell every option that is left, and every card, in full.
    """
    day = dt.date.fromisoformat(assessment.index_date)
    return typst.compile(
        HERE / "report.typ",
        root=HERE,
        font_paths=[FONTS],
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={
            "data": msgspec.json.encode(document(assessment, detail=detail)).decode(),
            "paper": TYPST_PAPERS[paper],
        },
        pdf_standards=["ua-1"],
        timestamp=dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC),
    )


def document(assessment: Assessment, *, detail: bool = True) -> Document:
    """Give what the template asks for."""
    citations = Marked()
    used = without_reserved(assessment)
    Writer(used, Blocks(), citations, detail=detail).document()  # to meet every place cited
    return Writer(used, Blocks(), citations, detail=detail).document()


def without_reserved(assessment: Assessment) -> Assessment:
    """Take out the two characters that mark citations: no text may pass for one."""
    data = msgspec.json.encode(assessment)
    for character in RESERVED:
        data = data.replace(character.encode(), "\ufffd".encode())
    return msgspec.json.decode(data, type=Assessment)


__all__ = ["Paper", "render"]
