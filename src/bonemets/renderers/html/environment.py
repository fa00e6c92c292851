"""The two template environments: ours, strict; and the one in which the components are written.

The components' templates read parameters that a caller left out, which a strict environment
refuses; ours must refuse it, for a name misspelt in a report would leave a blank.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, cast

from jinja2 import ChainableUndefined, ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bonemets.renderers.board import (
    MOST_ASKED,
    Board,
    clock_words,
    code_words,
    place_words,
    stands_although,
)
from bonemets.renderers.page import Block, Code, Line, Link
from bonemets.renderers.words import (
    clean,
    first_sentence,
    id_words,
    with_units,
)
from bonemets.shown import capital, unit_shown

COMPONENTS: Final = {
    "card": "card",
    "details": "details",
    "skip_link": "skip-link",
    "tag": "tag",
}
"""Name of the macro -> folder of the component."""
CAMEL: Final = {"skip_link": "skipLink"}
LONGEST_VALUE: Final = 60
"""A score's value and bands that are longer stand in the size of the text."""
STYLES: Final = ("nhsuk.css", "bonemets.css")


@lru_cache
def environment(*packages: str) -> Environment:
    """Give our environment, with the components as `nhs_…` and the style sheet as `styles`.

    `packages`: whose folder `templates` is looked into besides ours.
    """
    theirs = Environment(
        loader=PackageLoader("nhsuk_frontend_jinja"),
        autoescape=True,
        undefined=ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    ours = Environment(
        loader=ChoiceLoader([PackageLoader(x) for x in (*packages, "bonemets.renderers.html")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    names, filters = cast("dict[str, Any]", ours.globals), cast("dict[str, Any]", ours.filters)
    for name, folder in COMPONENTS.items():
        module: Any = theirs.get_template(f"nhsuk/components/{folder}/macro.jinja").module
        names[f"nhs_{name}"] = getattr(module, CAMEL.get(name, name))
    names |= {
        "styles": styles(),
        "clock_words": clock_words,
        "code_words": code_words,
        "longest_value": LONGEST_VALUE,
        "most_asked": MOST_ASKED,
        "place_words": place_words,
        "stands_although": stands_although,
    }
    filters |= {
        "clean": clean,
        "words": id_words,
        "first_sentence": first_sentence,
        "title_of": _title_of,
        "first_capital": capital,
        "unit": unit_shown,
        "pieces": _pieces,
        "block_kind": _block_kind,
        "with_units": with_units,
    }
    return ours


def _title_of(variable: str, board: Board) -> str:
    return board.title(variable)


def _block_kind(block: Block) -> str:
    return type(block).__name__.lower()


def _pieces(line: Line, href: Callable[[str], str | None]) -> list[tuple[str, str | None, bool]]:
    """Give the pieces of a line: the words, where they lead, and whether they are code."""
    found: list[tuple[str, str | None, bool]] = []
    for piece in (line,) if isinstance(line, str) else line:
        match piece:
            case str():
                found.append((piece, None, False))
            case Code():
                found.append((piece.text, None, True))
            case Link():
                web = piece.to.startswith(("https://", "http://"))
                found.append((piece.text, piece.to if web else href(piece.to), False))
    return found


@lru_cache(maxsize=1)
def styles() -> Markup:
    """Give the style sheets as one text."""
    folder = files("bonemets.renderers.html") / "static"
    return Markup("\n".join((folder / name).read_text("utf-8") for name in STYLES))  # noqa: S704
